"""HTTP requests of the core, made so that no document can misuse the machine that reads it.

Theory of operation. URLs come from documents that anybody can write, so a request contacts public addresses only,
unless it says otherwise. Checking a name and then connecting to it would ask the resolver twice, and it may answer
differently (rebinding). So the name is resolved here, once; every address must be public; and the connection goes to an
address that was checked, while SNI, certificate check and ``Host`` stay with the name. Each request has a connection of
its own: one that was proved to belong to one name is never taken for another at the same address.

Where the environment names a proxy (``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY``, less ``NO_PROXY``), the proxy is
contacted instead. It resolves the name, so only the name itself can be checked here, and keeping requests out of its
network is its operator's task. This machine itself (``localhost``, loopback) is never asked for through a proxy.

An answer can be made so that it takes long to be taken apart. That is done on another loop than the caller's (see
:mod:`freeq_runtime_asyncio.side_loop`), and what is taken of it is bounded (see :mod:`freeq_runtime_asyncio.meter`).

The connections are httpcore's, which is under httpx: httpx's client would keep cookies, read passwords from ``.netrc``
and log URLs, and its transport does not let anybody count.
"""

import asyncio
import logging
import ssl
import urllib.request
from functools import partial
from typing import Final

import httpcore
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
from freeq_runtime_asyncio import side_loop
from freeq_runtime_asyncio.meter import FRAMING_LIMIT, PIECES, Meter
from freeq_runtime_asyncio.names import Resolve, resolve_addresses

logger = logging.getLogger("freeq_runtime_asyncio")

AT_ONCE: Final = 32
"""Requests under way at once; more of them wait, and their waiting counts as their time."""
_HEADERS: Final = (("User-Agent", "freeq"), ("Accept", "*/*"))


class Http:
    """Makes requests for the running event loop. It keeps nothing between them, and needs no closing."""

    def __init__(
        self, *, resolve: Resolve = resolve_addresses, tls: ssl.SSLContext | None = None, at_once: int = AT_ONCE
    ) -> None:
        """``tls`` checks certificates; without it, what ``SSL_CERT_FILE`` names does, or the authorities of certifi.

        ``resolve`` is called on another loop than the caller's.
        """
        self._resolve = resolve
        self._tls = tls
        self._slots = asyncio.Semaphore(at_once)

    async def fetch(self, request: HttpRequest) -> Fetched | Failed:
        """Make ``request``. Whatever goes wrong, the answer is ``Failed`` with a few plain words, never a raise.

        The time of the request counts from here: it holds the wait for a slot, the look-up of the name and the body.
        """
        try:
            async with asyncio.timeout(request.seconds), self._slots:
                return await side_loop.HTTP.run(partial(self._fetch, request))
        except TimeoutError:
            return Failed(f"no answer within {request.seconds:g} seconds", timed_out=True)
        except RefusedError as refused:
            return Failed(str(refused))
        except Exception as error:  # noqa: BLE001 - one request that went wrong ends nothing else
            logger.debug("an HTTP request failed: %r", error)
            return Failed(reason_of(error, _REASONS))

    async def _fetch(self, request: HttpRequest) -> Fetched:
        url = checked_url(request)
        proxy = proxy_of(url)
        if proxy is not None:
            return await self._send(request, url, proxy=proxy)
        addresses = check_addresses(request, await self._look_up(url, absolute=not request.private))
        until = asyncio.get_running_loop().time() + request.seconds
        for left, address in zip(range(len(addresses), 1, -1), addresses, strict=False):
            # An address that does not answer may take its share of the time, not all of it.
            share = (until - asyncio.get_running_loop().time()) / left
            try:
                return await self._send(request, url, address=address, connect_seconds=share)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._send(request, url, address=addresses[-1])

    async def _look_up(self, url: httpx.URL, *, absolute: bool) -> tuple[str, ...]:
        """The addresses of the host; with ``absolute``, of a name that the search domains of this machine do not touch.

        Otherwise a name that is not found is tried again under each of them, and whoever owns the name could have one
        look-up wait for many answers of his.
        """
        host = host_of(url)
        name = host.removesuffix(".") + "." if absolute else host
        return await self._resolve(name, url.port or (443 if url.scheme == "https" else 80))

    async def _send(
        self,
        request: HttpRequest,
        url: httpx.URL,
        *,
        address: str | None = None,
        connect_seconds: float | None = None,
        proxy: str | None = None,
    ) -> Fetched:
        """One attempt, at ``address`` or through ``proxy``, on a connection that nothing else uses."""
        headers = httpx.Headers(_HEADERS)
        headers.update(request.headers)
        headers.update({"Host": url.netloc.decode("ascii"), "Accept-Encoding": "identity", "Connection": "close"})
        extensions: dict[str, object] = {"timeout": {"connect": connect_seconds}}
        if address is not None:
            extensions["sni_hostname"] = host_of(url).removesuffix(".")
            url = url.copy_with(host=address)
        framed = httpx.Request(request.method, url, headers=headers, content=request.body or None)
        outgoing = httpcore.Request(
            request.method,
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=framed.headers.raw,
            content=request.body or None,
            extensions=extensions,
        )
        if self._tls is None:
            self._tls = httpx.create_ssl_context()  # reads files: once, and not before it is needed
        meter = Meter()
        through = None if proxy is None else _proxy_at(httpx.Proxy(proxy))
        async with httpcore.AsyncConnectionPool(ssl_context=self._tls, network_backend=meter, proxy=through) as pool:
            response = await pool.handle_async_request(outgoing)
            try:
                meter.left = request.limit + FRAMING_LIMIT
                return await take(response, request.limit)
            finally:
                await response.aclose()


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


def _proxy_at(proxy: httpx.Proxy) -> httpcore.Proxy:
    return httpcore.Proxy(str(proxy.url), proxy.raw_auth)


async def take(response: httpcore.Response, limit: int) -> Fetched:
    """Read an answer whose body has at most ``limit`` bytes on the wire; raises :class:`RefusedError`."""
    reader, pieces = ResponseReader(response.status, response.headers, limit), 0
    async for piece in response.aiter_stream():
        reader.add(piece)
        pieces += 1
        if pieces > PIECES:
            raise RefusedError("the answer comes in too many pieces")
    return reader.end()


_REASONS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (ssl.SSLCertVerificationError, "the certificate of the host is not valid for it"),
    (ssl.SSLError, "no TLS with the host"),
    (httpcore.ProxyError, "the proxy refused"),
    (httpcore.ConnectError, "the host could not be reached"),
    (httpcore.ConnectTimeout, "the host could not be reached"),
    (httpcore.TimeoutException, "the host did not answer in time"),
    (httpcore.RemoteProtocolError, "the host broke off its answer, or does not speak HTTP"),
    (httpcore.NetworkError, "the connection was lost"),
    (OSError, "the host has no address"),  # only the look-up of the name raises it
)
