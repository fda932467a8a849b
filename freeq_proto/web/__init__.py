"""HTTP/1.1 and WebSocket on one connection, the server's side.

This room knows what RFC 9112 and RFC 6455 ask of a server. It drives h11 and wsproto, bounds what a peer may make it
hold, and turns every mistake of the peer into the lawful status or close code. It refuses to know sessions, routes and,
but for the names of two subprotocols, IRC. Only ``WebConnection`` needs h11 and wsproto (the extra ``web``), which are
therefore imported when it is first asked for; frames and events need neither.
"""

from typing import TYPE_CHECKING

from freeq_proto.web.events import (
    BinaryMessage,
    Closed,
    Headers,
    HttpRequest,
    TextMessage,
    UpgradeRequested,
    WebEvent,
)
from freeq_proto.web.frames import binary_frame, close_frame, text_frame
from freeq_proto.web.limits import Limits
from freeq_proto.web.subprotocols import BINARY_IRCV3, TEXT_IRCV3, negotiate_subprotocol

if TYPE_CHECKING:
    from freeq_proto.web.connection import WebConnection
else:

    def __getattr__(name: str) -> object:
        """``WebConnection``, imported on first use (PEP 562). Hidden from mypy, which would believe any name."""
        if name == "WebConnection":
            from freeq_proto.web.connection import WebConnection

            return WebConnection
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "BINARY_IRCV3",
    "TEXT_IRCV3",
    "BinaryMessage",
    "Closed",
    "Headers",
    "HttpRequest",
    "Limits",
    "TextMessage",
    "UpgradeRequested",
    "WebConnection",
    "WebEvent",
    "binary_frame",
    "close_frame",
    "negotiate_subprotocol",
    "text_frame",
]
