"""What a connection may take of the transport, before and after the engine knows it."""

import attrs


@attrs.frozen
class TransportLimits:
    """Bounds that belong to sockets and TLS, not to a protocol spoken over them."""

    handshake_seconds: float = 10.0
    """For a TLS handshake, from accepting the connection."""
    handshakes: int = 1024
    """TLS handshakes under way at once; one more ends the oldest."""
    linger_seconds: float = 5.0
    """For a peer to take what is left for it and to end its side, from our closing of the connection."""
    lingering: int = 256
    """Connections that wait for such a peer at once; one more ends the oldest."""
    stop_seconds: float = 3.0
    """For everybody to take their last lines when the server stops."""
    high_water: int = 65_536
    """Unsent bytes (over TLS: as encrypted) above which the engine is told to hold back."""
    low_water: int = 16_384
    """Unsent bytes at which it is told to go on."""
    receive_bytes: int = 65_536
    """The most taken from one socket at a time; one buffer of this size serves all connections."""
    accept_rest_seconds: float = 1.0
    """How long a listener rests when the process has no file descriptor left for a new connection."""
