"""Fuzz the engine with bytes of a peer: ``python -m tests.fuzz.connections [SECONDS]``.

With atheris the input is guided by coverage; without it, by mutation of the seeds below. The invariant: nothing raises,
and no connection but the one that sent the bytes is closed. A failing input is printed as a Python literal.
"""

import importlib
import random
import sys
import time
from typing import Final

from freeq_proto.boundary import Listener
from freeq_proto.server import Limits
from tests.server.harness import SERVER, Net, config
from tests.web.wire import BINARY, CLOSE, PING, TEXT, closing, frame, handshake, request

LINES: Final = (
    b"CAP LS 302\r\nNICK a\r\nUSER a 0 * :a\r\nCAP REQ :batch message-tags draft/multiline\r\nCAP END\r\n",
    b"NICK a\r\nUSER a 0 * :a\r\nJOIN #a,#b k,l\r\nMODE #a +bklov *!*@* key 5 a a\r\nPART #a :bye\r\n",
    b"@label=x;+a=\\:\\s PRIVMSG #a :\x01ACTION x\x01\r\n",
    b"BATCH +1 draft/multiline #a\r\n@batch=1 PRIVMSG #a :x\r\n@batch=1;x PRIVMSG #a :y\r\nBATCH -1\r\n",
    b"AUTHENTICATE ATPROTO-CHALLENGE\r\nAUTHENTICATE eyJ4IjoxfQ==\r\nAUTHENTICATE *\r\n",
    b"WHO #a %tcuihsnfdlaor,42\r\nWHOIS a\r\nLIST *a*,>3,C<5\r\nMONITOR + a,b\r\n",
    b"NICK a\r\nUSER a 0 * :a\r\nJOIN #a\r\nTOPIC #a :x\r\nINVITE a #a\r\nKICK #a a\r\n",
    b"\0\r\n:\r\n@\r\n \r\n::\r\n@a :b\r\n\xff\xfe\r\nPING " + b"x" * 9000 + b"\r\n",
)
WEB: Final = (
    handshake() + frame(TEXT, b"NICK a") + frame(BINARY, b"USER a 0 * :a\r\nJOIN #a"),
    handshake("Sec-WebSocket-Protocol: binary.ircv3.net") + frame(PING, b"x") + closing(1000),
    handshake() + frame(TEXT, b"PI", fin=False) + frame(0, b"NG x") + frame(CLOSE, b"\x03"),
    request("GET", "/") + request("POST", "/irc", body=b"x" * 20) + handshake(),
    b"GET /irc HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
)
SEEDS: Final = tuple((Listener.IRC, seed) for seed in LINES) + tuple((Listener.WEB, seed) for seed in WEB)
WORDS: Final = (
    b"\r\n",
    b" ",
    b":",
    b"@",
    b"\0",
    b",",
    b"#",
    b"\x80",
    b"\xff",
    b"99999999999",
    b"\x7e\xff\xff",
    b"JOIN ",
)


def run(listener: Listener, data: bytes, piece: int) -> None:
    """The target: one connection sends ``data`` in pieces; another one must not notice."""
    net = Net(config(limits=Limits(recvq_bytes=16_384)))
    bystander = net.client("bystander")
    client = net.connect(listener=listener)
    for start in range(0, len(data), piece):
        if client.closed is not None:
            break
        client.feed(data[start : start + piece])
    net.pass_time(31.0)
    if client.closed is None:
        client.feed(b"")
    assert client.closed is not None
    assert net.engine.connection_count == 1
    assert bystander.ask("PING alive")[-1] == f":{SERVER} PONG {SERVER} :alive"


def mutated(chance: random.Random) -> tuple[Listener, bytes, int]:
    """A seed, or parts of two, with some damage."""
    listener, seed = chance.choice(SEEDS)
    data = bytearray(seed)
    if chance.random() < 0.3:
        other = chance.choice([other for kind, other in SEEDS if kind is listener])
        data[chance.randrange(len(data)) :] = other[chance.randrange(len(other)) :]
    for _ in range(chance.randrange(8)):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(4):
            case 0:
                data[at:at] = chance.choice(WORDS)
            case 1:
                del data[at : at + chance.randrange(1, 9)]
            case 2:
                data[at : at + 1] = bytes((chance.randrange(256),))
            case _:
                data[at:at] = data[: chance.randrange(60)]
    return listener, bytes(data), chance.choice((1 + len(data), 1 + len(data) // 3, 7))


def one_input(data: bytes) -> None:
    """What atheris calls: the first byte chooses the listener and the size of the pieces."""
    if data:
        run(Listener.WEB if data[0] & 1 else Listener.IRC, data[1:], 1 + (data[0] >> 1) * 8)


def main(seconds: float) -> None:
    """Fuzz for a while."""
    try:
        atheris = importlib.import_module("atheris")  # an optional tool
    except ImportError:
        chance, end, runs = random.Random(), time.monotonic() + seconds, 0
        while time.monotonic() < end:
            listener, data, piece = mutated(chance)
            try:
                run(listener, data, piece)
            except BaseException:
                print(f"run({listener}, {data!r}, {piece})", file=sys.stderr)
                raise
            runs += 1
        print(f"{runs} inputs, nothing raised")
    else:
        atheris.Setup([sys.argv[0], f"-max_total_time={int(seconds)}"], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0)
