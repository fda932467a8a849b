"""What guests were given, and its end, which the server records."""

import pytest

from freeq_proto.authority import is_guest
from freeq_proto.boundary import ActRow, KeyType
from freeq_proto.identity import PrivateKey, public_key_to_did_key
from freeq_proto.irc import Folded
from freeq_proto.sasl import respond_crypto, split_payload
from tests.server.harness import SERVER
from tests.server.held import HeldNet
from tests.server.watched import WatchedNet as Net
from tests.server.watched import bodies, names, room


def test_what_was_given_to_a_guest_who_is_gone_is_ended() -> None:
    net = HeldNet()
    alice, bob = room(net, "alice", "bob")
    user = net.engine.server.world.user("bob")
    assert user is not None
    guest = user.principal.id
    net.holds = True
    alice.send("MODE #room +o bob")
    bob.disconnect()
    while net.writes:
        net.answer(net.writes.pop(0))
    channel = net.engine.server.world.channels[Folded(b"#room")]
    assert is_guest(guest)
    assert guest not in channel.facts.roles


@pytest.mark.parametrize("how", ["QUIT", "signing in", "signing in and LOGOUT"])
def test_the_end_of_a_guest_that_cannot_be_stored_is_tried_again(how: str) -> None:
    """Also where the channel has members: else whoever was deposed as an account is operator again after LOGOUT."""
    net = HeldNet()
    founder = net.client("founder", did_seed=b"\x0d" * 32)
    guest = net.client("guest", caps=["sasl"])
    for client in (founder, guest):
        client.send("JOIN #room")
    founder.send("MODE #room +o guest")
    channel = net.engine.server.world.channels[Folded(b"#room")]
    (given,) = [who for who in channel.facts.roles if is_guest(who)]
    net.holds = True
    if how == "QUIT":
        guest.send("QUIT")
    else:
        challenge = guest.ask("AUTHENTICATE ATPROTO-CHALLENGE")[-1].removeprefix("AUTHENTICATE ")
        key = PrivateKey(KeyType.ED25519, bytes(32))
        answer = respond_crypto(challenge, public_key_to_did_key(key.public_key), key, SERVER, net.now)
        guest.send(*(f"AUTHENTICATE {chunk}" for chunk in split_payload(answer)))
    while net.writes:
        write = net.writes.pop(0)
        ends = any(isinstance(row, ActRow) and row.kind == "end" for row in write.rows)
        net.answer(write, "the disk is full" if ends else None)
    net.holds = False
    if how == "signing in and LOGOUT":
        guest.send("LOGOUT")
    assert given in channel.facts.roles
    founder.send("TOPIC #room :the disk has room again")
    assert given not in channel.facts.roles
    net.check_rosters()


def test_a_guest_operator_keeps_his_role_while_he_is_connected() -> None:
    net = Net()
    alice, bob, carol = room(net, "alice", "bob", "carol")
    alice.send("MODE #room +o bob")
    bob.send("PART #room", "JOIN #room")
    assert bodies(carol.take())[-2:] == ["JOIN #room", "MODE #room +o bob"]
    bob.send("QUIT")
    alice.send("QUIT")
    assert names(carol, "#room") == ["carol"]
    carol.send("PART #room")
    assert net.engine.server.world.channels == {}
