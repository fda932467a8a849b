"""Nothing that a program said is lost without a word: flushing before QUIT, room in the queue, what was not sent."""

import pytest

from freeq_proto.client import (
    Answered,
    Disconnected,
    JoinFailed,
    NotRegisteredError,
    QueueFullError,
    SendBudget,
    Stopped,
    Times,
)
from tests.client.bridge import Script

SLOW = SendBudget(burst=2, lines_per_second=1, queue=6)


def test_what_waits_is_said_before_quit() -> None:
    script = Script(send_budget=SLOW)
    script.welcome()
    for n in range(6):
        script.client.say("#a", str(n), script.now)
    script.client.stop("bye", script.now)
    assert len(script.said()) == 2
    with pytest.raises(NotRegisteredError):
        script.client.say("#a", "too late", script.now)
    assert script.ask("PING x") == ["PONG x"]
    script.pass_time(6)
    assert script.said() == [*(f"PRIVMSG #a {n}" for n in range(2, 6)), "QUIT bye"]
    script.lose("closed")
    assert script.program.one(Disconnected).unsent == 0
    assert script.program.take(Stopped)
    assert script.deadline is None


def test_the_time_for_that_is_bounded() -> None:
    script = Script(send_budget=SendBudget(burst=1, lines_per_second=0.25), times=Times(flush=10, quit=3))
    script.welcome()
    for n in range(6):
        script.client.say("#a", str(n), script.now)
    script.client.stop("", script.now)
    script.pass_time(10)
    assert script.said() == ["PRIVMSG #a 0", "PRIVMSG #a 1", "PRIVMSG #a 2", "QUIT"]
    assert script.program.take(Disconnected) == []
    script.pass_time(3)
    assert script.said() == []
    assert script.program.one(Disconnected).unsent == 3
    assert script.program.take(Stopped)
    assert len(script.closes) == 1


def test_a_transport_that_is_blocked_for_ever() -> None:
    script = Script(times=Times(flush=10, quit=3))
    script.welcome()
    script.client.write_pressure(script.conn, 100_000, script.now)
    script.client.say("#a", "held", script.now)
    script.client.stop("", script.now)
    script.pass_time(14)
    assert script.said() == ["QUIT"]
    assert script.program.one(Disconnected).unsent == 1


def test_requests_are_sent_before_quit() -> None:
    """Those that wait for others cannot be, and say so."""
    script = Script(send_budget=SLOW)
    script.welcome()
    for nick in ("bob", "carol"):
        script.client.request("WHOIS", nick, now=script.now)
    script.client.stop("", script.now)
    assert script.said() == ["WHOIS bob", "QUIT"]
    assert script.ask(":srv.test 318 ann bob :End of WHOIS") == []
    script.lose("closed")
    assert [event.answer.failed for event in script.program.take(Answered)] == [False, True]


def test_a_lost_connection_tells_what_was_not_sent() -> None:
    """What the client owes by itself, such as JOIN, does not count: it is said again."""
    script = Script(send_budget=SLOW, channels=("#a", ("#b", "k")))
    script.welcome("TARGMAX=JOIN:1")
    for n in range(3):
        script.client.say("#a", str(n), script.now)
    script.said()
    script.lose()
    assert script.program.one(Disconnected).unsent == 3
    script.pass_time(2)
    script.lose()
    assert script.program.one(Disconnected).unsent == 0


def test_room_is_told() -> None:
    script = Script(send_budget=SLOW)
    script.welcome()
    assert script.client.room == 6
    for n in range(6):
        script.client.say("#a", str(n), script.now)
    assert script.client.room == 0
    assert script.client.typing("#a", script.now) is False
    script.drain()
    assert script.client.room == 2
    with pytest.raises(QueueFullError):
        script.client.say("#a", "three\nlines\nmore", script.now)
    script.pass_time(10)
    script.client.say("#a", "\n".join("abcdefghi"), script.now)  # longer than the queue, but nothing waits
    assert script.client.room == 0


def test_what_finds_no_room_is_not_said_in_part() -> None:
    """A text of several multiline messages, and modes in several commands."""
    script = Script(send_budget=SLOW)
    script.welcome("MODES=1", caps="batch message-tags draft/multiline=max-bytes=4000,max-lines=2")
    script.client.say("#a", "a", script.now)
    script.client.say("#a", "b", script.now)
    script.client.say("#a", "c", script.now)
    script.said()
    with pytest.raises(QueueFullError):
        script.client.say("#a", "1\n2\n3\n4", script.now)
    script.client.say("#a", "d\ne", script.now)
    with pytest.raises(QueueFullError):
        script.client.mode("#a", "+vv", "bob", "carol", now=script.now)
    script.pass_time(20)
    assert [line for line in script.said() if "MODE" in line or line[-2:] in (" 1", " 2", " 3", " 4")] == []


def test_a_wish_that_finds_no_room_is_none() -> None:
    script = Script(send_budget=SendBudget(burst=1, lines_per_second=1, queue=1))
    script.welcome()
    script.client.say("#a", "a", script.now)
    for wish in (script.client.join, script.client.nick):
        with pytest.raises(QueueFullError):
            wish("bob", script.now)
    with pytest.raises(QueueFullError):
        script.client.away(script.now, message="x")
    script.send(":srv.test 471 ann bob :Cannot join channel (+l)")
    assert script.program.take(JoinFailed) == []


def test_what_the_client_owes_finds_room() -> None:
    """More JOINs than the queue has room for, and questions that take their turn."""
    script = Script(send_budget=SendBudget(burst=1, lines_per_second=1, queue=1), channels=("#a", "#b", "#c"))
    script.welcome("TARGMAX=JOIN:1")
    assert script.client.room == 1
    script.client.request("WHOIS", "bob", now=script.now)
    script.client.request("WHOIS", "carol", now=script.now)
    script.pass_time(4)
    assert script.said() == ["JOIN #b", "JOIN #c", "WHOIS bob"]
    script.client.say("#a", "x", script.now)
    script.send(":srv.test 318 ann bob :End of WHOIS")
    script.pass_time(3)
    assert script.said() == ["PRIVMSG #a x", "WHOIS carol"]
