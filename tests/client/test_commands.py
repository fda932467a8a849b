"""What a program has the client say, line by line."""

import pytest

from freeq_proto.client import MissingCapabilityError, NotRegisteredError, UnsayableError
from tests.client.bridge import Script


def script(*isupport: str, caps: str = "message-tags") -> Script:
    played = Script()
    played.welcome(*isupport, caps=caps)
    return played


def test_commands() -> None:
    played = script()
    client, now = played.client, played.now
    client.join("#a", now, key="k")
    client.part("#a", now, reason="bye all")
    client.topic("#a", "", now)
    client.kick("#a", "bob", now, reason="out")
    client.invite("#a", "bob", now)
    client.away(now, message="gone")
    client.away(now)
    client.nick("anna", now)
    client.realname("Ann B.", now)
    client.notice("bob", "careful", now)
    client.action("#a", "waves", now)
    client.raw("@+x=y WHO #a", now)
    assert played.said() == [
        "JOIN #a k",
        "PART #a :bye all",
        "TOPIC #a :",
        "KICK #a bob out",
        "INVITE bob #a",
        "AWAY gone",
        "AWAY",
        "NICK anna",
        "SETNAME :Ann B.",
        "NOTICE bob careful",
        "PRIVMSG #a :\x01ACTION waves\x01",
        "@+x=y WHO #a",
    ]


def test_tags() -> None:
    """reply, react, message-redaction; the names are those of the drafts, which servers and clients know."""
    played = script()
    client, now = played.client, played.now
    client.reply("#a", "m1", "yes", now)
    client.react("#a", "m1", "👋", now)
    client.unreact("#a", "m1", "👋", now)
    client.edit("#a", "m1", "better", now)
    client.redact("#a", "m1", now)
    assert played.said() == [
        "@+draft/reply=m1 PRIVMSG #a yes",
        "@+draft/reply=m1;+draft/react=👋 TAGMSG #a",
        "@+draft/reply=m1;+draft/unreact=👋 TAGMSG #a",
        "@+draft/edit=m1 PRIVMSG #a better",
        "@+draft/delete=m1 TAGMSG #a",
    ]
    played = script(caps="message-tags draft/message-redaction")
    played.client.redact("#a", "m1", played.now, reason="typo")
    assert played.said() == ["REDACT #a m1 typo"]


def test_a_server_without_tags() -> None:
    played = script(caps="batch")
    client, now = played.client, played.now
    client.say("#a", "yes", now, reply_to="m1")
    assert played.said() == ["PRIVMSG #a yes"]
    for send in (client.react, client.unreact, client.edit):
        with pytest.raises(MissingCapabilityError):
            send("#a", "m1", "x", now)
    with pytest.raises(MissingCapabilityError):
        client.redact("#a", "m1", now)
    assert not client.typing("#a", now)
    assert played.said() == []


def test_typing_is_told_no_more_often_than_wanted() -> None:
    """client-tags/typing: nothing within three seconds of another, ``paused`` and ``done`` once."""
    played = script()
    told = []
    for seconds, state in (
        (0, "active"),
        (1, "active"),
        (2, "active"),
        (0, "paused"),
        (3, "paused"),
        (3, "paused"),
        (0, "active"),
    ):
        played.pass_time(seconds)
        told.append(played.client.typing("#a", played.now, state=state))
    assert told == [True, False, True, False, True, False, True]
    assert played.client.typing("#b", played.now)
    played.said()
    played.pass_time(4)
    played.client.say("#A", "done", played.now)
    assert not played.client.typing("#a", played.now, state="done")
    assert played.said() == ["PRIVMSG #A done"]
    with pytest.raises(UnsayableError):
        played.client.typing("#a", played.now, state="thinking")


def test_many_modes_are_sent_as_several_commands() -> None:
    """ISUPPORT MODES: arguments that the server takes at once."""
    played = script("MODES=2", "CHANMODES=b,k,l,imnt")
    played.client.mode("#a", "+oo-v+m", "a", "b", "c", now=played.now)
    played.client.mode("#a", "+m-l", now=played.now)
    assert played.said() == ["MODE #a +o+o a b", "MODE #a -v+m c", "MODE #a +m-l"]


@pytest.mark.parametrize("channel", ["#a,#b", "#a b", "", ":x"])
def test_channels_that_are_none(channel: str) -> None:
    played = script()
    with pytest.raises(UnsayableError):
        played.client.join(channel, played.now)
    played.lose()
    played.pass_time(2)
    played.accept()
    played.welcome()
    assert not any(line.startswith("JOIN") for line in played.said())


def test_before_registration_nothing_is_sent() -> None:
    played = Script()
    for send in (
        lambda: played.client.say("#a", "x", played.now),
        lambda: played.client.topic("#a", "x", played.now),
        lambda: played.client.request("WHO", now=played.now),
        lambda: played.client.history("#a", played.now),
    ):
        with pytest.raises(NotRegisteredError):
            send()


@pytest.mark.parametrize(("changes", "arguments"), [("+Xov", "mbc"), ("+ov", "abc"), ("-l+o", "abc")])
def test_modes_that_cannot_be_cut_are_not_sent(changes: str, arguments: str) -> None:
    """Where a command has to be cut, we must know which letter each argument belongs to."""
    played = script("CHANMODES=b,k,l,nt", "PREFIX=(ov)@+", "MODES=2")
    with pytest.raises(UnsayableError):
        played.client.mode("#a", changes, *arguments, now=played.now)
    assert played.said() == []
