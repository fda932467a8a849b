"""What a test wants of a page of the documentation: its blocks of code, its headings, its links."""

import re
from collections.abc import Iterator
from pathlib import Path

import attrs

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")))
"""The pages whose commands and programs are executed."""

_FENCE = re.compile(r"(?P<indent> *)```(?P<language>[a-z]*)\Z")
_MARK = re.compile(r"<!-- (?P<mark>[a-z ]+)(: (?P<argument>.*))? -->\Z")
_HEADING = re.compile(r"#+ (?P<text>.+)\Z")
_LINK = re.compile(r"(?<!!)\[[^\]\[]*\]\((?P<target>[^)\s]+)\)")


@attrs.frozen
class Block:
    """One fenced block."""

    page: str
    line: int
    """Of its first fence; from 1."""
    language: str
    text: str
    mark: str = ""
    """What the comment on the line before it says is to be done with it: ``not run``, ``runs until stopped``, ..."""
    argument: str = ""
    """What that comment says after a colon."""

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def read(page: str) -> str:
    """The text of a page."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str) -> list[Block]:
    """The blocks of a page, in order."""
    return list(_blocks(page, read(page).split("\n")))


def _blocks(page: str, lines: list[str]) -> Iterator[Block]:
    before = ""
    rest = iter(enumerate(lines, 1))
    for number, line in rest:
        if (fence := _FENCE.match(line)) is not None:
            indent = fence["indent"]
            text = []
            for _, inside in rest:
                if inside == f"{indent}```":
                    break
                text.append(inside.removeprefix(indent))
            mark = _MARK.match(before)
            named = ("", "") if mark is None else (mark["mark"], mark["argument"] or "")
            yield Block(page, number, fence["language"], "\n".join(text) + "\n", *named)
        before = line.strip(" ")


def prose(page: str) -> str:
    """The text of a page without its blocks."""
    return re.sub(r"(?ms)^ *```.*?^ *```$", "", read(page))


def anchors(page: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them; a heading that repeats gets ``-1``, ``-2``, ..."""
    found: set[str] = set()
    for line in prose(page).split("\n"):
        if (heading := _HEADING.match(line)) is not None:
            plain = re.sub(r"[^\w\- ]", "", heading["text"].lower()).replace(" ", "-")
            candidates = (plain, *(f"{plain}-{number}" for number in range(1, 100)))
            found.add(next(each for each in candidates if each not in found))
    return found


def links(page: str) -> list[str]:
    """The targets of a page's links."""
    return [link["target"] for link in _LINK.finditer(prose(page))]
