"""A configuration as it was written: the file's tables, where each key stands, what the command line puts over it."""

import re
import tomllib
from pathlib import Path
from typing import TypeAlias

import attrs

from freeq_cli.problems import Problem, UnusableConfigurationError

Place: TypeAlias = tuple[str, int, str]
"""A section, its number (0 for a table, from 0 in an array of tables) and a key; the key "" is the section's head."""

SIZE_LIMIT = 1 << 20
"""Bytes of a configuration file."""


@attrs.define
class Source:
    """What there is to check."""

    tables: dict[str, object]
    """As ``tomllib`` reads them."""
    origin: str
    """The file's name as it was given, for messages."""
    base: Path
    """The folder that relative paths start from."""
    _places: dict[Place, str] = attrs.field(factory=dict)

    def where(self, section: str, index: int = 0, key: str = "") -> str:
        """The place for a message, as exactly as it is known."""
        place = (section, index, key)
        return self._places.get(place) or self._places.get((section, index, "")) or self.origin

    def override(self, section: str, key: str, value: object, option: str) -> None:
        """Put a value of the command line over the file's."""
        table = self.tables.setdefault(section, {})
        if isinstance(table, dict):
            table[key] = value
            self._places[section, 0, key] = option

    def append(self, section: str, row: dict[str, object], option: str) -> None:
        """Add a table of the command line to an array of tables."""
        rows = self.tables.setdefault(section, [])
        if isinstance(rows, list):
            rows.append(row)
            self._places[section, len(rows) - 1, ""] = option

    def replace(self, section: str, rows: list[tuple[dict[str, object], str]]) -> None:
        """Make ``rows``, each with its place, the whole of an array of tables."""
        self._places = {place: where for place, where in self._places.items() if place[0] != section}
        self.tables[section] = []
        for row, where in rows:
            self.append(section, row, where)


def read_source(path: Path | None) -> Source:
    """Read a file, or nothing at all: every setting at its default.

    Raises UnusableConfigurationError where it cannot be read, is not UTF-8 or not TOML.
    """
    if path is None:
        return Source({}, "default configuration", Path.cwd())
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise UnusableConfigurationError(Problem(str(path), f"cannot be read: {error.strerror}")) from None
    if len(data) > SIZE_LIMIT:
        raise UnusableConfigurationError(Problem(str(path), f"is too long; allowed are {SIZE_LIMIT} bytes"))
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnusableConfigurationError(Problem(f"{path}:{line}", "is not UTF-8")) from None
    try:
        return parse_source(text, str(path), path.parent)
    except tomllib.TOMLDecodeError as error:
        reason, _, rest = str(error).partition(" (at line ")
        line_text = rest.partition(",")[0]
        where = f"{path}:{line_text}" if line_text else f"{path}:{text.count(chr(10)) + 1}"
        raise UnusableConfigurationError(Problem(where, f"is not TOML: {reason.partition(' (at end')[0]}")) from None


def parse_source(text: str, origin: str, base: Path) -> Source:
    """Read the text of a file. Raises ``tomllib.TOMLDecodeError``."""
    tables = tomllib.loads(text)
    return Source(tables, origin, base, {place: f"{origin}:{line}" for place, line in places(text).items()})


_HEAD = re.compile(r"[ \t]*(\[\[?)[ \t]*([A-Za-z0-9_-]+)[ \t]*\]\]?[ \t\r]*(?:#|\Z)")
_KEY = re.compile(r"[ \t]*([A-Za-z0-9_-]+)[ \t]*(?:\.[ \t]*([A-Za-z0-9_-]+)[ \t]*)?=")


def places(text: str) -> dict[Place, int]:
    """The line of each head and key, for text that is known to be TOML.

    ``tomllib`` keeps no places, so this looks at how lines begin. Keys in quotes and in inline tables are not found; a
    message about one names the section's line or the file alone.
    """
    found: dict[Place, int] = {}
    counts: dict[str, int] = {}
    section = ""
    quotes = ""
    for number, line in enumerate(text.split("\n"), 1):
        if not quotes:
            if head := _HEAD.match(line):
                section = head[2]
                if head[1] == "[[":
                    counts[section] = counts.get(section, -1) + 1
                found.setdefault((section, counts.get(section, 0), ""), number)
            elif key := _KEY.match(line):
                named, inner = (key[1], key[2] or "") if not section else (section, key[1])
                found.setdefault((named, counts.get(named, 0), inner), number)
        quotes = _open_quotes(line, quotes)
    return found


_OPENING = re.compile(r"""\"\"\"|\'\'\'|"(?:[^"\\]|\\.)*"|'[^']*'|\#""")
_CLOSING = {'"""': re.compile(r'(?:[^"\\]|\\.|"(?!""))*"{3,5}'), "'''": re.compile(r"(?:[^']|'(?!''))*'{3,5}")}


def _open_quotes(line: str, quotes: str) -> str:
    """The triple quotes that a line leaves open, given those open before it."""
    position = 0
    while True:
        if quotes:
            closing = _CLOSING[quotes].match(line, position)
            if closing is None:
                return quotes
            quotes, position = "", closing.end()
        else:
            opening = _OPENING.search(line, position)
            if opening is None or opening[0] == "#":
                return ""
            quotes, position = opening[0] if opening[0] in _CLOSING else "", opening.end()
