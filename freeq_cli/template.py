"""The table of settings as text: the commented default file, and the reference of the documentation."""

import textwrap
from collections.abc import Iterator, Mapping

from freeq_cli.kinds import Value, quoted
from freeq_cli.settings import SECTIONS, Section, Setting

HEAD = """\
The configuration of freeq, with every setting at its default. Keep what you change and delete the rest.
Check a file with `freeq check-config FILE`; run with `freeq serve --config FILE`.
A running server reads its file again on SIGHUP, on REHASH by an operator, and on `freeq ctl rehash`; settings marked
"restart" wait for the next start. Paths that are not absolute start from the folder of this file."""


def default_text() -> str:
    """A configuration file that says what is the case without one."""
    parts = [_comment(line) for line in HEAD.split("\n")]
    for section in SECTIONS:
        parts += ["", *_section(section)]
    return "\n".join(parts) + "\n"


def _section(section: Section) -> Iterator[str]:
    head = f"[[{section.name}]]" if section.repeated else f"[{section.name}]"
    yield _comment(section.help)
    if section.repeated:
        yield "#"
        width = max(len(setting.key) for setting in section.settings)
        for setting in section.settings:
            yield _comment(f"{setting.key:<{width}}  {describe(setting)}", " " * (width + 2))
        for row in section.rows:
            yield from ("", head, *_assignments(row))
        if section.example is not None:
            yield from ("", f"# {head}", *(f"# {line}" for line in _assignments(section.example)))
        return
    yield head
    for setting in section.settings:
        assert setting.default is not None, "only arrays of tables have keys that must be given"
        yield ""
        yield _comment(describe(setting))
        yield from _assignments({setting.key: setting.default})


def _assignments(values: Mapping[str, Value]) -> list[str]:
    return [f"{key} = {quoted(value)}" for key, value in values.items()]


def _comment(text: str, indent: str = "") -> str:
    lines = textwrap.wrap(text, 118, break_long_words=False, break_on_hyphens=False, subsequent_indent=indent)
    return "\n".join(f"# {line}" for line in lines)


def describe(setting: Setting) -> str:
    """A setting in one paragraph: what it is, what is allowed, and when a change takes effect."""
    allowed = setting.kind.allowed
    return f"{setting.help} Allowed: {allowed}." + ("" if setting.reload else " (restart)")


def reference() -> str:
    """The settings as tables in Markdown, one for each section."""
    return "\n".join(line for section in SECTIONS for line in _reference(section))


def _reference(section: Section) -> Iterator[str]:
    head = f"[[{section.name}]]" if section.repeated else f"[{section.name}]"
    yield from (f"### `{head}`", "", section.help, "")
    yield "| key | type | default | allowed | meaning | change |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for setting in section.settings:
        default = "required" if setting.default is None else f"`{quoted(setting.default)}`"
        cells = (
            f"`{setting.key}`",
            setting.kind.type,
            default,
            setting.kind.allowed,
            setting.help,
            "reload" if setting.reload else "restart",
        )
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    yield ""
