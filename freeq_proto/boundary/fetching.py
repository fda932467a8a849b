"""The rules by which an ``HttpRequest`` is performed, whatever performs it: what is contacted, and what is taken.

They are about text and addresses only; a runtime asks them before it connects, and hands them what comes back.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from freeq_proto.boundary.addresses import is_public_address, is_public_name
from freeq_proto.boundary.network import Fetched, HttpRequest

MOST_ADDRESSES: Final = 4
"""Addresses of one name that are tried before giving up."""


class RefusedError(Exception):
    """A request that is not made, or an answer that is not taken; the message says why, and quotes nothing."""


def check_url(request: HttpRequest, *, scheme: str, host: str, has_password: bool) -> None:
    """Raise :class:`RefusedError` for a URL that may not be contacted as far as its text says.

    ``host`` is in ASCII and without the brackets of an IPv6 address.
    """
    if scheme not in ("https", "http") or not host:
        raise RefusedError("not a URL of the web")
    if has_password:
        raise RefusedError("a URL with a password is not contacted")
    if request.private:
        return
    if scheme != "https":
        raise RefusedError("only https is contacted")
    if not is_public_name(host):
        raise RefusedError("the host is not a public name")


def check_addresses(request: HttpRequest, addresses: Sequence[str]) -> Sequence[str]:
    """Those of a name's addresses that may be contacted; all of them must be public unless the request says otherwise.

    Raises :class:`RefusedError`.
    """
    if not addresses:
        raise RefusedError("the host has no address")
    if not request.private and not all(map(is_public_address, addresses)):
        raise RefusedError("the host has an address that is not public")
    return addresses[:MOST_ADDRESSES]


def choose_proxy(scheme: str, host: str, proxies: Mapping[str, str]) -> str | None:
    """The URL of the proxy that is contacted instead of ``host``, or None; ``proxies`` are by scheme, or of ``all``.

    This machine itself is never asked for through a proxy.
    """
    if host == "localhost" or host.endswith(".localhost") or host.startswith("127.") or host == "::1":
        return None
    proxy = proxies.get(scheme) or proxies.get("all")
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


class ResponseReader:
    """Takes one answer, whose body has at most ``limit`` bytes on the wire. All raise :class:`RefusedError`."""

    def __init__(self, status: int, headers: Iterable[tuple[bytes, bytes]], limit: int) -> None:
        self._status = status
        self._headers = tuple((name.lower().decode("latin-1"), value.decode("latin-1")) for name, value in headers)
        self._limit = limit
        self._body = bytearray()
        if any(name == "content-encoding" and value.lower() != "identity" for name, value in self._headers):
            raise RefusedError("the answer is compressed, which was not asked for")

    def add(self, chunk: bytes) -> None:
        """The next piece of the body."""
        self._body += chunk
        if len(self._body) > self._limit:
            raise RefusedError(f"the answer is longer than {self._limit} bytes")

    def end(self) -> Fetched:
        """The answer as a whole."""
        return Fetched(self._status, self._headers, bytes(self._body))


def reason_of(error: BaseException, reasons: Iterable[tuple[type[BaseException], str]]) -> str:
    """Why a request failed, in a few words that hold nothing of its URL, headers or answer: the first that fits.

    ``reasons`` name kinds of errors, of which the error or one that it came from must be.
    """
    causes = tuple(_causes_of(error))
    for kind, reason in reasons:
        if any(isinstance(cause, kind) for cause in causes):
            return reason
    return "the request could not be made"


def _causes_of(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in seen:
        seen.append(cause)
        yield cause
        cause = cause.__cause__ or cause.__context__
