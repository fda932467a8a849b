"""What a server is sent by those who mean it harm, over real sockets to a real process.

Whatever it is, others are served: after each attempt a witness gets his PONG, the process is alive, and its log shows
no bug of ours.
"""

import base64
import contextlib
import resource
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from tests.integration.process import ServerProcess, serving
from tests.integration.wire import Client, Witness

CROWD = 5000
ROOM = """
[limits]
clients = 20000
clients_per_address = 20000
sendq_bytes = 262144

[flood]
lines_per_second = 0
"""
MEBIBYTE = 1 << 20

HANDSHAKE = (
    b"GET /irc HTTP/1.1\r\nHost: irc.example.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + base64.b64encode(bytes(16)) + b"\r\n"
)


@attrs.frozen
class Place:
    """A server and somebody who watches it."""

    server: ServerProcess
    witness: Witness

    @property
    def irc(self) -> int:
        return self.server.port("irc")

    @property
    def web(self) -> int:
        return self.server.port("ws")

    def check(self) -> None:
        self.witness.check()
        self.server.check()


@pytest.fixture
def descriptors() -> Iterator[None]:
    """Enough of them for a crowd, here and in the server, which inherits the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 3 * CROWD), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def place(tmp_path: Path, descriptors: None) -> Iterator[Place]:
    with serving(tmp_path, ROOM) as server, Witness(server.port("irc")) as witness:
        place = Place(server, witness)
        yield place
        place.check()


# --- lines ------------------------------------------------------------------------------------------------------------


def test_a_line_without_end(place: Place) -> None:
    before = place.server.resident_bytes
    with Client(place.irc) as client:
        for _ in range(256):
            client.feed(b"x" * 65536)
        place.check()
        client.feed(b"\r\nPING after\r\n")
        heard = client.until(b":after")
    assert place.server.resident_bytes - before < 16 * MEBIBYTE
    assert sum(b" 417 " in line for line in heard) == 1


def test_a_hundred_thousand_tags(place: Place) -> None:
    with Client(place.irc) as client:
        client.register("mallory")
        client.feed(b"@" + b";".join(b"t%d" % number for number in range(100_000)) + b" PING tagged\r\nPING after\r\n")
        heard = client.until(b":after")
    assert b"417" in heard[0]
    assert not any(b":tagged" in line for line in heard)


@pytest.mark.parametrize(
    "line",
    [
        b"PRIVMSG witness :a\0b",
        b"\0" * 500,
        b"PRIVMSG witness :\xff\xfe\xfd",
        b"\xc0\x80 \xed\xa0\x80",
        b"NICK \xff",
        b"\x1f\x1c PING",
        b":" * 500,
        b"@ ; ;",
        b"@=;=;= :! !",
        b"MODE mallory +" + b"i" * 480,
        b"CAP REQ :" + b"-" * 480,
        b"CAP LS " + b"9" * 480,
        b"USERHOST" + b" a" * 240,
        b"MONITOR + " + b"a," * 240,
        b"WHO " + b"*?" * 240,
        b"LIST " + b"C<1,T>1,!*a*,*b*," * 25,
        b"JOIN " + b"#a," * 160,
        b"PRIVMSG " + b"a," * 200 + b" :x",
    ],
    ids=lambda line: line[:12].decode("latin-1").encode("unicode_escape").decode(),
)
def test_a_line_that_makes_no_sense(place: Place, line: bytes) -> None:
    with Client(place.irc) as client:
        client.register("mallory")
        for _ in range(50):
            client.feed(line + b"\r\n")
        client.feed(b"PING after\r\n")
        client.until(b":after")


def test_mode_strings_of_500_letters(place: Place) -> None:
    with Client(place.irc) as client:
        client.register("mallory")
        client.send("JOIN #a")
        client.until(b" 366 ")
        for letters in ("b" * 490, "beIq" * 120, "+-" * 240, "ovhk" * 120, "Zz" * 240, "imnst" * 95):
            client.send(f"MODE #a +{letters}")
        client.send("PING after")
        heard = client.until(b":after")
    assert len(heard) < 300


def test_masks_that_are_built_to_blow_up_a_matcher(place: Place) -> None:
    with Client(place.irc) as client:
        client.register("mallory")
        client.send("JOIN #a")
        client.until(b" 366 ")
        for number in range(100):
            client.send(f"MODE #a +b {'*a' * 60}{number:03}!*?*?*?*@{'*?' * 20}b")
        client.send("PING masked")
        client.until(b":masked")
        with Client(place.irc) as other:
            other.register("a" * 31)
            other.send("JOIN #a")
            other.until(b"JOIN")
            for _ in range(200):
                other.send(f"PRIVMSG #a :{'a' * 400}")
            for _ in range(20):
                other.send(f"WHO {'*a' * 100}b")
                other.send(f"LIST {'*a' * 100}b")
            other.send("PING after")
            other.until(b":after")


# --- pace -------------------------------------------------------------------------------------------------------------


def test_a_byte_at_a_time(place: Place) -> None:
    with Client(place.irc) as client:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"NICK mallory\r\nUSER mallory 0 * :x\r\nPING after\r\n":
            client.feed(bytes([byte]))
        client.until(b":after")


def test_a_client_that_never_reads(place: Place) -> None:
    """Its own echo fills its SendQ; it is cut off, and what was held for it is given back."""
    before = place.server.resident_bytes
    with Client(place.irc, receive_buffer=4096) as client:
        client.send("CAP REQ echo-message", "NICK mallory", "USER mallory 0 * :x", "CAP END")
        client.until(b" 376 ")
        client.socket.setblocking(False)
        line = b"PRIVMSG mallory :" + b"x" * 400 + b"\r\n"
        left = 64 * MEBIBYTE
        while left > 0 and "SendQ exceeded" not in place.server.log:
            with contextlib.suppress(BlockingIOError):
                try:
                    left -= client.socket.send(line * 50)
                except (BrokenPipeError, ConnectionResetError):
                    break
            place.witness.check()
        place.check()
        assert "SendQ exceeded" in place.server.log
    assert place.server.resident_bytes - before < 32 * MEBIBYTE


def test_a_crowd_that_says_nothing(place: Place) -> None:
    before = place.server.resident_bytes
    with contextlib.ExitStack() as crowd:
        for _ in range(CROWD):
            crowd.enter_context(Client(place.irc))
        place.check()
        per_client = (place.server.resident_bytes - before) / CROWD
        assert per_client < 16_384, f"{per_client:.0f} bytes for each"
    place.check()


def test_a_crowd_larger_than_is_let_in(tmp_path: Path, descriptors: None) -> None:
    limits = "[limits]\nclients_per_address = 10\n"
    with (
        serving(tmp_path, limits) as server,
        Witness(server.port("irc")) as witness,
        contextlib.ExitStack() as crowd,
    ):
        clients = [crowd.enter_context(Client(server.port("irc"))) for _ in range(100)]
        refused = [client.to_the_end() for client in clients[9:]]
        assert all(len(heard) == 1 and heard[0].startswith(b"ERROR :") for heard in refused)
        witness.check()


# --- the web ----------------------------------------------------------------------------------------------------------


def test_half_a_handshake(place: Place) -> None:
    with contextlib.ExitStack() as stack:
        for size in range(1, len(HANDSHAKE), 7):
            stack.enter_context(Client(place.web)).feed(HANDSHAKE[:size])
        place.check()
    place.check()


def frame(head: bytes, payload: bytes = b"") -> bytes:
    """A client's frame of any head; a mask of zeros changes nothing."""
    return head + bytes(4) + payload


@pytest.mark.parametrize(
    "data",
    [
        b"\x81\xff" + struct.pack("!Q", 1 << 63),
        b"\x81\xff" + struct.pack("!Q", (1 << 63) - 1),
        b"\x81\xff" + struct.pack("!Q", 1 << 40) + bytes(4) + b"x" * 65536,
        b"\x81\x05hello",  # not masked
        frame(b"\x83\x80"),  # a reserved opcode
        frame(b"\xf1\x80"),  # reserved bits
        frame(b"\x80\x80"),  # a continuation of nothing
        frame(b"\x09\x80"),  # a control frame in fragments
        frame(b"\x89\xfe\x00\x80", b"x" * 128),  # a ping that is too long
        frame(b"\x88\x81", b"x"),  # a close with half a code
        frame(b"\x81\x82", b"\xff\xfe"),  # text that is not UTF-8
        frame(b"\x01\x80") + frame(b"\x00\x80") * 10_000,  # a message in ten thousand fragments
        frame(b"\x89\x80") * 10_000,  # pings without end
        frame(b"\x81\x80") * 10_000,  # messages of nothing
    ],
    ids=lambda data: data[:4].hex(),
)
def test_frames(place: Place, data: bytes) -> None:
    with Client(place.web) as client:
        client.feed(HANDSHAKE + b"\r\n")
        client.until(b"HTTP/1.1 101")
        client.feed(data)
        place.check()


def test_requests_that_are_none(place: Place) -> None:
    for data in (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(600),  # TLS
        b"GET " + b"/" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X-A: b\r\n" * 100_000 + b"\r\n",
        b"POST /irc HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST /irc HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
        HANDSHAKE.replace(b"Host: irc.example.org", b"Host: " + b"\xff" * 300) + b"\r\n",
        b"\0" * 100_000,
    ):
        with Client(place.web) as client:
            client.feed(data)
            place.check()
