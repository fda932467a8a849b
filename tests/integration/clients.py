"""Clients that people use, started in terminals: irssi and WeeChat as Debian ships them.

Both slow down what they send, so that servers do not take it for a flood: that is the only thing that is configured
away. WeeChat is told to show answers in the window at hand, as irssi does.
"""

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.integration.terminal import Terminal, terminal


@contextlib.contextmanager
def home() -> Iterator[Path]:
    """A new, empty home. Its path is short, because it holds a Unix socket."""
    with tempfile.TemporaryDirectory(prefix="freeq-") as folder:
        yield Path(folder)


@contextlib.contextmanager
def irssi(port: int, nick: str) -> Iterator[Terminal]:
    """An irssi that connects to this port of this machine."""
    with home() as folder:
        command = ["irssi", f"--home={folder / 'irssi'}", "-n", nick]
        with terminal(folder, command, IRCUSER=nick, IRCNAME=f"{nick} Example") as opened:
            opened.until(r"\[\(status\)\]")
            opened.enter("/set cmds_max_at_once 1000")
            opened.until("cmds_max_at_once +1000")
            opened.enter(f"/connect 127.0.0.1 {port}")
            yield opened


@contextlib.contextmanager
def weechat(port: int, nick: str) -> Iterator[Terminal]:
    """A WeeChat that connects to this port of this machine."""
    version = subprocess.run(["weechat", "--version"], capture_output=True, text=True, check=True).stdout
    encryption = "ssl" if int(version.split(".")[0]) < 4 else "tls"
    with home() as folder:
        commands = [
            f"/server add example 127.0.0.1/{port} -nicks={nick} -username={nick}",
            f"/set irc.server.example.{encryption} off",
            "/set irc.server.example.anti_flood_prio_high 0",
            "/set irc.server.example.anti_flood_prio_low 0",
            "/set irc.look.msgbuffer_fallback current",
            "/set irc.msgbuffer.whois current",
            "/connect example",
        ]
        runs = [argument for command in commands for argument in ("-r", command)]
        with terminal(folder, ["weechat", "-d", str(folder / "weechat"), *runs]) as opened:
            yield opened
