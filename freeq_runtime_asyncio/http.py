"""HTTP requests of the core, made so that no document can misuse the machine that reads it.

Theory of operation. URLs come from documents that anybody can write, so a request contacts public addresses only,
unless it says otherwise. Checking a name and then connecting to it would ask the resolver twice, and it may answer
differently (rebinding). So the name is resolved here, once; every address must be public; and the connection goes to an
address that was checked, while SNI, certificate check and ``Host`` stay with the name. Each request has a connection of
its own: one that was proved to belong to one name is never taken for another at the same address.

Where the environment names a proxy (``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY``, less ``NO_PROXY``), the proxy is
contacted instead. It resolves the name, so only the name itself can be checked here, and keeping requests out of its
network is its operator's task. This machine itself (``localhost``, loopback) is never asked for through a proxy.

httpx's transport is used without its client, which would keep cookies, read passwords from ``.netrc`` and log URLs.
"""

import asyncio
import logging
import ssl
import urllib.request
from typing import Final

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
from freeq_runtime_asyncio.names import Resolve, resolve_addresses

logger = logging.getLogger("freeq_runtime_asyncio")

AT_ONCE: Final = 32
"""Requests under way at once; more of them wait, and their waiting counts as their time."""
_HEADERS: Final = (("User-Agent", "freeq"), ("Accept", "*/*"))


class Http:
    """Makes requests on the running event loop. It keeps nothing between them, and needs no closing."""

    def __init__(
        self, *, resolve: Resolve = resolve_addresses, tls: ssl.SSLContext | None = None, at_once: int = AT_ONCE
    ) -> None:
        """``tls`` checks certificates; without it, what ``SSL_CERT_FILE`` names does, or the authorities of certifi."""
        self._resolve = resolve
        self._tls = tls
        self._slots = asyncio.Semaphore(at_once)

    async def fetch(self, request: HttpRequest) -> Fetched | Failed:
        """Make ``request``. Whatever goes wrong, the answer is ``Failed`` with a few plain words, never a raise.

        The time of the request counts from here: it holds the wait for a slot, the look-up of the name and the body.
        """
        try:
            async with asyncio.timeout(request.seconds), self._slots:
                return await self._fetch(request)
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
        found = await self._resolve(host_of(url), url.port or (443 if url.scheme == "https" else 80))
        addresses = check_addresses(request, found)
        until = asyncio.get_running_loop().time() + request.seconds
        for left, address in zip(range(len(addresses), 1, -1), addresses, strict=False):
            # An address that does not answer may take its share of the time, not all of it.
            share = (until - asyncio.get_running_loop().time()) / left
            try:
                return await self._send(request, url, address=address, connect_seconds=share)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._send(request, url, address=addresses[-1])

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
        outgoing = httpx.Request(
            request.method, url, headers=headers, content=request.body or None, extensions=extensions
        )
        if self._tls is None:
            self._tls = httpx.create_ssl_context()  # reads files: once, and not before it is needed
        async with httpx.AsyncHTTPTransport(verify=self._tls, trust_env=False, proxy=proxy) as transport:
            response = await transport.handle_async_request(outgoing)
            try:
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


async def take(response: httpx.Response, limit: int) -> Fetched:
    """Read an answer whose body has at most ``limit`` bytes on the wire; raises :class:`RefusedError`."""
    reader = ResponseReader(response.status_code, response.headers.raw, limit)
    async for chunk in response.aiter_raw():
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
