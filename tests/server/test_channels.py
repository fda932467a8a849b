"""Coming, going, topics, invitations and kicks, over the wire (https://modern.ircdocs.horse/#channel-operations)."""

import pytest

from freeq_proto.irc import Folded
from freeq_proto.server import Limits
from tests.server.harness import SERVER, config
from tests.server.harness import Net as PlainNet
from tests.server.watched import WatchedNet as Net
from tests.server.watched import bodies, mask, names, numerics, room

KEY_A, KEY_B = b"\x0a" * 32, b"\x0b" * 32


def test_a_founder_is_told_join_names_and_nothing_else() -> None:
    net = Net()
    alice = net.client("alice")
    assert bodies(alice.ask("JOIN #new")) == [
        "JOIN #new",
        "353 alice = #new :@alice",
        "366 alice #new :End of /NAMES list",
    ]
    assert numerics(alice.ask("MODE #new"))[0] == "324 #new +nt"


def test_a_joiner_is_told_the_topic_and_members_hear_the_join() -> None:
    net = Net()
    (alice,) = room(net, "alice")
    alice.send("TOPIC #room :What we talk about")
    bob = net.client("bob")
    alice.take()
    assert numerics(bob.ask("JOIN #ROOM")) == [
        "332 #room",
        f"333 #room {mask(net, 'alice')} {net.now.unix_ms // 1000}",
        "353 = #room",
        "366 #room",
    ]
    assert bodies(alice.take()) == ["JOIN #room"]


def test_extended_join_away_notify_and_no_implicit_names() -> None:
    """https://ircv3.net/specs/extensions/extended-join, away-notify ("on JOIN") and no-implicit-names."""
    net = Net()
    alice = net.client("alice", caps=["extended-join", "away-notify"])
    plain = net.client("plain")
    for client in (alice, plain):
        client.send("JOIN #room")
    bob = net.client("bob", caps=["no-implicit-names"], did_seed=KEY_B)
    bob.send("AWAY :gone fishing")
    alice.take()
    plain.take()
    assert bodies(bob.ask("JOIN #room")) == ["JOIN #room"]
    did = net.engine.server.world.users[b"bob"].account  # type: ignore[index]  # a folded name, spelled out
    assert bodies(alice.take()) == [f"JOIN #room {did} :bob Realname", "AWAY :gone fishing"]
    assert bodies(plain.take()) == ["JOIN #room"]
    assert names(bob, "#room") == ["@alice", "bob", "plain"]


def test_multi_prefix_and_userhost_in_names() -> None:
    net = Net()
    alice, bob = room(net, "alice", "bob")
    alice.send("MODE #room +v alice", "MODE #room +hv bob bob")
    both = net.client("both", caps=["multi-prefix", "userhost-in-names"])
    both.send("JOIN #room")
    assert names(both, "#room") == [f"%+{mask(net, 'bob')}", f"@+{mask(net, 'alice')}", mask(net, "both")]
    assert names(bob, "#room") == ["%bob", "@alice", "both"]


@pytest.mark.parametrize("name", ["room", "#with\x07bell", "#" + "x" * 64, "&local", "#né\x85"])
def test_what_is_no_channel_name_is_476(name: str) -> None:
    net = Net()
    alice = net.client("alice")
    (answer,) = numerics(alice.ask(f"JOIN {name}"))
    assert answer.startswith("476")


def test_joining_twice_says_nothing_and_changes_nothing() -> None:
    net = Net()
    alice, bob = room(net, "alice", "bob")
    assert alice.ask("JOIN #Room,#room") == []
    assert bob.take() == []


def test_keys_go_with_channels_by_place() -> None:
    net = Net()
    (alice,) = room(net, "alice", channel="#a")
    alice.send("JOIN #b", "MODE #a +k one", "MODE #b +k two")
    bob = net.client("bob")
    assert numerics(bob.ask("JOIN #a,#b two,one")) == ["475 #a", "475 #b"]
    assert [line for line in bodies(bob.ask("JOIN #a,#b one,two")) if line.startswith("JOIN")] == ["JOIN #a", "JOIN #b"]


def test_join_0_leaves_all() -> None:
    net = Net()
    alice, bob = room(net, "alice", "bob")
    alice.send("JOIN #other")
    assert bodies(alice.ask("JOIN 0")) == ["PART #room", "PART #other"]
    assert bodies(bob.take()) == ["PART #room"]


def test_limits_of_channels_and_targets() -> None:
    net = Net(config(limits=Limits(channels_per_user=3)))
    alice = net.client("alice")
    answers = alice.ask("JOIN " + ",".join(f"#{n}" for n in range(12)))
    assert [line for line in numerics(answers) if line[:3] in ("405", "407")] == [
        "407 #10",
        "407 #11",
        *(f"405 #{n}" for n in range(3, 10)),
    ]
    alice.send("JOIN 0")
    assert len(net.engine.server.world.channels) == 0


def test_a_founder_by_account_may_found_no_more_than_he_may_enter() -> None:
    """Channels of accounts outlast their visits, so leaving them does not make room for more."""
    net = Net(config(limits=Limits(channels_per_user=2)))
    alice = net.client("alice", did_seed=KEY_A)
    alice.send("JOIN #a,#b", "JOIN 0")
    assert numerics(alice.ask("JOIN #c")) == ["405 #c"]
    assert numerics(alice.ask("JOIN #a"))[-1] == "366 #a"


def test_parting() -> None:
    net = Net()
    alice, bob = room(net, "alice", "bob")
    assert numerics(alice.ask("PART #nowhere,#room :see you")) == ["403 #nowhere"]
    assert bodies(bob.take()) == ["PART #room :see you"]
    assert numerics(alice.ask("PART #room")) == ["442 #room"]
    assert numerics(alice.ask("PART")) == ["461 PART"]


def test_who_may_not_speak_has_no_last_words() -> None:
    net = Net()
    alice, bob = room(net, "alice", "bob")
    alice.send("MODE #room +q bob")
    alice.take()
    bob.send("PART #room :LAST WORDS")
    assert bodies(alice.take()) == ["PART #room"]


# --- topics --------------------------------------------------------------------------------------------------------


def test_topics() -> None:
    net = Net()
    alice, bob = room(net, "alice", "bob")
    assert numerics(bob.ask("TOPIC #room")) == ["331 #room"]
    assert numerics(bob.ask("TOPIC #room :mine")) == ["482 #room"]
    assert bodies(alice.ask("TOPIC #room : two  words ")) == ["TOPIC #room : two  words "]
    assert bodies(bob.take()) == ["TOPIC #room : two  words "]
    assert bodies(bob.ask("TOPIC #room"))[0] == "332 bob #room : two  words "
    alice.send("MODE #room -t")
    bob.take()
    assert bodies(bob.ask("TOPIC #room :")) == ["TOPIC #room :"]
    assert numerics(alice.ask("TOPIC #room")) == ["331 #room"]
    outside = net.client("outside")
    assert numerics(outside.ask("TOPIC #room :mine", "TOPIC #room", "TOPIC #none")) == [
        "442 #room",
        "331 #room",
        "403 #none",
    ]


def test_a_topic_of_every_length_fits_the_line() -> None:
    net = Net()
    alice = net.client("a" * 31)
    channel = "#" + "é" * 31
    alice.send(f"JOIN {channel}")
    (line,) = alice.ask(f"TOPIC {channel} :" + "é" * 200)
    assert len(line.encode()) in (509, 510)
    assert alice.ask(f"TOPIC {channel}")[0].partition(" :")[2].startswith("é" * 150)


# --- secret channels -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    ["TOPIC {}", "TOPIC {} :x", "NAMES {}", "MODE {}", "MODE {} +b", "PART {}", "INVITE alice {}", "KICK {} alice"],
)
def test_strangers_learn_nothing_of_a_secret_channel(command: str) -> None:
    net = Net()
    (alice,) = room(net, "alice", channel="#secret")
    alice.send("MODE #secret +s")
    bob = net.client("bob")
    of_nothing = bob.ask(command.format("#nothing"))
    assert [line.replace("#secret", "#nothing") for line in bob.ask(command.format("#secret"))] == of_nothing
    assert of_nothing
    bob.send("JOIN #secret")
    assert [line for line in bob.take() if " 353 " in line] == [f":{SERVER} 353 bob @ #secret :@alice bob"]


def test_the_invisible_are_named_to_members_only() -> None:
    net = Net()
    alice, bob = room(net, "alice", "bob")
    bob.send("MODE bob +i")
    outside = net.client("outside")
    assert names(outside, "#room") == ["@alice"]
    assert names(alice, "#room") == ["@alice", "bob"]
    assert numerics(outside.ask("NAMES", "NAMES #none")) == ["366 *", "366 #none"]


# --- invitations ---------------------------------------------------------------------------------------------------


def test_an_invitation_admits_until_a_kick_and_is_not_used_up() -> None:
    net = Net()
    (alice,) = room(net, "alice")
    bob = net.client("bob")
    alice.send("MODE #room +ik word")
    alice.take()
    assert numerics(bob.ask("JOIN #room")) == ["473 #room"]
    assert numerics(alice.ask("INVITE bob #room")) == ["341 bob #room"]
    assert bodies(bob.take()) == ["INVITE bob #room"]
    assert numerics(bob.ask("INVITE")) == ["336 #room", "337"]
    for _ in range(2):
        assert bodies(bob.ask("JOIN #room"))[0] == "JOIN #room"
        bob.send("PART #room")
    bob.send("JOIN #room")
    alice.send("KICK #room bob")
    bob.take()
    assert numerics(bob.ask("JOIN #room", "INVITE")) == ["473 #room", "337"]


def test_an_invitation_runs_out_after_a_day() -> None:
    net = Net()
    alice = net.client("alice")
    bob, carol = net.client("bob"), net.client("carol")
    alice.send("JOIN #room", "MODE #room +i", "INVITE bob #room")
    net.tick(24 * 3600)
    bob.take()
    assert numerics(bob.ask("JOIN #room", "INVITE")) == ["473 #room", "337"]
    alice.send("INVITE carol #room", "PART #room")
    assert net.engine.server.world.channels == {}
    assert numerics(bob.ask("INVITE")) == ["337"]
    bob.send("QUIT")
    carol.send("QUIT")


def test_invite_notify_tells_who_could_have_invited() -> None:
    """https://ircv3.net/specs/extensions/invite-notify"""
    net = Net()
    alice = net.client("alice")
    notified = net.client("notified", caps=["invite-notify"])
    other = net.client("other")
    bob = net.client("bob", caps=["invite-notify"])
    for client in (alice, notified, other):
        client.send("JOIN #room")
    for client in (alice, notified, other):
        client.take()
    alice.send("INVITE bob #room")
    assert bodies(notified.take()) == ["INVITE bob #room"]
    assert bodies(bob.take()) == ["INVITE bob #room"]
    assert other.take() == []
    alice.send("MODE #room +i")
    notified.take()
    alice.send("INVITE other2 #room", "INVITE bob #room")
    assert notified.take() == []
    alice.send("MODE #room +o notified")
    notified.take()
    alice.send("INVITE bob #room")
    assert bodies(notified.take()) == ["INVITE bob #room"]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("INVITE nobody #room", "401 nobody"),
        ("INVITE bob #none", "403 #none"),
        ("INVITE bob", "461 INVITE"),
        ("INVITE carol #other", "442 #other"),
        ("INVITE bob #room", "443 bob #room"),
    ],
)
def test_refused_invitations(line: str, answer: str) -> None:
    net = Net()
    alice, _bob = room(net, "alice", "bob")
    carol = net.client("carol")
    carol.send("JOIN #other")
    assert numerics(alice.ask(line)) == [answer]


def test_inviting_somebody_who_is_away_says_so() -> None:
    net = Net()
    (alice,) = room(net, "alice")
    bob = net.client("bob")
    bob.send("AWAY :lunch")
    assert numerics(alice.ask("INVITE bob #room")) == ["341 bob #room", "301 bob"]


# --- kicks ---------------------------------------------------------------------------------------------------------


def test_kicks() -> None:
    net = Net()
    alice, bob, carol = room(net, "alice", "bob", "carol")
    assert numerics(bob.ask("KICK #room alice")) == ["482 #room"]
    assert bodies(alice.ask("KICK #room bob,nobody,bob :out")) == [
        "401 alice nobody :No such nick/channel",
        "KICK #room bob :out",
    ]
    assert bodies(bob.take()) == ["KICK #room bob :out"]
    assert bodies(carol.take()) == ["KICK #room bob :out"]
    assert numerics(alice.ask("KICK #room bob", "KICK #none bob", "KICK #room")) == [
        "441 bob #room",
        "403 #none",
        "461 KICK",
    ]
    assert bodies(bob.ask("JOIN #room"))[0] == "JOIN #room"
    assert names(alice, "#room") == ["@alice", "bob", "carol"]


def test_a_kicked_operator_keeps_his_role_and_its_return_is_shown() -> None:
    net = Net()
    alice, bob, carol = room(net, "alice", "bob", "carol")
    alice.send("MODE #room +o bob", "KICK #room bob", "MODE #room +i")
    carol.take()
    bob.send("JOIN #room")
    assert bodies(carol.take()) == ["JOIN #room", "MODE #room +o bob"]
    net.check_rosters()


def test_the_founder_kicks_himself_and_the_kick_has_a_reason_by_default() -> None:
    net = Net()
    alice, bob = room(net, "alice", "bob")
    assert bodies(alice.ask("KICK #room alice")) == ["KICK #room alice :alice"]
    assert bodies(bob.take()) == ["KICK #room alice :alice"]


# --- many ----------------------------------------------------------------------------------------------------------


def test_names_of_three_thousand_members_give_way_to_others() -> None:
    net = PlainNet(config(limits=Limits(clients=4000)), check=False)
    (asking, leaving), world = (net.client("asking"), net.client("n1500")), net.engine.server.world
    asking.send("JOIN #big")
    for number in range(3000):
        if number != 1500:
            net.client(f"n{number:04}", address=f"10.{number // 250}.{number % 250}.1")
        world.join(world.users[Folded(f"n{number:04}".encode())], world.channels[Folded(b"#big")], 0)
    asking.take()
    asking.feed_only(b"NAMES #big\r\n")
    heard: list[list[str]] = []
    while batch := net.engine.drain():
        net.perform(batch)
        lines = [line for line in asking.take() if " 353 " in line]
        heard.append([word for line in lines for word in line.partition(" :")[2].split(" ")])
        assert len(heard[-1]) <= 2000, "a turn is bounded"
        if len(heard) == 1:
            net.engine.disconnected(leaving.conn, "gone before it was named", net.now)
    assert len([names for names in heard if names]) >= 2
    listed = [name for names in heard for name in names]
    assert listed[0] == "@asking"
    assert set(listed[1:]) | {"n1500"} == {f"n{number:04}" for number in range(3000)}
    assert len(set(listed)) == len(listed)
