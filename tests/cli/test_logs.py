"""The log: a line for each event, for people and as JSON, that nobody can forge."""

import io
import json
import logging
from collections.abc import Iterator
from typing import get_args

import pytest

from freeq_cli.logs import EVENTS, harmless, log, log_event, set_level, start_logging
from freeq_proto.boundary import (
    Closed,
    ConnId,
    Event,
    Fault,
    OperatorAct,
    Registered,
    SignedIn,
    SignedOut,
    SignInRefused,
)

CONN = ConnId(7)


def fault() -> Fault:
    try:
        raise ZeroDivisionError("a bug")
    except ZeroDivisionError as error:
        return Fault(CONN, error)


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    root.handlers[:] = []
    yield io.StringIO()
    root.handlers[:] = before
    root.setLevel(level)


def written(stream: io.StringIO, style: str, event: Event) -> str:
    start_logging("info", style, stream)
    log_event(event)
    return stream.getvalue()


def test_every_event_has_its_line() -> None:
    assert set(EVENTS) == set(get_args(Event))


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (
            Registered(CONN, "ada", "192.0.2.7", "a1.cloak", "did:plc:abc"),
            "INFO    registered conn=7 nick=ada address=192.0.2.7 host=a1.cloak account=did:plc:abc",
        ),
        (
            Registered(CONN, "ada", "192.0.2.7", "a1.cloak", None),
            "INFO    registered conn=7 nick=ada address=192.0.2.7 host=a1.cloak",
        ),
        (
            SignedIn(CONN, "did:plc:abc", "ATPROTO-CHALLENGE", "crypto"),
            "INFO    signed in conn=7 account=did:plc:abc mechanism=ATPROTO-CHALLENGE method=crypto",
        ),
        (
            SignedOut(CONN, "did:plc:abc", "its DID is deactivated"),
            'INFO    signed out conn=7 account=did:plc:abc reason="its DID is deactivated"',
        ),
        (SignInRefused(CONN, "bad signature"), 'INFO    sign-in refused conn=7 reason="bad signature"'),
        (Closed(CONN, 'Quit: "bye"\x1b[2J'), r'INFO    closed conn=7 reason="Quit: \"bye\"\x1b[2J"'),
        (Closed(CONN, ""), 'INFO    closed conn=7 reason=""'),
        (OperatorAct("ada", "KILL bob"), 'WARNING operator act operator=ada act="KILL bob"'),
    ],
)
def test_an_event_is_one_line_for_people(stream: io.StringIO, event: Event, line: str) -> None:
    time, _, rest = written(stream, "text", event).partition(" ")
    assert rest == line + "\n"
    assert len(time) == len("2026-01-31T10:00:00.000Z")
    assert time.endswith("Z")


def test_a_fault_is_written_with_its_traceback(stream: io.StringIO) -> None:
    first, *rest = written(stream, "text", fault()).split("\n")
    assert first.endswith("""ERROR   fault conn=7 error="ZeroDivisionError('a bug')\"""")
    assert rest[0] == "Traceback (most recent call last):"
    assert rest[-2:] == ["ZeroDivisionError: a bug", ""]


def test_json_is_one_object_a_line(stream: io.StringIO) -> None:
    start_logging("info", "json", stream)
    log_event(Closed(CONN, "Quit: \n\x1b \ud800 ü"))
    log_event(fault())
    log(logging.INFO, "running", pid=1)
    first, second, third = (json.loads(line) for line in stream.getvalue().split("\n")[:-1])
    assert first.pop("time").endswith("Z")
    assert first == {"level": "info", "event": "closed", "conn": 7, "reason": "Quit: \n\x1b \ud800 ü"}
    assert second["event"] == "fault"
    assert second["conn"] == 7
    assert second["traceback"].endswith("ZeroDivisionError: a bug")
    assert (third["event"], third["pid"]) == ("running", 1)


def test_lines_of_libraries_are_written_too(stream: io.StringIO) -> None:
    start_logging("warning", "text", stream)
    logging.getLogger("freeq_runtime_asyncio").warning("%d connections", 3)
    logging.getLogger("freeq_runtime_asyncio").info("not this one")
    assert stream.getvalue().endswith("WARNING 3 connections\n")
    assert stream.getvalue().count("\n") == 1


def test_the_level_can_change(stream: io.StringIO) -> None:
    start_logging("warning", "text", stream)
    log_event(Closed(CONN, "gone"))
    assert stream.getvalue() == ""
    set_level("info")
    log_event(Closed(CONN, "gone"))
    assert "closed" in stream.getvalue()


@pytest.mark.parametrize("evil", ["\n", "\r", "\x1b", "\x7f", "\x9b", "\u2028", "\u202e", "\u2066", "\udcff"])
def test_nobody_forges_a_line_or_steers_a_terminal(evil: str) -> None:
    safe = harmless(f"a{evil}b")
    assert evil not in safe
    assert safe == (f"a\\x{ord(evil):02x}b" if evil < "\u0100" else f"a\\u{ord(evil):04x}b")
