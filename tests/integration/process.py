"""``freeq serve`` in a process of its own, on ports that the system chooses, with its log in a file."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]
SERVER = "irc.example.org"
"""What the server calls itself."""

CONFIGURATION = """\
[server]
name = "{name}"
network = "Example"
motd = "Welcome to the garden"

[[listen]]
kind = "irc"
port = 0

[[listen]]
kind = "web"
port = 0
"""
END_SECONDS = 20
"""In which a server that is told to stop has stopped."""


class ServerProcess:
    """A running server."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.process = process
        self._log = log
        self._greeting = self._read_greeting()

    def _read_greeting(self) -> str:
        assert self.process.stdout is not None
        lines: list[str] = []
        for line in self.process.stdout:
            lines.append(line)
            if "Stop the server" in line:
                return "".join(lines)
        raise AssertionError(f"the server does not start: {''.join(lines)}{self.log}")

    def port(self, scheme: str) -> int:
        """The port of the listener whose URL has this scheme."""
        url = next(urlsplit(word) for word in self._greeting.split() if word.startswith(f"{scheme}://"))
        assert url.port is not None
        return url.port

    @property
    def log(self) -> str:
        """What it has logged."""
        return self._log.read_text(encoding="utf-8")

    @property
    def resident_bytes(self) -> int:
        """The memory that it holds now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        kilobytes = next(line for line in status.split("\n") if line.startswith("VmRSS:")).split()[1]
        return int(kilobytes) * 1024

    def check(self) -> None:
        """Raise AssertionError if it has ended, or met a bug."""
        assert self.process.poll() is None, f"the server ended: {self.log}"
        assert "Traceback" not in self.log, self.log
        assert "Error" not in self.log, self.log


@contextlib.contextmanager
def serving(folder: Path, settings: str = "", name: str = SERVER) -> Iterator[ServerProcess]:
    """A server whose files are in ``folder``, until the end of the block; ``settings`` are more lines of TOML."""
    configuration = folder / "freeq.toml"
    configuration.write_text(CONFIGURATION.format(name=name) + settings, encoding="utf-8")
    log = folder / "server.log"
    command = ["-W", "error", "-m", "freeq_cli", "serve", "--config", str(configuration)]
    state = ["--state", str(folder / "server.json")]
    kept = {name: value for name, value in os.environ.items() if name not in ("STATE_DIRECTORY", "XDG_STATE_HOME")}
    environment = {**kept, "HOME": str(folder), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    with (
        log.open("w", encoding="utf-8") as errors,
        subprocess.Popen(
            [sys.executable, *command, *state], env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        try:
            server = ServerProcess(process, log)
            yield server
            server.check()
        finally:
            process.terminate()
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
    assert process.returncode == 0, server.log
