"""extended-monitor: https://ircv3.net/specs/extensions/extended-monitor"""

import pytest

from tests.server.harness import Client, Net


def watcher(net: Net, nick: str, *caps: str) -> Client:
    client = net.client(nick, caps=caps)
    client.send("MONITOR + alice")
    client.take()
    return client


@pytest.mark.parametrize(
    ("command", "capability"), [("AWAY :gone", "away-notify"), ("AWAY", "away-notify"), ("SETNAME :A", "setname")]
)
def test_watchers_with_both_capabilities_are_told(command: str, capability: str) -> None:
    net = Net()
    alice = net.client("Alice")
    if command == "AWAY":
        alice.send("AWAY :first")
    both = watcher(net, "Both", "extended-monitor", capability)
    one = watcher(net, "One", "extended-monitor")
    other = watcher(net, "Other", capability)
    user = net.engine.server.world.user("Alice")
    assert user is not None
    alice.send(command)
    assert both.take() == [f":{user.hostmask} {command}"]
    assert one.take() == other.take() == []
    both.send("MONITOR - Alice")
    alice.send("AWAY :again", "SETNAME :B")
    assert both.take() == []


def test_watchers_who_share_a_channel_are_told_once() -> None:
    net = Net()
    alice = net.client("Alice")
    bob = watcher(net, "Bob", "extended-monitor", "away-notify")
    for client in (alice, bob):
        client.send("JOIN #chan")
    bob.take()
    alice.send("AWAY :gone")
    assert len(bob.take()) == 1
    bob.send("PART #chan")
    bob.take()
    alice.send("AWAY")
    assert len(bob.take()) == 1


def test_who_watches_himself_hears_his_own_words_once() -> None:
    net = Net()
    alice = watcher(net, "Alice", "extended-monitor", "setname")
    assert len(alice.ask("SETNAME :me")) == 1
