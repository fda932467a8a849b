"""REDACT: https://ircv3.net/specs/extensions/message-redaction."""

import pytest

from freeq_proto.server import Limits
from tests.server.harness import SERVER, Client, Net, config
from tests.server.speaking import EVERYTHING, gather, one, parsed, source, words

DID_SEED = bytes(range(32))


def say(client: Client, target: str, line: str = "PRIVMSG {} :oops") -> str:
    """Say something and return its message id."""
    return one(client.ask(line.format(target))).tags["msgid"]


def fail(code: str, target: str, msgid: str) -> list[str]:
    texts = {
        "REDACT_FORBIDDEN": "You are not authorised to delete this message",
        "UNKNOWN_MSGID": "This message does not exist or is too old",
    }
    return [f":{SERVER} FAIL REDACT {code} {target} {msgid} :{texts[code]}"]


def trio() -> tuple[Net, Client, Client, Client]:
    """Alice, founder of #room, with Bob in it; Carol is outside."""
    net = Net()
    alice, bob, carol = (net.client(nick, caps=EVERYTHING) for nick in ("alice", "bob", "carol"))
    gather(alice, bob)
    return net, alice, bob, carol


# --- channels ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", ["PRIVMSG {} :oops", "NOTICE {} :oops", "@+draft/react=x TAGMSG {}"])
@pytest.mark.parametrize("reason", ["", "wrong channel"])
def test_the_sender_takes_a_message_back(line: str, reason: str) -> None:
    """The msgid may be of a PRIVMSG, NOTICE or TAGMSG; members are told as they were of the message."""
    net, alice, bob, _carol = trio()
    msgid = say(bob, "#room", line)
    alice.take()
    echo = one(bob.ask(f"REDACT #Room {msgid}" + (f" :{reason}" if reason else "")))
    assert words(echo) == ["REDACT", "#room", msgid, *([reason] if reason else [])]
    assert echo.source == source(net, "bob")
    assert set(echo.tags) == {"msgid", "time"}
    assert echo.tags["msgid"] != msgid
    assert one(alice.sync()) == echo


def test_the_redaction_answers_a_label() -> None:
    _net, _alice, bob, _carol = trio()
    msgid = say(bob, "#room")
    answer = one(bob.ask(f"@label=L REDACT #room {msgid}"))
    assert answer.tags["label"] == "L"
    assert words(answer) == ["REDACT", "#room", msgid]


def test_whoever_lacks_the_capability_is_not_told() -> None:
    """ "MUST not forward this REDACT to target recipients that have not negotiated this capability"."""
    net, alice, bob, _carol = trio()
    plain, lame = net.client("plain"), net.client("lame", caps=["draft/message-redaction"])
    gather(plain, lame)
    msgid = say(bob, "#room")
    for client in (alice, plain, lame):
        client.take()
    bob.send(f"REDACT #room {msgid}")
    assert len(alice.sync()) == 1
    assert plain.sync() == []
    assert lame.sync() == []


def test_a_message_is_redacted_once() -> None:
    _net, _alice, bob, _carol = trio()
    msgid = say(bob, "#room")
    assert len(bob.ask(f"REDACT #room {msgid}")) == 1
    assert bob.ask(f"REDACT #room {msgid}") == fail("UNKNOWN_MSGID", "#room", msgid)


@pytest.mark.parametrize("role", ["o", "h"])
def test_operators_and_half_operators_moderate(role: str) -> None:
    _net, alice, bob, carol = trio()
    carol.send("JOIN #room")
    alice.send(f"MODE #room +{role} carol")
    msgid = say(bob, "#room")
    assert words(one(carol.ask(f"REDACT #room {msgid} :spam"))) == ["REDACT", "#room", msgid, "spam"]


def test_a_voice_moderates_nobody() -> None:
    """``REDACT_FORBIDDEN <target> <target-msgid>``."""
    _net, alice, bob, _carol = trio()
    alice.send("MODE #room +v bob")
    msgid = say(alice, "#room")
    bob.take()
    assert bob.ask(f"REDACT #room {msgid}") == fail("REDACT_FORBIDDEN", "#room", msgid)
    assert alice.sync() == []
    assert len(alice.ask(f"REDACT #room {msgid}")) == 1


def test_strangers_learn_nothing() -> None:
    """ "Server implementation considerations": an error must not give away that a message exists."""
    _net, alice, _bob, carol = trio()
    msgid = say(alice, "#room")
    for guess in (msgid, "nonsense", msgid.lower()):
        assert carol.ask(f"REDACT #room {guess}") == fail("UNKNOWN_MSGID", "#room", guess)


def test_who_joined_later_learns_nothing_but_operators_still_moderate() -> None:
    net, alice, _bob, carol = trio()
    before = say(alice, "#room")
    net.tick(1)
    carol.send("JOIN #room")
    net.tick(1)
    after = say(alice, "#room")
    carol.take()
    assert carol.ask(f"REDACT #room {before}") == fail("UNKNOWN_MSGID", "#room", before)
    assert carol.ask(f"REDACT #room {after}") == fail("REDACT_FORBIDDEN", "#room", after)
    alice.send("MODE #room +h carol")
    carol.take()
    assert words(one(carol.ask(f"REDACT #room {before}"))) == ["REDACT", "#room", before]


def test_an_operator_elsewhere_cannot_claim_a_message_for_his_own_channel() -> None:
    _net, alice, _bob, carol = trio()
    gather(carol, alice, channel="#carols")
    msgid = say(alice, "#room")
    assert carol.ask(f"REDACT #carols {msgid}") == fail("UNKNOWN_MSGID", "#carols", msgid)
    assert alice.ask(f"REDACT #carols {msgid}") == fail("UNKNOWN_MSGID", "#carols", msgid)
    assert alice.ask(f"REDACT carol {msgid}") == fail("UNKNOWN_MSGID", "carol", msgid)
    assert carol.sync() == []


def test_the_sender_may_have_left_or_been_silenced_but_then_gives_no_reason() -> None:
    """A reason is speech: a redaction is no way around a ban."""
    _net, alice, bob, _carol = trio()
    first, second = say(bob, "#room"), say(bob, "#room")
    alice.send("MODE #room +b bob!*@*")
    alice.take()
    assert words(one(bob.ask(f"REDACT #room {first} :buy now"))) == ["REDACT", "#room", first]
    assert words(one(alice.take())) == ["REDACT", "#room", first]
    bob.send("PART #room")
    alice.take()
    assert words(one(bob.ask(f"REDACT #room {second} :buy now"))) == ["REDACT", "#room", second]
    assert words(one(alice.take())) == ["REDACT", "#room", second]


def test_a_channel_founded_anew_has_no_part_in_what_was_said_before() -> None:
    net, alice, bob, carol = trio()
    msgid = say(bob, "#room")
    alice.send("PART #room")
    bob.send("PART #room")
    net.tick(1)
    assert net.engine.server.world.channel("#room") is None
    gather(carol, bob)
    assert carol.ask(f"REDACT #room {msgid}") == fail("UNKNOWN_MSGID", "#room", msgid)
    assert bob.ask(f"REDACT #room {msgid}") == fail("UNKNOWN_MSGID", "#room", msgid)


def test_a_statusmsg_is_redacted_among_those_who_heard_it() -> None:
    _net, alice, bob, carol = trio()
    carol.send("JOIN #room")
    alice.send("MODE #room +v carol")
    msgid = say(bob, "@#room")
    alice.take()
    carol.take()
    for target in ("@#room", "#room", "+#room"):
        assert carol.ask(f"REDACT {target} {msgid}") == fail("UNKNOWN_MSGID", target, msgid)
    assert alice.ask(f"REDACT #room {msgid}") == fail("UNKNOWN_MSGID", "#room", msgid)
    assert words(one(bob.ask(f"REDACT @#room {msgid}"))) == ["REDACT", "@#room", msgid]
    assert words(one(alice.take())) == ["REDACT", "@#room", msgid]
    assert carol.sync() == []


def test_a_multiline_message_is_redacted_whole() -> None:
    _net, alice, bob, _carol = trio()
    bob.send("BATCH +1 draft/multiline #room", "@batch=1 PRIVMSG #room :a", "@batch=1 PRIVMSG #room :b", "BATCH -1")
    opening = parsed(alice.take())[0]
    bob.take()
    msgid = opening.tags["msgid"]
    assert words(one(bob.ask(f"REDACT #room {msgid}"))) == ["REDACT", "#room", msgid]
    assert words(one(alice.take())) == ["REDACT", "#room", msgid]


# --- direct messages -----------------------------------------------------------------------------------------------


def test_a_direct_message_is_taken_back_by_its_sender_alone() -> None:
    _net, alice, bob, carol = trio()
    msgid = say(alice, "bob")
    bob.take()
    assert carol.ask(f"REDACT bob {msgid}") == fail("UNKNOWN_MSGID", "bob", msgid)
    assert carol.ask(f"REDACT alice {msgid}") == fail("UNKNOWN_MSGID", "alice", msgid)
    assert bob.ask(f"REDACT alice {msgid}") == fail("REDACT_FORBIDDEN", "alice", msgid)
    assert bob.ask(f"REDACT bob {msgid}") == fail("UNKNOWN_MSGID", "bob", msgid)
    assert alice.ask(f"REDACT carol {msgid}") == fail("UNKNOWN_MSGID", "carol", msgid)
    echo = one(alice.ask(f"REDACT BOB {msgid} :typo"))
    assert words(echo) == ["REDACT", "bob", msgid, "typo"]
    assert one(bob.sync()) == echo
    assert carol.sync() == []


def test_a_redaction_follows_the_recipient_and_not_the_nick() -> None:
    _net, alice, bob, carol = trio()
    msgid = say(alice, "bob")
    bob.send("NICK robert")
    carol.send("NICK bob")
    for client in (alice, bob, carol):
        client.take()
    assert alice.ask(f"REDACT bob {msgid}") == fail("UNKNOWN_MSGID", "bob", msgid)
    assert words(one(alice.ask(f"REDACT robert {msgid}"))) == ["REDACT", "robert", msgid]
    assert words(one(bob.take())) == ["REDACT", "robert", msgid]
    assert carol.sync() == []


def test_a_message_to_an_account_is_taken_back_wherever_it_arrived() -> None:
    net = Net()
    alice = net.client("alice", caps=EVERYTHING)
    bob = net.client("bob", caps=EVERYTHING, did_seed=DID_SEED)
    desk = net.client("desk", caps=EVERYTHING, did_seed=DID_SEED)
    user = net.engine.server.world.user("bob")
    assert user is not None
    assert user.account is not None
    for target in (user.account, "bob"):
        msgid = say(alice, user.account)
        bob.take()
        desk.take()
        assert words(one(alice.ask(f"REDACT {target} {msgid}"))) == ["REDACT", target, msgid]
        assert words(one(bob.take())) == ["REDACT", "bob", msgid]
        assert words(one(desk.take())) == ["REDACT", "desk", msgid]


def test_a_note_to_oneself_is_taken_back() -> None:
    _net, alice, _bob, _carol = trio()
    msgid = parsed(alice.ask("PRIVMSG alice :note"))[0].tags["msgid"]
    assert words(one(alice.ask(f"REDACT alice {msgid}"))) == ["REDACT", "alice", msgid]


# --- errors --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["#nowhere", "@#nowhere", "nobody", "did:plc:nobody"])
def test_there_is_no_such_target(target: str) -> None:
    """``INVALID_TARGET <target>``."""
    _net, alice, _bob, _carol = trio()
    msgid = say(alice, "#room")
    assert alice.ask(f"REDACT {target} {msgid}") == [
        f":{SERVER} FAIL REDACT INVALID_TARGET {target} :You cannot delete messages from {target}",
    ]


def test_the_capability_is_needed() -> None:
    net = Net()
    alice = net.client("alice", caps=["message-tags", "echo-message"])
    gather(alice)
    msgid = say(alice, "#room")
    assert alice.ask(f"REDACT #room {msgid}") == [
        f":{SERVER} 421 alice REDACT :This needs the capability draft/message-redaction",
    ]


def test_too_few_parameters() -> None:
    _net, alice, _bob, _carol = trio()
    assert alice.ask("REDACT #room") == [f":{SERVER} 461 alice REDACT :Not enough parameters"]


def test_old_messages_are_forgotten() -> None:
    net = Net(config(limits=Limits(history_window=2)))
    alice = net.client("alice", caps=EVERYTHING)
    gather(alice)
    first, second, third = (say(alice, "#room") for _ in range(3))
    assert alice.ask(f"REDACT #room {first}") == fail("UNKNOWN_MSGID", "#room", first)
    for msgid in (second, third):
        assert words(one(alice.ask(f"REDACT #room {msgid}"))) == ["REDACT", "#room", msgid]


def test_a_reason_that_is_too_long_is_cut() -> None:
    _net, alice, bob, _carol = trio()
    msgid = say(alice, "#room")
    bob.take()
    alice.send(f"REDACT #room {msgid} :{'x' * 440}")
    (line,) = bob.sync()
    assert len(line.partition(" ")[2].encode()) == 510
