"""Connections that are lost, and clients that come back: destinations, waits, channels, last words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freeq_proto.boundary import ConnId, Destination, Dialled, Failed, LocalProtocolError, Now, Ticket
from freeq_proto.client import (
    Answered,
    Backoff,
    ClientEvent,
    Connecting,
    Disconnected,
    Joined,
    JoinFailed,
    NotRegisteredError,
    QueueFullError,
    Registered,
    SendBudget,
    Stopped,
)
from freeq_proto.client.outgoing import MOST_URGENT
from freeq_proto.sasl import PlainCredentials
from tests.client.bridge import SECURE, Bridge, Script

EAST = Destination("east.test", 6697)
WEST = Destination("west.test", 6697)


def waits(script: Script, times: int) -> list[float]:
    """Let dials fail; the waits between them."""
    found = []
    for _ in range(times):
        script.lose("refused")
        wait = script.program.one(Disconnected).retry_in_seconds
        assert wait is not None
        found.append(wait)
        script.pass_time(wait)
    return found


def test_waits_grow_to_the_longest() -> None:
    script = Script(connect=False, reconnect=Backoff(jitter=0.0, maximum=10))
    assert waits(script, 6) == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


def test_chance_takes_a_part_of_the_wait_away() -> None:
    script = Script(connect=False, reconnect=Backoff(jitter=0.5, initial=8, factor=1))
    found = waits(script, 8)
    assert all(4 <= wait <= 8 for wait in found)
    assert len(set(found)) > 1


def test_every_destination_is_tried_before_there_is_a_wait() -> None:
    script = Script(connect=False, destination=(EAST, WEST))
    assert waits(script, 4) == [0.0, 1.0, 0.0, 2.0]
    assert [dial.destination for dial in script.dials] == [EAST, WEST, EAST, WEST, EAST]


def test_a_server_that_took_us_is_tried_again_first() -> None:
    script = Script(connect=False, destination=(EAST, WEST))
    waits(script, 1)
    script.accept()
    script.welcome()
    script.pass_time(3)
    assert waits(script, 1) == [1.0]
    assert script.dials[-1].destination == WEST


def test_a_connection_that_lasts_ends_the_row() -> None:
    script = Script(connect=False)
    waits(script, 5)
    script.accept()
    script.welcome()
    for _ in range(3):
        script.pass_time(30)
        script.send("PING x")
    assert waits(script, 2) == [1.0, 2.0]


def test_attempts_may_be_limited() -> None:
    script = Script(connect=False, reconnect=Backoff(attempts=3))
    waits(script, 2)
    script.lose("refused")
    assert script.program.one(Disconnected).retry_in_seconds is None
    assert script.program.one(Stopped).reason == "refused"


def test_a_dial_without_an_answer() -> None:
    script = Script(connect=False)
    script.pass_time(30)
    assert script.closes[0].abort
    assert script.program.one(Disconnected).reason == "no connection in time"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Closing link: (ann@h) [Same identity reconnected]", None),
        ("Closing Link: h (K-Lined: bye)", None),
        ("Your host is trying to (re)connect too fast -- throttled", 60.0),
        ("Closing link: Ping timeout", 1.0),
    ],
)
def test_last_words_decide(words: str, expected: float | None) -> None:
    script = Script()
    script.welcome()
    script.send(f"ERROR :{words}")
    script.feed(b"")
    event = script.program.one(Disconnected)
    assert event == Disconnected(words, expected)
    assert script.client.running == (expected is not None)
    assert len(script.closes) == 1


def test_a_ban_ends_the_client() -> None:
    """ERR_YOUREBANNEDCREEP."""
    script = Script()
    script.send(":srv.test 465 ann :You are banned from this server")
    assert script.program.one(Stopped).reason == "You are banned from this server"


def test_quitting() -> None:
    script = Script()
    script.welcome()
    script.client.stop("so long", script.now)
    assert script.said() == ["QUIT :so long"]
    script.send("ERROR :Closing link")
    script.lose("closed")
    assert script.program.one(Disconnected).retry_in_seconds is None
    assert script.program.one(Stopped).reason == "so long"
    assert script.deadline is None
    script.client.start(script.now)
    with pytest.raises(LocalProtocolError):
        script.client.start(script.now)


def test_a_server_that_does_not_close_after_quit_is_closed() -> None:
    script = Script()
    script.welcome()
    script.client.stop("", script.now)
    script.pass_time(6)
    assert len(script.closes) == 1
    assert script.program.take(Stopped)


@pytest.mark.parametrize("connect", [True, False])
def test_stopping_before_registration(connect: bool) -> None:
    script = Script(connect=connect)
    script.client.stop("enough", script.now)
    script.drain()
    script.pass_time(6)
    assert script.program.one(Stopped).reason == "enough"
    assert len(script.closes) == 1


def test_stopping_while_waiting() -> None:
    script = Script(connect=False)
    script.lose()
    script.client.stop("enough", script.now)
    script.pass_time(100)
    assert len(script.dials) == 1
    assert script.closes == []
    assert script.program.take(Stopped)


def test_what_is_over_changes_nothing() -> None:
    """Late, repeated and unknown inputs."""
    script = Script()
    script.welcome()
    old = script.conn
    script.lose()
    script.program.events.clear()
    for conn in (old, ConnId(99)):
        script.client.receive_data(conn, b"PING x\r\n", script.now)
        script.client.disconnected(conn, "again", script.now)
        script.client.connected(conn, Dialled("192.0.2.1", 1), script.now)
        script.client.write_pressure(conn, 1, script.now)
    script.client.completed(Ticket(7), Failed("late"), script.now)
    script.client.handle_timeout(script.now)
    script.drain()
    assert script.program.events == []
    assert script.said() == []


def test_a_runtime_that_slept_ends_a_connection_once() -> None:
    """Everything is due at once after a suspended machine wakes up."""
    script = Script(credentials=PlainCredentials("ann", "x"))
    script.welcome()
    script.client.request("WHOIS", "bob", now=script.now)
    script.said()
    script.pass_time(61)
    script.client.stop("bye", script.now)
    script.drain()
    script.client.handle_timeout(Now(script.now.mono + 10_000, script.now.unix_ms + 10_000_000))
    script.drain()
    assert len(script.program.take(Disconnected)) == len(script.program.take(Stopped)) == len(script.closes) == 1
    assert len(script.program.take(Answered)) == 1


def test_a_reason_that_cannot_be_said_stops_nothing() -> None:
    script = Script()
    script.welcome()
    with pytest.raises(LocalProtocolError):
        script.client.stop("so\nlong", script.now)
    assert script.client.registered


# --- channels ------------------------------------------------------------------------------------------------------


def test_channels_are_joined_with_keys_first() -> None:
    script = Script(channels=("#a", ("#b", "key"), "#c"))
    script.send(":srv.test 001 ann :Hi", ":srv.test 005 ann TARGMAX=JOIN:2 :are supported")
    script.said()
    assert script.ask(":srv.test 422 ann :-") == ["JOIN #b,#a key", "JOIN #c"]


def rejoined(bridge: Bridge, **changes: object) -> list[str]:
    """A client that was in four channels in different ways, and lost its connection; where it is after that."""
    op = bridge.client("op", channels=("#kicked", "#forced", "#keyed"))
    op.client.mode("#keyed", "+k", "secret", now=bridge.now)
    bridge.settle()
    ann = bridge.client("ann", channels=("#stay", "#parted", "#kicked"), **changes)
    ann.client.join("#keyed", bridge.now, key="secret")
    bridge.settle()
    ann.client.part("#parted", bridge.now)
    op.client.kick("#kicked", "ann", bridge.now)
    op.client.mode("#keyed", "-k+k", "secret", "another", now=bridge.now)
    bridge.settle()
    bridge.cut(ann)
    bridge.pass_time(5)
    assert len(ann.take(Registered)) == 2
    return sorted(ann.client.channels)


def test_we_come_back_to_where_we_were() -> None:
    assert rejoined(Bridge()) == ["#keyed", "#stay"]
    assert rejoined(Bridge(), rejoin_after_kick=True) == ["#keyed", "#kicked", "#stay"]
    assert rejoined(Bridge(), rejoin=False) == ["#stay"]


def test_a_channel_that_refuses_us_is_told() -> None:
    script = Script(channels=("#a",))
    script.welcome()
    script.send(":srv.test 473 ann #A :Cannot join channel (+i)")
    assert script.program.one(JoinFailed) == JoinFailed("#a", "473", "Cannot join channel (+i)")


def test_joining_and_parting_while_away() -> None:
    script = Script(channels=("#a",))
    script.client.join("#b", script.now)
    script.client.part("#a", script.now)
    script.send(":srv.test 001 ann :Hi")
    script.said()
    assert script.ask(":srv.test 422 ann :-") == ["JOIN #b"]


# --- flood control -------------------------------------------------------------------------------------------------


def test_the_budget_is_kept() -> None:
    script = Script(send_budget=SendBudget(burst=2, lines_per_second=2, queue=6))
    script.welcome()
    for n in range(6):
        script.client.say("#a", str(n), script.now)
    assert len(script.said()) == 2
    for n in range(2):
        script.client.say("#a", str(n), script.now)
    with pytest.raises(QueueFullError):
        script.client.say("#a", "too much", script.now)
    with pytest.raises(QueueFullError):
        script.client.say("#a", "two\nlines", script.now)
    script.pass_time(0.5)
    assert len(script.said()) == 1
    script.pass_time(1.0)
    assert len(script.said()) == 2
    assert script.ask("PING x") == ["PONG x"]
    script.pass_time(10)
    assert len(script.said()) == 3
    assert script.deadline is not None


def test_a_transport_that_has_enough_is_given_no_more() -> None:
    script = Script()
    script.welcome()
    script.client.write_pressure(script.conn, 100_000, script.now)
    script.client.say("#a", "held", script.now)
    assert script.said() == []
    script.client.write_pressure(script.conn, 0, script.now)
    assert script.said() == ["PRIVMSG #a held"]


def test_a_transport_that_has_enough_is_given_one_pong() -> None:
    """A server that asks without reading has us hold no more than the newest answer."""
    script = Script()
    script.welcome()
    script.client.write_pressure(script.conn, 100_000, script.now)
    assert script.ask(*(f"PING {n}" for n in range(99))) == []
    script.client.write_pressure(script.conn, 0, script.now)
    assert script.said() == ["PONG 98"]


def test_a_transport_that_has_enough_is_not_owed_everything_urgent() -> None:
    script = Script()
    script.welcome(caps="batch")
    script.client.write_pressure(script.conn, 100_000, script.now)
    script.send(*[":srv.test CAP * DEL :batch", ":srv.test CAP * NEW :batch", ":srv.test CAP * ACK :batch"] * 2_000)
    script.client.write_pressure(script.conn, 0, script.now)
    assert len(script.said()) == MOST_URGENT


def test_words_that_were_not_the_last_do_not_end_the_client() -> None:
    script = Script()
    script.welcome()
    script.send("ERROR :You are banned from nothing", ":srv.test PONG srv.test x")
    script.lose("reset")
    assert script.program.one(Disconnected).reason == "reset"
    assert script.program.take(Stopped) == []


def test_quit_said_as_a_raw_line_ends_the_client() -> None:
    script = Script()
    with pytest.raises(NotRegisteredError):
        script.client.raw("QUIT", script.now)
    script.welcome()
    script.client.raw("quit :bye all", script.now)
    assert script.said() == ["QUIT :bye all"]
    script.lose("closed")
    assert script.program.one(Disconnected).retry_in_seconds is None
    assert script.program.take(Stopped)


# --- storms --------------------------------------------------------------------------------------------------------

HAPPENINGS = ("cut", "cut all", "unreachable", "reachable", "say", "wait", "quit bob")
happenings = st.lists(st.sampled_from(HAPPENINGS), max_size=15)


def storm(what: list[str]) -> tuple[list[list[ClientEvent]], list[list[bytes]]]:
    bridge = Bridge()
    bridge.client("ann", channels=("#a",), reconnect=Backoff())
    bridge.client("bob", channels=("#a",), reconnect=Backoff())
    bridge.client("ann", channels=("#a",), reconnect=Backoff(), destination=(EAST, SECURE))
    for each in what:
        if each == "cut":
            bridge.cut(bridge.programs[0])
        elif each == "cut all":
            for program in bridge.programs:
                bridge.cut(program)
        elif each in ("unreachable", "reachable"):
            bridge.reachable = each == "reachable"
        elif each == "say":
            for program in bridge.programs:
                if program.client.registered:
                    program.client.say("#a", "hello", bridge.now)
            bridge.settle()
        elif each == "quit bob":
            bridge.programs[1].client.quit(bridge.now)
            bridge.settle()
        else:
            bridge.pass_time(7)
    bridge.reachable = True
    bridge.pass_time(200)
    for program in bridge.programs:
        if program.client.running:
            assert "#a" in program.client.channels
            assert len(program.take(Connecting)) >= len(program.take(Registered)) > 0
            assert program.take(Joined)
    return [program.events for program in bridge.programs], [program.written for program in bridge.programs]


@given(happenings)
@settings(max_examples=40, deadline=None)
def test_storms_end_and_are_deterministic(what: list[str]) -> None:
    assert storm(what) == storm(what)
