"""Acts: stored before they take effect, placed in one order, and announced whoever made them."""

import json

import pytest

from freeq_proto.authority import FOUNDER, PrincipalId
from freeq_proto.boundary import ActRow, Stored, Ticket
from freeq_proto.irc import Folded
from freeq_proto.server.server import FLOW_SECONDS
from tests.server.harness import SERVER, Client
from tests.server.held import HeldNet
from tests.server.watched import WatchedNet as Net
from tests.server.watched import bodies, names, numerics, room

KEY = b"\x0d" * 32


def founder_of(net: Net, channel: str) -> str | None:
    facts = net.engine.server.world.channels[Folded(channel.encode())].facts
    return facts.founder


def did_of(net: Net, nick: str) -> str:
    user = net.engine.server.world.user(nick)
    assert user is not None
    return user.principal.id


def stored(net: Net) -> list[tuple[str, str]]:
    return [(row.log, row.kind) for row in net.acts]


def test_nothing_is_seen_before_it_is_stored() -> None:
    net = Net()
    net.store_waits = True
    alice = net.client("alice")
    assert alice.ask("JOIN #room") == []
    assert net.engine.server.world.channels == {}
    net.store_answers()
    assert bodies(alice.take())[0] == "JOIN #room"
    assert stored(net) == [("#room", "create")]


def test_what_is_proposed_in_one_turn_is_one_write() -> None:
    net = HeldNet()
    clients = [net.client(nick) for nick in ("alice", "bob", "carol")]
    net.holds = True
    for number, client in enumerate(clients):
        client.feed_only(f"JOIN #{number}\r\n".encode())
    net.settle()
    (write,) = net.writes
    rows = [row for row in write.rows if isinstance(row, ActRow)]
    assert [row.log for row in rows] == ["#0", "#1", "#2"]
    assert len({row.ulid for row in rows}) == 3
    assert sorted(row.ulid for row in rows) == [row.ulid for row in rows]


@pytest.mark.parametrize("same_turn", [True, False])
def test_two_founders_are_the_first_and_the_second(same_turn: bool) -> None:
    """The second act stays in the log without effect, and its author joins what the first one founded."""
    net = HeldNet()
    alice, bob = net.client("alice"), net.client("bob")
    net.holds = True
    for client in (alice, bob):
        client.feed_only(b"JOIN #room\r\n")
        if not same_turn:
            net.settle()
    net.settle()
    for write in net.writes:
        net.answer(write)
    assert founder_of(net, "#room") == did_of(net, "alice")
    assert names(alice, "#room") == ["@alice", "bob"]
    assert bodies(bob.take())[:2] == ["JOIN #room", "353 bob = #room :@alice bob"]


def test_answers_that_overtake_one_another_are_placed_in_the_order_of_the_writes() -> None:
    net = HeldNet()
    alice, bob = net.client("alice"), net.client("bob")
    net.holds = True
    alice.send("JOIN #room")
    bob.send("JOIN #room")
    first, second = net.writes
    net.answer(second)
    assert bob.take() == []
    assert net.engine.server.world.channels == {}
    net.answer(second)
    net.answer(first)
    assert founder_of(net, "#room") == did_of(net, "alice")


def test_a_failed_write_does_not_hold_up_the_next() -> None:
    net = HeldNet()
    alice, bob = net.client("alice", caps=["standard-replies"]), net.client("bob")
    net.holds = True
    alice.send("JOIN #room")
    bob.send("JOIN #room")
    first, second = net.writes
    net.answer(second)
    net.answer(first, "the disk is full")
    (line,) = alice.take()
    assert line.startswith(f":{SERVER} FAIL * NOT_STORED #room :")
    assert founder_of(net, "#room") == did_of(net, "bob")


@pytest.mark.parametrize(
    "command",
    ["JOIN #new", "MODE #room +m", "MODE #room +o bob", "TOPIC #room :x", "KICK #room bob", "INVITE carol #room"],
)
def test_what_cannot_be_stored_does_not_happen_and_is_told(command: str) -> None:
    net = Net()
    alice, bob = room(net, "alice", "bob")
    carol = net.client("carol")
    alice.send("CAP REQ standard-replies")
    before = [channel.facts for channel in net.engine.server.world.channels.values()]
    net.store_fails = True
    (line,) = alice.ask(command)
    assert line.startswith(f":{SERVER} FAIL * NOT_STORED #"), line
    assert line.endswith(": the disk is full")
    assert (bob.take(), carol.take()) == ([], [])
    assert [channel.facts for channel in net.engine.server.world.channels.values()] == before
    net.store_fails = False
    assert alice.ask("PING still") == [f":{SERVER} PONG {SERVER} :still"]


def test_a_store_that_never_answers_is_waited_for_at_every_step() -> None:
    """Every wait has a deadline: each channel of one JOIN is given up in turn, and the client is not stuck."""
    net = HeldNet()
    alice = net.client("alice", caps=["standard-replies"])
    net.holds = True
    alice.send("JOIN #a,#b", "PING after")
    net.pass_time(FLOW_SECONDS)
    assert [line.split(" ")[3:5] for line in alice.take()] == [["STORE_SLOW", "#a"]]
    net.pass_time(FLOW_SECONDS)
    lines = alice.take()
    assert lines[0].split(" ")[3:5] == ["STORE_SLOW", "#b"]
    assert lines[1] == f":{SERVER} PONG {SERVER} :after"


def test_an_act_that_is_stored_late_takes_effect_for_its_channel() -> None:
    net = HeldNet()
    alice, bob = room(net, "alice", "bob")
    net.holds = True
    alice.send("MODE #room +m")
    net.pass_time(FLOW_SECONDS)
    alice.take()
    (write,) = net.writes
    net.answer(write)
    assert bodies(bob.take()) == ["MODE #room +m"]
    assert bodies(alice.take()) == ["MODE #room +m"]


def test_placing_does_not_depend_on_the_proposer_being_here() -> None:
    net = HeldNet()
    alice, bob = room(net, "alice", "bob")
    net.holds = True
    alice.send("MODE #room +m")
    alice.disconnect()
    bob.take()
    for write in net.writes:
        net.answer(write)
    assert bodies(bob.take()) == ["MODE #room +m"]
    assert numerics(bob.ask("MODE #room"))[0] == "324 #room +mnt"


def test_the_judge_is_asked_again_when_an_act_is_placed() -> None:
    """Two operators depose one another in one turn: the first act stands, the second has no effect."""
    net = HeldNet()
    alice, bob, carol = room(net, "alice", "bob", "carol")
    alice.send("MODE #room +oo bob carol")
    for client in (bob, carol):
        client.take()
    net.holds = True
    bob.send("MODE #room -o carol")
    carol.send("MODE #room -o bob")
    for write in net.writes:
        net.answer(write)
    assert names(alice, "#room") == ["@alice", "@bob", "carol"]
    assert numerics(carol.take()) == ["482 #room"]


def test_a_kick_of_somebody_who_left_meanwhile_is_not_announced() -> None:
    net = HeldNet()
    alice, bob, carol = room(net, "alice", "bob", "carol")
    net.holds = True
    alice.send("KICK #room bob")
    bob.send("PART #room")
    carol.take()
    for write in net.writes:
        net.answer(write)
    assert carol.take() == []
    net.check_rosters()


# --- lifetimes -----------------------------------------------------------------------------------------------------


def leave(client: Client, how: str) -> None:
    client.disconnect() if how == "lost" else client.send(how)


@pytest.mark.parametrize("how", ["PART #room", "JOIN 0", "QUIT", "lost", "KICK #room alice"])
def test_a_channel_of_guests_lapses_with_its_last_member(how: str) -> None:
    net = Net()
    (alice,) = room(net, "alice")
    alice.send("TOPIC #room :old", "MODE #room +mb *!*@bad")
    leave(alice, how)
    assert net.engine.server.world.channels == {}
    assert stored(net)[-1] == ("#room", "end")
    bob = net.client("bob")
    assert [line for line in numerics(bob.ask("JOIN #room")) if not line.startswith("3")] == []
    assert numerics(bob.ask("MODE #room", "MODE #room b", "TOPIC #room")) == [
        "324 #room +nt",
        f"329 #room {net.now.unix_ms // 1000}",
        "368 #room",
        "331 #room",
    ]
    assert founder_of(net, "#room") == did_of(net, "bob")


def test_a_lapse_that_cannot_be_stored_is_not_tried_for_ever() -> None:
    """A full disk must not make a busy loop; the channel ends when the store works again, or when somebody joins."""
    net = Net()
    alice, bob = net.client("alice"), net.client("bob")
    alice.send("JOIN #a,#b")
    net.store_fails = True
    alice.send("PART #a,#b")
    assert len(net.engine.server.world.channels) == 2
    assert not net.engine.drain()
    assert len(bob.ask("JOIN #a")) == 1
    net.store_fails = False
    assert bodies(bob.ask("JOIN #a"))[0] == "JOIN #a"
    assert founder_of(net, "#a") == did_of(net, "bob")
    assert list(net.engine.server.world.channels) == [b"#a"]


def test_a_lapse_and_a_new_founding_in_one_turn() -> None:
    net = HeldNet()
    (alice,) = room(net, "alice")
    bob = net.client("bob")
    net.holds = True
    alice.feed_only(b"PART #room\r\n")
    bob.feed_only(b"JOIN #room\r\n")
    net.settle()
    for write in net.writes:
        net.answer(write)
    assert founder_of(net, "#room") == did_of(net, "bob")
    assert names(bob, "#room") == ["@bob"]


def test_a_founder_who_is_gone_before_he_entered_leaves_no_dead_channel() -> None:
    """The second founder must not enter a channel that nobody can ever operate."""
    net = HeldNet()
    alice, bob = net.client("alice"), net.client("bob")
    net.holds = True
    alice.feed_only(b"JOIN #room\r\n")
    bob.feed_only(b"JOIN #room\r\n")
    net.settle()
    alice.disconnect()
    while net.writes:
        net.answer(net.writes.pop(0))
    assert founder_of(net, "#room") == did_of(net, "bob")
    assert names(bob, "#room") == ["@bob"]


def test_a_channel_of_an_account_outlasts_its_members_and_its_founder_returns() -> None:
    net = Net()
    alice = net.client("alice", did_seed=KEY)
    did = did_of(net, "alice")
    alice.send("JOIN #home", "TOPIC #home :mine", "MODE #home +m", "QUIT")
    bob = net.client("bob")
    assert numerics(bob.ask("JOIN #home"))[:2] == ["332 #home", f"333 #home {topic_setter(net)}"]
    assert names(bob, "#home") == ["bob"]
    assert numerics(bob.ask("PRIVMSG #home :hi")) == ["404 #home"]
    net.client("other", did_seed=KEY)  # who is brought back to where he was
    assert bodies(bob.take()) == ["JOIN #home", "MODE #home +o other"]
    assert founder_of(net, "#home") == did


def topic_setter(net: Net) -> str:
    topic = net.engine.server.world.channels[Folded(b"#home")].facts.topic
    assert topic is not None
    return f"{topic.shown} {topic.unix_ms // 1000}"


def test_a_guest_who_signs_in_keeps_his_channel() -> None:
    net = Net()
    alice = net.client("alice", caps=["sasl", "account-notify"])
    bob = net.client("bob", caps=["account-notify", "multi-prefix"])
    for client in (alice, bob):
        client.send("JOIN #room")
    alice.send("MODE #room +v alice")
    bob.take()
    did = net.sign_in(alice, KEY)
    assert f"ACCOUNT {did}" in bodies(bob.take())
    facts = net.engine.server.world.channels[Folded(b"#room")].facts
    assert facts.founder == PrincipalId(did)
    assert list(facts.roles) == [facts.founder]
    assert facts.roles_of(facts.founder) & FOUNDER
    assert [kind for _, kind in stored(net)] == ["create", "grant", "transfer", "grant", "end"]
    net.check_rosters()
    alice.send("QUIT")
    assert names(bob, "#room") == ["bob"]
    assert founder_of(net, "#room") == did


def test_roles_that_a_sign_in_brings_are_shown() -> None:
    net = Net()
    net.client("owner", did_seed=KEY).send("JOIN #room", "QUIT")
    bob = net.client("bob", caps=["multi-prefix"])
    late = net.client("late", caps=["sasl", "multi-prefix"])
    for client in (bob, late):
        client.send("JOIN #room")
    bob.take()
    net.sign_in(late, KEY)
    assert bodies(bob.take()) == ["MODE #room +o late"]
    net.check_rosters()


def test_rows_say_who_did_what_and_why() -> None:
    net = Net()
    alice, _bob = room(net, "alice", "bob")
    alice.send("KICK #room bob :bad manners")
    row = net.acts[-1]
    assert (row.log, row.kind, row.reason) == ("#room", "kick", "bad manners")
    assert row.by == did_of(net, "alice")
    assert json.loads(row.body)["nick"] == "bob"


def test_answers_to_unknown_and_repeated_tickets_change_nothing() -> None:
    """L8."""
    net = HeldNet()
    alice = net.client("alice")
    net.holds = True
    alice.send("JOIN #room")
    (write,) = net.writes
    for ticket in (0, 99_999, write.ticket + 1, write.ticket - 1):
        net.engine.completed(Ticket(ticket), Stored(), net.now)
    net.settle()
    assert alice.take() == []
    assert net.engine.server.world.channels == {}
    net.answer(write)
    assert bodies(alice.take())[0] == "JOIN #room"
    net.answer(write, "changed its mind")
    assert alice.take() == []
    assert names(alice, "#room") == ["@alice"]
