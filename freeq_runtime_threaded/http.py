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

from freeq_proto.boundary import Failed, Fetched, HttpRequest, is_public_address, is_public_name

ADDRESSES: Final = 4
"""Addresses of one name that are tried before giving up."""
_HEADERS: Final = (("User-Agent", "freeq"), ("Accept", "*/*"))

Resolve: TypeAlias = Callable[[str, int], Sequence[str]]
"""Addresses, in text form and in order of preference, of a host and for a port; raises OSError where there are none."""


def resolve_addresses(host: str, port: int) -> tuple[str, ...]:
    """All addresses of ``host`` for TCP, as the system's resolver orders them. Blocks."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(name[0]) for *_, name in found))


class RefusedError(Exception):
    """A request that is not made, or an answer that is not taken; the message says why."""


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
            return Failed(str(error) if isinstance(error, RefusedError) else _reason_of(error))
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
        url = _checked_url(self._request)
        proxy = _proxy_of(url)
        if proxy is not None:
            return self._send(url, until, proxy=proxy)
        addresses = self._addresses(url)
        for left, address in zip(range(len(addresses), 1, -1), addresses, strict=False):
            # An address that does not answer may take its share of the time, not all of it.
            share = (until - time.monotonic()) / left
            try:
                return self._send(url, until, address=address, connect_seconds=share)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return self._send(url, until, address=addresses[-1])

    def _addresses(self, url: httpx.URL) -> Sequence[str]:
        """The addresses that may be contacted; all of the name's must be public unless the request says otherwise."""
        addresses = self._resolve(_host_of(url), url.port or (443 if url.scheme == "https" else 80))
        if not addresses:
            raise RefusedError("the host has no address")
        if not self._request.private and not all(map(is_public_address, addresses)):
            raise RefusedError("the host has an address that is not public")
        return addresses[:ADDRESSES]

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
            extensions["sni_hostname"] = _host_of(url).removesuffix(".")
            url = url.copy_with(host=address)
        outgoing = httpx.Request(
            self._request.method, url, headers=headers, content=self._request.body or None, extensions=extensions
        )
        tls = self._tls or httpx.create_ssl_context()
        with httpx.HTTPTransport(verify=tls, trust_env=False, proxy=proxy) as transport:
            response = transport.handle_request(outgoing)
            try:
                return _take(response, self._request.limit)
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


def _checked_url(request: HttpRequest) -> httpx.URL:
    """The URL of a request that may be made as far as its text says; raises :class:`RefusedError`."""
    try:
        url = httpx.URL(request.url)
        host = _host_of(url)
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise RefusedError("not a URL") from error
    if url.scheme not in ("https", "http") or not host:
        raise RefusedError("not a URL of the web")
    if url.userinfo:
        raise RefusedError("a URL with a password is not contacted")
    if not request.private:
        if url.scheme != "https":
            raise RefusedError("only https is contacted")
        if not is_public_name(host):
            raise RefusedError("the host is not a public name")
    return url


def _host_of(url: httpx.URL) -> str:
    """The host of a URL in ASCII, an IPv6 address without its brackets."""
    return url.raw_host.decode("ascii").strip("[]")


def _proxy_of(url: httpx.URL) -> str | None:
    """The proxy that the environment names for ``url``, or None; ``urllib`` knows how it is read."""
    host = _host_of(url)
    if host == "localhost" or host.endswith(".localhost") or host.startswith("127.") or host == "::1":
        return None
    proxies = urllib.request.getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if not proxy or urllib.request.proxy_bypass(host):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _take(response: httpx.Response, limit: int) -> Fetched:
    """Read an answer whose body has at most ``limit`` bytes on the wire; raises :class:`RefusedError`."""
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise RefusedError("the answer is compressed, which was not asked for")
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > limit:
            raise RefusedError(f"the answer is longer than {limit} bytes")
    headers = tuple((name.lower().decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
    return Fetched(response.status_code, headers, bytes(body))


def _reason_of(error: Exception) -> str:
    """Why a request failed, in a few words that hold nothing of its URL, headers or answer."""
    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in causes:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    if any(isinstance(each, ssl.SSLCertVerificationError) for each in causes):
        return "the certificate of the host is not valid for it"
    if any(isinstance(each, ssl.SSLError) for each in causes):
        return "no TLS with the host"
    return next((reason for kinds, reason in _REASONS if isinstance(error, kinds)), "the request could not be made")


_REASONS: Final[tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...]] = (
    (httpx.ProxyError, "the proxy refused"),
    ((httpx.ConnectError, httpx.ConnectTimeout), "the host could not be reached"),
    (httpx.TimeoutException, "the host did not answer in time"),
    (httpx.RemoteProtocolError, "the host broke off its answer, or does not speak HTTP"),
    (httpx.NetworkError, "the connection was lost"),
    ((OSError, UnicodeError), "the host has no address"),  # only the look-up of the name raises them
)
