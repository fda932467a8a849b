"""The parts of the documentation that follow from tables of the code, between marks: what stands there must be equal.

A part begins with a line ``<!-- generated: name -->`` and ends with ``<!-- end of name -->``.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

from tests.docs import client_tables, protocol_tables, roles, rooms
from tests.docs.markdown import ROOT, read
from tests.spec.transcripts import TRANSCRIPTS

HOW: Final = "run: python -m tests.docs.regenerate"

_PART = re.compile(r"(?ms)^<!-- generated: (?P<name>[a-z ]+) -->\n(?P<text>.*?)^<!-- end of (?P=name) -->$")


def _program() -> str:
    text = (ROOT / "examples" / "embed_the_engine.py").read_text(encoding="utf-8")
    return f"<!-- runs until stopped: listening on 127.0.0.1 port 6667 -->\n```python\n{text}```\n"


GENERATED: Final[dict[str, Callable[[], str]]] = {
    "program": _program,
    "rooms": rooms.rooms,
    "rules": rooms.rules,
    "around": rooms.around,
    "commands": protocol_tables.commands,
    "capabilities": protocol_tables.capabilities,
    "channel modes": protocol_tables.channel_modes,
    "user modes": protocol_tables.user_modes,
    "isupport": protocol_tables.isupport_tokens,
    "mechanisms": protocol_tables.mechanisms,
    "limits": protocol_tables.limits,
    "standard replies": protocol_tables.standard_replies,
    "numerics": protocol_tables.server_numerics,
    "roles": roles.who_may_do_what,
    "client events": client_tables.client_events,
    "client settings": client_tables.client_settings,
    "client bounds": client_tables.client_bounds,
    **TRANSCRIPTS,
}
"""What makes each part."""


def names(page: str) -> list[str]:
    """The parts of a page, in order."""
    return [part["name"] for part in _PART.finditer(read(page))]


def regenerated(page: str) -> str:
    """The page with every generated part as it should be."""

    def replace(part: re.Match[str]) -> str:
        name = part["name"]
        return f"<!-- generated: {name} -->\n{GENERATED[name]()}<!-- end of {name} -->"

    return _PART.sub(replace, read(page))


def pages_with_parts(pages: Sequence[str]) -> list[str]:
    """Those of ``pages`` that have generated parts."""
    return [page for page in pages if names(page)]
