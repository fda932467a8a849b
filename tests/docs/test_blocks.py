"""Every command and program of the README and of ``docs/`` is run; what cannot be is marked, and counted here."""

from collections import Counter
from pathlib import Path

import pytest

from tests.docs.markdown import PAGES, Block, blocks
from tests.docs.running import INSTALLING, Page, command_of

RUN = ("sh", "console", "python")
NOT_PROGRAMS = ("", "ini", "toml")
"""Blocks of files and of logs; the configuration among them is checked in ``tests/cli/test_template.py``."""
MARKS = ("", "runs until stopped", "runs beside the rest", "in a terminal", "in irssi", "in weechat", "not run")

NOT_RUN = {
    ("README.md", "in a terminal"): 2,
    ("README.md", "not run"): 1,
    ("docs/signing-in.md", "in a terminal"): 2,
}
"""How many blocks of each page are not run here, by mark."""

EVERYTHING = [block for page in PAGES for block in blocks(page)]
PAGES_WITH_PROGRAMS = [page for page in PAGES if any(block.language in RUN for block in blocks(page))]


def is_run(block: Block) -> bool:
    return block.language in RUN and (block.page, block.mark) not in NOT_RUN


@pytest.mark.parametrize("page", PAGES_WITH_PROGRAMS)
def test_every_block_runs(page: str, tmp_path: Path) -> None:
    with Page(tmp_path) as running:
        for block in blocks(page):
            if is_run(block):
                running.run(block)


def test_every_block_is_of_a_known_kind() -> None:
    assert [str(block) for block in EVERYTHING if block.language not in (*RUN, *NOT_PROGRAMS)] == []
    assert [str(block) for block in EVERYTHING if block.mark not in MARKS] == []


def test_what_is_not_run_is_counted() -> None:
    unrun = (block for block in EVERYTHING if block.mark in ("in a terminal", "not run"))
    assert Counter((block.page, block.mark) for block in unrun) == NOT_RUN


def test_whoever_is_not_run_says_why() -> None:
    assert all(block.argument for block in EVERYTHING if block.mark == "not run")


def test_the_gate_finds_the_test_command_of_the_readme() -> None:
    """``.ci/run`` takes the line that begins with ``python3 -m venv`` and ends in ``pytest``; it must stand alone."""
    (unrun,) = (block for block in blocks("README.md") if block.mark == "not run")
    assert unrun.text == INSTALLING.replace("requirements.txt", "requirements-test.txt") + ".venv/bin/pytest\n"


def test_the_server_command_of_the_readme_is_one_line() -> None:
    first = blocks("README.md")[0]
    assert first.text == INSTALLING + ".venv/bin/freeq serve\n"
    assert command_of(first) == ".venv/bin/freeq serve\n"
