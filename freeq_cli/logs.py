"""The log: what the engine reports, as lines for people or as JSON, with the connection's number on each.

Nothing is logged per chat line, and no event holds a secret. Text that peers chose is made harmless for a terminal.
"""

import datetime
import json
import logging
import re
import sys
from collections.abc import Mapping
from typing import Final, TextIO

from freeq_proto.boundary import Closed, Event, Fault, OperatorAct, Registered, SignedIn, SignedOut, SignInRefused

LOGGER: Final = logging.getLogger("freeq")

# How each event is written: its level, its text, and which of its attributes follow.
EVENTS: Final[Mapping[type[Event], tuple[int, str, tuple[str, ...]]]] = {
    Registered: (logging.INFO, "registered", ("nick", "address", "host", "account")),
    SignedIn: (logging.INFO, "signed in", ("account", "mechanism", "method")),
    SignedOut: (logging.INFO, "signed out", ("account", "reason")),
    SignInRefused: (logging.INFO, "sign-in refused", ("reason",)),
    Closed: (logging.INFO, "closed", ("reason",)),
    OperatorAct: (logging.WARNING, "operator act", ("operator", "act")),
    Fault: (logging.ERROR, "fault", ()),
}


def log_event(event: Event) -> None:
    """Write one event of the engine; a fault with its traceback."""
    level, text, names = EVENTS[type(event)]
    fields = {name: getattr(event, name) for name in names}
    error = event.error if isinstance(event, Fault) else None
    log(level, text, error=error, conn=getattr(event, "conn", None), **fields)


def log(level: int, text: str, /, error: Exception | None = None, **fields: object) -> None:
    """Write one line: ``text`` and what is particular about it. What is None is left out."""
    present = {name: value for name, value in fields.items() if value is not None}
    if error is not None:
        present["error"] = repr(error)
    LOGGER.log(level, "%s", text, extra={"fields": present}, exc_info=error)


def start_logging(level: str, style: str, stream: TextIO | None = None) -> None:
    """Send the lines of this program and of its libraries, from ``level`` up, to ``stream`` (standard error)."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if style == "json" else TextFormatter())
    logging.basicConfig(handlers=[handler], force=True)
    set_level(level)


def set_level(level: str) -> None:
    """Write lines from ``level`` up."""
    logging.getLogger().setLevel(level.upper())


class TextFormatter(logging.Formatter):
    """``2026-01-31T10:00:00.000Z INFO    signed in conn=7 account=did:plc:… mechanism=ATPROTO-CHALLENGE``."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and a traceback where there is one."""
        words = [f"{_time(record)} {record.levelname:<7} {harmless(_one_line(record.getMessage()))}"]
        words += [f"{name}={_word(str(value))}" for name, value in _fields(record).items()]
        line = " ".join(words)
        return (
            line
            if record.exc_info is None
            else f"{line}\n{harmless(self.formatException(record.exc_info), lines=True)}"
        )


class JsonFormatter(logging.Formatter):
    """One JSON object: ``time``, ``level``, ``event``, what the event has, and ``traceback``."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, always."""
        row: dict[str, object] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        row |= {name: value if isinstance(value, int) else str(value) for name, value in _fields(record).items()}
        if record.exc_info is not None:
            row["traceback"] = self.formatException(record.exc_info)
        return json.dumps(row)


_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def harmless(text: str, *, lines: bool = False) -> str:
    """Text without anything that could forge a line or steer a terminal: such characters as escapes."""
    if lines:
        return "\n".join(map(harmless, text.split("\n")))
    return _UNSAFE.sub(
        lambda match: f"\\x{ord(match[0]):02x}" if match[0] < "\u0100" else f"\\u{ord(match[0]):04x}", text
    )


def _one_line(text: str) -> str:
    """A message of several lines as one."""
    return "; ".join(text.split("\n"))


def _word(text: str) -> str:
    """A value that can be told from the next: in quotes where it has a space, a quote or an equals sign."""
    safe = harmless(text)
    return safe if safe and not re.search('[ "=]', safe) else '"' + safe.replace('"', '\\"') + '"'


def _fields(record: logging.LogRecord) -> Mapping[str, object]:
    fields = getattr(record, "fields", None)
    return fields if isinstance(fields, Mapping) else {}


def _time(record: logging.LogRecord) -> str:
    at = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
