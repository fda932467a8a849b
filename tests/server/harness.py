"""A server in memory on virtual time: clients that send lines and take lines, and a runtime that never leaves.

``Net`` drives the engine exactly as ``docs/boundary.md`` asks. Faults are not contained, and the world is checked after
every turn, so a test fails where a bug is.
"""

import random
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from freeq_proto.boundary import (
    ActRow,
    Batch,
    Close,
    Compute,
    ConnId,
    DnsTxt,
    Effect,
    Event,
    Failed,
    Fetched,
    Found,
    HttpFetch,
    HttpRequest,
    KeyType,
    Listener,
    NickRow,
    Now,
    PauseReading,
    PeerInfo,
    ReloadConfiguration,
    Row,
    Shutdown,
    Stored,
    StoreQuery,
    StoreWrite,
    TxtRecords,
)
from freeq_proto.engine import Engine, perform
from freeq_proto.identity import Did, PrivateKey, public_key_to_did_key
from freeq_proto.sasl import respond_crypto, split_payload
from freeq_proto.server import Config, Flood, ServerIdentity
from tests.server.store import find, is_taken

Answer: TypeAlias = Fetched | Failed | Callable[[HttpRequest], Fetched | Failed]
"""What stands at a URL; a function is asked at each request."""

SERVER: Final = "irc.example.org"
START_MS: Final = 1_760_000_000_000
MAX_TURNS: Final = 10_000
"""Turns in which a server must become quiet: more is a livelock."""


def config(**changes: object) -> Config:
    """A configuration for tests: no flood control unless a test asks for it."""
    values: dict[str, object] = {"name": SERVER, "network": "Example", "flood": Flood(lines_per_second=0), **changes}
    return Config(**values)  # type: ignore[arg-type]  # tests name the fields they change


class Client:
    """One connection, seen from its far end."""

    def __init__(self, net: "Net", conn: ConnId) -> None:
        self._net = net
        self.conn = conn
        self._received = b""
        self.closed: str | None = None
        """Why the server closed the connection, once it did."""
        self.paused = False
        """Whether the server asked to stop reading from it."""

    def feed(self, data: bytes) -> None:
        """Send bytes, and let everything that follows happen."""
        self.feed_only(data)
        self._net.settle()

    def feed_only(self, data: bytes) -> None:
        """Send bytes; nothing is drained yet."""
        self._net.engine.receive_data(self.conn, data, self._net.now)

    def send(self, *lines: str) -> None:
        """Send lines, and let everything that follows happen."""
        self.feed("".join(f"{line}\r\n" for line in lines).encode())

    def take(self) -> list[str]:
        """The lines that came since the last look."""
        received, self._received = self._received, b""
        assert not received or received.endswith(b"\r\n"), "a server sends whole lines"
        return received.decode().split("\r\n")[:-1]

    def take_bytes(self) -> bytes:
        """What came since the last look, as it came."""
        received, self._received = self._received, b""
        return received

    def ask(self, *lines: str) -> list[str]:
        """Send lines and return what comes, without what lay there before."""
        self.take()
        self.send(*lines)
        return self.take()

    def sync(self) -> list[str]:
        """Everything that came up to now, with a PING between to show that it is all."""
        lines = self.take()
        assert self.ask("PING sync") == [f":{SERVER} PONG {SERVER} :sync"]
        return lines

    def disconnect(self, why: str = "Connection reset") -> None:
        """Lose the connection."""
        self._net.engine.disconnected(self.conn, why, self._net.now)
        self._net.settle()

    def deliver(self, data: bytes) -> None:
        """The runtime's side: bytes from the server."""
        assert self.closed is None, "nothing follows a close"
        self._received += data


class Net:
    """One server and its clients."""

    def __init__(self, config_: Config | None = None, *, seed: int = 0, check: bool = True) -> None:
        self._random = random.Random(seed)
        self.now = Now(1000.0, START_MS)
        self.identity = ServerIdentity(bytes(range(32)), 1)
        self.rows: list[Row] = []
        """What was stored, in order."""
        self.engine = self._engine(config_ or config())
        self.check = check
        """Whether the world's indices are checked after every turn."""
        self.clients: dict[ConnId, Client] = {}
        self.events: list[Event] = []
        self.store_fails = False
        """Whether the store answers writes with a failure."""
        self.store_waits = False
        """Whether the store keeps its answers until :meth:`store_answers`."""
        self.web: dict[str, Answer] = {}
        """What HTTP finds, by URL; everything else fails."""
        self.dns: dict[str, tuple[str, ...]] = {}
        """TXT records by name; everything else fails."""
        self.network_waits = False
        """Whether HTTP and DNS keep their answers until :meth:`network_answers`."""
        self.requests: list[HttpRequest] = []
        """Every HTTP request that was made."""
        self.computes = True
        """Whether jobs are done; else they wait for ever."""
        self.jobs: list[Compute] = []
        self.reloads: list[ReloadConfiguration] = []
        """Asked for; answer with ``engine.completed``."""
        self.stopped: str | None = None
        self._unanswered: list[StoreWrite | StoreQuery] = []
        self._network: list[HttpFetch | DnsTxt] = []
        self._connections = 0

    def _engine(self, config_: Config) -> Engine:
        return Engine(
            config_,
            identity=self.identity,
            entropy=self._random.randbytes,
            now=self.now,
            restored=[row for row in self.rows if isinstance(row, ActRow | NickRow)],
            contain_faults=False,
        )

    def restart(self, config_: Config | None = None) -> None:
        """Kill the server, and start it again from what was stored; everybody's connection is lost."""
        for client in self.clients.values():
            client.closed = client.closed or "the server was killed"
        self._unanswered, self._network = [], []
        self.identity = self.identity.next_boot()
        self.engine = self._engine(config_ or self.engine.server.config)
        self.settle()

    @property
    def acts(self) -> list[ActRow]:
        """The acts of authority among what was stored."""
        return [row for row in self.rows if isinstance(row, ActRow)]

    # --- clients ---------------------------------------------------------------------------------------------------

    def connect(
        self,
        address: str = "192.0.2.1",
        *,
        secure: bool = False,
        listener: Listener = Listener.IRC,
        certificate: str = "",
    ) -> Client:
        """A connection that has said nothing yet."""
        self._connections += 1
        client = Client(self, ConnId(self._connections))
        self.clients[client.conn] = client
        peer = PeerInfo(listener, address, 40_000, secure or bool(certificate), certificate)
        self.engine.connected(client.conn, peer, self.now)
        self.settle()
        return client

    def client(self, nick: str, *, caps: Sequence[str] = (), did_seed: bytes | None = None, **where: object) -> Client:
        """A registered user, its welcome taken already. ``did_seed``: 32 bytes of an ed25519 key to sign in with."""
        client = self.connect(**where)  # type: ignore[arg-type]  # passed through
        wanted = [*caps, "sasl"] if did_seed is not None else list(caps)
        if wanted:
            client.send("CAP LS 302", f"CAP REQ :{' '.join(wanted)}")
            assert any(" ACK " in line for line in client.take()), wanted
        if did_seed is not None:
            self.sign_in(client, did_seed)
        client.send(f"NICK {nick}", f"USER {nick.lower()} 0 * :{nick} Realname", *(["CAP END"] if wanted else []))
        welcome = client.take()
        assert any(f" 001 {nick} " in line for line in welcome), welcome
        return client

    def sign_in(self, client: Client, seed: bytes) -> Did:
        """Sign in with the did:key of an ed25519 seed; the answers are taken."""
        key = PrivateKey(KeyType.ED25519, seed)
        did = public_key_to_did_key(key.public_key)
        client.take()
        client.send("AUTHENTICATE ATPROTO-CHALLENGE")
        challenge = client.take()[-1].removeprefix("AUTHENTICATE ")
        answer = respond_crypto(challenge, did, key, SERVER, self.now)
        client.send(*(f"AUTHENTICATE {argument}" for argument in split_payload(answer)))
        answers = client.take()
        assert any(" 903 " in line for line in answers), answers
        return did

    # --- the runtime's part ----------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Drain and perform until nothing is left to do."""
        for _ in range(MAX_TURNS):
            batch = self.engine.drain()
            if self.check:
                self.engine.server.world.check()
            if not batch:
                return
            self.perform(batch)
        raise AssertionError("the server does not become quiet")

    def perform(self, batch: Batch[Event]) -> None:
        """Do what one batch asks for: writes, then effects."""
        for conn, chunks in batch.writes:
            if (client := self.clients.get(conn)) is not None:
                client.deliver(b"".join(chunks))
        for effect in batch.effects:
            self._effect(effect)
        self.events += batch.events

    def _effect(self, effect: Effect) -> None:
        match effect:
            case StoreWrite() | StoreQuery():
                self._unanswered.append(effect)
                if not self.store_waits:
                    self._answer_store()
            case HttpFetch() | DnsTxt():
                if isinstance(effect, HttpFetch):
                    self.requests.append(effect.request)
                self._network.append(effect)
                if not self.network_waits:
                    self._answer_network()
            case Compute(ticket, job):
                self.jobs.append(effect)
                if self.computes:
                    self.engine.completed(ticket, perform(job), self.now)
            case Close(conn, reason):
                client = self.clients[conn]
                assert client.closed is None, "a connection is closed once"
                client.closed = reason
                self.engine.disconnected(conn, reason, self.now)
            case PauseReading(conn, paused):
                self.clients[conn].paused = paused
            case ReloadConfiguration():
                self.reloads.append(effect)
            case Shutdown(reason):
                self.stopped = reason

    def _answer_store(self) -> None:
        unanswered, self._unanswered = self._unanswered, []
        for effect in unanswered:
            if self.store_fails:
                self.engine.completed(effect.ticket, Failed("the disk is full"), self.now)
            elif isinstance(effect, StoreQuery):
                self.engine.completed(effect.ticket, Found(find(self.rows, effect.query)), self.now)
            elif is_taken(self.rows, effect.rows):
                self.engine.completed(effect.ticket, Failed("the certificate signs in another account"), self.now)
            else:
                self.rows += effect.rows
                self.engine.completed(effect.ticket, Stored(), self.now)

    def store_answers(self) -> None:
        """Let a store that waited answer everything."""
        self._answer_store()
        self.settle()

    def _answer_network(self) -> None:
        unanswered, self._network = self._network, []
        for effect in unanswered:
            self.engine.completed(effect.ticket, self._look_up(effect), self.now)

    def _look_up(self, effect: HttpFetch | DnsTxt) -> Fetched | TxtRecords | Failed:
        if isinstance(effect, DnsTxt):
            texts = self.dns.get(effect.name)
            return Failed("no such name") if texts is None else TxtRecords(texts)
        answer = self.web.get(effect.request.url, Failed("nobody answers there"))
        return answer(effect.request) if callable(answer) else answer

    def network_answers(self) -> None:
        """Let a network that waited answer everything."""
        self._answer_network()
        self.settle()

    # --- time ------------------------------------------------------------------------------------------------------

    def tick(self, seconds: float) -> None:
        """Let time pass without calling anybody: what the next input sees."""
        self.now = Now(self.now.mono + seconds, self.now.unix_ms + round(seconds * 1000))

    def pass_time(self, seconds: float) -> None:
        """Let time pass as a runtime would: each deadline on the way is kept."""
        end = self.now.mono + seconds
        for _ in range(MAX_TURNS):
            deadline = self.engine.drain().deadline
            if deadline is None or deadline > end:
                break
            self.tick(max(0.0, deadline - self.now.mono))
            self.engine.handle_timeout(self.now)
            self.settle()
        else:
            raise AssertionError("a deadline that stays due")
        self.tick(end - self.now.mono)
