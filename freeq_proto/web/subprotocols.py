"""The WebSocket subprotocols of IRCv3 (extensions/websocket): the one thing that this room knows of IRC."""

from collections.abc import Sequence
from typing import Final

TEXT_IRCV3: Final = "text.ircv3.net"
"""One line a message, both ways in text messages."""
BINARY_IRCV3: Final = "binary.ircv3.net"
"""One line a message, both ways in binary messages."""

_KNOWN: Final = frozenset((TEXT_IRCV3, BINARY_IRCV3))


def negotiate_subprotocol(offered: Sequence[str]) -> str | None:
    """The first known subprotocol in the client's order of preference, or None: then accept without one.

    Subprotocol names are compared exactly (RFC 6455 §4.1). None is how clients older than the specification connect;
    they expect text messages.
    """
    return next((name for name in offered if name in _KNOWN), None)
