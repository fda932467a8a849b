"""``freeq chat HOST``: a small line client for trying a server, at a terminal or in a pipe.

Lines of the standard input are commands (``/help`` names them) or text for the channel joined last; its end is a
``/quit`` that waits for the answers to what was asked before.
"""

import argparse
import asyncio
import contextlib
import getpass
import ipaddress
import os
import ssl
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from freeq_cli.chat_view import plain, reply, shown
from freeq_cli.key_files import new_key, read_key_file, write_key_file
from freeq_proto.boundary import Destination, LocalProtocolError
from freeq_proto.client import ClientConfig, Registered, Stopped
from freeq_proto.identity import public_key_to_did_key
from freeq_proto.sasl import AppPasswordCredentials, CertificateCredentials, Credentials, KeyCredentials
from freeq_runtime_asyncio import (
    CannotConnectError,
    Client,
    ClientCertificate,
    TlsConfigurationError,
    client_context,
)

TLS_PORT, PLAIN_PORT = 6697, 6667
LINE_LIMIT = 65_536
"""Bytes of one line of input."""
_NO_CHANNEL = "-- join a channel first: /join #channel"


class ChatError(Exception):
    """The chat cannot begin, or ended by itself; the message says why."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of ``freeq chat``."""
    parser.add_argument("host", metavar="HOST")
    parser.add_argument("--port", type=int, help=f"{TLS_PORT}, or {PLAIN_PORT} without TLS")
    parser.add_argument("--no-tls", action="store_true", help="speak without TLS: everybody between can read along")
    parser.add_argument(
        "--insecure", action="store_true", help="take any certificate, and prove nothing: for servers on trial"
    )
    parser.add_argument("--nick", default="", help="the name of this machine's user, usually")
    parser.add_argument("--join", metavar="CHANNEL", action="append", default=[], help="may be repeated")
    identity = parser.add_mutually_exclusive_group()
    identity.add_argument(
        "--key", metavar="FILE", type=Path, help="sign in with the did:key in this file; it is made if it is not there"
    )
    identity.add_argument(
        "--sign-in", metavar="HANDLE", help="sign in as this account; its app password, asked for, goes to its own PDS"
    )
    parser.add_argument(
        "--certificate",
        metavar="FILE",
        type=Path,
        help="present this TLS certificate (PEM), and sign in by it unless another way is given;"
        " to bind it to an account first, give that other way, too, and say /raw CERT ADD",
    )
    parser.add_argument(
        "--certificate-key", metavar="FILE", type=Path, help="its private key, if it is not in the same file"
    )


def chat(options: argparse.Namespace) -> None:
    """Talk until the input or the connection ends. Raises ChatError and KeyFileError."""
    lines = InputLines(sys.stdin.fileno())
    try:
        client = Client(_configuration(options, lines), ssl_context=_context(options))
    except (LocalProtocolError, TlsConfigurationError) as error:
        raise ChatError(str(error)) from None
    if options.insecure:
        print("WARNING: whoever is in between can read and change everything (--insecure)", file=sys.stderr)
    try:
        asyncio.run(Chat(client, lines, options.join[-1:]).run())
    except CannotConnectError as error:
        raise ChatError(f"{error}{_advice(options, str(error))}") from None


def _configuration(options: argparse.Namespace, lines: "InputLines") -> ClientConfig:
    if options.certificate is None and options.certificate_key is not None:
        raise ChatError("--certificate-key is the key of a --certificate, which is not given")
    if options.certificate is not None and options.no_tls:
        raise ChatError("a certificate is presented over TLS: leave --no-tls out")
    local = _is_this_machine(options.host)
    credentials = _credentials(options, lines)
    if credentials and (options.insecure or options.no_tls) and not local:
        raise ChatError("signing in needs a server whose certificate is verified: leave --insecure and --no-tls out")
    port = options.port or (PLAIN_PORT if options.no_tls else TLS_PORT)
    return ClientConfig(
        destination=Destination(options.host, port, tls=not options.no_tls),
        nick=options.nick or _own_name(),
        channels=tuple(options.join),
        credentials=credentials,
        require_sign_in=bool(credentials),
        allow_unauthenticated=local,
    )


def _credentials(options: argparse.Namespace, lines: "InputLines") -> tuple[Credentials, ...]:
    if options.key is not None:
        if not options.key.exists():
            write_key_file(options.key, new_key(os.urandom), "a did:key, made by freeq chat")
        key = read_key_file(options.key)
        return (KeyCredentials(public_key_to_did_key(key.public_key), key),)
    if options.sign_in:
        prompt = f"App password of {options.sign_in}: "
        password = getpass.getpass(prompt) if sys.stdin.isatty() else lines.next()
        if not password:
            raise ChatError("no app password was given")
        return (AppPasswordCredentials(options.sign_in, password),)
    return () if options.certificate is None else (CertificateCredentials(),)


def _own_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # nobody of that number
        return "guest"


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _context(options: argparse.Namespace) -> ssl.SSLContext:
    own = options.certificate
    presented = None if own is None else ClientCertificate(own, options.certificate_key or own)
    context = client_context(presented)
    if options.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _advice(options: argparse.Namespace, reason: str) -> str:
    if "signed by nobody but itself" in reason:
        return " (SSL_CERT_FILE=FILE trusts it; or, to try it out, --insecure)"
    if "does not accept this name and password" in reason:
        return " (an app password is made in the settings of the account, whose own password is not one)"
    if "certificate is bound to no account" in reason:
        return " (sign in with --key or --sign-in, too, and say /raw CERT ADD)"
    if "does not speak TLS" in reason and options.port is not None:
        return " (or is this a server without TLS: --no-tls)"
    return ""


class InputLines:
    """Lines of a file descriptor, read without Python's buffer: a thread that waits there cannot hold up the end."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._data = b""
        self._ended = False

    def next(self) -> str | None:
        """The next line, or None at the end. Blocks."""
        while b"\n" not in self._data and len(self._data) < LINE_LIMIT and not self._ended:
            data = os.read(self._descriptor, 4096)
            self._data += data
            self._ended = not data
        line, ending, self._data = self._data.partition(b"\n")
        return line.rstrip(b"\r").decode(errors="replace") if line or ending else None


class Chat:
    """One client at a terminal."""

    def __init__(self, client: Client, lines: InputLines, joined: list[str]) -> None:
        self._client = client
        self._lines = lines
        self._target = joined[0] if joined else ""
        self._typed: asyncio.Queue[str | None] = asyncio.Queue()
        self._leaving = False
        self._commands: dict[str, tuple[str, Callable[[str], Awaitable[None]]]] = {
            "/join": ("CHANNEL [KEY]", self._join),
            "/part": ("[REASON]", self._part),
            "/msg": ("TARGET TEXT", self._message),
            "/me": ("TEXT", self._action),
            "/nick": ("NICK", self._client.nick),
            "/whois": ("NICK", self._whois),
            "/raw": ("LINE", self._raw),
            "/quit": ("[REASON]", self._quit),
            "/help": ("", self._help),
        }

    async def run(self) -> None:
        """Until the end of input or connection; raises ChatError if it was not we who ended it."""
        async with self._client as client:
            obeying = asyncio.create_task(self._obey_all(asyncio.get_running_loop()))
            reason = ""
            async for event in client:
                for line in shown(event):
                    show(line)
                if isinstance(event, Registered) and event.nick != client.state.config.nick:
                    show(plain(f"-- {client.state.config.nick} is in use: you get it when it is free, or /nick NICK"))
                if isinstance(event, Stopped):
                    reason = event.reason
            obeying.cancel()
            if not self._leaving:
                raise ChatError(f"the connection is over: {plain(reason)}")
            await asyncio.gather(obeying, return_exceptions=True)

    # --- input -----------------------------------------------------------------------------------------------------

    async def _obey_all(self, loop: asyncio.AbstractEventLoop) -> None:
        threading.Thread(target=self._read, args=(loop,), name="freeq-input", daemon=True).start()
        await self._settle()  # the channels of the command line are joined
        while (line := await self._typed.get()) is not None:
            try:
                await self._obey(line)
            except LocalProtocolError as error:
                show(f"-- not sent: {error}")
        await self._quit("")

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        line: str | None = ""
        while line is not None:
            try:
                line = self._lines.next()
            except OSError:  # the terminal is gone
                line = None
            try:
                loop.call_soon_threadsafe(self._typed.put_nowait, line)
            except RuntimeError:  # the chat is over
                return

    async def _obey(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        if not line.startswith("/") or line.startswith("//"):
            await self._say(line.removeprefix("/"))
            return
        usage, command = self._commands.get(word.lower(), ("", self._help))
        if usage and not usage.startswith("[") and not rest:
            show(f"-- {word} {usage}")
        else:
            await command(rest)

    # --- commands --------------------------------------------------------------------------------------------------

    async def _say(self, text: str) -> None:
        if not self._target:
            show(_NO_CHANNEL)
        elif text:
            await self._client.say(self._target, text)
            self._echo(f"{self._target} <{self._client.state.current_nick}> {text}")

    async def _message(self, rest: str) -> None:
        target, _, text = rest.partition(" ")
        if text:
            await self._client.say(target, text)
            self._echo(f"{target} <{self._client.state.current_nick}> {text}")

    async def _action(self, text: str) -> None:
        if not self._target:
            show(_NO_CHANNEL)
            return
        await self._client.action(self._target, text)
        self._echo(f"{self._target} * {self._client.state.current_nick} {text}")

    def _echo(self, line: str) -> None:
        """Show what we say, where the server does not."""
        if not self._client.state.has("echo-message"):
            show(plain(line))

    async def _join(self, rest: str) -> None:
        channel, _, key = rest.partition(" ")
        await self._client.join(channel, key=key)
        self._target = channel
        await self._settle()

    async def _part(self, reason: str) -> None:
        if not self._target:
            show(_NO_CHANNEL)
            return
        await self._client.part(self._target, reason=reason)
        self._target = next((name for name in self._client.state.channels if name != self._target), "")

    async def _whois(self, nick: str) -> None:
        for message in (await self._client.request("WHOIS", nick)).messages:
            show(f"-- {reply(message)}")

    async def _raw(self, line: str) -> None:
        await self._client.raw(line)
        await self._settle()

    async def _settle(self) -> None:
        """Wait until the server has done what it was asked, so that what is typed next finds it done."""
        with contextlib.suppress(LocalProtocolError):  # not if the connection is gone: then there is nothing to await
            await self._client.request("PING", "freeq-chat")

    async def _quit(self, reason: str) -> None:
        await self._settle()
        self._leaving = True
        await self._client.stop(reason)

    async def _help(self, _rest: str) -> None:
        for name, (usage, _) in self._commands.items():
            show(f"-- {name} {usage}".rstrip(" "))
        show("-- everything else is said in the channel joined last; //text begins with a slash")


def show(line: str) -> None:
    """One line with the time of day."""
    print(time.strftime("%H:%M:%S"), line, flush=True)
