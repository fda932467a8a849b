"""A program in a terminal of its own: typed at, and read from the screen, as a person would. By tmux."""

import contextlib
import itertools
import os
import re
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

SECONDS: Final = 30.0
"""After which what is not on the screen is not coming."""
_POLL_SECONDS: Final = 0.05
_numbers: Final = itertools.count(1)


class Terminal:
    """A screen of 140 columns and 50 lines."""

    def __init__(self, folder: Path, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._name = f"freeq-tests-{os.getpid()}-{next(_numbers)}"
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "TERM": "xterm-256color",
            "LC_ALL": "C.UTF-8",
            "TMUX_TMPDIR": str(folder),
            "USER": "tester",
            **environment,
        }
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", "140", "-y", "50", *command)
        self._tmux("set-option", "-g", "remain-on-exit", "on")
        self._process = Path("/proc") / self._tmux("display-message", "-p", "#{pane_pid}").strip()

    def _tmux(self, *arguments: str) -> str:
        ran = subprocess.run(
            ["tmux", "-u", "-L", self._name, *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
        assert ran.returncode == 0, f"tmux {arguments}: {ran.stderr}"
        return ran.stdout

    @property
    def screen(self) -> str:
        """What is to be seen now; lines that wrapped are joined."""
        return self._tmux("capture-pane", "-p", "-J")

    def enter(self, line: str) -> None:
        """Type a line, and the return key."""
        self._tmux("send-keys", "-l", line)
        self._tmux("send-keys", "Enter")

    def until(self, pattern: str) -> str:
        """Wait until the screen has something that fits the regular expression; return the screen."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            screen = self.screen
            if re.search(pattern, screen):
                return screen
            time.sleep(_POLL_SECONDS)
        raise AssertionError(f"no {pattern!r} on the screen:\n{self.screen}")

    def end(self) -> None:
        """End the program, and its terminal; when this returns, nothing writes to its home any more."""
        with contextlib.suppress(AssertionError):  # it has ended already
            self._tmux("kill-server")
        deadline = time.monotonic() + SECONDS
        while self._runs():
            assert time.monotonic() < deadline, f"{self._process} does not end"
            time.sleep(_POLL_SECONDS)

    def _runs(self) -> bool:
        try:
            state = (self._process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return False
        return state != "Z"  # dead, though nobody has asked how it died


@contextlib.contextmanager
def terminal(folder: Path, command: Sequence[str], **environment: str) -> Iterator[Terminal]:
    """A terminal in which ``command`` runs until the end of the block, at home in ``folder``."""
    opened = Terminal(folder, command, environment)
    try:
        yield opened
    finally:
        opened.end()
