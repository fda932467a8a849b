"""One command's answer: labels, batches and ACK across waits; standard replies; what is refused where."""

import pytest

from freeq_proto.irc import Message
from tests.server.harness import SERVER, Client
from tests.server.watched import WatchedNet as Net
from tests.server.watched import numerics

LABELS = ("labeled-response", "batch", "message-tags")


def parsed(lines: list[str]) -> list[Message]:
    return [Message.parse(line) for line in lines]


def shape(lines: list[str]) -> list[str]:
    """Command, with what ties lines together."""
    tied = []
    for message in parsed(lines):
        tag = " ".join(f"{key}={value}" for key, value in message.tags.items() if key in ("label", "batch"))
        start = message.params[0] if message.command == "BATCH" else ""
        tied.append(" ".join(word for word in (tag, message.command, start) if word))
    return tied


# --- labels (https://ircv3.net/specs/extensions/labeled-response) ----------------------------------------------------


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("PONG x", ["label=L ACK"]),
        ("PING x", ["label=L PONG"]),
        ("NONSENSE", ["label=L 421"]),
        ("JOIN", ["label=L 461"]),
        ("AWAY :gone", ["label=L 306"]),
        ("TOPIC #here", ["label=L 331"]),
        ("MODE #here +m", ["label=L MODE"]),
        ("MODE #here", ["label=L BATCH +1", "batch=1 324", "batch=1 329", "BATCH -1"]),
        ("JOIN #new", ["label=L BATCH +1", "batch=1 JOIN", "batch=1 353", "batch=1 366", "BATCH -1"]),
        ("PART #here,#none", ["label=L BATCH +1", "batch=1 PART", "batch=1 403", "BATCH -1"]),
        ("JOIN 0", ["label=L PART"]),
        ("JOIN #here", ["label=L ACK"]),
    ],
)
def test_the_answer_to_a_labeled_command(command: str, answer: list[str]) -> None:
    net = Net()
    alice = net.client("alice", caps=LABELS)
    alice.send("JOIN #here")
    assert shape(alice.ask(f"@label=L {command}")) == answer


@pytest.mark.parametrize(("caps", "labeled"), [(LABELS, True), (("labeled-response",), False), (("batch",), False)])
def test_a_label_needs_both_capabilities(caps: tuple[str, ...], labeled: bool) -> None:
    net = Net()
    alice = net.client("alice", caps=caps)
    (line,) = alice.ask("@label=L PING x")
    assert line.startswith("@label=L ") is labeled


@pytest.mark.parametrize(
    ("label", "answered"),
    [
        ("a" * 64, "a" * 64),
        ("a" * 65, None),
        ("é" * 32, "é" * 32),
        ("é" * 33, None),
        ("", None),
        (r"a\sb\:c\\", r"a\sb\:c\\"),
        (r"cr\r\n", r"cr\r\n"),
    ],
)
def test_labels_of_up_to_64_bytes_come_back_escaped(label: str, answered: str | None) -> None:
    net = Net()
    alice = net.client("alice", caps=LABELS)
    (line,) = alice.ask(f"@label={label} PING x")
    assert line == (f"@label={answered} " if answered else "") + f":{SERVER} PONG {SERVER} :x"


def test_a_labeled_quit_is_acknowledged_before_the_end() -> None:
    net = Net()
    alice = net.client("alice", caps=LABELS)
    assert shape(alice.ask("@label=L QUIT :bye")) == ["label=L ACK", "ERROR"]


def test_a_labeled_command_before_registration() -> None:
    net = Net()
    client = net.connect()
    client.send("CAP LS 302", "CAP REQ :labeled-response batch", "USER a 0 * :a", "CAP END")
    client.take()
    lines = client.ask("@label=L NICK alice")
    assert shape(lines)[:2] == ["label=L BATCH +1", "batch=1 001"]
    assert shape(lines)[-1] == "BATCH -1"
    assert numerics(client.ask("NICK 9")) == ["432 9"]


def test_a_label_spans_a_wait_and_others_are_heard_in_between_in_order() -> None:
    """What was answered before a wait leaves before it: nobody is heard in a channel whose JOIN is held back."""
    net = Net()
    alice, bob = net.client("alice", caps=LABELS), net.client("bob")
    bob.send("JOIN #here")
    net.store_waits = True
    assert shape(alice.ask("@label=L JOIN #here,#new")) == [
        "label=L BATCH +1",
        "batch=1 JOIN",
        "batch=1 353",
        "batch=1 366",
    ]
    bob.send("PRIVMSG #here :hello")
    assert shape(alice.take()) == ["PRIVMSG"]
    net.store_answers()
    assert shape(alice.take()) == ["batch=1 JOIN", "batch=1 353", "batch=1 366", "BATCH -1"]


def test_a_labeled_command_that_only_waits_is_one_line() -> None:
    net = Net()
    alice = net.client("alice", caps=LABELS)
    alice.send("JOIN #here")
    net.store_waits = True
    assert alice.ask("@label=L TOPIC #here :x") == []
    net.store_answers()
    assert shape(alice.take()) == ["label=L TOPIC"]


def test_a_batch_that_is_the_whole_answer_carries_the_label_itself() -> None:
    """labeled-response: a response that is a batch already is not wrapped in another."""
    net = Net()
    alice = net.client("alice", caps=(*LABELS, "draft/extended-isupport"))
    tied = shape(alice.ask("@label=L ISUPPORT"))
    assert (tied[0], tied[-1]) == ("label=L BATCH +2", "BATCH -2"), "the first was in the welcome"
    assert set(tied[1:-1]) == {"batch=2 005"}


def test_a_batch_among_other_lines_is_nested() -> None:
    """The welcome of a client with extended-isupport: its 005 lines are a batch inside the labeled one."""
    net = Net()
    client = net.connect()
    client.send("CAP LS 302", "CAP REQ :labeled-response batch draft/extended-isupport", "USER a 0 * :a", "CAP END")
    client.take()
    tied = shape(client.ask("@label=L NICK alice"))
    inner = tied[tied.index("batch=2 BATCH +1") :]
    assert tied[0] == "label=L BATCH +2"
    assert inner[1] == "batch=1 005"
    assert tied[-1] == "BATCH -2"


def test_others_do_not_see_the_label() -> None:
    net = Net()
    alice, bob = net.client("alice", caps=LABELS), net.client("bob", caps=LABELS)
    for client in (alice, bob):
        client.send("JOIN #here")
    bob.take()
    alice.send("@label=L TOPIC #here :x")
    (message,) = parsed(bob.take())
    assert list(message.tags) == ["msgid"]


# --- refusals ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (b"NONSENSE", "421 NONSENSE"),
        (b"nonsense x", "421 NONSENSE"),
        (b"JOIN", "461 JOIN"),
        (b"KICK #c", "461 KICK"),
        (b"PING", "409"),
        (b"NICK", "431"),
        (b"USER a 0 * :a", "462"),
        (b"PASS x", "462"),
        (b"CAP NONSENSE", "410 NONSENSE"),
        (b"PING " + b"x" * 506, "417"),
        (b"@" + b"x" * 4095 + b" PING x", "417"),
        (b"x" * 20_000, "417"),
        (b"PING \0", "400 *"),
        (b"PING a\rb", "400 *"),
        (b":source", "400 *"),
        (b"P\xc3\xa9NG", "400 *"),
        (b"@tag", "400 *"),
    ],
)
def test_lines_that_are_refused(line: bytes, answer: str) -> None:
    net = Net()
    alice = net.client("alice")
    alice.feed(line + b"\r\n")
    assert numerics(alice.take()) == [answer]
    assert alice.closed is None


@pytest.mark.parametrize("command", ["JOIN #c", "MODE #c", "PRIVMSG a :x", "NONSENSE", "ISUPPORT", "INVITE"])
def test_before_registration_most_commands_are_451(command: str) -> None:
    net = Net()
    client = net.connect()
    assert numerics(client.ask(command)) == ["451"]


@pytest.mark.parametrize("line", [b"", b"\r\n", b"   \r\n", b"\n\n"])
def test_empty_lines_are_nothing_or_refused(line: bytes) -> None:
    net = Net()
    alice = net.client("alice")
    alice.feed(line)
    assert numerics(alice.take()) in ([], ["400 *"])


@pytest.mark.parametrize(
    ("caps", "answer"),
    [
        (
            ("standard-replies",),
            f":{SERVER} FAIL PRIVMSG INVALID_UTF8 :Message rejected: this network accepts UTF-8 only",
        ),
        ((), f":{SERVER} NOTICE alice :PRIVMSG: Message rejected: this network accepts UTF-8 only"),
    ],
)
def test_what_is_not_utf_8_is_told_by_a_standard_reply_or_a_notice(caps: tuple[str, ...], answer: str) -> None:
    """https://ircv3.net/specs/extensions/utf8-only and standard-replies."""
    net = Net()
    alice = net.client("alice", caps=caps)
    alice.feed(b"PRIVMSG alice :\xff\r\n")
    assert alice.take() == [answer]


@pytest.mark.parametrize(
    "param", [":", ": ", ":a b", "::", ": :x", "+", "\x01", "x" * 480, "é" * 240, "\x1f\x1d", "*", "%s", "{!r}"]
)
def test_what_a_client_sent_is_quoted_so_that_no_line_breaks(param: str) -> None:
    """The reader of ``WatchedNet`` parses every answer and measures it."""
    net = Net()
    alice = net.client("alice")
    for command in ("JOIN", "PART", "TOPIC", "NAMES", "MODE", "KICK #c", "INVITE x", "NICK", "CAP", "MODE #c +b"):
        for message in parsed(alice.ask(f"{command} {param}")):
            assert message.command in ("NICK", "JOIN", "PART") or message.params[0] == "alice", message


def one_of(client: Client, command: str) -> Message:
    (message,) = parsed(client.ask(command))
    return message


def test_a_quoted_parameter_stays_one_parameter() -> None:
    net = Net()
    alice = net.client("alice")
    assert one_of(alice, "JOIN :a b").params == ["alice", "a", "Bad Channel Mask"]
    assert one_of(alice, "JOIN ::x").params == ["alice", "x", "Bad Channel Mask"]
