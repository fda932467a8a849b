"""What the core may ask of the network around it: an HTTP request, a DNS look-up, a connection to a server.

All three are values. Whoever performs them never follows a redirect, never takes more than was allowed, and contacts
no address that is not public (:func:`is_public_address`) unless the request says so: URLs here come from DID documents,
which anybody can write.
"""

from typing import Final

import attrs

from freeq_proto.boundary.errors import LocalProtocolError

HTTP_LIMIT: Final = 262_144
"""Bytes of a response body that are taken unless a request says otherwise."""

HTTP_SECONDS: Final = 10.0
"""Seconds that a request may take in all unless it says otherwise."""

_LARGEST_PORT: Final = 65_535


@attrs.frozen
class HttpRequest:
    """One HTTP request; answered by :class:`Fetched`, whatever its status, or ``Failed(reason)``.

    A body longer than ``limit`` is ``Failed``, and so is a request that takes longer than ``seconds``.
    """

    url: str
    """``https:``, or ``http:`` where ``private`` allows it."""
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = attrs.field(default=(), repr=False)
    """Not shown by ``repr``, as the body is not: tokens and passwords stand there."""
    body: bytes = attrs.field(default=b"", repr=False)
    limit: int = HTTP_LIMIT
    """Bytes of body. It is asked for and taken without any encoding, so a small answer cannot become a large one."""
    seconds: float = HTTP_SECONDS
    private: bool = False
    """Whether plain HTTP, and hosts that are no public names or have addresses that are not public (loopback, private,
    link-local), may be contacted."""


@attrs.frozen
class Fetched:
    """What an HTTP server answered. A redirect is an answer like any other."""

    status: int
    headers: tuple[tuple[str, str], ...] = attrs.field(default=(), repr=False)
    """Names in lower case, in the order of the wire."""
    body: bytes = attrs.field(default=b"", repr=False)

    def header(self, name: str) -> str | None:
        """The first value of a header (``name`` in lower case), or None."""
        return next((value for each, value in self.headers if each == name), None)


@attrs.frozen
class TxtRecords:
    """The TXT records of a DNS name, each with its strings joined; none if there are none."""

    texts: tuple[str, ...]


@attrs.frozen
class Destination:
    """A server to connect to. Raises LocalProtocolError for a port that there cannot be."""

    host: str
    """A host name or an IP address."""
    port: int = attrs.field()
    """1 to 65535."""
    tls: bool = True

    @port.validator
    def _is_port(self, _: object, value: int) -> None:
        if not 0 < value <= _LARGEST_PORT:
            raise LocalProtocolError(f"a port is a number from 1 to {_LARGEST_PORT}, not {value}")

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}{'' if self.tls else ' without TLS'}"


@attrs.frozen
class Dialled:
    """What a transport knows of the server that it reached."""

    address: str
    """Its IP address in text form."""
    port: int
    authenticated: bool = False
    """Whether TLS proved that this is the host that was dialled: its certificate is good for that name, and trusted."""
    end_point: bytes = b""
    """The channel binding ``tls-server-end-point`` (RFC 5929 section 4), or empty without TLS."""
