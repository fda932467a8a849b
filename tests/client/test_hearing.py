"""What is said becomes typed events (RFC 1459, CTCP, and the client tags of IRCv3)."""

import pytest

from freeq_proto.client import (
    CtcpReceived,
    MessageEdited,
    MessageReceived,
    MessageRedacted,
    ReactionAdded,
    ReactionRemoved,
    ServerNotice,
    Source,
    TypingChanged,
    Unhandled,
    Unreadable,
)
from freeq_proto.client.hearing import AHEAD_MS, EARLIEST_MS
from tests.client.bridge import Script

BOB = Source("bob", "b", "h")


def script(**changes: object) -> Script:
    played = Script(**changes)  # type: ignore[arg-type]  # tests name the fields
    played.welcome("STATUSMSG=@+", caps="message-tags batch server-time draft/multiline=max-bytes=4000")
    played.program.events.clear()
    return played


def heard(*lines: str) -> list[object]:
    played = script()
    played.send(*lines)
    return list(played.program.events)


def test_a_message() -> None:
    (event,) = heard("@msgid=m1;time=2025-01-31T23:59:59.123Z;account=did:x:y;+reply=m0 :bob!b@h PRIVMSG #a :hi there")
    assert event == MessageReceived(
        "#a",
        BOB,
        "hi there",
        conversation="#a",
        account="did:x:y",
        msgid="m1",
        time=1738367999123,
        reply_to="m0",
        tags={"msgid": "m1", "time": "2025-01-31T23:59:59.123Z", "account": "did:x:y", "+reply": "m0"},
    )


def test_conversations() -> None:
    """To us, from us, and to a part of a channel (STATUSMSG)."""
    events = heard(":bob!b@h PRIVMSG ann :x", ":ann!a@h PRIVMSG bob :x", ":bob!b@h PRIVMSG @#a :x")
    assert [(e.conversation, e.is_echo) for e in events if isinstance(e, MessageReceived)] == [
        ("bob", False),
        ("bob", True),
        ("#a", False),
    ]


def test_actions_notices_and_ctcp() -> None:
    events = heard(
        ":bob!b@h PRIVMSG #a :\x01ACTION waves\x01",
        ":bob!b@h NOTICE #a :careful",
        ":bob!b@h PRIVMSG ann :\x01version\x01",
        ":bob!b@h NOTICE ann :\x01PING 12 3\x01",
        ":srv.test NOTICE ann :maintenance",
    )
    action, notice, query, reply, server = events
    assert isinstance(action, MessageReceived)
    assert (action.text, action.is_action) == ("waves", True)
    assert isinstance(notice, MessageReceived)
    assert notice.is_notice
    assert query == CtcpReceived("ann", BOB, "VERSION")
    assert reply == CtcpReceived("ann", BOB, "PING", "12 3", is_notice=True)
    assert server == ServerNotice("maintenance", Source("srv.test"))


def test_reactions_edits_and_redactions() -> None:
    """client-tags/react, with the names of drafts and those without; message-redaction."""
    stamp = "time=2025-01-31T23:59:59.123Z"
    events = heard(
        f"@{stamp};+draft/react=👋;+draft/reply=m1 :bob!b@h TAGMSG #a",
        f"@{stamp};+react=👋;+reply=m1 :bob!b@h TAGMSG #a",
        f"@{stamp};+freeq.at/unreact=👋;+reply=m1 :bob!b@h TAGMSG #a",
        f"@{stamp};+draft/edit=m1;account=x :bob!b@h PRIVMSG #a :better",
        f"@{stamp} :bob!b@h REDACT #a m1 :typo",
        f"@{stamp};+draft/delete=m1 :bob!b@h TAGMSG #a",
        "@+draft/react=x :bob!b@h TAGMSG #a",
    )
    at = 1738367999123
    added = ReactionAdded("#a", BOB, "m1", "👋", time=at)
    assert events[:-1] == [
        added,
        added,
        ReactionRemoved("#a", BOB, "m1", "👋", time=at),
        MessageEdited("#a", BOB, "m1", "better", account="x", time=at),
        MessageRedacted("#a", BOB, "m1", "typo", time=at),
        MessageRedacted("#a", BOB, "m1", time=at),
    ]
    assert isinstance(events[-1], Unhandled)


def test_typing() -> None:
    events = heard(
        "@+typing=active :bob!b@h TAGMSG #a", "@+typing=x :bob!b@h TAGMSG #a", "@+typing=done :ann!a@h TAGMSG #a"
    )
    assert events[0] == TypingChanged("#a", BOB, "active")
    assert all(isinstance(event, Unhandled) for event in events[1:])


def test_a_multiline_message() -> None:
    """The example of the specification, with tags on the batch."""
    (event,) = heard(
        "@msgid=xxx;account=account :n!u@h BATCH +123 draft/multiline #channel",
        "@batch=123 :n!u@h PRIVMSG #channel hello",
        "@batch=123 :n!u@h PRIVMSG #channel :how is ",
        "@batch=123;draft/multiline-concat :n!u@h PRIVMSG #channel :everyone?",
        ":irc.host BATCH -123",
    )
    assert isinstance(event, MessageReceived)
    assert (event.text, event.msgid, event.account) == ("hello\nhow is everyone?", "xxx", "account")


def test_the_other_spelling_of_concat() -> None:
    (event,) = heard(
        "BATCH +1 draft/multiline #a",
        "@batch=1 :n!u@h PRIVMSG #a :one",
        "@batch=1;+draft/multiline-concat :n!u@h PRIVMSG #a :two",
        "BATCH -1",
    )
    assert isinstance(event, MessageReceived)
    assert event.text == "onetwo"
    assert event.sender == Source("n", "u", "h")


def test_lines_of_other_encodings_and_no_lines() -> None:
    played = script()
    played.feed(b":bob!b@h PRIVMSG #a :caf\xe9\r\n")
    assert played.program.one(MessageReceived).text == "café"
    played.feed(b"\x01\x02\r\n" + b"x" * 20_000 + b"\r\n")
    assert [len(event.line) for event in played.program.take(Unreadable)] == [
        2,
        len(b"<a line longer than any line may be>"),
    ]


def test_nothing_is_told_twice() -> None:
    """labeled-response, "Client implementation considerations": what we say to ourselves comes back two times."""
    events = heard(
        "@msgid=m1 :ann!a@h PRIVMSG ann :note",
        "@msgid=m1 :ann!a@h PRIVMSG ann :note",
        "@msgid=m2 :ann!a@h PRIVMSG ann :note",
    )
    assert len(events) == 2


@pytest.mark.parametrize("stamp", ["9999-12-31T23:59:59.999Z", "0001-01-01T00:00:00.000Z"])
def test_times_that_cannot_be_true(stamp: str) -> None:
    played = script()
    played.send(f"@time={stamp} :bob!b@h PRIVMSG #a :hi")
    assert EARLIEST_MS <= played.program.one(MessageReceived).time <= played.now.unix_ms + AHEAD_MS
