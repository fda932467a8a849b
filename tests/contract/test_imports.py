"""Imports point one way: rooms to the rooms below them, packages to the core, and only through doors.

A door is a room's ``__init__``. Other rooms, the runtimes, the command and the examples import it and nothing behind
it; inside a room, modules import one another by their own names. Tests of a room are inside it in this sense.
"""

from collections.abc import Iterator

import pytest

from tests.contract.sources import CORE, Imported, Source, imports, packages, rooms, sample, sources_under

BELOW_ENGINE = "boundary irc caps authority identity sasl history web federation server gateway".split()

# A room, and the rooms whose doors it may import.
ROOMS: dict[str, frozenset[str]] = {
    "boundary": frozenset(),
    "irc": frozenset({"boundary"}),
    "caps": frozenset({"boundary", "irc"}),
    "authority": frozenset({"boundary", "irc"}),
    "identity": frozenset({"boundary"}),
    "sasl": frozenset({"boundary", "irc", "identity"}),
    "history": frozenset({"boundary", "irc"}),
    "web": frozenset({"boundary"}),
    "federation": frozenset({"boundary", "irc", "authority", "identity", "history"}),
    "server": frozenset(BELOW_ENGINE) - {"server", "gateway"},
    "gateway": frozenset({"boundary", "web", "authority", "history", "server"}),
    "engine": frozenset(BELOW_ENGINE),
    "client": frozenset({"boundary", "irc", "caps", "identity", "sasl", "history", "web"}),
}

# A package, and the packages whose doors it may import. Storage and the runtimes never know one another.
PACKAGES: dict[str, frozenset[str]] = {
    "freeq_proto": frozenset(),
    "freeq_storage": frozenset({"freeq_proto"}),
    "freeq_runtime_asyncio": frozenset({"freeq_proto"}),
    "freeq_runtime_threaded": frozenset({"freeq_proto"}),
    "freeq_cli": frozenset({"freeq_proto", "freeq_storage", "freeq_runtime_asyncio", "freeq_runtime_threaded"}),
    "examples": frozenset({"freeq_proto", "freeq_storage", "freeq_runtime_asyncio", "freeq_runtime_threaded"}),
}


def trespasses(source: Source) -> Iterator[str]:
    """What a source imports of this project's and may not."""
    package = source.module.split(".")[0]
    for imported in imports(source):
        target, *inside = imported.module.split(".")
        complaint = None
        if not target:
            complaint = "imports relatively"
        elif target == package == CORE:
            complaint = between_rooms(source.room, imported, inside)
        elif target in PACKAGES and target != package:
            complaint = between_packages(package, target, imported, inside)
        if complaint:
            yield source.at(imported.node, complaint)


def between_rooms(room: str, imported: Imported, inside: list[str]) -> str | None:
    """The complaint about an import from one module of the core in another; ``inside`` is what follows its package."""
    if not inside:
        return "imports the root door from within the core"
    target = inside[0]
    if target == room:
        names_a_module = len(inside) > 1 or imported.dotted in {source.module for source in sources_under(CORE)}
        return None if names_a_module else f"imports its own door: name the module in {room}"
    if room and target not in ROOMS.get(room, frozenset()):
        return f"{room} may not import {target}"
    return None if len(inside) == 1 else f"reaches past the door of {target} for {imported.dotted}"


def between_packages(package: str, target: str, imported: Imported, inside: list[str]) -> str | None:
    if target not in PACKAGES.get(package, frozenset()):
        return f"{package} may not import {target}"
    if len(inside) > (1 if target == CORE else 0):
        return f"reaches past the door of {target} for {imported.dotted}"
    return None


def test_every_room_and_package_has_its_row() -> None:
    """A new room or package states here what it may import before it imports anything."""
    assert set(rooms()) <= set(ROOMS)
    assert set(packages()) <= set(PACKAGES)


def test_the_rooms_form_layers() -> None:
    """No room stands, over any number of steps, on itself."""
    remaining = dict(ROOMS)
    while remaining:
        lowest = [room for room, below in remaining.items() if below.isdisjoint(remaining)]
        assert lowest, f"a cycle among {sorted(remaining)}"
        for room in lowest:
            del remaining[room]


@pytest.mark.parametrize("folder", PACKAGES)
def test_imports_stay_within_the_tables(folder: str) -> None:
    assert [complaint for source in sources_under(folder) for complaint in trespasses(source)] == []


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("freeq_proto.boundary.clock", "from freeq_proto.irc import Message"),
        ("freeq_proto.irc.message", "from freeq_proto.server import World"),
        ("freeq_proto.caps.registry", "import freeq_proto.authority"),
        ("freeq_proto.identity.jwt", "from freeq_proto.irc import Message"),
        ("freeq_proto.engine.turns", "from freeq_proto.client import Client"),
        ("freeq_proto.client.driver", "from freeq_proto.server import World"),
        ("freeq_proto.client.driver", "def f() -> None:\n    from freeq_proto.engine import Engine"),
        ("freeq_proto.sasl.exchange", "from freeq_proto.identity.jwt import decode"),
        ("freeq_proto.sasl.exchange", "import freeq_proto.identity.jwt"),
        ("freeq_proto.sasl.exchange", "from freeq_proto.sasl import Mechanism"),
        ("freeq_proto.sasl.exchange", "from freeq_proto import Mechanism"),
        ("freeq_proto.sasl.exchange", "from .mechanism import Mechanism"),
        ("freeq_proto.irc.message", "import freeq_cli"),
        ("freeq_proto.later.thing", "from freeq_proto.irc import Message"),
        ("freeq_proto", "from freeq_proto.irc.message import Message"),
        ("freeq_runtime_asyncio.driver", "from freeq_proto.engine.turns import Turn"),
        ("freeq_runtime_asyncio.driver", "import freeq_runtime_threaded"),
        ("freeq_runtime_asyncio.driver", "from freeq_storage import SqliteStore"),
        ("freeq_storage.sqlite", "from freeq_runtime_asyncio import serve"),
        ("freeq_runtime_asyncio.driver", "from freeq_cli import main"),
        ("freeq_cli.main", "from freeq_runtime_asyncio.driver import Driver"),
        ("examples.bot", "from freeq_proto.client.tracking import Channels"),
        ("examples.bot", "from freeq_cli.main import main"),
    ],
)
def test_a_trespassing_sample_is_refused(module: str, text: str) -> None:
    assert list(trespasses(sample(text, module)))


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("freeq_proto.irc.message", "import re\nfrom freeq_proto.boundary import RemoteProtocolError"),
        ("freeq_proto.irc.message", "from freeq_proto.irc.tags import parse_tags"),
        ("freeq_proto.irc.message", "from freeq_proto.irc import tags"),
        ("freeq_proto.server.commands.channels", "from freeq_proto.server.world import World"),
        ("freeq_proto.engine.turns", "from freeq_proto.gateway import routes\nimport freeq_proto.server"),
        ("freeq_proto", "from freeq_proto.client import Client\nfrom freeq_proto.irc import Message"),
        ("freeq_runtime_asyncio.driver", "from freeq_proto.engine import Engine\nfrom freeq_proto import Message"),
        ("freeq_runtime_asyncio.driver", "from freeq_runtime_asyncio.tls import Adapter"),
        ("freeq_cli.main", "from freeq_runtime_asyncio import serve\nfrom freeq_cli.config import load"),
    ],
)
def test_a_lawful_sample_passes(module: str, text: str) -> None:
    assert list(trespasses(sample(text, module))) == []
