"""The syntax of AT Protocol handles: https://atproto.com/specs/handle.

A handle is a domain name. It is a claim until it was resolved to the DID whose document claims it; see
:class:`freeq_proto.identity.resolver.Resolver`.
"""

import re
from typing import Final, NewType

from freeq_proto.boundary import RemoteProtocolError

Handle = NewType("Handle", str)
"""A handle of valid syntax, in lower case."""

MAX_HANDLE_LENGTH: Final = 253
"""Characters."""

_SYNTAX: Final = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?",
)

# "Additional non-syntax restrictions": names that cannot be registered, so that nobody can own one.
_NEVER: Final = frozenset({"alt", "arpa", "invalid", "onion"})
_PRIVATE: Final = frozenset({"example", "internal", "local", "localhost", "test"})


class InvalidHandleError(RemoteProtocolError):
    """A peer's text is not a handle. The message never quotes the text."""


def parse_handle(text: str) -> Handle:
    """Return ``text`` as a handle, in lower case; no leading ``@``. Raises InvalidHandleError."""
    if len(text) > MAX_HANDLE_LENGTH or not text.isascii() or not _SYNTAX.fullmatch(text.lower()):
        raise InvalidHandleError("not a handle: a handle is a domain name such as alice.example.org")
    return Handle(text.lower())


def may_resolve(handle: Handle, *, private_network: bool) -> bool:
    """Whether somebody can own the handle: it is not under a reserved top-level domain.

    ``private_network`` allows those that a closed network or a test resolves by itself: ``.test`` and its like.
    """
    domain = handle.rsplit(".", 1)[-1]
    return domain not in _NEVER and (private_network or domain not in _PRIVATE)
