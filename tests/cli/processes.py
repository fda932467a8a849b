"""A server in a process of its own, as an operator starts it, and clients of a few lines."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]
LISTEN = """
[[listen]]
kind = "irc"
port = 0

[[listen]]
kind = "web"
port = 0

[[listen]]
kind = "control"
"""


def freeq(folder: Path, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command to its end, with its state below ``folder`` and ``text`` as its input."""
    return subprocess.run(
        command(*arguments), env=environment(folder), input=text, capture_output=True, text=True, check=False
    )


def command(*arguments: str) -> list[str]:
    """The command line of ``freeq``, where a warning is an error."""
    return [sys.executable, "-W", "error", "-m", "freeq_cli", *arguments]


def environment(folder: Path) -> dict[str, str]:
    """An environment of which only what follows from ``folder`` can differ between machines."""
    kept = {name: value for name, value in os.environ.items() if name not in ("STATE_DIRECTORY", "XDG_STATE_HOME")}
    return {**kept, "HOME": str(folder), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


class Serving:
    """``freeq serve`` until the block is left; it has printed that it is ready when the block begins."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self._process = subprocess.Popen(
            command("serve", *arguments),
            env=environment(folder),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.greeting = self._until("Stop the server", self.stdout)

    def __enter__(self) -> "Serving":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()

    @property
    def stdout(self) -> IO[str]:
        assert self._process.stdout is not None
        return self._process.stdout

    @property
    def stderr(self) -> IO[str]:
        assert self._process.stderr is not None
        return self._process.stderr

    def _until(self, mark: str, stream: IO[str]) -> str:
        """What is printed up to the line that has ``mark``."""
        lines: list[str] = []
        for line in stream:
            lines.append(line)
            if mark in line:
                return "".join(lines)
        raise AssertionError(f"no {mark!r} in {''.join(lines)!r}; {self.stderr.read()}")

    def log(self, mark: str) -> str:
        """Wait for the next line of the log that has ``mark``, and return it."""
        return self._until(mark, self.stderr).rstrip("\n").rpartition("\n")[2]

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._process.send_signal(number)

    def end(self) -> tuple[int, str]:
        """Wait for the process to end by itself: its code, and the rest of its log."""
        _, log = self._process.communicate()
        return self._process.returncode, log

    def address(self, scheme: str) -> tuple[str, int]:
        """Where the listener whose URL has this scheme is."""
        url = next(urlsplit(word) for word in self.greeting.split() if word.startswith(f"{scheme}://"))
        assert url.hostname is not None
        assert url.port is not None
        return url.hostname, url.port

    def ctl(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run ``freeq ctl`` against this server."""
        return freeq(self.folder, "ctl", *words)


class Client:
    """A client that sends lines and waits for lines."""

    def __init__(
        self, address: tuple[str, int], wrap: Callable[[socket.socket], socket.socket] = lambda raw: raw
    ) -> None:
        self.socket = wrap(socket.create_connection(address, timeout=60))
        self._lines = self.socket.makefile("r", encoding="utf-8", newline="\r\n")

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._lines.close()
        self.socket.close()

    def send(self, *lines: str) -> None:
        """Send lines."""
        self.socket.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def until(self, mark: str) -> list[str]:
        """The lines up to the one that has ``mark``."""
        lines: list[str] = []
        for line in self._lines:
            lines.append(line.removesuffix("\r\n"))
            if mark in line:
                return lines
        raise AssertionError(f"no {mark!r} in {lines}")

    def register(self, nick: str) -> list[str]:
        """Become a user: everything up to the end of the message of the day."""
        self.send(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        self.send("PING :ready")
        return self.until("PONG")
