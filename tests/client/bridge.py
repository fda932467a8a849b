"""Clients and our own server in one process, in memory and on virtual time; and a client alone before a script.

``Bridge`` drives any number of clients against one server. ``Script`` plays the server by hand: it sends lines and
looks at what the client said. Faults are not contained, so a test fails where a bug is.
"""

import random
from typing import Final, TypeVar

import attrs

from freeq_proto.boundary import Close, ConnId, Destination, Dial, Dialled, DnsTxt, Failed, HttpFetch, Now
from freeq_proto.client import Backoff, Client, ClientConfig, ClientEvent, SendBudget
from tests.server.harness import MAX_TURNS, SERVER, START_MS, Net
from tests.server.harness import Client as ServerSide

E = TypeVar("E")

PLAIN: Final = Destination(SERVER, 6667, tls=False)
SECURE: Final = Destination(SERVER, 6697)
FAST: Final = SendBudget(lines_per_second=0)


def client_config(nick: str = "ann", **changes: object) -> ClientConfig:
    """A configuration for tests: no flood control and no jitter unless a test asks for them."""
    values: dict[str, object] = {
        "destination": SECURE,
        "nick": nick,
        "username": nick.lower()[:9],
        "send_budget": FAST,
        "reconnect": Backoff(jitter=0.0),
        **changes,
    }
    return ClientConfig(**values)  # type: ignore[arg-type]  # tests name the fields they change


class Program:
    """A program that uses a client: it collects the events."""

    def __init__(self, config: ClientConfig, now: Now, *, seed: int = 1) -> None:
        self.client = Client(config, entropy=random.Random(seed).randbytes, now=now, contain_faults=False)
        self.events: list[ClientEvent] = []
        self.written: list[bytes] = []

    def take(self, kind: type[E]) -> list[E]:
        """The events of one kind since the last look at them; the others stay."""
        found: list[E] = [event for event in self.events if isinstance(event, kind)]
        self.events = [event for event in self.events if not isinstance(event, kind)]
        return found

    def one(self, kind: type[E]) -> E:
        """The only event of a kind since the last look."""
        (event,) = self.take(kind)
        return event


@attrs.define
class _Link:
    program: Program
    conn: ConnId
    server: ServerSide


class Bridge:
    """One server and its clients; ``now`` is the server's."""

    def __init__(self, net: Net | None = None) -> None:
        self.net = net or Net()
        self.programs: list[Program] = []
        self.reachable = True
        """Whether a dial finds the server."""
        self.authenticated = True
        """Whether TLS proves that it is the right one."""
        self.performs = True
        """Whether fetches and look-ups are answered, with a failure; else never."""
        self._links: list[_Link] = []

    @property
    def now(self) -> Now:
        return self.net.now

    def client(self, nick: str = "ann", **changes: object) -> Program:
        """A client that was started, and is registered unless the configuration keeps it from that."""
        program = Program(client_config(nick, **changes), self.now, seed=len(self.programs) + 1)
        self.programs.append(program)
        program.client.start(self.now)
        self.settle()
        return program

    def settle(self) -> None:
        """Let everything happen that follows."""
        for _ in range(MAX_TURNS):
            busy = False
            for program in self.programs:
                batch = program.client.drain()
                busy = busy or bool(batch)
                program.events += batch.events
                for conn, chunks in batch.writes:
                    program.written += chunks
                    link = self._link(program, conn)
                    if link is not None and link.server.closed is None:
                        link.server.feed_only(b"".join(chunks))
                for effect in batch.effects:
                    self._effect(program, effect)
            self.net.settle()
            busy = self._pump() or busy
            if not busy:
                return
        raise AssertionError("client and server do not become quiet")

    def _link(self, program: Program, conn: ConnId) -> _Link | None:
        return next((link for link in self._links if link.program is program and link.conn == conn), None)

    def _effect(self, program: Program, effect: object) -> None:
        match effect:
            case Dial(conn, destination):
                if not self.reachable:
                    program.client.disconnected(conn, "connection refused", self.now)
                    return
                server = self.net.connect(secure=destination.tls)
                self._links.append(_Link(program, conn, server))
                authenticated = destination.tls and self.authenticated
                program.client.connected(conn, Dialled("192.0.2.9", destination.port, authenticated), self.now)
            case Close(conn):
                link = self._link(program, conn)
                if link is not None:
                    self._links.remove(link)
                    if link.server.closed is None:
                        link.server.disconnect("closed by the client")
                program.client.disconnected(conn, "closed", self.now)
            case HttpFetch(ticket) | DnsTxt(ticket):
                if self.performs:
                    program.client.completed(ticket, Failed("no network"), self.now)
            case _:
                raise AssertionError(f"not performed here: {effect}")

    def _pump(self) -> bool:
        busy = False
        for link in tuple(self._links):
            data = link.server.take_bytes()
            if data:
                busy = True
                link.program.client.receive_data(link.conn, data, self.now)
            if link.server.closed is not None:
                busy = True
                if link in self._links:
                    self._links.remove(link)
                link.program.client.disconnected(link.conn, "closed by the server", self.now)
        return busy

    def cut(self, program: Program, why: str = "connection reset") -> None:
        """Lose a client's connection, on both ends."""
        for link in [link for link in self._links if link.program is program]:
            self._links.remove(link)
            link.server.disconnect(why)
            program.client.disconnected(link.conn, why, self.now)
        self.settle()

    def pass_time(self, seconds: float) -> None:
        """Let time pass as runtimes would: each deadline on the way is kept, on both ends."""
        end = self.now.mono + seconds
        for _ in range(MAX_TURNS):
            deadlines = [self.net.engine.drain().deadline]
            deadlines += [program.client.drain().deadline for program in self.programs]
            due = min((each for each in deadlines if each is not None), default=None)
            if due is None or due > end:
                break
            self.net.tick(max(0.0, due - self.now.mono))
            self.net.engine.handle_timeout(self.now)
            for program in self.programs:
                program.client.handle_timeout(self.now)
            self.settle()
        else:
            raise AssertionError("a deadline that stays due")
        self.net.tick(end - self.now.mono)


class Script:
    """A client before a server that a test plays line by line."""

    def __init__(self, *, connect: bool = True, **changes: object) -> None:
        self.now = Now(1000.0, START_MS)
        self.program = Program(client_config(**changes), self.now)  # type: ignore[arg-type]  # tests name the fields
        self.client = self.program.client
        self.dials: list[Dial] = []
        self.closes: list[Close] = []
        self.fetches: list[HttpFetch] = []
        self._unsent = b""
        self.deadline: float | None = None
        self.client.start(self.now)
        self.drain()
        if connect:
            self.accept()

    @property
    def conn(self) -> ConnId:
        """The connection that was dialled last."""
        return self.dials[-1].conn

    def accept(self, *, authenticated: bool | None = None) -> None:
        """Let the dial succeed."""
        destination = self.dials[-1].destination
        proven = destination.tls if authenticated is None else authenticated
        self.client.connected(self.conn, Dialled("192.0.2.9", destination.port, proven), self.now)
        self.drain()

    def drain(self) -> None:
        while batch := self.client.drain():
            self.program.events += batch.events
            for conn, chunks in batch.writes:
                assert conn == self.conn
                self._unsent += b"".join(chunks)
            for effect in batch.effects:
                match effect:
                    case Dial():
                        self.dials.append(effect)
                    case Close():
                        self.closes.append(effect)
                    case HttpFetch():
                        self.fetches.append(effect)
                    case _:
                        raise AssertionError(f"not expected: {effect}")
        self.deadline = batch.deadline

    def said(self) -> list[str]:
        """What the client sent since the last look, line by line."""
        self.drain()
        data, self._unsent = self._unsent, b""
        assert not data or data.endswith(b"\r\n"), "a client sends whole lines"
        return data.decode().split("\r\n")[:-1]

    def send(self, *lines: str) -> None:
        """The server's lines."""
        self.feed("".join(f"{line}\r\n" for line in lines).encode())

    def feed(self, data: bytes) -> None:
        self.client.receive_data(self.conn, data, self.now)
        self.drain()

    def ask(self, *lines: str) -> list[str]:
        """Send lines and return what the client says to them."""
        self.said()
        self.send(*lines)
        return self.said()

    def lose(self, why: str = "connection reset") -> None:
        self.client.disconnected(self.conn, why, self.now)
        self.drain()

    def welcome(self, *isupport: str, caps: str = "", nick: str = "ann") -> None:
        """Register the client on a server that offers ``caps`` and says ``isupport``."""
        if caps:
            asked = self.ask(f":srv.test CAP * LS :{caps}")
            self.send(*(f":srv.test CAP * ACK :{line.removeprefix('CAP REQ ').removeprefix(':')}" for line in asked
                        if line.startswith("CAP REQ")))  # fmt: skip
        tokens = " ".join(("NETWORK=Test", *isupport))
        self.send(
            f":srv.test 001 {nick} :Welcome {nick}!ann@host.test",
            f":srv.test 005 {nick} {tokens} :are supported by this server",
            f":srv.test 422 {nick} :No MOTD",
        )
        self.said()

    def pass_time(self, seconds: float) -> None:
        end = self.now.mono + seconds
        for _ in range(MAX_TURNS):
            self.drain()
            if self.deadline is None or self.deadline > end:
                break
            self._tick(max(0.0, self.deadline - self.now.mono))
            self.client.handle_timeout(self.now)
        else:
            raise AssertionError("a deadline that stays due")
        self._tick(end - self.now.mono)

    def _tick(self, seconds: float) -> None:
        self.now = Now(self.now.mono + seconds, self.now.unix_ms + round(seconds * 1000))
