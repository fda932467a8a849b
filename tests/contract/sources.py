"""The project's own source files, parsed once, and the imports in them: what every contract test walks."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import attrs

ROOT = Path(__file__).parents[2]
CORE = "freeq_proto"


@attrs.frozen
class Source:
    """One file of Python: its dotted module name, its path from the root, its text and its syntax tree."""

    module: str
    path: str
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """The second part of the module's name: the room, for a module of the core; empty for a package's own door."""
        return [*self.module.split("."), ""][1]

    def at(self, node: ast.stmt | ast.expr, complaint: str) -> str:
        return f"{self.path}:{node.lineno}: {complaint}"


@attrs.frozen
class Imported:
    """One imported module, the name taken from it (empty for ``import module``), and the statement."""

    module: str
    name: str
    node: ast.Import | ast.ImportFrom

    @property
    def dotted(self) -> str:
        return f"{self.module}.{self.name}" if self.name else self.module


def sample(text: str, module: str = "freeq_proto.irc.sample", *, door: bool = False) -> Source:
    """A source that is not on disk, for showing that a rule refuses it."""
    path = module.replace(".", "/") + ("/__init__.py" if door else ".py")
    return Source(module, path, text, ast.parse(text))


def read(path: Path) -> Source:
    relative = path.relative_to(ROOT)
    parts = relative.with_suffix("").parts
    module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    text = path.read_text(encoding="utf-8")
    return Source(module, relative.as_posix(), text, ast.parse(text, filename=relative.as_posix()))


@functools.cache
def sources_under(folder: str) -> tuple[Source, ...]:
    """Every source below a folder of the root, in the order of their paths; none where the folder does not exist."""
    return tuple(read(path) for path in sorted((ROOT / folder).rglob("*.py")))


@functools.cache
def packages() -> tuple[str, ...]:
    return tuple(sorted(folder.name for folder in ROOT.glob("freeq_*") if any(folder.glob("*.py"))))


@functools.cache
def rooms() -> tuple[str, ...]:
    """The folders of the core that hold source files."""
    return tuple(sorted({source.room for source in sources_under(CORE)} - {""}))


def imports(source: Source) -> Iterator[Imported]:
    """Everything that a source imports, at any depth: in functions and under ``TYPE_CHECKING`` too."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Imported(alias.name, "", node)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            for alias in node.names:
                yield Imported(module, alias.name, node)


def calls(source: Source) -> Iterator[tuple[str, ast.Call]]:
    """Every call, with the last part of the called name: ``b`` for ``b()`` and for ``a.b()``."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Name(id=name) | ast.Attribute(attr=name):
                    yield name, node
                case _:
                    pass
