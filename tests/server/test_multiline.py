"""Multiline messages: https://ircv3.net/specs/extensions/multiline, and client-batch, on which it stands."""

import pytest

from freeq_proto.caps import ECHO_MESSAGE, MULTILINE
from freeq_proto.irc import Message, format_server_time
from freeq_proto.server.offer import MULTILINE_BYTES, MULTILINE_LINES
from tests.server.harness import SERVER, START_MS, Client, Net
from tests.server.speaking import EVERYTHING, TAGS, gather, one, parsed, source, words

OPEN = "BATCH +1 draft/multiline #room"
CLOSE = "BATCH -1"
INVALID = ["FAIL", "BATCH", "MULTILINE_INVALID"]


def line(text: str, tags: str = "", target: str = "#room") -> str:
    return f"@batch=1{tags} PRIVMSG {target} :{text}"


def continuing(text: str) -> str:
    return line(text, ";draft/multiline-concat")


def room(*caps: str) -> tuple[Net, Client, Client]:
    """Alice, who can send multiline messages, and Bob with ``caps``, in one channel."""
    net = Net()
    alice, bob = net.client("alice", caps=EVERYTHING), net.client("bob", caps=caps)
    gather(alice, bob)
    return net, alice, bob


def failed(lines: list[str]) -> list[str]:
    """What the only line says, which is a FAIL, but for its text."""
    return words(one(lines))[:-1]


# --- delivery ------------------------------------------------------------------------------------------------------


def batch_of(lines: list[str]) -> tuple[Message, list[Message]]:
    """The opening and the inside of lines that are exactly one batch."""
    opening, *inside, closing = parsed(lines)
    assert opening.command == closing.command == "BATCH"
    assert closing.params == ["-" + opening.params[0].removeprefix("+")]
    assert closing.source == opening.source
    return opening, inside


def test_those_who_can_read_it_get_the_batch_as_it_was_sent() -> None:
    """Tags stand on the opening alone; the reference tag is ours, since everybody's own must differ."""
    net, alice, bob = room(*TAGS, "draft/multiline")
    alice.send(f"@+draft/reply=abc {OPEN}", line("hello"), line(""), line("how is "), continuing("everyone?"), CLOSE)
    opening, inside = batch_of(bob.sync())
    reference = opening.params[0].removeprefix("+")
    assert opening.source == source(net, "alice")
    assert opening.params == [f"+{reference}", "draft/multiline", "#room"]
    assert opening.tags == {"time": format_server_time(START_MS), "msgid": reference, "+draft/reply": "abc"}
    assert [words(each) for each in inside] == [
        ["PRIVMSG", "#room", "hello"],
        ["PRIVMSG", "#room", ""],
        ["PRIVMSG", "#room", "how is "],
        ["PRIVMSG", "#room", "everyone?"],
    ]
    assert {each.source for each in inside} == {source(net, "alice")}
    joined = {"draft/multiline-concat": "", "+draft/multiline-concat": ""}
    assert [each.tags for each in inside] == [{"batch": reference}] * 3 + [{"batch": reference, **joined}]


@pytest.mark.parametrize("spelling", ["draft/multiline-concat", "+draft/multiline-concat"])
def test_both_spellings_of_the_tag_are_read(spelling: str) -> None:
    _net, alice, bob = room("batch", "draft/multiline")
    alice.send(OPEN, line("a"), line("b", f";{spelling}"), CLOSE)
    _opening, inside = batch_of(bob.sync())
    assert ["draft/multiline-concat" in each.tags for each in inside] == [False, True]


def test_the_first_line_has_nothing_to_continue() -> None:
    _net, alice, bob = room("batch", "draft/multiline")
    alice.send(OPEN, continuing("a"), line("b"), CLOSE)
    _opening, inside = batch_of(bob.sync())
    assert ["draft/multiline-concat" in each.tags for each in inside] == [False, False]


def test_others_get_the_lines_without_blank_ones() -> None:
    """ "Fallback": the lines as they were composed; no blank lines."""
    net, alice, bob = room()
    alice.send(OPEN, line(""), line("hello"), line(""), line("how is "), continuing("everyone?"), CLOSE)
    said = f":{source(net, 'alice')} PRIVMSG #room :"
    assert bob.sync() == [f"{said}hello", f"{said}how is ", f"{said}everyone?"]


@pytest.mark.parametrize("caps", [["draft/multiline"], ["batch"]])
def test_one_of_both_capabilities_is_not_enough(caps: list[str]) -> None:
    """ "Dependencies": batch MUST be negotiated to use multiline messages."""
    net, alice, bob = room(*caps)
    alice.send(OPEN, line("a"), CLOSE)
    assert bob.sync() == [f":{source(net, 'alice')} PRIVMSG #room :a"]


def test_only_the_first_fallback_line_has_the_message_id() -> None:
    """ "Message ids"; what else is true of the message is on every line."""
    _net, alice, bob = room(*TAGS)
    alice.send(f"@+x=y {OPEN}", line(""), line("a"), line("b"), continuing("c"), CLOSE)
    tags = [each.tags for each in parsed(bob.sync())]
    assert [bool(each.pop("msgid", "")) for each in tags] == [True, False, False]
    assert tags == [{"time": format_server_time(START_MS), "+x": "y"}] * 3


def test_account_and_bot_tags_are_on_every_fallback_line() -> None:
    net = Net()
    alice = net.client("alice", caps=EVERYTHING, did_seed=bytes(32))
    alice.send("MODE alice +B")
    bob, carol = net.client("bob", caps=["message-tags", "account-tag"]), net.client("carol", caps=["account-tag"])
    gather(alice, bob, carol)
    alice.send(OPEN, line("a"), line("b"), CLOSE)
    user = net.engine.server.world.user("alice")
    assert user is not None
    assert user.account is not None
    assert [(each.tags["account"], "bot" in each.tags) for each in parsed(bob.sync())] == [(user.account, True)] * 2
    assert [each.tags for each in parsed(carol.sync())] == [{"account": user.account}] * 2


def test_long_client_only_tags_are_not_multiplied() -> None:
    _net, alice, bob = room("message-tags")
    alice.send(f"@+x={'y' * 4000} {OPEN}", line("a"), line("b"), CLOSE)
    first, second = parsed(bob.sync())
    assert len(first.tags["+x"]) == 4000
    assert second.tags == {}


def test_a_direct_message_may_have_lines() -> None:
    net = Net()
    alice, bob = net.client("alice", caps=EVERYTHING), net.client("Bob", caps=["batch", "draft/multiline"])
    user = net.engine.server.world.user("bob")
    assert user is not None
    user.away = "at sea"
    alice.send("BATCH +1 draft/multiline bob", line("a", target="BOB"), line("b", target="bob"), CLOSE)
    opening, inside = batch_of(bob.sync())
    assert opening.params[1:] == ["draft/multiline", "Bob"]
    assert [words(each) for each in inside] == [["PRIVMSG", "Bob", "a"], ["PRIVMSG", "Bob", "b"]]
    assert any(each.command == "301" for each in parsed(alice.take()))


def test_lines_that_the_source_makes_too_long_are_cut() -> None:
    net, alice, bob = room()
    alice.send(OPEN, line("x" * 480), CLOSE)
    (said,) = bob.sync()
    assert len(said.encode()) == 510
    assert said.startswith(f":{source(net, 'alice')} PRIVMSG #room :xxx")


def test_nothing_leaves_before_the_batch_is_closed() -> None:
    """ "Architecture": servers wait until the full batch has been received."""
    _net, alice, bob = room()
    assert alice.ask(OPEN, line("a"), line("b")) == []
    assert bob.sync() == []
    alice.send(CLOSE)
    assert len(bob.sync()) == 2


# --- echo and label ------------------------------------------------------------------------------------------------


def test_the_label_of_the_opening_is_on_the_opening_of_the_echo() -> None:
    """ "Labeled response with echo message": "only include the label tag on the opening BATCH command"."""
    _net, alice, bob = room(*TAGS, "draft/multiline")
    assert alice.ask(f"@label=L {OPEN}", line("a"), line("b")) == []
    opening, inside = batch_of(alice.ask(CLOSE))
    assert opening.tags.pop("label") == "L"
    assert all("label" not in each.tags for each in inside)
    assert batch_of(bob.sync()) == (opening, inside)


def test_without_echo_the_label_is_acknowledged_when_the_batch_is_over() -> None:
    net = Net()
    alice = net.client("alice", caps=[*TAGS, "draft/multiline"])
    gather(alice)
    assert alice.ask(f"@label=L {OPEN}", line("a")) == []
    assert alice.ask(CLOSE) == [f"@label=L :{SERVER} ACK"]


def test_every_labeled_line_is_answered_once() -> None:
    """labeled-response: "exactly one logical message" for each message that has a label."""
    net = Net()
    alice = net.client("alice", caps=[*TAGS, "draft/multiline"])
    gather(alice)
    answers = alice.ask(f"@label=L1 {OPEN}", line("a", ";label=L2"), f"@label=L3 {CLOSE}")
    assert sorted(answers) == [f"@label=L{number} :{SERVER} ACK" for number in (1, 2, 3)]


def test_a_refusal_carries_the_label_of_the_opening() -> None:
    net = Net()
    alice, bob = net.client("alice"), net.client("bob", caps=EVERYTHING)
    gather(alice)
    assert bob.ask(f"@label=L {OPEN}", line("a"), CLOSE) == [
        f"@label=L :{SERVER} 404 bob #room :Cannot send to channel (no messages from outside)",
    ]
    assert alice.sync() == []


def test_a_failure_carries_the_label_of_the_opening_and_is_said_at_once() -> None:
    _net, alice, _bob = room()
    answers = parsed(alice.ask(f"@label=L {OPEN}", line("a", target="#other")))
    assert [answer.tags for answer in answers] == [{"label": "L"}]
    assert alice.ask(CLOSE) == []


def test_an_echo_to_oneself_is_labeled_and_the_delivered_batch_is_not() -> None:
    net = Net()
    alice = net.client("alice", caps=EVERYTHING)
    lines = alice.ask("@label=L BATCH +1 draft/multiline alice", line("a", target="alice"), CLOSE)
    assert len(lines) == 6
    delivered, echo = batch_of(lines[:3]), batch_of(lines[3:])
    assert echo[0].tags.pop("label") == "L"
    assert delivered == echo


# --- what is not allowed -------------------------------------------------------------------------------------------


def test_too_many_bytes() -> None:
    """``MULTILINE_MAX_BYTES <limit>``; each line feed between lines counts as one."""
    net, alice, bob = room()
    whole = [line("x" * 399) for _ in range(100)]
    assert 400 * len(whole) == MULTILINE_BYTES
    alice.ask(OPEN, *whole, CLOSE)
    assert len(bob.sync()) == 100
    answers = alice.ask(OPEN, line("x" * 401), *whole[1:-1], line("x" * 398))
    assert answers == []
    assert len(alice.ask(CLOSE)) == 102
    bob.take()
    answers = alice.ask(OPEN, line("x" * 402), *whole[1:-1], line("x" * 398), CLOSE)
    limit = str(MULTILINE_BYTES)
    assert answers == [
        f":{SERVER} FAIL BATCH MULTILINE_MAX_BYTES {limit} :A multiline message has at most {limit} bytes"
    ]
    assert bob.sync() == []
    assert net.engine.server.world.sessions[alice.conn].batch is None


def test_joined_lines_have_no_line_feed_between_them_and_letters_count_as_bytes() -> None:
    _net, alice, bob = room()
    whole = [continuing("é" * 200) for _ in range(MULTILINE_BYTES // 400)]
    assert len(alice.ask(OPEN, *whole, CLOSE)) == len(whole) + 2
    assert len(bob.sync()) == len(whole)
    assert failed(alice.ask(OPEN, line("é" * 200), line("é" * 200), *whole[2:], CLOSE)) == [
        *INVALID[:2],
        "MULTILINE_MAX_BYTES",
        str(MULTILINE_BYTES),
    ]


def test_too_many_lines() -> None:
    """``MULTILINE_MAX_LINES <limit>``; blank lines count."""
    _net, alice, bob = room()
    assert len(alice.ask(OPEN, *[line("x")] * MULTILINE_LINES, CLOSE)) == MULTILINE_LINES + 2
    bob.take()
    limit = str(MULTILINE_LINES)
    assert alice.ask(OPEN, line("x"), *[line("")] * MULTILINE_LINES, CLOSE) == [
        f":{SERVER} FAIL BATCH MULTILINE_MAX_LINES {limit} :A multiline message has at most {limit} lines",
    ]
    assert bob.sync() == []


def test_a_line_to_somebody_else() -> None:
    """``MULTILINE_INVALID_TARGET <batch-target> <provided-target>``."""
    _net, alice, bob = room()
    assert alice.ask(OPEN, line("a"), line("b", target="bob"), line("c"), CLOSE) == [
        f":{SERVER} FAIL BATCH MULTILINE_INVALID_TARGET #room bob :The target is not that of the batch",
    ]
    assert bob.sync() == []


@pytest.mark.parametrize(
    "lines",
    [
        [OPEN, line("a"), continuing(""), CLOSE],
        [OPEN, line(""), line(""), CLOSE],
        [OPEN, CLOSE],
        [OPEN, line("a"), "@batch=1 NOTICE #room :b", CLOSE],
        [OPEN, line("a"), "@batch=1 TAGMSG #room", CLOSE],
        [OPEN, line("a"), "@batch=1 PRIVMSG #room", CLOSE],
        [OPEN, line("a"), "@batch=1 BATCH +2 draft/multiline #room", CLOSE],
        [OPEN, line("a"), "@batch=2 PRIVMSG #room :b", CLOSE],
        ["BATCH +1 draft/multiline", line("a"), CLOSE],
        ["BATCH +1 draft/multiline #room,bob", line("a"), CLOSE],
        ["BATCH +1 draft/multiline :a b", line("a"), CLOSE],
        ["BATCH +1 netsplit #room", line("a"), CLOSE],
        ["BATCH +1", line("a"), CLOSE],
        [CLOSE],
        ["BATCH 1"],
        ["BATCH +"],
        ["BATCH :"],
        [line("a")],
        ["@batch=1 NOTICE #room :a"],
        ["@batch=1 JOIN #other"],
        ["@batch= PRIVMSG #room :a"],
    ],
)
def test_whatever_else_is_wrong_is_said_once_and_nothing_is_delivered(lines: list[str]) -> None:
    """``MULTILINE_INVALID``."""
    net, alice, bob = room()
    assert failed(alice.ask(*lines)) == INVALID
    assert bob.sync() == []
    assert net.engine.server.world.channel("#other") is None
    assert len(alice.ask(OPEN, line("and now"), CLOSE)) == 3


@pytest.mark.parametrize(
    ("between", "heard"),
    [("PRIVMSG #room :b", 1), ("NOTICE #room :b", 1), ("@+x TAGMSG #room", 0), ("JOIN #other", 0), ("NICK al", 1)],
)
def test_another_message_ends_the_batch_and_is_obeyed(between: str, heard: int) -> None:
    """client-batch: once a batch is open, only its messages may come until it is closed."""
    _net, alice, bob = room()
    answers = parsed(alice.ask(OPEN, line("a"), between, line("c"), CLOSE))
    assert [words(answer)[:3] for answer in answers if answer.command == "FAIL"] == [INVALID]
    assert len(answers) > 1
    assert len(bob.sync()) == heard


@pytest.mark.parametrize("lost", [b"x" * 600, b"caf\xe9", b"nul \0"])
def test_a_message_that_lost_a_line_is_not_delivered(lost: bytes) -> None:
    """A line that cannot be read is answered as always, and takes its batch with it."""
    _net, alice, bob = room()
    alice.send(OPEN, line("a"))
    alice.feed(b"@batch=1 PRIVMSG #room :" + lost + b"\r\n")
    answers = parsed(alice.take())
    assert len(answers) == 2
    assert INVALID in [words(answer)[:3] for answer in answers]
    assert alice.ask(line("b"), CLOSE) == []
    assert bob.sync() == []


@pytest.mark.parametrize("between", ["PING x", "PONG x"])
def test_what_clients_send_by_themselves_ends_no_batch(between: str) -> None:
    _net, alice, bob = room()
    alice.send(OPEN, line("a"), between, line("b"), CLOSE)
    assert len(bob.sync()) == 2


def test_a_second_batch_ends_the_first() -> None:
    _net, alice, bob = room()
    answers = alice.ask(OPEN, line("a"), "BATCH +2 draft/multiline #room", "@batch=2 PRIVMSG #room :b", "BATCH -2")
    assert failed(answers[:1]) == INVALID
    assert len(answers) == 4
    assert [each.params[1] for each in parsed(bob.sync())] == ["b"]


def test_without_the_capability_nothing_is_delivered_line_by_line() -> None:
    net = Net()
    alice, bob = net.client("alice", caps=["batch"]), net.client("bob")
    gather(alice, bob)
    assert alice.ask(OPEN, line("a"), line("b"), CLOSE) == [
        f":{SERVER} NOTICE alice :BATCH: This needs the capability draft/multiline",
    ]
    assert bob.sync() == []


def test_too_few_parameters() -> None:
    _net, alice, _bob = room()
    assert alice.ask("BATCH") == [f":{SERVER} 461 alice BATCH :Not enough parameters"]


def test_a_connection_that_is_lost_says_nothing_of_its_batch() -> None:
    net, alice, bob = room()
    alice.send(OPEN, line("a"))
    alice.disconnect()
    assert [each.command for each in parsed(bob.sync())] == ["QUIT"]
    assert alice.conn not in net.engine.server.world.sessions


# --- rules that hold for every message -----------------------------------------------------------------------------


def test_a_query_hides_in_no_line() -> None:
    """Mode C keeps CTCP queries out; to those without multiline every line is a message."""
    _net, alice, bob = room()
    alice.ask("MODE #room +C")
    bob.take()
    assert [each.command for each in parsed(alice.ask(OPEN, line("a"), line("\x01VERSION\x01"), CLOSE))] == ["404"]
    assert bob.sync() == []


def test_permission_is_asked_when_the_message_is_complete() -> None:
    _net, alice, bob = room(*EVERYTHING)
    bob.send(OPEN, line("a"))
    alice.ask("MODE #room +m")
    bob.take()
    assert [each.command for each in parsed(bob.ask(CLOSE))] == ["404"]
    assert alice.sync() == []


def test_the_capability_can_go_away_while_a_batch_is_open() -> None:
    net, alice, bob = room()
    session = net.engine.server.world.sessions[alice.conn]
    answers = alice.ask(OPEN, line("a"), "CAP REQ -draft/multiline", CLOSE)
    assert failed(answers[:1]) == INVALID
    assert not session.caps & MULTILINE
    assert session.caps & ECHO_MESSAGE
    assert bob.sync() == []
