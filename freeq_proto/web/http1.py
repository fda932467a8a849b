"""HTTP/1.1, the server's side, driven over h11: whole requests come out, whole responses go in.

h11 parses; this module decides how much it may hold. It never holds more than the head limit, and gives up when that
much makes no event, so that a request is judged by its bytes alone and never by how the network cut them.
"""

from collections.abc import Sequence
from typing import Final

import attrs
import h11

from freeq_proto.boundary import LocalProtocolError
from freeq_proto.web import handshake, head
from freeq_proto.web.events import HttpRequest, UpgradeRequested
from freeq_proto.web.limits import Limits
from freeq_proto.web.refusal import RefusalError, phrase

_FRAMING_FIELDS: Final = (b"content-length", b"transfer-encoding")
_BODILESS: Final = (204, 304)
_REASONS: Final = {414: "request line too long", 431: "request head too long", 501: "transfer coding not known"}


class HttpServer:
    """One connection's HTTP: feed it, take the next request, respond, and again."""

    def __init__(self, limits: Limits, out: list[bytes]) -> None:
        """``out`` is where bytes for the peer are appended."""
        self._limits = limits
        self._out = out
        self._h11 = h11.Connection(h11.SERVER, max_incomplete_event_size=limits.head - 1)
        self._request: HttpRequest | UpgradeRequested | None = None
        self._method = ""
        self._body = bytearray()

    @property
    def idle(self) -> bool:
        """Whether nothing of a request has come yet."""
        return self._request is None and not self._h11.trailing_data[0]

    @property
    def buffered(self) -> int:
        """How many bytes are held."""
        return len(self._h11.trailing_data[0]) + len(self._body)

    @property
    def capacity(self) -> int:
        """How many bytes may be fed now; at least 1 whenever :meth:`next_request` has just returned None."""
        return self._limits.head - len(self._h11.trailing_data[0])

    @property
    def trailing_data(self) -> bytes:
        """What came behind a request that asks for an upgrade: the first bytes of the next protocol."""
        return self._h11.trailing_data[0]

    def feed(self, data: bytes) -> None:
        """Take at most ``capacity`` bytes, at least one: h11 is never told of the end of input, which we can see."""
        self._h11.receive_data(data)

    def next_request(self) -> HttpRequest | UpgradeRequested | None:
        """The next request, or None if it is not whole yet.

        Raises :class:`RefusalError`, to be answered with :meth:`refuse`; nothing can be read after it.
        """
        while True:
            event = self._next_event()
            if isinstance(event, h11.Request):
                self._begin(event)
            elif isinstance(event, h11.Data):
                self._body += event.data
                if len(self._body) > self._limits.body:
                    raise RefusalError(413, "body too long")
            elif isinstance(event, h11.EndOfMessage):
                return self._finish()
            else:
                return None

    def respond(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes, *, close: bool = False) -> bool:
        """Answer the current request and say whether another may follow on this connection.

        ``close`` ends the connection with this answer. Raises :class:`LocalProtocolError`, and writes nothing, for a
        status outside 200–599, a field that is malformed (a line break in a value, say) or that frames the body.
        """
        self._send(_response(status, headers, body, close=close), body)
        if self._h11.our_state is not h11.DONE or self._h11.their_state is not h11.DONE:
            return False
        self._h11.start_next_cycle()
        self._request, self._method = None, ""
        self._body.clear()
        return True

    def refuse(self, refusal: RefusalError) -> None:
        """Answer with an error that ends the connection; lawful at any point before a response."""
        body = f"{refusal.status} {phrase(refusal.status)}: {refusal.reason}\n".encode("ascii")
        headers = ((b"Content-Type", b"text/plain; charset=utf-8"), *refusal.headers)
        self._send(_response(refusal.status, headers, body, close=True), body)

    def _next_event(self) -> object:
        try:
            return self._h11.next_event()
        except h11.RemoteProtocolError as error:
            status = error.error_status_hint
            if status == 431 and not self._method and b"\n" not in self._h11.trailing_data[0]:
                status = 414
            # The library's message quotes the peer and depends on how much had come, so it is dropped.
            raise RefusalError(status, _REASONS.get(status, "malformed request")) from None

    def _begin(self, request: h11.Request) -> None:
        """Judge a head before anything of the body is taken."""
        self._method = method = request.method.decode("ascii")
        headers = tuple(request.headers)
        head.check_version(request.http_version)
        head.check_method(method)
        head.check_host(headers)
        head.check_framing(headers, request.http_version, self._limits.body)
        target = head.origin_form(request.target.decode("ascii"), method, self._limits.target)
        if handshake.wants_websocket(headers, request.http_version):
            self._request = handshake.read_handshake(method, target, headers)
            return
        self._request = HttpRequest(method, target, headers)
        if self._h11.they_are_waiting_for_100_continue:
            go_on = h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")
            self._out.append(self._h11.send(go_on))

    def _finish(self) -> HttpRequest | UpgradeRequested:
        request = self._request
        assert request is not None  # h11 ends no message that it did not begin
        if isinstance(request, HttpRequest) and self._body:
            return attrs.evolve(request, body=bytes(self._body))
        return request

    def _send(self, response: h11.Response, body: bytes) -> None:
        parts = [self._h11.send(response)]
        if body and self._method != "HEAD" and response.status_code not in _BODILESS:
            parts.append(self._h11.send(h11.Data(data=body)))
        parts.append(self._h11.send(h11.EndOfMessage()))
        self._out.append(b"".join(parts))


def _response(status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes, *, close: bool) -> h11.Response:
    if not 200 <= status <= 599:
        raise LocalProtocolError(f"{status} is not the status of a final response")
    if any(name.lower() in _FRAMING_FIELDS for name, _ in headers):
        raise LocalProtocolError("the body is framed by this room, not by its caller")
    fields = list(headers)
    if status not in _BODILESS:
        fields.append((b"Content-Length", b"%d" % len(body)))
    if close:
        fields.append((b"Connection", b"close"))
    try:
        return h11.Response(status_code=status, headers=fields, reason=phrase(status).encode("ascii"))
    except h11.LocalProtocolError as error:
        raise LocalProtocolError(str(error)) from None
