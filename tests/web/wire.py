"""A client's bytes, made by hand, and the three ways to feed them."""

from collections.abc import Callable, Iterable, Sequence

from freeq_proto.web import Closed, HttpRequest, Limits, UpgradeRequested, WebConnection, WebEvent

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="  # RFC 6455 §1.3
ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

Answer = Callable[[WebConnection, WebEvent], None]


def request(
    method: str = "GET",
    target: str = "/",
    *fields: str,
    version: str = "1.1",
    host: str | None = "irc.example",
    body: bytes = b"",
) -> bytes:
    lines = [f"{method} {target} HTTP/{version}", *([] if host is None else [f"Host: {host}"]), *fields]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join((*lines, "", "")).encode("latin-1") + body


def handshake(*fields: str, leave_out: str = "", target: str = "/irc", version: str = "1.1") -> bytes:
    """An opening handshake; ``leave_out`` names a field that is missing, and ``fields`` follow the others."""
    usual = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": KEY.decode(),
        "Sec-WebSocket-Version": "13",
    }
    given = [f"{name}: {value}" for name, value in usual.items() if name != leave_out]
    return request("GET", target, *given, *fields, version=version)


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, mask: bytes | None = b"\x37\xfa\x21\x3d", rsv: int = 0
) -> bytes:
    """A client's frame (RFC 6455 §5.2); ``mask=None`` leaves it unmasked, which a client must not."""
    length = len(payload)
    if length <= 125:
        size = bytes((length,))
    elif length <= 65_535:
        size = b"\x7e" + length.to_bytes(2, "big")
    else:
        size = b"\x7f" + length.to_bytes(8, "big")
    head = bytearray((opcode | rsv << 4 | (0x80 if fin else 0), *size))
    if mask is None:
        return bytes(head) + payload
    head[1] |= 0x80
    return bytes(head) + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


def closing(code: int, reason: bytes = b"") -> bytes:
    return frame(CLOSE, code.to_bytes(2, "big") + reason)


def obliging(web: WebConnection, event: WebEvent) -> None:
    """Answer every request with its own body and accept every upgrade."""
    if isinstance(event, HttpRequest):
        web.respond(200, (), event.body)
    elif isinstance(event, UpgradeRequested):
        web.accept(event.subprotocols[0] if event.subprotocols else None)


def settle(web: WebConnection, events: Sequence[WebEvent], answer: Answer = obliging) -> list[WebEvent]:
    """The loop of a caller: answer, and go on while there is more."""
    seen = list(events)
    for event in events:
        answer(web, event)
    while web.more:
        following = web.events()
        for event in following:
            answer(web, event)
        seen += following
    return seen


def feed(web: WebConnection, pieces: Iterable[bytes], answer: Answer = obliging) -> list[WebEvent]:
    return [event for piece in pieces for event in settle(web, web.receive(piece), answer)]


def whole(data: bytes) -> list[bytes]:
    return [data]


def byte_by_byte(data: bytes) -> list[bytes]:
    return [data[index : index + 1] for index in range(len(data))]


def in_sevens(data: bytes) -> list[bytes]:
    return [data[index : index + 7] for index in range(0, len(data), 7)]


def exchange(data: bytes, limits: Limits | None = None, answer: Answer = obliging) -> tuple[list[WebEvent], bytes]:
    """Events and output of one connection, fed in three ways that must not differ."""
    outcomes = []
    for cut in (whole, byte_by_byte, in_sevens):
        web = WebConnection(limits or Limits())
        events = feed(web, cut(data), answer)
        outcomes.append((events, b"".join(web.data_to_send())))
    assert outcomes[0] == outcomes[1] == outcomes[2]
    return outcomes[0]


def opened(limits: Limits | None = None) -> WebConnection:
    """A connection that has become a WebSocket, its 101 taken away."""
    web = WebConnection(limits or Limits())
    feed(web, [handshake()])
    assert b"".join(web.data_to_send()).startswith(b"HTTP/1.1 101 ")
    return web


def talk(data: bytes, limits: Limits | None = None) -> tuple[list[WebEvent], bytes]:
    """Events and output of frames that follow a handshake, fed in three ways; without those of the handshake."""
    events, output = exchange(handshake() + data, limits)
    assert isinstance(events[0], UpgradeRequested)
    return events[1:], output.partition(b"\r\n\r\n")[2]


def closed(events: Sequence[WebEvent]) -> Closed:
    last = events[-1]
    assert isinstance(last, Closed)
    assert not any(isinstance(event, Closed) for event in events[:-1])
    return last
