"""Runs the blocks of one page, in order, in a checkout of its own, with the interpreter that runs the tests.

A block of ``sh`` is given to bash; one of ``python`` is a program; one of ``console`` holds commands, each after ``$``,
and exactly what they print. The comment on the line before a block can say otherwise:

- ``runs until stopped: TEXT``: it is stopped when it has printed TEXT, and must then end with code 0;
- ``runs beside the rest: TEXT``: the same, but it is stopped at the end of the page;
- ``in a terminal``: an interactive program, tried in ``test_tour.py`` or ``test_signing_in.py``;
- ``in irssi``, ``in weechat``: what is typed there, tried in ``test_signing_in.py``;
- ``not run: REASON``.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType

import attrs

from tests.docs.markdown import ROOT, Block
from tests.docs.network import own_network

SECONDS = 60
"""After which a command that should have ended has failed."""
INSTALLING = "python3 -m venv .venv && .venv/bin/pip install -q -r requirements.txt && "
"""What a page may begin a command with, and a test has done in another way already."""
_MODULES = {"freeq": "-m freeq_cli", "python": "", "python3": ""}


@attrs.define
class Started:
    """A command that runs until it is stopped."""

    block: Block
    process: subprocess.Popen[str]
    printed: Path

    def wait_for(self, text: str) -> None:
        """Wait until it has printed ``text``."""
        with self.printed.open(encoding="utf-8") as reading:
            shown = ""
            while text not in shown:
                ended = self.process.poll() is not None
                more = reading.read()
                shown += more
                assert more or not ended, f"{self.block}: it ended without printing {text!r}:\n{shown}"
                if not more:
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        self.process.wait(0.05)

    def stop(self) -> None:
        """Interrupt it, as Ctrl-C would; it must end in good order."""
        os.killpg(self.process.pid, signal.SIGINT)
        code = self.process.wait(SECONDS)
        assert code == 0, f"{self.block}: code {code}:\n{self.printed.read_text(encoding='utf-8')}"


class Page:
    """A checkout in which the blocks of one page are run. Use as a context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[Started] = []
        self._stack = contextlib.ExitStack()
        self._make_checkout()
        self.network = self._stack.enter_context(own_network())

    def __enter__(self) -> "Page":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._stack:
            for each in reversed(self.started):
                if each.process.poll() is None and error is None:
                    each.stop()
                elif each.process.poll() is None:
                    os.killpg(each.process.pid, signal.SIGKILL)
                    each.process.wait()

    def _make_checkout(self) -> None:
        """Links to what a checkout holds, and a ``.venv`` whose programs are those of this interpreter."""
        for entry in ROOT.iterdir():
            if not entry.name.startswith(".") and entry.name not in ("build", "dist"):
                (self.folder / entry.name).symlink_to(entry)
        programs = self.folder / ".venv" / "bin"
        programs.mkdir(parents=True)
        for name, module in _MODULES.items():
            program = programs / name
            program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -W error {module} "$@"\n', encoding="utf-8")
            program.chmod(0o755)

    @property
    def environment(self) -> Mapping[str, str]:
        """In which a block sees its own home and the programs of ``.venv``, and nothing of the user's."""
        kept = {name: value for name, value in os.environ.items() if name not in ("STATE_DIRECTORY", "XDG_STATE_HOME")}
        path = os.pathsep.join((str(self.folder / ".venv" / "bin"), os.environ["PATH"]))
        mine = {"HOME": str(self.folder), "PATH": path, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        return {**kept, **mine, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}

    def run(self, block: Block) -> None:
        """Run one block, as its language and its mark say."""
        match block:
            case Block(mark="runs until stopped", argument=text):
                started = self.start(block)
                started.wait_for(text)
                started.stop()
            case Block(mark="runs beside the rest", argument=text):
                self.start(block).wait_for(text)
            case Block(language="console"):
                for command, expected in _dialogue(block):
                    _, printed = self._finish(["bash", "-c", command])
                    assert printed == expected, f"{block}: $ {command}"
            case _:
                code, printed = self._finish(self._command(block))
                assert code == 0, f"{block}: code {code}\n{printed}"

    def start(self, block: Block) -> Started:
        """Start a block that runs until it is stopped."""
        printed = self.folder / f"printed-{len(self.started)}"
        with printed.open("w", encoding="utf-8") as output:
            process = subprocess.Popen(
                [*self.network, *self._command(block)],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        started = Started(block, process, printed)
        self.started.append(started)
        return started

    def _command(self, block: Block) -> list[str]:
        if block.language == "python":
            return [sys.executable, "-W", "error", "-c", block.text]
        return ["bash", "-euo", "pipefail", "-c", command_of(block)]

    def _finish(self, command: list[str]) -> tuple[int, str]:
        """Run a command to its end: its code, and what it printed."""
        with subprocess.Popen(
            [*self.network, *command],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                printed, _ = process.communicate(timeout=SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise
            return process.returncode, printed


def command_of(block: Block) -> str:
    """The text of a block of ``sh``, without the installation that this interpreter needs not."""
    return block.text.removeprefix(INSTALLING)


def _dialogue(block: Block) -> Iterator[tuple[str, str]]:
    """Each command of a ``console`` block, with what it prints."""
    for part in ("\n" + block.text).split("\n$ ")[1:]:
        command, _, expected = part.partition("\n")
        yield command, expected + "\n" if expected and not expected.endswith("\n") else expected
