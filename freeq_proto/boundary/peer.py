"""What a runtime knows of a connection when it begins."""

import enum
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
