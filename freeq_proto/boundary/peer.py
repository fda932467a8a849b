"""What a runtime knows of a connection when it begins."""

import enum
import ipaddress
from typing import NewType

import attrs

ConnId = NewType("ConnId", int)
"""A connection, named by the runtime; never used twice in one process."""


class Listener(enum.Enum):
    """What is spoken on the socket that accepted a connection."""

    IRC = "irc"
    WEB = "web"
    CONTROL = "control"


@attrs.frozen
class PeerInfo:
    """Facts about one accepted connection that only the transport can know."""

    listener: Listener
    """What is spoken here."""
    address: str
    """The peer's IP address in text form, or "" for a Unix socket (a local, trusted path)."""
    port: int = 0
    """The peer's port, 0 where there is none."""
    secure: bool = False
    """Whether nobody between can read it: TLS or a Unix socket."""
    certificate: str = ""
    """SHA-256 of the peer's TLS certificate (DER), 64 lower-case hexadecimal digits; "" if it presented none.

    TLS proved that the peer has its key; who that is, the certificate itself does not say.
    """
    end_point: bytes = b""
    """The channel binding ``tls-server-end-point`` (RFC 5929 section 4) of our certificate, or empty without TLS."""

    @property
    def confidential(self) -> bool:
        """Whether a secret may be sent here: over TLS, or from this machine."""
        if self.secure or not self.address:
            return True
        try:
            return ipaddress.ip_address(self.address).is_loopback
        except ValueError:
            return False
