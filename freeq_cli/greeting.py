"""What ``freeq serve`` prints when it is ready: where to connect, and what to type next."""

import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import attrs

from freeq_proto.boundary import Listener


@attrs.frozen
class Bound:
    """A listener that is open."""

    kind: Listener
    host: str
    """An IP address, or the path of a socket."""
    port: int = 0
    """The real one, also where the system chose it."""
    tls: bool = False

    @property
    def url(self) -> str:
        """Where it is, as a client is told."""
        return self._url(self.host)

    @property
    def near(self) -> str:
        """The same, for a client on this machine."""
        return self._url(self.dialled)

    @property
    def dialled(self) -> str:
        """The address that a client on this machine dials."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)

    def _url(self, host: str) -> str:
        if self.kind is Listener.CONTROL:
            return host
        scheme, path = {Listener.IRC: ("irc", ""), Listener.WEB: ("ws", "/irc")}[self.kind]
        return f"{scheme}{'s' if self.tls else ''}://{f'[{host}]' if ':' in host else host}:{self.port}{path}"


_ORDER = tuple(Listener)
_LABELS = {Listener.IRC: "IRC", Listener.WEB: "WebSocket", Listener.CONTROL: "control"}


@attrs.frozen
class Typed:
    """How the programs are called that a reader is told to run."""

    freeq: str = "freeq"
    python: str = "python"

    @classmethod
    def here(cls) -> Self:
        """As this process was called, as short as it works from the folder it runs in."""
        python, program = _shortest(Path(sys.executable)), Path(sys.argv[0])
        return cls(f"{python} -m freeq_cli" if program.name == "__main__.py" else _shortest(program), python)


def _shortest(program: Path) -> str:
    if (found := shutil.which(program.name)) is not None and Path(found) == program:
        return program.name
    return str(program.relative_to(Path.cwd()) if program.is_relative_to(Path.cwd()) else program)


@attrs.frozen
class Kept:
    """Where a server keeps what."""

    state: Path
    database: Path | None
    """None where nothing else is kept."""


def greeting(
    name: str, version: str, kept: Kept, bound: Sequence[Bound], fingerprint: str = "", typed: Typed | None = None
) -> str:
    """The text; ``fingerprint`` is the one of a self-signed certificate, for clients to pin."""
    return "\n".join(_greeting(name, version, kept, bound, fingerprint, typed or Typed())) + "\n"


def _greeting(
    name: str, version: str, kept: Kept, bound: Sequence[Bound], fingerprint: str, typed: Typed
) -> Iterator[str]:
    yield f"freeq {version} is ready: {name}"
    yield ""
    for listener in sorted(bound, key=lambda one: _ORDER.index(one.kind)):
        yield f"  {_LABELS[listener.kind]:<10} {listener.url}"
    yield f"  {'state':<10} {kept.state}"
    yield f"  {'database':<10} {kept.database or 'none: channels and accounts end with the server'}"
    if fingerprint:
        yield f"  {'pin':<10} SHA-256 {fingerprint}"
    yield ""
    if irc := _easiest(Listener.IRC, bound):
        yield "Connect with a client:"
        if not irc.tls:
            yield f"  irssi -c {irc.dialled} -p {irc.port} -n yournick"
        yield f"  weechat {irc.near.replace('://', '://yournick@')}/#freeq"
        yield "Sign in with a DID, from a checkout of the source:"
        tls = " --tls" if irc.tls else ""
        yield f"  {typed.python} examples/sign_in_with_did_key.py {irc.dialled} {irc.port}{tls} --server-name {name}"
    if web := _easiest(Listener.WEB, bound):
        yield "Connect from a web page:"
        yield f'  new WebSocket("{web.near}", "text.ircv3.net")'
    if control := _easiest(Listener.CONTROL, bound):
        yield "Look after the server:"
        yield f"  {typed.freeq} ctl --socket {shlex.quote(control.host)} status"
    yield "Stop the server: Ctrl-C"


def _easiest(kind: Listener, bound: Sequence[Bound]) -> Bound | None:
    """The first listener of a kind, one without TLS if there is any: certificates take more typing."""
    return next((one for one in sorted(bound, key=lambda one: one.tls) if one.kind is kind), None)
