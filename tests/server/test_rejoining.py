"""Accounts that are brought back to where they were. docs/protocol.md, "Where an account was"."""

from freeq_proto.boundary import SavedChannelRow, SavedChannelsOf
from freeq_proto.server import Limits
from tests.server.harness import config
from tests.server.store import find
from tests.server.watched import WatchedNet as Net
from tests.server.watched import bodies

ALICE = b"\x31" * 32
BOB = b"\x32" * 32


def heard_on_return(net: Net, nick: str = "alice", seed: bytes = ALICE) -> list[str]:
    """JOINs and NOTEs that come after a registration."""
    client = net.connect()
    client.send("CAP LS 302", "CAP REQ :sasl standard-replies", f"NICK {nick}", "USER x 0 * :x")
    net.sign_in(client, seed)
    return [body for body in bodies(client.ask("CAP END")) if body.split(" ")[0] in ("JOIN", "NOTE")]


def test_a_channel_is_saved_when_joined_and_forgotten_when_left() -> None:
    net = Net()
    alice = net.client("alice", did_seed=ALICE)
    bob = net.client("bob", did_seed=BOB)
    bob.send("JOIN #Kick")
    alice.send("JOIN #stay,#part,#kick", "PART #part")
    bob.send("KICK #kick alice")
    guest = net.client("guest")
    guest.send("JOIN #stay")
    saved = [(row.channel, row.saved) for row in net.rows if isinstance(row, SavedChannelRow)]
    assert saved == [
        ("#Kick", True),
        ("#stay", True),
        ("#part", True),
        ("#Kick", True),
        ("#part", False),
        ("#Kick", False),
    ]
    alice.send("QUIT")
    assert heard_on_return(net) == ["JOIN #stay"]


def test_it_outlives_the_server_with_its_key() -> None:
    net = Net()
    alice = net.client("alice", did_seed=ALICE)
    alice.send("JOIN #locked", "MODE #locked +k sesame")
    bob = net.client("bob", did_seed=BOB)
    bob.send("JOIN #locked sesame")
    net.restart()
    assert heard_on_return(net, "bob", BOB) == ["JOIN #locked"]


def test_what_does_not_work_is_told() -> None:
    net = Net()
    alice = net.client("alice", did_seed=ALICE)
    net.client("guest").send("JOIN #ends")
    bob = net.client("bob", did_seed=BOB)
    alice.send("JOIN #banned")
    bob.send("JOIN #banned", "JOIN #ends", "QUIT")
    alice.send("MODE #banned +b *!*@*")
    net.restart()
    notes = heard_on_return(net, "bob", BOB)
    assert notes == [
        "NOTE JOIN NOT_REJOINED #banned :You were not brought back to #banned: banned",
        "NOTE JOIN NOT_REJOINED #ends :You were not brought back to #ends: this channel has ended",
    ]
    assert net.engine.server.world.channel("#ends") is None
    net.restart()
    assert len(heard_on_return(net, "bob", BOB)) == 1, "what has ended is tried once"


def test_who_is_here_already_is_not_brought_anywhere() -> None:
    net = Net()
    net.client("alice", did_seed=ALICE).send("JOIN #a")
    assert heard_on_return(net, "other") == []


def test_who_signs_in_later_is_saved_where_he_is() -> None:
    net = Net()
    alice = net.client("alice", caps=["sasl"])
    alice.send("JOIN #a")
    net.sign_in(alice, ALICE)
    alice.send("QUIT")
    assert heard_on_return(net) == ["JOIN #a"]


def test_no_more_than_a_user_may_be_in() -> None:
    net = Net()
    alice = net.client("alice", did_seed=ALICE)
    alice.send("JOIN #a,#b,#c")
    net.restart(config(limits=Limits(channels_per_user=2)))
    assert heard_on_return(net) == ["JOIN #b", "JOIN #c"]


def test_no_more_are_saved_and_the_oldest_goes() -> None:
    net = Net(config(limits=Limits(channels_per_user=2)))
    alice = net.client("alice", did_seed=ALICE)
    alice.send("JOIN #a,#b")
    net.pass_time(10)
    net.client("guest").send("JOIN #c")
    net.client("other", did_seed=ALICE).send("JOIN #c")
    net.pass_time(10)
    net.client("guest2").send("JOIN #d")
    other = net.client("another", did_seed=ALICE)
    other.send("JOIN #d")
    other.send("QUIT")
    user = net.engine.server.world.user("alice")
    assert user is not None
    saved = find(net.rows, SavedChannelsOf(str(user.account)))
    assert [row.channel for row in saved if isinstance(row, SavedChannelRow)] == ["#c", "#d"]


def test_a_store_that_does_not_answer_keeps_nobody_out() -> None:
    net = Net()
    net.client("alice", did_seed=ALICE).send("JOIN #a", "QUIT")
    net.store_fails = True
    (note,) = heard_on_return(net)
    assert note.startswith("NOTE JOIN NOT_REJOINED * :")
