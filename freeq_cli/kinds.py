"""Kinds of values that a setting may have: what each accepts, and how it says so."""

import json
import math
import re
from collections.abc import Callable
from typing import Protocol, TypeAlias

import attrs

Value: TypeAlias = str | int | float | bool | tuple[str, ...]
"""What a checked setting holds. Lists of the file are tuples here."""


_CONTROL = re.compile("[\\x00-\\x1f\\x7f-\\x9f]")


class Kind(Protocol):
    """A law that a value of the file either keeps or breaks."""

    @property
    def type(self) -> str:
        """The value's type, in the words of TOML."""

    @property
    def allowed(self) -> str:
        """What is allowed, as it follows "allowed is" in a message and stands in the reference."""

    def accept(self, found: object) -> Value | None:
        """The value that ``found`` (as ``tomllib`` gives it) stands for, or None where it is not allowed."""


@attrs.frozen
class Text:
    """A string that keeps ``law``."""

    allowed: str = "one line"
    law: Callable[[str], bool] = lambda _text: True
    lines: bool = False
    """Whether it may have more than one line, and the formatting codes of IRC in them."""
    type: str = attrs.field(default="string", init=False)

    def accept(self, found: object) -> Value | None:
        """A string that keeps the law, without control characters where it is one line."""
        if not isinstance(found, str):
            return None
        if "\0" in found or (not self.lines and _CONTROL.search(found)):
            return None
        return found if self.law(found) else None


@attrs.frozen
class Integer:
    """A whole number from ``least`` to ``most``."""

    least: int
    most: int = 2**31 - 1
    type: str = attrs.field(default="integer", init=False)

    @property
    def allowed(self) -> str:
        """The bounds; an upper bound that only guards against slips of the pen goes unsaid."""
        return f"an integer from {self.least}" + (f" to {self.most}" if self.most < 2**31 - 1 else "")

    def accept(self, found: object) -> Value | None:
        """A whole number within the bounds; ``true`` is not 1 here."""
        if isinstance(found, bool) or not isinstance(found, int):
            return None
        return found if self.least <= found <= self.most else None


@attrs.frozen
class Number:
    """A number, whole or not, from ``least``."""

    least: float
    type: str = attrs.field(default="number", init=False)

    @property
    def allowed(self) -> str:
        """The lower bound."""
        return f"a number from {self.least:g}"

    def accept(self, found: object) -> Value | None:
        """A finite number from the lower bound, always as a float."""
        if isinstance(found, bool) or not isinstance(found, int | float):
            return None
        return float(found) if math.isfinite(found) and self.least <= found < 2**31 else None


@attrs.frozen
class Flag:
    """True or false."""

    allowed: str = attrs.field(default="true or false", init=False)
    type: str = attrs.field(default="boolean", init=False)

    def accept(self, found: object) -> Value | None:
        """A boolean."""
        return found if isinstance(found, bool) else None


@attrs.frozen
class Choice:
    """One of a few words."""

    words: tuple[str, ...]
    type: str = attrs.field(default="string", init=False)

    @property
    def allowed(self) -> str:
        """The words."""
        return "one of " + ", ".join(map(quoted, self.words))

    def accept(self, found: object) -> Value | None:
        """One of the words, exactly."""
        return found if isinstance(found, str) and found in self.words else None


@attrs.frozen
class Texts:
    """A list of strings, each of which ``each`` accepts."""

    each: Text | Choice
    type: str = attrs.field(default="list of strings", init=False)

    @property
    def allowed(self) -> str:
        """What each of the list may be."""
        return f"a list, each {self.each.allowed}"

    def accept(self, found: object) -> Value | None:
        """A list of accepted strings, as a tuple."""
        if not isinstance(found, list):
            return None
        return tuple(found) if all(self.each.accept(one) is not None for one in found) else None


def quoted(value: object) -> str:
    """A value as TOML writes it; what TOML reads and this program never takes (dates, tables) in Python's words."""
    match value:
        case bool():
            return "true" if value else "false"
        case str() if "\n" in value:
            return '"""\n' + "\n".join(json.dumps(line, ensure_ascii=False)[1:-1] for line in value.split("\n")) + '"""'
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case float() if value.is_integer():
            return f"{value:.1f}"
        case int() | float():
            return repr(value)
        case list() | tuple():
            return "[" + ", ".join(map(quoted, value)) + "]"
        case _:
            return str(value)
