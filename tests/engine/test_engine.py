"""The engine's contract: inputs change state, drain hands out, and a bug of ours ends one connection."""

import pytest

from freeq_proto.boundary import (
    Close,
    Closed,
    ConnId,
    Fault,
    Listener,
    Now,
    PeerInfo,
    Stored,
    StoreWrite,
    Ticket,
)
from freeq_proto.engine import Engine
from freeq_proto.server import ServerIdentity
from freeq_proto.server.server import Server
from tests.server.harness import SERVER, START_MS, Net, config

NOW = Now(1000.0, START_MS)
IDENTITY = ServerIdentity(bytes(32), 1)


def engine(*, contain_faults: bool = True) -> Engine:
    return Engine(config(), identity=IDENTITY, entropy=bytes, now=NOW, contain_faults=contain_faults)


def connect(engine: Engine, number: int, listener: Listener = Listener.IRC) -> ConnId:
    conn = ConnId(number)
    engine.connected(conn, PeerInfo(listener, "192.0.2.1"), NOW)
    return conn


def test_a_quiet_engine_has_nothing_to_say() -> None:
    quiet = engine()
    batch = quiet.drain()
    assert not batch
    assert (batch.writes, batch.effects, batch.events, batch.deadline, batch.more) == ([], [], [], None, False)


def test_inputs_about_unknown_connections_and_tickets_change_nothing() -> None:
    quiet = engine(contain_faults=False)
    quiet.receive_data(ConnId(9), b"NICK x\r\n", NOW)
    quiet.disconnected(ConnId(9), "gone", NOW)
    quiet.write_pressure(ConnId(9), 70_000, NOW)
    quiet.completed(Ticket(9), Stored(), NOW)
    quiet.handle_timeout(NOW)
    assert not quiet.drain()


def test_writes_come_before_effects_and_one_entry_a_connection() -> None:
    net = Net()
    alice = net.client("alice")
    alice.feed_only(b"PING 1\r\nPING 2\r\nJOIN #a\r\n")
    batch = net.engine.drain()
    assert [conn for conn, _ in batch.writes] == [alice.conn]
    assert len(batch.writes[0][1]) == 2
    assert [type(effect) for effect in batch.effects] == [StoreWrite]
    net.perform(batch)
    net.settle()


def test_nothing_is_read_from_what_was_closed() -> None:
    irc = engine(contain_faults=False)
    conn = connect(irc, 1)
    irc.receive_data(conn, b"QUIT\r\n", NOW)
    irc.receive_data(conn, b"PING x\r\n", NOW)
    irc.write_pressure(conn, 70_000, NOW)
    irc.write_pressure(conn, 0, NOW)
    batch = irc.drain()
    assert [b"".join(chunks).startswith(b"ERROR ") for _, chunks in batch.writes] == [True]
    assert [event.reason for event in batch.events if isinstance(event, Closed)] == ["Quit: "]
    assert not irc.drain()
    irc.disconnected(conn, "done", NOW)
    assert not irc.drain()


@pytest.mark.parametrize("deadline", [0.0, 1.0])
def test_the_deadline_is_the_earliest_of_all(deadline: float) -> None:
    net = Net()
    assert net.engine.drain().deadline is None
    irc, web = net.connect(), net.connect(listener=Listener.WEB)
    assert net.engine.drain().deadline == net.now.mono + 15
    web.disconnect()
    assert net.engine.drain().deadline == net.now.mono + 60
    net.tick(deadline)
    irc.disconnect()
    assert net.engine.drain().deadline is None


# --- faults --------------------------------------------------------------------------------------------------------


class BugError(Exception):
    """Of ours."""


def broken(*_args: object) -> None:
    raise BugError


def test_a_bug_ends_the_connection_that_met_it_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    irc = engine()
    first, second = connect(irc, 1), connect(irc, 2)
    monkeypatch.setattr("freeq_proto.server.server.dispatch", broken)
    irc.receive_data(first, b"PING x\r\n", NOW)
    monkeypatch.undo()
    irc.receive_data(second, b"PING y\r\n", NOW)
    batch = irc.drain()
    (fault,) = [event for event in batch.events if isinstance(event, Fault)]
    assert (fault.conn, type(fault.error)) == (first, BugError)
    assert dict(batch.writes)[first] == [b"ERROR :Closing link: (*) [Internal error]\r\n"]
    assert dict(batch.writes)[second] == [f":{SERVER} PONG {SERVER} :y\r\n".encode()]


def test_in_tests_a_bug_raises_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    irc = engine(contain_faults=False)
    conn = connect(irc, 1)
    monkeypatch.setattr("freeq_proto.server.server.dispatch", broken)
    with pytest.raises(BugError):
        irc.receive_data(conn, b"PING x\r\n", NOW)


@pytest.mark.parametrize("method", ["completed", "handle_timeout", "run_turn"])
def test_a_bug_in_a_turn_is_reported_and_the_engine_goes_on(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    irc = engine()
    conn = connect(irc, 1)
    monkeypatch.setattr(Server, method, broken)
    irc.completed(Ticket(1), Stored(), NOW)
    irc.handle_timeout(NOW)
    batch = irc.drain()
    assert [event.conn for event in batch.events if isinstance(event, Fault)] == [None]
    monkeypatch.undo()
    irc.receive_data(conn, b"PING y\r\n", NOW)
    assert irc.drain().writes


def test_a_bug_at_the_very_beginning_is_contained(monkeypatch: pytest.MonkeyPatch) -> None:
    irc = engine()
    monkeypatch.setattr(Server, "connect", broken)
    conn = connect(irc, 1)
    monkeypatch.undo()
    batch = irc.drain()
    assert [event.conn for event in batch.events if isinstance(event, Fault)] == [conn]
    assert batch.effects == [Close(conn, "Internal error")]
    irc.receive_data(conn, b"NICK x\r\n", NOW)
    irc.disconnected(conn, "gone", NOW)
    assert connect(irc, 2)
