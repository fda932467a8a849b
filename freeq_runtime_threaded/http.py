"""HTTP requests of the core on a worker's thread, made so that no document can misuse the machine that reads it.

Theory of operation. URLs come from documents that anybody can write, so a request contacts public addresses only,
unless it says otherwise. Checking a name and then connecting to it would ask the resolver twice, and it may answer
differently (rebinding). So the name is resolved here, once; every address must be public; and the connection goes to an
address that was checked, while SNI, certificate check and ``Host`` stay with the name. Each request has a connection of
its own: one that was proved to belong to one name is never taken for another at the same address.

Where the environment names a proxy (``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY``, less ``NO_PROXY``), the proxy is
contacted instead. It resolves the name, so only the name itself can be checked here, and keeping requests out of its
network is its operator's task. This machine itself (``localhost``, loopback) is never asked for through a proxy.

A blocking read has a time of its own, which a server that sends a byte now and then starts anew each time. So whoever
waits keeps the time of the whole, and ends a request by closing its socket from another thread: see :meth:`Fetch.cut`.
"""

import contextlib
import socket
import ssl
import threading
import time
import urllib.request
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import httpx

from freeq_proto.boundary import (
    Failed,
    Fetched,
    HttpRequest,
    RefusedError,
    ResponseReader,
    check_addresses,
    check_url,
    choose_proxy,
    reason_of,
)

_HEADERS: Final = (("User-Agent", "freeq"), ("Accept", "*/*"))

Resolve: TypeAlias = Callable[[str, int], Sequence[str]]
"""Addresses, in text form and in order of preference, of a host and for a port; raises OSError where there are none."""


def resolve_addresses(host: str, port: int) -> tuple[str, ...]:
    """All addresses of ``host`` for TCP, as the system's resolver orders them. Blocks; raises OSError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:  # a label that is too long, or empty
        raise socket.gaierror(socket.EAI_NONAME, "not a host name") from None
    return tuple(dict.fromkeys(str(name[0]) for *_, name in found))


class Fetch:
    """One request, to be :meth:`run` on a thread that may block."""

    def __init__(
        self, request: HttpRequest, *, tls: ssl.SSLContext | None = None, resolve: Resolve = resolve_addresses
    ) -> None:
        """``tls`` checks certificates; without it, what ``SSL_CERT_FILE`` names does, or the authorities of certifi."""
        self._request = request
        self._tls = tls
        self._resolve = resolve
        self._lock = threading.Lock()
        self._cut = False
        self._socket: socket.socket | None = None

    def run(self) -> Fetched | Failed:
        """Make the request. Whatever goes wrong, the answer is ``Failed`` with a few plain words, never a raise."""
        try:
            return self._fetch(time.monotonic() + self._request.seconds)
        except Exception as error:  # noqa: BLE001 - one request that went wrong ends nothing else
            if self._cut:
                return Failed(f"no answer within {self._request.seconds:g} seconds", timed_out=True)
            return Failed(str(error) if isinstance(error, RefusedError) else reason_of(error, _REASONS))
        finally:
            with self._lock:
                self._forget()

    def cut(self) -> None:
        """End it from any thread: its time is up, and nobody waits for the answer any more."""
        with self._lock:
            self._cut = True
            if self._socket is not None:
                with contextlib.suppress(OSError):  # it is not connected any more
                    self._socket.shutdown(socket.SHUT_RDWR)

    def _fetch(self, until: float) -> Fetched:
        url = checked_url(self._request)
        proxy = proxy_of(url)
        if proxy is not None:
            return self._send(url, until, proxy=proxy)
        found = self._resolve(host_of(url), url.port or (443 if url.scheme == "https" else 80))
        addresses = check_addresses(self._request, found)
        for left, address in zip(range(len(addresses), 1, -1), addresses, strict=False):
            # An address that does not answer may take its share of the time, not all of it.
            share = (until - time.monotonic()) / left
            try:
                return self._send(url, until, address=address, connect_seconds=share)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return self._send(url, until, address=addresses[-1])

    def _send(
        self,
        url: httpx.URL,
        until: float,
        *,
        address: str | None = None,
        connect_seconds: float | None = None,
        proxy: str | None = None,
    ) -> Fetched:
        """One attempt, at ``address`` or through ``proxy``, on a connection that nothing else uses."""
        left = max(until - time.monotonic(), 0.001)
        headers = httpx.Headers(_HEADERS)
        headers.update(self._request.headers)
        headers.update({"Host": url.netloc.decode("ascii"), "Accept-Encoding": "identity", "Connection": "close"})
        extensions: dict[str, object] = {
            "timeout": {"connect": min(connect_seconds or left, left), "read": left, "write": left},
            "trace": self._traced,
        }
        if address is not None:
            extensions["sni_hostname"] = host_of(url).removesuffix(".")
            url = url.copy_with(host=address)
        outgoing = httpx.Request(
            self._request.method, url, headers=headers, content=self._request.body or None, extensions=extensions
        )
        tls = self._tls or httpx.create_ssl_context()
        with httpx.HTTPTransport(verify=tls, trust_env=False, proxy=proxy) as transport:
            response = transport.handle_request(outgoing)
            try:
                return take(response, self._request.limit)
            finally:
                response.close()

    def _traced(self, step: str, facts: dict[str, object]) -> None:
        """Keep a second handle of the socket as soon as there is one, so that :meth:`cut` can end it."""
        if step != "connection.connect_tcp.complete":
            return
        connected = getattr(facts["return_value"], "get_extra_info")("socket")  # noqa: B009 - a type of httpcore's
        with self._lock:
            self._forget()
            self._socket = connected.dup()
            if self._cut:
                self._socket.shutdown(socket.SHUT_RDWR)  # to raise here would leave the connection open

    def _forget(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def checked_url(request: HttpRequest) -> httpx.URL:
    """The URL of a request that may be made as far as its text says; raises :class:`RefusedError`."""
    try:
        url = httpx.URL(request.url)
        host = host_of(url)
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise RefusedError("not a URL") from error
    check_url(request, scheme=url.scheme, host=host, has_password=bool(url.userinfo))
    return url


def host_of(url: httpx.URL) -> str:
    """The host of a URL in ASCII, an IPv6 address without its brackets."""
    return url.raw_host.decode("ascii").strip("[]")


def proxy_of(url: httpx.URL) -> str | None:
    """The proxy that the environment names for ``url``, or None; ``urllib`` knows how it is read."""
    host = host_of(url)
    return None if urllib.request.proxy_bypass(host) else choose_proxy(url.scheme, host, urllib.request.getproxies())


def take(response: httpx.Response, limit: int) -> Fetched:
    """Read an answer whose body has at most ``limit`` bytes on the wire; raises :class:`RefusedError`."""
    reader = ResponseReader(response.status_code, response.headers.raw, limit)
    for chunk in response.iter_raw():
        reader.add(chunk)
    return reader.end()


_REASONS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (ssl.SSLCertVerificationError, "the certificate of the host is not valid for it"),
    (ssl.SSLError, "no TLS with the host"),
    (httpx.ProxyError, "the proxy refused"),
    (httpx.ConnectError, "the host could not be reached"),
    (httpx.ConnectTimeout, "the host could not be reached"),
    (httpx.TimeoutException, "the host did not answer in time"),
    (httpx.RemoteProtocolError, "the host broke off its answer, or does not speak HTTP"),
    (httpx.NetworkError, "the connection was lost"),
    (OSError, "the host has no address"),  # only the look-up of the name raises it
)
