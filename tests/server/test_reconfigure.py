"""Another configuration while the server runs (https://ircv3.net/specs/extensions/capability-negotiation#cap-notify)."""

import attrs

from freeq_proto.server import Flood, Limits, StrictTransport
from tests.server.harness import SERVER, config
from tests.server.watched import WatchedNet as Net
from tests.server.watched import numerics


def test_new_capabilities_and_values_are_announced_to_those_who_are_notified() -> None:
    net = Net()
    modern, old, asking = net.connect(), net.client("old"), net.client("asking", caps=["message-tags"])
    modern.send("CAP LS 302")
    for client in (modern, old, asking):
        client.take()
    net.engine.reconfigure(config(strict_transport=StrictTransport(6697, 60)), net.now)
    net.settle()
    assert modern.take() == [f":{SERVER} CAP * NEW :sts=port=6697"]
    assert asking.take() == [f":{SERVER} CAP asking NEW :sts=port=6697"]
    assert old.take() == []
    net.engine.reconfigure(config(strict_transport=StrictTransport(6698, 60)), net.now)
    net.settle()
    assert modern.take() == [f":{SERVER} CAP * NEW :sts=port=6698"]
    net.engine.reconfigure(config(), net.now)
    net.settle()
    assert modern.take() == [], "a policy ends by its own duration (sts)"


def test_the_same_configuration_again_says_nothing() -> None:
    net = Net()
    alice = net.client("alice", caps=["message-tags"])
    assert net.engine.reconfigure(net.engine.server.config, net.now) == ()
    assert not net.engine.drain()
    assert alice.take() == []


def test_limits_hold_from_now_on() -> None:
    net = Net()
    alice = net.client("alice")
    alice.send("JOIN #a,#b,#c")
    alice.take()
    net.engine.reconfigure(config(limits=Limits(channels_per_user=2, clients=2, ping_seconds=10)), net.now)
    assert numerics(alice.ask("JOIN #d")) == ["405 #d"]
    assert net.connect().closed is None
    assert net.connect().closed == "The server is full"


def test_flood_control_may_be_turned_on() -> None:
    net = Net()
    alice = net.client("alice")
    net.engine.reconfigure(config(flood=Flood(burst=1, lines_per_second=1)), net.now)
    alice.send("PING 1", "PING 2")
    assert len(alice.take()) == 1
    net.pass_time(2)
    assert len(alice.take()) == 1


def test_what_cannot_change_is_named_and_stays() -> None:
    net = Net()
    alice = net.client("alice")
    other = attrs.evolve(
        config(), name="other.example.org", network="Other", limits=Limits(history_window=7), motd=("New.",)
    )
    notes = net.engine.reconfigure(other, net.now)
    assert [note.split(" ")[0] for note in notes] == ["server.name", "server.network", "limits.history_window"]
    assert alice.ask("PING x") == [f":{SERVER} PONG {SERVER} :x"]
    late = net.connect()
    lines = late.ask("NICK late", "USER l 0 * :L")
    assert lines[-2] == f":{SERVER} 372 late :- New."
    assert net.engine.server.config.network == "Example"
