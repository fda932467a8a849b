"""A checked configuration: each setting has a value of its kind, given or by default."""

from collections.abc import Mapping
from pathlib import Path

import attrs

from freeq_cli.kinds import Value
from freeq_cli.settings import SECTIONS, Section


@attrs.frozen
class Values:
    """The settings of one table. Asking for a key that the table of settings does not know is a KeyError."""

    values: Mapping[str, Value]
    given: frozenset[str] = attrs.field(default=frozenset(), eq=False)
    """The keys that were given, not filled in."""

    def text(self, key: str) -> str:
        """A string."""
        value = self.values[key]
        assert isinstance(value, str)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings."""
        value = self.values[key]
        assert isinstance(value, tuple)
        return value

    def integer(self, key: str) -> int:
        """A whole number."""
        value = self.values[key]
        assert isinstance(value, int)
        return value

    def number(self, key: str) -> float:
        """A number."""
        value = self.values[key]
        assert isinstance(value, int | float)
        return value

    def flag(self, key: str) -> bool:
        """True or false."""
        value = self.values[key]
        assert isinstance(value, bool)
        return value


@attrs.frozen
class Document:
    """Every setting."""

    tables: Mapping[str, Values]
    arrays: Mapping[str, tuple[Values, ...]]
    base: Path = attrs.field(default=Path(), eq=False)
    """The folder that relative paths start from."""

    def __getitem__(self, section: str) -> Values:
        """The settings of a table."""
        return self.tables[section]

    def path(self, section: str, key: str) -> Path | None:
        """A path setting, from the file's folder on; None for ""."""
        return self.resolve(self.tables[section].text(key))

    def resolve(self, text: str) -> Path | None:
        """The path that a setting's text stands for; None for ""."""
        return self.base / text if text else None


def filled(section: Section, given: Mapping[str, Value]) -> Values:
    """The settings of a table with their defaults where nothing was given."""
    defaults = {setting.key: setting.default for setting in section.settings if setting.default is not None}
    return Values({**defaults, **given}, frozenset(given))


def defaults() -> Document:
    """Every setting at its default."""
    return Document(
        {section.name: filled(section, {}) for section in SECTIONS if not section.repeated},
        {section.name: tuple(filled(section, row) for row in section.rows) for section in SECTIONS if section.repeated},
    )
