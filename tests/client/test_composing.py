"""What is said arrives whole: every line fits as it is relayed, and joined again it is what was said."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freeq_proto.client import MessageReceived, NotRegisteredError, SendBudget, TooLongError, UnsayableError
from freeq_proto.client.composing import LONGEST_TEXT
from freeq_proto.irc import LineFramer
from tests.client.bridge import Bridge, Script

MULTILINE = "batch message-tags draft/multiline=max-bytes=400,max-lines=5"
texts = st.text(st.characters(exclude_characters="\r\0", codec="utf-8"), max_size=500).map(
    lambda text: text.replace("\x01", "")
)


def said(text: str, *, without: tuple[str, ...], nick: str, target: str, action: bool = False) -> list[str]:
    """What another client hears, said over our own server; a line that does not fit would be cut there."""
    bridge = Bridge()
    ann = bridge.client(nick, without=without, channels=("#room",) if target == "#room" else ())
    bob = bridge.client("bob", channels=("#room",))
    ann.written.clear()
    (ann.client.action if action else ann.client.say)(target, text, bridge.now)
    bridge.settle()
    for line in LineFramer().push(b"".join(ann.written)):
        body = line.partition(b" ")[2] if line.startswith(b"@") else line
        assert len(body) + 2 <= 512
    return [event.text for event in bob.take(MessageReceived)]


@given(texts, st.sampled_from(("#room", "bob")), st.sampled_from(("ann", "a" * 31)))
@settings(max_examples=40, deadline=None)
def test_without_multiline_the_lines_rejoin(text: str, target: str, nick: str) -> None:
    if not text.replace("\n", ""):
        return
    heard = said(text, without=("draft/multiline",), nick=nick, target=target)
    assert "".join(heard) == text.replace("\n", "")
    assert all(heard)


@given(texts, st.sampled_from(("#room", "bob")))
@settings(max_examples=30, deadline=None)
def test_with_multiline_one_message_arrives(text: str, target: str) -> None:
    """draft/multiline: line feeds survive, and the pieces of a long line are joined."""
    if text.replace("\n", ""):
        assert said(text, without=(), nick="ann", target=target) == [text]


@given(texts)
@settings(max_examples=30, deadline=None)
def test_actions_are_framed_and_fit(text: str) -> None:
    if text.replace("\n", ""):
        heard = said(text, without=(), nick="ann", target="#room", action=True)
        assert "".join(heard) == text.replace("\n", "")


@given(texts, st.integers(30, 300), st.integers(1, 6))
@settings(max_examples=40, deadline=None)
def test_multiline_limits_are_kept(text: str, max_bytes: int, max_lines: int) -> None:
    """draft/multiline, "Capabilities": bytes of content with the line feeds between, and lines, of each batch."""
    if not text.replace("\n", ""):
        return
    script = Script()
    script.welcome(caps=f"batch message-tags draft/multiline=max-bytes={max_bytes},max-lines={max_lines}")
    script.client.say("#room", text, script.now)
    whole = ""
    for batch in batches(script.said()):
        joined = batch[0][1] + "".join(piece if concat else "\n" + piece for concat, piece in batch[1:])
        assert not batch[0][0]
        assert len(batch) == 1 or len(joined.encode()) <= max_bytes
        assert len(batch) <= max_lines
        assert joined.replace("\n", "")
        assert not any(concat and not piece for concat, piece in batch)
        whole += joined
    assert whole.replace("\n", "") == text.replace("\n", "")


def batches(lines: list[str]) -> list[list[tuple[bool, str]]]:
    """The messages in what a client sent: of each line whether it continues, and its text."""
    found: list[list[tuple[bool, str]]] = []
    for line in lines:
        tags, _, rest = line.partition(" ") if line.startswith("@") else ("", "", line)
        words = rest.split(" ", 2)
        if words[0] == "BATCH" and words[1].startswith("+"):
            found.append([])
        elif words[0] == "PRIVMSG":
            if not tags:
                found.append([])
            found[-1].append(("draft/multiline-concat" in tags, words[2].removeprefix(":")))
    return found


def test_our_own_prefix_counts() -> None:
    """multiline, "Splitting long lines": nick, user, host and target are part of the 512 bytes."""
    script = Script()
    script.welcome(nick="ann")
    script.client.say("#room", "x" * 1000, script.now)
    lines = script.said()
    with_colon = lines[0].replace("#room ", "#room :")  # which a server may write where we need not
    assert len(f":ann!ann@host.test {with_colon}\r\n") == 512
    script.send(":ann!ann@host.test CHGHOST ann a.much.longer.host.example.org")
    script.client.say("#room", "x" * 1000, script.now)
    with_colon = script.said()[0].replace("#room ", "#room :")
    assert len(f":ann!ann@a.much.longer.host.example.org {with_colon}\r\n") == 512


def test_linelen_is_used() -> None:
    script = Script()
    script.welcome("LINELEN=2048")
    script.client.say("#room", "x" * 1900, script.now)
    assert len(script.said()) == 1


def test_an_unknown_host_is_taken_for_the_longest() -> None:
    script = Script()
    script.send(":srv.test 001 ann :Welcome", ":srv.test 422 ann :No MOTD")
    script.said()
    script.client.say("#room", "x" * 1000, script.now)
    host = "h" * 63
    assert all(len(f":ann!~{'u' * 18}@{host} {line}\r\n") <= 512 for line in script.said())


@pytest.mark.parametrize("text", ["a\rb", "a\0b", "", "\n", "\n\n", "\ud800"])
def test_what_no_message_can_carry_is_refused(text: str) -> None:
    script = Script()
    script.welcome(caps=MULTILINE)
    with pytest.raises(UnsayableError):
        script.client.say("#room", text, script.now)
    assert script.said() == []


def test_a_target_that_leaves_no_room_is_refused() -> None:
    script = Script()
    script.welcome()
    with pytest.raises(UnsayableError):
        script.client.say("#" + "x" * 490, "hello", script.now)
    with pytest.raises(TooLongError):
        script.client.topic("#room", "x" * 600, script.now)


def test_nothing_is_sent_in_part() -> None:
    """A refused text leaves nothing behind, not even its first lines."""
    script = Script()
    with pytest.raises(NotRegisteredError):
        script.client.say("#room", "hello", script.now)
    script.welcome()
    with pytest.raises(UnsayableError):
        script.client.say("#room", "hello\nwor\rld", script.now)
    assert script.said() == []


def test_a_batch_leaves_as_a_whole() -> None:
    """multiline: nothing but PRIVMSG may be sent while a batch is open, so a PONG comes before or after."""
    script = Script(send_budget=SendBudget(burst=1, lines_per_second=0.1))
    script.welcome(caps=MULTILINE)
    script.client.say("#room", "one\ntwo\nthree", script.now)
    script.client.receive_data(script.conn, b"PING :x\r\n", script.now)
    assert script.said() == [
        "PONG x",
        "BATCH +m1 draft/multiline #room",
        "@batch=m1 PRIVMSG #room one",
        "@batch=m1 PRIVMSG #room two",
        "@batch=m1 PRIVMSG #room three",
        "BATCH -m1",
    ]


def test_tags_go_with_the_batch() -> None:
    """multiline, "Message tags": client-only tags are attached to the opening BATCH."""
    script = Script()
    script.welcome(caps=MULTILINE)
    script.client.say("#room", "one\ntwo", script.now, reply_to="m1")
    assert script.said() == [
        "@+draft/reply=m1 BATCH +m1 draft/multiline #room",
        "@batch=m1 PRIVMSG #room one",
        "@batch=m1 PRIVMSG #room two",
        "BATCH -m1",
    ]


def test_a_text_is_bounded() -> None:
    script = Script()
    script.welcome()
    with pytest.raises(UnsayableError):
        script.client.say("#a", "x" * (LONGEST_TEXT + 1), script.now)
    assert script.said() == []
