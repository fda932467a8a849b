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

from freeq_proto.boundary import Failed, Fetched, HttpRequest, is_public_address, is_public_name
from freeq_runtime_asyncio.names import Resolve, resolve_addresses

logger = logging.getLogger("freeq_runtime_asyncio")

AT_ONCE: Final = 32
"""Requests under way at once; more of them wait, and their waiting counts as their time."""
ADDRESSES: Final = 4
"""Addresses of one name that are tried before giving up."""
_HEADERS: Final = (("User-Agent", "freeq"), ("Accept", "*/*"))


class RefusedError(Exception):
    """A request that is not made; the message says why."""


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
            return Failed(reason_of(error))

    async def _fetch(self, request: HttpRequest) -> Fetched:
        url = checked_url(request)
        proxy = proxy_of(url)
        if proxy is not None:
            return await self._send(request, url, proxy=proxy)
        addresses = await self._addresses(url, private=request.private)
        until = asyncio.get_running_loop().time() + request.seconds
        for left, address in zip(range(len(addresses), 1, -1), addresses, strict=False):
            # An address that does not answer may take its share of the time, not all of it.
            share = (until - asyncio.get_running_loop().time()) / left
            try:
                return await self._send(request, url, address=address, connect_seconds=share)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._send(request, url, address=addresses[-1])

    async def _addresses(self, url: httpx.URL, *, private: bool) -> tuple[str, ...]:
        """The addresses that may be contacted; all of the name's must be public unless ``private``."""
        addresses = await self._resolve(host_of(url), url.port or (443 if url.scheme == "https" else 80))
        if not addresses:
            raise RefusedError("the host has no address")
        if not private and not all(map(is_public_address, addresses)):
            raise RefusedError("the host has an address that is not public")
        return addresses[:ADDRESSES]

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


def host_of(url: httpx.URL) -> str:
    """The host of a URL in ASCII, an IPv6 address without its brackets."""
    return url.raw_host.decode("ascii").strip("[]")


def proxy_of(url: httpx.URL) -> str | None:
    """The proxy that the environment names for ``url``, or None; ``urllib`` knows how it is read."""
    host = host_of(url)
    if host == "localhost" or host.endswith(".localhost") or host.startswith("127.") or host == "::1":
        return None
    proxies = urllib.request.getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if not proxy or urllib.request.proxy_bypass(host):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


async def take(response: httpx.Response, limit: int) -> Fetched:
    """Read an answer whose body has at most ``limit`` bytes on the wire; raises :class:`RefusedError`."""
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise RefusedError("the answer is compressed, which was not asked for")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > limit:
            raise RefusedError(f"the answer is longer than {limit} bytes")
    headers = tuple((name.lower().decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw)
    return Fetched(response.status_code, headers, bytes(body))


def reason_of(error: Exception) -> str:
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
    for kinds, reason in _REASONS:
        if isinstance(error, kinds):
            return reason
    return "the request could not be made"


_REASONS: Final[tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...]] = (
    (httpx.ProxyError, "the proxy refused"),
    ((httpx.ConnectError, httpx.ConnectTimeout), "the host could not be reached"),
    (httpx.RemoteProtocolError, "the host broke off its answer, or does not speak HTTP"),
    (httpx.NetworkError, "the connection was lost"),
    (OSError, "the host has no address"),  # only the look-up of the name raises it
)
