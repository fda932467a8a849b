"""What comes back after a restart: channels by their acts, nicks by their claims, and nothing of guests."""

import attrs

from freeq_proto.authority import FOUNDER, OP, Act, Create, PrincipalId, SetTopic
from freeq_proto.boundary import ActRow, Fault, NickRow, Now, Row
from freeq_proto.engine import Engine
from freeq_proto.history import format_ulid
from freeq_proto.irc import Folded
from freeq_proto.server import ServerIdentity
from tests.server.harness import START_MS, config
from tests.server.watched import WatchedNet as Net
from tests.server.watched import bodies

FOUNDERS_KEY = b"\x21" * 32
OTHERS_KEY = b"\x22" * 32


def channel_names(net: Net) -> list[str]:
    return [channel.name for channel in net.engine.server.world.channels.values()]


def test_an_accounts_channel_survives_a_restart_and_being_empty() -> None:
    net = Net()
    alice = net.client("alice", did_seed=FOUNDERS_KEY)
    bob = net.client("bob", did_seed=OTHERS_KEY)
    alice.send("JOIN #Garden", "TOPIC #garden :Peas")
    bob.send("JOIN #garden")
    alice.send("MODE #garden +vmk bob key", "MODE #garden +b evil!*@*", "PART #garden")
    bob.send("QUIT")
    before = net.engine.server.world.channels[Folded(b"#garden")].facts
    net.restart()
    assert channel_names(net) == ["#Garden"]
    assert net.engine.server.world.channels[Folded(b"#garden")].facts == before
    again = net.client("again", did_seed=FOUNDERS_KEY)
    lines = bodies(again.ask("JOIN #garden"))
    assert "332 again #Garden :Peas" in lines
    assert "353 again = #Garden :@again" in lines


def test_a_refused_act_is_refused_again() -> None:
    """What lost a race stays in the log without effect, whoever reads it."""
    net = Net()
    alice = net.client("alice", did_seed=FOUNDERS_KEY)
    bob = net.client("bob", did_seed=OTHERS_KEY)
    net.store_waits = True
    alice.send("JOIN #room")
    bob.send("JOIN #room")
    net.store_answers()
    net.store_waits = False
    assert [row.kind for row in net.acts] == ["create", "create"]
    before = net.engine.server.world.channels[Folded(b"#room")].facts
    net.restart()
    assert net.engine.server.world.channels[Folded(b"#room")].facts == before


def test_guests_of_earlier_runs_hold_nothing_and_their_end_is_recorded() -> None:
    net = Net()
    alice, guest = net.client("alice", did_seed=FOUNDERS_KEY), net.client("guest")
    alice.send("JOIN #room")
    guest.send("JOIN #room", "JOIN #mine")
    alice.send("MODE #room +o guest")
    before = len(net.acts)
    net.restart()
    assert channel_names(net) == ["#room"]
    assert [(row.log, row.kind) for row in net.acts[before:]] == [("#room", "end"), ("#mine", "end")]
    (roles,) = net.engine.server.world.channels[Folded(b"#room")].facts.roles.values()
    assert roles == FOUNDER
    after = len(net.acts)
    net.restart()
    assert len(net.acts) == after, "once is enough"


def test_a_channel_that_had_ended_is_founded_anew() -> None:
    net = Net()
    net.client("guest").send("JOIN #room", "TOPIC #room :Mine", "QUIT")
    assert channel_names(net) == []
    net.restart()
    assert channel_names(net) == []
    alice = net.client("alice", did_seed=FOUNDERS_KEY)
    alice.send("JOIN #room")
    before = net.engine.server.world.channels[Folded(b"#room")].facts
    assert before.topic is None
    net.restart()
    assert net.engine.server.world.channels[Folded(b"#room")].facts == before


def test_a_new_founder_while_the_end_of_the_old_one_is_not_recorded_yet() -> None:
    net = Net()
    net.client("guest").send("JOIN #room")
    net.store_waits = True
    net.restart()
    alice = net.client("alice", did_seed=FOUNDERS_KEY)
    alice.send("JOIN #room")
    net.store_answers()
    net.store_answers()
    facts = net.engine.server.world.channels[Folded(b"#room")].facts
    assert facts.founder is not None
    assert facts.founder.startswith("did:key:")
    net.restart()
    assert net.engine.server.world.channels[Folded(b"#room")].facts == facts


def test_rows_that_make_no_sense_are_left_out_and_reported_once() -> None:
    net = Net()
    net.client("alice", did_seed=FOUNDERS_KEY).send("JOIN #room")
    good = list(net.rows)
    (act,) = net.acts
    net.rows += [
        attrs.evolve(act, ulid="not one"),
        attrs.evolve(act, log="room"),
        attrs.evolve(act, log="#ROOM"),
        attrs.evolve(act, kind="dance"),
        attrs.evolve(act, log="#x", body="{"),
        NickRow("alice", "Bob", "did:plc:x", 1),
        NickRow("", "", "did:plc:x", 1),
    ]
    net.events.clear()
    net.restart()
    assert channel_names(net) == ["#room"]
    (fault,) = [event for event in net.events if isinstance(event, Fault)]
    assert "7 rows" in str(fault.error)
    net.rows = good


def test_nick_claims_come_back_and_the_last_row_of_a_nick_counts() -> None:
    net = Net()
    net.rows = [
        NickRow("alice", "Alice", "did:plc:a", START_MS + 1),
        NickRow("bob", "bob", "did:plc:a", START_MS + 2),
        NickRow("carol", "carol", "did:plc:a", START_MS + 3),
        NickRow("bob", "Bob", "did:plc:b", START_MS + 4),
        NickRow("carol", "carol", "", START_MS + 5),
    ]
    net.restart()
    world = net.engine.server.world
    assert [claim.nick for claim in world.claims_of("did:plc:a")] == ["Alice"]
    assert [world.owner(nick) for nick in ("ALICE", "bob", "carol")] == ["did:plc:a", "did:plc:b", None]


def test_ten_thousand_channels_come_back() -> None:
    founder = PrincipalId("did:plc:founder")
    rows: list[Row] = []
    for number in range(10_000):
        for body in (Create(name=f"#Room{number}"), SetTopic("a topic")):
            ulid = format_ulid(START_MS, len(rows))
            rows.append(Act(body, founder, ulid, START_MS, "f!~f@f.cloak").row(f"#room{number}"))
    assert all(isinstance(row, ActRow) for row in rows)
    identity = ServerIdentity(bytes(32), 2)
    engine = Engine(config(), identity=identity, entropy=bytes, now=Now(0.0, START_MS), restored=rows)
    channels = engine.server.world.channels
    assert len(channels) == 10_000
    assert all(channel.facts.roles_of(founder) & (OP | FOUNDER) for channel in channels.values())
    assert not engine.drain()
