"""What a message carries: tags, each under its capability, and a text that fits its line.

https://ircv3.net/specs/extensions/message-tags; other extensions are cited where they are tested.
"""

import pytest

from freeq_proto.irc import format_server_time
from tests.server.harness import SERVER, START_MS, Net
from tests.server.speaking import EVERYTHING, TAGS, gather, one, parsed, source, words

DID_SEED = bytes(range(32))


# --- tags ----------------------------------------------------------------------------------------------------------


def test_each_recipient_gets_the_tags_that_it_asked_for_and_no_other() -> None:
    """server-time, account-tag, message-ids, bot-mode and message-tags, each under its capability."""
    net = Net()
    alice = net.client("alice", did_seed=DID_SEED)
    alice.ask("MODE alice +B")
    user = net.engine.server.world.user("alice")
    assert user is not None
    caps = {"plain": "", "time": "server-time", "account": "account-tag", "tags": "message-tags"}
    others = {nick: net.client(nick, caps=cap.split(" ") if cap else ()) for nick, cap in caps.items()}
    gather(alice, *others.values())
    alice.send("@+draft/reply=abc PRIVMSG #room :hi")
    body = f":{source(net, 'alice')} PRIVMSG #room :hi"
    heard = {nick: other.sync() for nick, other in others.items()}
    tags = one(heard.pop("tags")).tags
    assert tags.pop("msgid")
    assert tags == {"bot": "", "+draft/reply": "abc"}
    assert heard == {
        "plain": [body],
        "time": [f"@time={format_server_time(START_MS)} {body}"],
        "account": [f"@account={user.account} {body}"],
    }


@pytest.mark.parametrize("command", ["PRIVMSG bob :hi", "NOTICE bob :hi", "TAGMSG bob"])
def test_tags_that_are_not_a_clients_to_give_are_dropped(command: str) -> None:
    """message-tags: "Tags without the client-only prefix MUST be removed by the server before being relayed"."""
    net = Net()
    alice, bob = net.client("alice", caps=TAGS), net.client("bob", caps=TAGS)
    forged = "account=did:plc:x;time=2001-01-01T00:00:00.000Z;msgid=mine;bot;label=;unknown=1;+good=1;+b@d=2;+=3"
    alice.send(f"@{forged} {command}")
    tags = one(bob.sync()).tags
    assert tags.pop("time") == format_server_time(START_MS)
    assert tags.pop("msgid") != "mine"
    assert tags == {"+good": "1"}


def test_client_only_tags_arrive_as_they_were_sent() -> None:
    """message-tags, "Escaping values"; an empty value and a missing one are the same."""
    net = Net()
    alice, bob = net.client("alice"), net.client("bob", caps=["message-tags"])
    sent = r"+example=raw+:=,escaped\:\s\\;+vendor.example/empty;+late=\r\n"
    alice.send(f"@{sent};+twice=1;+twice=2;+nothing= PRIVMSG bob :hi")
    section, _, _ = bob.take()[0].partition(" ")
    assert section.partition(";")[2] == f"{sent};+twice=2;+nothing"


def test_more_tags_than_a_client_may_send_are_refused() -> None:
    """message-tags, "Size limit": 4094 bytes of tag data, else ERR_INPUTTOOLONG (417)."""
    net = Net()
    alice, bob = net.client("alice"), net.client("bob", caps=["message-tags"])
    key = "+x="
    alice.send(f"@{key}{'y' * (4094 - len(key))} PRIVMSG bob :fits")
    assert one(bob.take()).tags["+x"] == "y" * (4094 - len(key))
    assert alice.ask(f"@{key}{'y' * (4095 - len(key))} PRIVMSG bob :too long") == [
        f":{SERVER} 417 alice :Input line was too long",
    ]
    assert bob.sync() == []


def test_tagmsg_reaches_only_those_with_message_tags() -> None:
    """message-tags: "Servers MUST NOT deliver TAGMSG to clients that haven't negotiated" it."""
    net = Net()
    alice = net.client("alice", caps=EVERYTHING)
    bob, carol = net.client("bob", caps=["message-tags"]), net.client("carol", caps=["server-time", "account-tag"])
    gather(alice, bob, carol)
    echo = one(alice.ask("@+typing=active TAGMSG #room"))
    heard = one(bob.sync())
    assert words(echo) == words(heard) == ["TAGMSG", "#room"]
    assert heard.source == source(net, "alice")
    assert heard.tags == {"msgid": echo.tags["msgid"], "+typing": "active"}
    assert carol.sync() == []


def test_tagmsg_without_a_client_only_tag_says_nothing() -> None:
    net = Net()
    alice, bob = net.client("alice", caps=EVERYTHING), net.client("bob", caps=["message-tags"])
    assert alice.ask("@label=7;unknown TAGMSG bob") == [f"@label=7 :{SERVER} ACK"]
    assert bob.sync() == []


# --- limits --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("letter", ["x", "é", "€", "🙂"])
@pytest.mark.parametrize("target", ["bob", "#room", "+#room"])
def test_a_line_that_the_source_makes_too_long_is_cut_between_characters(letter: str, target: str) -> None:
    """Modern IRC, "Message Format": 512 bytes with CR LF, not counting tags; utf8-only: no broken character."""
    net = Net()
    alice, bob = net.client("alice", caps=EVERYTHING), net.client("bob")
    gather(bob, alice)
    size = len(letter.encode())
    text = letter * ((510 - len(f"PRIVMSG {target} :")) // size)
    echo = one(alice.ask(f"PRIVMSG {target} :{text}"))
    (line,) = bob.sync()
    room = 510 - len(f":{source(net, 'alice')} PRIVMSG {target} :")
    assert line == f":{source(net, 'alice')} PRIVMSG {target} :{letter * (room // size)}"
    assert echo.params == [target, letter * (room // size)]


def test_short_text_is_never_touched() -> None:
    net = Net()
    alice, bob = net.client("alice"), net.client("bob")
    for text in (" ", "  spaced  ", ":", "::x", "\x02bold\x0f\x1ditalics\x1f", "é€🙂"):
        alice.send(f"PRIVMSG bob :{text}")
        assert bob.take() == [f":{source(net, 'alice')} PRIVMSG bob :{text}"]


def test_what_is_not_utf8_is_rejected_and_heard_by_nobody() -> None:
    """https://ircv3.net/specs/extensions/utf8-only."""
    net = Net()
    alice, bob = net.client("alice", caps=EVERYTHING), net.client("bob")
    alice.feed(b"PRIVMSG bob :caf\xe9\r\n")
    fail = one(alice.take())
    assert words(fail)[:3] == ["FAIL", "PRIVMSG", "INVALID_UTF8"]
    assert bob.sync() == []


def test_ids_grow_and_times_are_in_them() -> None:
    """message-ids; a message's time and id are minted together."""
    net = Net()
    alice = net.client("alice", caps=EVERYTHING)
    gather(alice)
    echoes = []
    for _ in range(3):
        echoes += parsed(alice.ask("PRIVMSG #room :a", "NOTICE #room :b"))
        net.tick(1)
    ids = [echo.tags["msgid"] for echo in echoes]
    assert ids == sorted(set(ids))
    assert [echo.tags["time"] for echo in echoes] == [
        format_server_time(START_MS + 1000 * second) for second in range(3) for _ in range(2)
    ]
