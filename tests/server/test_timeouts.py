"""Time passes: liveness, flood control, slow readers, and how input is held back. All on virtual time."""

import pytest

from freeq_proto.boundary import Close
from freeq_proto.irc import Folded
from freeq_proto.server import Flood, Limits
from freeq_proto.server.intake import LINES_PER_TURN
from tests.server.harness import SERVER, Client, config
from tests.server.watched import WatchedNet as Net
from tests.server.watched import bodies, room

PING = f"PING :{SERVER}"
LIVELY = config(limits=Limits(ping_seconds=120, pong_seconds=60))


# --- liveness ------------------------------------------------------------------------------------------------------


def test_silence_is_a_ping_and_then_the_end() -> None:
    net = Net(LIVELY)
    alice, bob = room(net, "alice", "bob")
    net.pass_time(119)
    bob.send("PONG keep")
    assert alice.take() == []
    net.pass_time(1)
    assert alice.take() == [PING]
    net.pass_time(59)
    assert alice.take() == [], "one PING is enough"
    net.pass_time(1)
    assert alice.closed == "Ping timeout: 180 seconds"
    assert "QUIT :Ping timeout: 180 seconds" in bodies(bob.take())
    assert bob.closed is None


@pytest.mark.parametrize("line", ["PONG x", "PING x", "NONSENSE", "PRIVMSG bob :hi"])
def test_any_line_is_a_sign_of_life(line: str) -> None:
    net = Net(LIVELY)
    alice = net.client("alice")
    for _ in range(3):
        net.pass_time(130)
        assert PING in alice.take()
        alice.send(line)
        alice.take()
    net.pass_time(119)
    assert PING not in alice.take()
    assert alice.closed is None


def test_half_a_line_is_none() -> None:
    net = Net(LIVELY)
    alice = net.client("alice")
    for _ in range(18):
        net.pass_time(10)
        alice.feed(b"x")
    assert alice.closed == "Ping timeout: 180 seconds"


def test_a_busy_client_costs_no_timer_a_line() -> None:
    net = Net(LIVELY)
    alice = net.client("alice")
    before = len(net.engine.server.timers._heap)
    for _ in range(500):
        net.tick(0.1)
        alice.send("PONG x")
    assert len(net.engine.server.timers._heap) <= before + 1


def test_handle_timeout_that_comes_early_does_nothing() -> None:
    net = Net(LIVELY)
    alice = net.client("alice")
    for _ in range(10):
        net.tick(11)
        net.engine.handle_timeout(net.now)
        assert not net.engine.drain()
    assert alice.take() == []


# --- flood ---------------------------------------------------------------------------------------------------------

FLOODING = config(flood=Flood(burst=5, lines_per_second=2))


def pongs(client: Client) -> list[int]:
    return [int(line.rpartition(":")[2]) for line in client.take() if " PONG " in line]


def test_a_burst_runs_at_once_and_the_rest_in_its_time_and_order() -> None:
    net = Net(FLOODING)
    alice = net.client("alice")
    net.pass_time(100)
    alice.send(*(f"PING {number}" for number in range(12)))
    assert pongs(alice) == [0, 1, 2, 3, 4]
    for expected in range(5, 12):
        net.pass_time(0.4)
        assert pongs(alice) == []
        net.pass_time(0.11)
        assert pongs(alice) == [expected]
    net.pass_time(100)
    alice.send(*(f"PING {number}" for number in range(6)))
    assert pongs(alice) == [0, 1, 2, 3, 4], "an idle client saves up one burst, not more"


def test_one_who_floods_holds_up_nobody_else() -> None:
    net = Net(FLOODING)
    alice, bob = net.client("alice"), net.client("bob")
    net.pass_time(100)
    alice.send(*(f"PING {number}" for number in range(50)))
    bob.send("PING 1")
    assert pongs(bob) == [1]


def test_lines_beyond_one_turn_wait_for_the_others() -> None:
    net = Net()
    alice, bob = net.client("alice"), net.client("bob")
    count = 3 * LINES_PER_TURN
    alice.feed_only(b"".join(b"PING %d\r\n" % number for number in range(count)))
    bob.feed_only(b"PING 7\r\n")
    batch = net.engine.drain()
    assert batch.more
    net.perform(batch)
    assert pongs(bob) == [7]
    first = pongs(alice)
    assert first == list(range(len(first)))
    assert len(first) <= 2 * LINES_PER_TURN
    net.settle()
    assert first + pongs(alice) == list(range(count))


def test_lines_wait_for_a_command_that_waits() -> None:
    net = Net()
    net.store_waits = True
    alice, bob = net.client("alice"), net.client("bob")
    alice.send("JOIN #room", "PING 1", "PING 2")
    alice.send("PING 3")
    bob.send("PING 9")
    assert (pongs(alice), pongs(bob)) == ([], [9])
    net.store_answers()
    assert pongs(alice) == [1, 2, 3]


def test_a_full_queue_pauses_reading_and_an_emptier_one_resumes_it() -> None:
    net = Net(config(flood=Flood(burst=2, lines_per_second=10), limits=Limits(recvq_bytes=16_384)))
    alice = net.client("alice")
    net.pass_time(10)
    line = "PING " + "x" * 90
    alice.send(*[line] * 80)
    paused = [alice.paused]
    alice.send(*[line] * 20)
    paused.append(alice.paused)
    net.pass_time(7)
    paused.append(alice.paused)
    net.pass_time(3)
    assert [*paused, alice.paused] == [False, True, True, False]
    assert alice.closed is None


@pytest.mark.parametrize("lines", [1, 4000])
def test_a_queue_that_overruns_ends_the_connection(lines: int) -> None:
    net = Net(config(flood=Flood(burst=2, lines_per_second=1), limits=Limits(recvq_bytes=16_384)))
    alice, bob = net.client("alice"), net.client("bob")
    net.pass_time(60)
    for _ in range(6):
        alice.feed((b"x" * (8000 // lines) + b"\r\n") * lines)
    assert alice.closed == "Excess Flood"
    assert alice.take()[-1] == "ERROR :Closing link: (alice) [Excess Flood]"
    assert bob.closed is None
    session_count = len(net.engine.server.world.sessions)
    assert session_count == 1


# --- slow readers --------------------------------------------------------------------------------------------------


def test_what_a_slow_reader_is_owed_waits_until_there_is_room() -> None:
    net = Net()
    alice, bob = room(net, "alice", "bob")
    net.engine.write_pressure(bob.conn, 70_000, net.now)
    for number in range(50):
        alice.send(f"PRIVMSG #room :{number}")
    assert bob.take() == []
    net.engine.write_pressure(bob.conn, 0, net.now)
    net.settle()
    assert [int(line.rpartition(":")[2]) for line in bob.take()] == list(range(50))


def test_pressure_that_is_reported_twice_changes_nothing() -> None:
    net = Net()
    alice, bob = room(net, "alice", "bob")
    for buffered in (70_000, 80_000, 0, 0, 70_000, 0):
        net.engine.write_pressure(bob.conn, buffered, net.now)
    alice.send("PRIVMSG #room :once")
    assert len(bob.take()) == 1
    assert not net.engine.drain()


def test_who_never_reads_is_cut_off_and_others_see_it() -> None:
    net = Net(config(limits=Limits(sendq_bytes=16_384)))
    alice, bob = room(net, "alice", "bob")
    net.engine.write_pressure(bob.conn, 70_000, net.now)
    closes: list[Close] = []
    for _ in range(60):
        alice.feed_only(b"PRIVMSG #room :" + b"x" * 400 + b"\r\n")
        batch = net.engine.drain()
        closes += [effect for effect in batch.effects if isinstance(effect, Close)]
        net.perform(batch)
    net.settle()
    assert closes == [Close(bob.conn, "SendQ exceeded", abort=True)]
    assert bob.closed == "SendQ exceeded"
    assert "QUIT :SendQ exceeded" in bodies(alice.take())


def test_a_slow_reader_is_closed_like_any_other() -> None:
    net = Net()
    alice, bob = room(net, "alice", "bob")
    net.engine.write_pressure(bob.conn, 70_000, net.now)
    alice.send("PRIVMSG #room :held")
    bob.send("QUIT :enough")
    assert bob.closed == "Quit: enough"
    assert bodies(bob.take()) == ["PRIVMSG #room :held", ":Closing link: (bob) [Quit: enough]"]


def test_names_give_way_to_a_reader_who_is_slow() -> None:
    """A long answer is not made faster than it is read."""
    net = Net(config(limits=Limits(clients=2000)))
    net.check = False
    asking = net.client("asking")
    asking.send("JOIN #big")
    world = net.engine.server.world
    for number in range(1500):
        net.client(f"n{number}", address=f"10.0.{number // 250}.{number % 250}")
    channel = world.channels[Folded(b"#big")]
    for user in tuple(world.users.values()):
        if user not in channel.members:
            world.join(user, channel, 0)
    net.readers.clear()
    net.engine.write_pressure(asking.conn, 70_000, net.now)
    asking.send("NAMES #big")
    assert net.engine.server.world.sessions[asking.conn].outbox.held < 10_000
    net.engine.write_pressure(asking.conn, 0, net.now)
    net.settle()
    assert asking.take()[-1].split(" ")[1] == "366"
