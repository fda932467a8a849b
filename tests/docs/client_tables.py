"""The tables of ``docs/client.md``: the client's events and settings, in the words of the code."""

import ast
import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Final, get_args

import attrs

from freeq_proto.client import Backoff, Bounds, CatchUp, ClientConfig, ClientEvent, SendBudget, Times
from freeq_runtime_threaded import ClientLimits
from tests.contract.sources import sources_under
from tests.docs.protocol_tables import table

_FOLDERS: Final = ("freeq_proto/client", "freeq_runtime_threaded")
_GROUPS: Final = (SendBudget, Backoff, Times, CatchUp, Bounds)
"""Settings of a client that have settings of their own."""


def client_events() -> str:
    """Every event, in the order of ``ClientEvent``."""
    rows = [
        [f"`{each.__name__}`", ", ".join(f"`{field.name}`" for field in attrs.fields(each)), _first_of(each)]
        for each in get_args(ClientEvent)
    ]
    return table(["event", "what it holds", "what happened"], rows)


def client_settings() -> str:
    """Every setting of ``ClientConfig``; those of its groups have tables of their own."""
    return _settings(ClientConfig)


def client_bounds() -> str:
    """The settings of the groups, one table for each, and the limits of the drivers."""
    parts = [f"`{each.__name__}`: {_first_of(each)}\n\n{_settings(each)}" for each in _GROUPS]
    drivers = f"`ClientLimits`, of the drivers: {_first_of(ClientLimits)}\n\n{_settings(ClientLimits)}"
    return "\n".join([*parts, drivers])


def _settings(owner: type) -> str:
    said = _said_of_fields(owner)
    rows = [
        [f"`{field.name}`", _default(field), said.get(field.name, _elsewhere(field))] for field in attrs.fields(owner)
    ]
    return table(["setting", "default", "meaning"], rows)


def _default(field: "attrs.Attribute[object]") -> str:
    match field.default:
        case attrs.NOTHING:
            return "required"
        case "" | ():
            return "none"
        case default if attrs.has(type(default)):
            return f"`{type(default).__name__}()`"
        case tuple() as several:
            return ", ".join(f"`{each}`" for each in several)
        case default:
            return f"`{default}`"


def _elsewhere(field: "attrs.Attribute[object]") -> str:
    return "see below" if type(field.default) in _GROUPS else ""


def _first_of(owner: type) -> str:
    """What a class says of itself, without what follows its first paragraph."""
    return _plain((owner.__doc__ or "").partition("\n\n")[0])


def _said_of_fields(owner: type) -> dict[str, str]:
    """The text that stands below each field of a class."""
    body = _definition(owner).body
    return {
        field.target.id: _plain(text.value.value)
        for field, text in itertools.pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


def _definition(owner: type) -> ast.ClassDef:
    (found,) = (node for node in _classes(_FOLDERS) if node.name == owner.__name__)
    return found


def _classes(folders: Sequence[str]) -> Iterator[ast.ClassDef]:
    for folder in folders:
        for source in sources_under(folder):
            yield from (node for node in source.tree.body if isinstance(node, ast.ClassDef))


def _plain(text: str) -> str:
    """A text of the code as one line of Markdown."""
    named = re.sub(r":[a-z]+:`~?(?:[a-z_]+\.)*([^`]+)`", r"``\1``", text)
    return re.sub(r"\s+", " ", named).replace("``", "`")
