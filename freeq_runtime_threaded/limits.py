"""What a client may take of time and memory outside its engine."""

import attrs


@attrs.frozen
class ClientLimits:
    """Bounds that belong to sockets, threads and queues, not to a protocol spoken over them."""

    linger_seconds: float = 3.0
    """For a server to take what is left for it and to end its side, from our closing of the connection."""
    stop_seconds: float = 5.0
    """To say goodbye when an exception leaves the block, before everything is cut off."""
    events: int = 1024
    """Events that wait to be taken. Above that nothing is read from the server until half of them are taken."""
    high_water: int = 65_536
    """Unsent bytes above which senders wait."""
    low_water: int = 16_384
    """Unsent bytes at which they go on."""
    workers: int = 4
    """Look-ups and requests under way at once."""
