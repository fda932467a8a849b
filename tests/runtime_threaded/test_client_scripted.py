"""The blocking client against servers that do what whole ones do seldom."""

import contextlib
import socket
import threading
from pathlib import Path

import attrs

from freeq_proto.boundary import Destination, Now
from freeq_proto.client import Backoff, ClientConfig, Connected, Disconnected, SendBudget, Times
from freeq_runtime_threaded import CannotConnectError, Client, ClientLimits, ClosedError
from tests.runtime_asyncio.harness import trusting
from tests.runtime_asyncio.real_server import SECONDS, real_server
from tests.runtime_threaded.sockets import listening
from tests.runtime_threaded.test_client import SOON, until


class Script:
    """Takes everybody after ``refusals``, with ``capabilities``, and sends ``welcome`` after that."""

    def __init__(self, capabilities: str = "", welcome: str = "", refusals: int = 0) -> None:
        self.connections: list[list[str]] = []
        """The lines of each."""
        self.peers: list[socket.socket] = []
        self._capabilities = capabilities
        self._welcome = welcome
        self._refusals = refusals
        self._changed = threading.Condition()

    def talk(self, peer: socket.socket) -> None:
        with self._changed:
            lines: list[str] = []
            self.connections.append(lines)
            self.peers.append(peer)
        if len(self.connections) <= self._refusals:
            return
        for line in peer.makefile("r", encoding="utf-8"):
            text = line.rstrip("\r\n")
            with self._changed:
                lines.append(text)
                self._changed.notify_all()
            peer.sendall(self._answer(text).encode())
            if text.startswith("QUIT"):
                return

    def until(self, number: int, line: str, times: int = 1) -> None:
        """Wait for what a connection says."""
        with self._changed:
            assert self._changed.wait_for(
                lambda: len(self.connections) > number and self.connections[number].count(line) >= times, SECONDS
            )

    def _answer(self, line: str) -> str:
        match line.split(" "):
            case ["CAP", "LS", *_]:
                return f":s CAP * LS :{self._capabilities}\r\n"
            case ["CAP", "END"]:
                return f":s 001 ada :Hi\r\n:s 422 ada :No MOTD\r\n{self._welcome}"
            case ["PING", *rest]:
                return f":s PONG s {' '.join(rest)}\r\n"
            case _:
                return ""


def config(port: int, reconnect: Backoff = SOON) -> ClientConfig:
    return ClientConfig(destination=Destination("localhost", port, tls=False), nick="ada", reconnect=reconnect)


def test_a_server_that_asks_for_tls_is_reached_over_tls(tmp_path: Path) -> None:
    """IRCv3 sts: the plain connection is given up for a secure one, which is no failure."""
    with real_server(tmp_path) as server:
        script = Script(f"sts=port={server.secure.port}")
        with (
            listening(script.talk) as plain,
            Client(config(plain.port), ssl_context=trusting(server.certificate)) as ada,
        ):
            reached = [until(ada, Connected) for _ in range(2)]
    assert [each.authenticated for each in reached if isinstance(each, Connected)] == [False, True]


def test_what_falls_due_as_entering_is_cut_off_is_not_begun() -> None:
    script = Script(refusals=1)
    with listening(script.talk) as server:
        client = Client(config(server.port, Backoff(initial=60, jitter=0)), patient=True)
        raised: list[Exception] = []

        def enter() -> None:
            try:
                client.__enter__()
            except (CannotConnectError, ClosedError) as error:
                raised.append(error)

        entering = threading.Thread(target=enter)
        entering.start()
        until(client, Disconnected)
        loop = client._running

        def cut_off(now: Now) -> None:
            loop._abort()
            client._engine.handle_timeout(Now(now.mono + 60, now.unix_ms))

        loop.call(cut_off)
        assert loop.join(SECONDS)
        entering.join(SECONDS)
        assert [type(error) for error in raised] == [ClosedError]
        assert len(script.connections) == 1


FLOOD = ":s NOTICE ada :again\r\n" * 100


def test_a_server_that_is_not_read_is_not_taken_for_dead() -> None:
    """Its PONG is there, and we are the ones who do not look."""
    script = Script(welcome=FLOOD)
    with listening(script.talk) as server:
        impatient = attrs.evolve(config(server.port), times=Times(idle=0.05, pong=0.05))
        with Client(impatient, limits=ClientLimits(events=10)):
            script.until(0, "PING freeq-alive", times=3)
        assert len(script.connections) == 1


def test_whoever_takes_no_events_is_registered_again() -> None:
    script = Script(welcome=FLOOD)
    with listening(script.talk) as server:
        joined = attrs.evolve(config(server.port), times=Times(idle=0.05, pong=0.05), channels=("#garden",))
        with Client(joined, limits=ClientLimits(events=10)):
            for number in range(3):
                script.until(number, "JOIN #garden")
                script.peers[number].shutdown(socket.SHUT_RDWR)


def test_nobody_passes_those_who_wait_for_room() -> None:
    """Else there is never the room for who says much."""
    script = Script()
    budget = SendBudget(burst=1, lines_per_second=20, queue=2)
    with listening(script.talk) as server:
        with Client(attrs.evolve(config(server.port), send_budget=budget)) as ada:
            for word in ("first", "second", "third"):
                ada.say("bob", word)
            much = threading.Thread(target=ada.say, args=("bob", "much\nmore"))
            much.start()
            script.until(0, "PRIVMSG bob second")
            ada.say("bob", "little")
            much.join(SECONDS)
        said = [line.rpartition(" ")[2] for line in script.connections[0] if line.startswith("PRIVMSG")]
        assert said == ["first", "second", "third", "much", "more", "little"]


def test_an_exception_drops_what_waits_and_says_goodbye() -> None:
    script = Script()
    budget = SendBudget(burst=1, lines_per_second=0.001)
    with listening(script.talk) as server:
        with contextlib.suppress(KeyError), Client(attrs.evolve(config(server.port), send_budget=budget)) as ada:
            for word in ("sent", "waits", "waits"):
                ada.say("bob", word)
            script.until(0, "PRIVMSG bob sent")
            raise KeyError
        script.until(0, "QUIT")
        assert script.connections[0][-2:] == ["PRIVMSG bob sent", "QUIT"]
