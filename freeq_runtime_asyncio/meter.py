"""What is taken from the network for one HTTP answer: counted, bounded, and in small pieces.

The limit of a request is that of its body. Around a body there can be any number of bytes more: headers, interim
answers (RFC 9110 section 15.2), chunk sizes and their extensions (RFC 9112 section 7.1), and each costs far more time
to be taken apart than to be sent. So bytes are counted as they come, after decryption. They are taken little by
little, so that between one piece and the next other requests have their turn.
"""

# ruff: noqa: ASYNC109 - httpcore's interface has these timeouts
import ssl
from collections.abc import Iterable
from typing import Any, Final

import httpcore

from freeq_proto.boundary import RefusedError

HEAD_LIMIT: Final = 32_768
"""Bytes up to the end of the headers, with everything before them."""

FRAMING_LIMIT: Final = 65_536
"""Bytes beyond the limit of the body that may come after the headers."""

PIECES: Final = 1024
"""Pieces that a body may come in: chunks, and what is read at once."""

_READ: Final = 4096  # bytes read at once


class Meter(httpcore.AsyncNetworkBackend):
    """Connects for one request, and counts what is read."""

    def __init__(self) -> None:
        self.left = HEAD_LIMIT
        """Bytes that may still come."""
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect, as :class:`httpcore.AnyIOBackend` does."""
        return _Stream(await self._network.connect_tcp(host, port, timeout, local_address, socket_options), self)


class _Stream(httpcore.AsyncNetworkStream):
    """A connection whose input is counted."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, meter: Meter) -> None:
        self._stream = stream
        self._meter = meter

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._meter.left <= 0:
            raise RefusedError("the answer has too much around its body")
        data = await self._stream.read(min(max_bytes, self._meter.left, _READ), timeout)
        self._meter.left -= len(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        return _Stream(await self._stream.start_tls(ssl_context, server_hostname, timeout), self._meter)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
