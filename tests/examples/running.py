"""An example as a user runs it: a process whose output is waited for line by line, on a server over TLS."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from tests.runtime_asyncio.real_server import SECONDS, RealServer

ROOT = Path(__file__).parents[2]


class Example:
    """A running example."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def line(self) -> str | None:
        """The next line, or None after the last one."""
        return self._lines.get(timeout=SECONDS)

    def until(self, text: str) -> str:
        """The next line that holds ``text``."""
        seen: list[str] = []
        while (line := self.line()) is not None:
            seen.append(line)
            if text in line:
                return line
        raise AssertionError(f"it ended without {text!r}: {seen}")

    def write(self, line: str) -> None:
        """Type one line."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def interrupt(self) -> None:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def end(self) -> int:
        """Its code, once its input has ended and it has, too."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(SECONDS)


@contextlib.contextmanager
def running(server: RealServer, *command: str, **environment: str) -> Iterator[Example]:
    """A Python program in a process of its own, which trusts the server's certificate, until the end of the block."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    trust = {"SSL_CERT_FILE": str(server.certificate), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [sys.executable, "-W", "error", *command],
        env={**kept, **trust, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
    ) as process:
        try:
            yield Example(process)
        finally:
            process.kill()
