"""Doors: each room's ``__init__`` says what the room knows, re-exports names, and holds no code of its own.

Its one liberty is PEP 562: a name whose module needs an extra may be imported on first use, by ``__getattr__``, with an
import under ``TYPE_CHECKING`` for those who check types.
"""

import ast
import importlib
from collections.abc import Iterator

import pytest

from tests.contract.sources import CORE, Imported, Source, imports, packages, rooms, sample, sources_under

DOORS = [CORE, *(f"{CORE}.{room}" for room in rooms())]


def door(module: str) -> Source:
    """The source of a door, or an empty one, with every flaw, where the folder has none."""
    package = module.split(".")[0]
    found = [s for s in sources_under(package) if s.module == module and s.path.endswith("/__init__.py")]
    return found[0] if found else sample("", module, door=True)


def public_names(source: Source) -> list[str]:
    """The literal ``__all__`` of a door; empty where there is none."""
    for node in source.tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                names = ast.literal_eval(value)
                return [str(name) for name in names]
            case _:
                pass
    return []


def flaws(source: Source) -> Iterator[str]:
    """What is wrong with a room's door, or the root's, as it is written."""
    if not ast.get_docstring(source.tree):
        yield f"{source.path}: has no docstring"
    public = public_names(source)
    if not public:
        yield f"{source.path}: has no __all__"
    if len(set(public)) != len(public):
        yield f"{source.path}: names something twice in __all__"
    for node in source.tree.body:
        match node:
            case ast.ImportFrom() | ast.Expr(value=ast.Constant(value=str())):
                pass
            case ast.Assign(targets=[ast.Name(id="__all__")]):
                pass
            case ast.If(test=ast.Name(id="TYPE_CHECKING"), orelse=[] | [ast.FunctionDef(name="__getattr__")]):
                pass
            case ast.FunctionDef(name="__getattr__"):
                pass
            case _:
                yield source.at(node, "a door only re-exports")
    taken = [imported for imported in imports(source) if imported.dotted != "typing.TYPE_CHECKING"]
    for name in sorted({imported.name for imported in taken} ^ set(public)):
        yield f"{source.path}: {name} is in only one of the imports and __all__"
    for imported in taken:
        if not may_re_export(source, imported):
            yield source.at(imported.node, f"re-exports {imported.dotted}, which is not the door's to give")


def may_re_export(source: Source, imported: Imported) -> bool:
    """The root gives what the rooms' doors give; a room gives its own modules, or what they define."""
    inside = imported.module.split(".")[1:]
    if source.module == CORE:
        return imported.module.startswith(f"{CORE}.") and len(inside) == 1
    return imported.dotted.startswith(f"{source.module}.")


@pytest.mark.parametrize("module", DOORS)
def test_a_door_only_re_exports(module: str) -> None:
    assert list(flaws(door(module))) == []


@pytest.mark.parametrize("module", DOORS)
def test_every_public_name_exists(module: str) -> None:
    loaded = importlib.import_module(module)
    assert [name for name in public_names(door(module)) if not hasattr(loaded, name)] == []


@pytest.mark.parametrize("package", [package for package in packages() if package != CORE])
def test_every_package_says_what_it_is(package: str) -> None:
    assert ast.get_docstring(door(package).tree)


def unlisted(source: Source) -> Iterator[str]:
    """What a source takes from a door of the core that the door does not list."""
    doors = {module: public_names(door(module)) for module in DOORS}
    inside = ".".join(source.module.split(".")[:2])
    for imported in imports(source):
        if (
            imported.module in doors
            and imported.name not in ("", *doors[imported.module])
            and imported.module != inside
        ):
            yield source.at(imported.node, f"takes {imported.name} from {imported.module}, which does not list it")


@pytest.mark.parametrize("folder", [*packages(), "examples"])
def test_only_listed_names_are_taken_from_a_door(folder: str) -> None:
    assert [complaint for source in sources_under(folder) for complaint in unlisted(source)] == []


def test_taking_a_module_through_a_door_is_refused() -> None:
    """``from freeq_proto.boundary import clock`` would reach a module that the door does not give."""
    assert list(unlisted(sample("from freeq_proto.boundary import clock", "examples.bot")))


GOOD = '"""What it knows."""\n\nfrom freeq_proto.irc.message import Message\n\n__all__ = ["Message"]\n'


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("freeq_proto.irc", GOOD.replace('"""What it knows."""', "")),
        ("freeq_proto.irc", GOOD.replace('__all__ = ["Message"]', "")),
        ("freeq_proto.irc", GOOD.replace('["Message"]', '["Message", "Message"]')),
        ("freeq_proto.irc", GOOD.replace('["Message"]', '["Message", "Other"]')),
        ("freeq_proto.irc", GOOD.replace("import Message", "import Message, Other")),
        ("freeq_proto.irc", GOOD + "\ndef helper() -> None:\n    pass\n"),
        ("freeq_proto.irc", GOOD + "\nLIMIT = 512\n"),
        ("freeq_proto.irc", GOOD + "\nif TYPE_CHECKING:\n    from freeq_proto.irc.tags import Tags\n"),
        ("freeq_proto.irc", GOOD + "\nif sys.platform:\n    pass\n"),
        ("freeq_proto.irc", GOOD.replace("freeq_proto.irc.message", "freeq_proto.boundary")),
        ("freeq_proto.irc", GOOD.replace("freeq_proto.irc.message", "re")),
        ("freeq_proto", GOOD),
        ("freeq_proto", GOOD.replace("freeq_proto.irc.message", "attrs")),
    ],
)
def test_a_flawed_sample_is_refused(module: str, text: str) -> None:
    assert list(flaws(sample(text, module, door=True)))


def test_a_good_sample_passes() -> None:
    assert list(flaws(sample(GOOD, "freeq_proto.irc", door=True))) == []
    assert list(flaws(sample(GOOD.replace("irc.message", "irc"), "freeq_proto", door=True))) == []


LAZY = '''"""What it knows."""

from typing import TYPE_CHECKING

from freeq_proto.web import frames

if TYPE_CHECKING:
    from freeq_proto.web.connection import WebConnection

__all__ = ["WebConnection", "frames"]


def __getattr__(name: str) -> object:
    from freeq_proto.web.connection import WebConnection

    return WebConnection
'''


def test_a_door_may_open_late() -> None:
    assert list(flaws(sample(LAZY, "freeq_proto.web", door=True))) == []
