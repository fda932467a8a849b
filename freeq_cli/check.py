"""From what was written to what is meant: each section and key against the table of settings, all problems at once."""

import difflib
from collections.abc import Iterable, Mapping

import attrs

from freeq_cli.document import Document, Values, filled
from freeq_cli.kinds import Value, quoted
from freeq_cli.problems import Problem
from freeq_cli.settings import SECTIONS, Section, section
from freeq_cli.source import Source


@attrs.define
class Checked:
    """A document and what is wrong with it. Where something is, the document holds a default, or lacks the row."""

    document: Document
    problems: list[Problem]
    broken: set[str]
    """The sections with problems: rules between settings keep silent about them."""


def check(source: Source) -> Checked:
    """Check every key of ``source`` for itself."""
    checker = _Checker(source)
    checker.unknown_sections()
    tables = {known.name: checker.table(known) for known in SECTIONS if not known.repeated}
    arrays = {known.name: checker.array(known) for known in SECTIONS if known.repeated}
    return Checked(Document(tables, arrays, source.base), checker.problems, checker.broken)


@attrs.define
class _Checker:
    source: Source
    problems: list[Problem] = attrs.field(factory=list, init=False)
    broken: set[str] = attrs.field(factory=set, init=False)

    def problem(self, text: str, name: str, index: int = 0, key: str = "") -> None:
        self.broken.add(name)
        self.problems.append(Problem(self.source.where(name, index, key), text))

    def unknown_sections(self) -> None:
        for name in self.source.tables:
            if section(name) is None:
                self.problem(f"unknown section {name}{_suggest_section(name)}", name)

    def table(self, known: Section) -> Values:
        found = self.source.tables.get(known.name, {})
        if not isinstance(found, dict):
            self.problem(f"{known.name} is {quoted(found)}; allowed is a table, [{known.name}]", known.name)
            found = {}
        return filled(known, self.keys(known, found, 0))

    def array(self, known: Section) -> tuple[Values, ...]:
        if known.name not in self.source.tables:
            return tuple(filled(known, row) for row in known.rows)
        found = self.source.tables[known.name]
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            name = known.name
            self.problem(f"{name} is not an array of tables; allowed is [[{name}]], once for each", name)
            return ()
        rows = ((row, self.keys(known, row, index)) for index, row in enumerate(found))
        required = {setting.key for setting in known.settings if setting.default is None}
        return tuple(filled(known, values) for _, values in rows if required <= values.keys())

    def keys(self, known: Section, found: Mapping[str, object], index: int) -> dict[str, Value]:
        """The accepted values of one table; problems for all others."""
        values: dict[str, Value] = {}
        for key, value in found.items():
            setting = known.setting(key)
            if setting is None:
                self.problem(f"unknown key {known.name}.{key}{_suggest_key(known, key)}", known.name, index, key)
            elif (accepted := setting.kind.accept(value)) is None:
                shown = "not shown" if setting.secret else quoted(value)
                text = f"{known.name}.{key} is {shown}; allowed is {setting.kind.allowed}"
                self.problem(text, known.name, index, key)
            else:
                values[key] = accepted
        for setting in known.settings:
            if setting.default is None and setting.key not in found:
                text = f"{known.name}.{setting.key} is missing; allowed is {setting.kind.allowed}"
                self.problem(text, known.name, index)
        return values


def _suggest_section(name: str) -> str:
    holders = [f"{known.name}.{name}" for known in SECTIONS if known.setting(name) is not None]
    if holders:
        return f"; did you mean {' or '.join(holders)}?"
    return _suggest(name, [known.name for known in SECTIONS], "")


def _suggest_key(known: Section, key: str) -> str:
    own = _suggest(key, [setting.key for setting in known.settings], f"{known.name}.")
    if "did you mean" in own:
        return own
    holders = [f"{other.name}.{key}" for other in SECTIONS if other.setting(key) is not None]
    return f"; did you mean {' or '.join(holders)}?" if holders else own


def _suggest(word: str, known: Iterable[str], prefix: str) -> str:
    words = list(known)
    near = difflib.get_close_matches(word.replace("-", "_").lower(), words, n=1)
    return f"; did you mean {prefix}{near[0]}?" if near else f"; known are {', '.join(words)}"
