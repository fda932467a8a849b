"""Sizes: a file or a function that outgrows them holds two ideas."""

import ast
from collections.abc import Iterator

import pytest

from tests.contract.sources import Source, packages, sample, sources_under

FILE_LINES = 420
FUNCTION_LINES = 60

# What may be longer, by path or "path::function", and why. Docstrings and comments count: they are read too.
EXCEPTIONS: dict[str, str] = {}


def oversizes(source: Source) -> Iterator[tuple[str, int]]:
    """Whatever reaches its limit in a source, with its lines."""
    if (lines := source.text.count("\n")) >= FILE_LINES:
        yield source.path, lines
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines >= FUNCTION_LINES:
                yield f"{source.path}::{node.name}", lines


def everything_oversize() -> dict[str, int]:
    folders = [*packages(), "examples", "tests"]
    return {name: lines for folder in folders for source in sources_under(folder) for name, lines in oversizes(source)}


def test_files_and_functions_stay_small() -> None:
    assert {name: lines for name, lines in everything_oversize().items() if name not in EXCEPTIONS} == {}


def test_every_exception_is_still_needed() -> None:
    assert set(EXCEPTIONS) <= set(everything_oversize())


@pytest.mark.parametrize(
    "text",
    [
        "x = 1\n" * FILE_LINES,
        "def f() -> None:\n" + "    pass\n" * (FUNCTION_LINES - 1),
        "class A:\n    async def f(self) -> None:\n" + "        pass\n" * (FUNCTION_LINES - 1),
    ],
)
def test_a_long_sample_is_refused(text: str) -> None:
    assert list(oversizes(sample(text)))


def test_a_sample_within_the_limits_passes() -> None:
    text = "def f() -> None:\n" + "    pass\n" * (FUNCTION_LINES - 2) + "x = 1\n" * (FILE_LINES - FUNCTION_LINES)
    assert list(oversizes(sample(text))) == []
