"""Clients that people use, started in terminals: irssi and WeeChat as Debian ships them.

Both slow down what they send, so that servers do not take it for a flood: that is the only thing that is configured
away. WeeChat is told to show answers in the window at hand, as irssi does.
"""

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import attrs

from tests.integration.terminal import Terminal, terminal


@contextlib.contextmanager
def home() -> Iterator[Path]:
    """A new, empty home. Its path is short, because it holds a Unix socket."""
    with tempfile.TemporaryDirectory(prefix="freeq-") as folder:
        yield Path(folder)


@attrs.frozen
class Login:
    """What a user sets for PLAIN over TLS, at a server that is called localhost."""

    account: str
    password: str = attrs.field(repr=False)
    authority: Path
    """Whom he trusts to vouch for the server."""


@contextlib.contextmanager
def irssi(port: int, nick: str, login: Login | None = None) -> Iterator[Terminal]:
    """An irssi that connects to this port of this machine."""
    with home() as folder:
        command = ["irssi", f"--home={folder / 'irssi'}", "-n", nick]
        with terminal(folder, command, IRCUSER=nick, IRCNAME=f"{nick} Example") as opened:
            opened.until(r"\[\(status\)\]")
            opened.enter("/set cmds_max_at_once 1000")
            opened.until("cmds_max_at_once +1000")
            if login is None:
                opened.enter(f"/connect 127.0.0.1 {port}")
            else:
                sasl = f"-sasl_mechanism PLAIN -sasl_username {login.account} -sasl_password {login.password}"
                opened.enter(f"/network add {sasl} example")
                opened.enter(
                    f"/connect -network example -tls -tls_verify -tls_cafile {login.authority} localhost {port}"
                )
            yield opened


@contextlib.contextmanager
def weechat(port: int, nick: str, login: Login | None = None) -> Iterator[Terminal]:
    """A WeeChat that connects to this port of this machine."""
    version = subprocess.run(["weechat", "--version"], capture_output=True, text=True, check=True).stdout
    encryption = "ssl" if int(version.split(".")[0]) < 4 else "tls"
    host, signing_in = "127.0.0.1", []
    if login is not None:
        host = "localhost"
        signing_in = [
            f"/set weechat.network.gnutls_ca_user {login.authority}",
            "/set irc.server.example.sasl_mechanism plain",
            f"/set irc.server.example.sasl_username {login.account}",
            f"/set irc.server.example.sasl_password {login.password}",
        ]
    with home() as folder:
        commands = [
            f"/server add example {host}/{port} -nicks={nick} -username={nick}",
            f"/set irc.server.example.{encryption} {'off' if login is None else 'on'}",
            *signing_in,
            "/set irc.server.example.anti_flood_prio_high 0",
            "/set irc.server.example.anti_flood_prio_low 0",
            "/set irc.look.msgbuffer_fallback current",
            "/set irc.msgbuffer.whois current",
            "/connect example",
        ]
        runs = [argument for command in commands for argument in ("-r", command)]
        with terminal(folder, ["weechat", "-d", str(folder / "weechat"), *runs]) as opened:
            yield opened
