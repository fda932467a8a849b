"""The syntax of DIDs, as AT Protocol profiles it.

https://atproto.com/specs/did, "AT Protocol DID Identifier Syntax". A DID is compared character by character: it is
case-sensitive, and nothing here folds, trims or decodes.
"""

import re
from typing import Final, NewType

from freeq_proto.boundary import RemoteProtocolError

Did = NewType("Did", str)
"""A DID of valid syntax; whether its method is known and whether it resolves are other questions."""

MAX_DID_LENGTH: Final = 2048
"""Characters: the hard limit of AT Protocol. Longer than a chat line has room for, so other limits bind earlier."""

_SYNTAX: Final = re.compile(r"did:[a-z]+:[A-Za-z0-9._:%-]*[A-Za-z0-9._-]")


class InvalidDidError(RemoteProtocolError):
    """A peer's text is not a DID, or not one of the method that was asked for. The message never quotes the text."""


def parse_did(text: str) -> Did:
    """Return ``text`` as a DID: no path, query or fragment, no whitespace. Raises InvalidDidError."""
    if len(text) > MAX_DID_LENGTH:
        raise InvalidDidError(f"a DID longer than {MAX_DID_LENGTH} characters")
    if not _SYNTAX.fullmatch(text):
        raise InvalidDidError("not a DID")
    return Did(text)


def did_method(did: Did) -> str:
    """Return the method of a DID: ``key`` of ``did:key:z6Mk…``."""
    return did.split(":", 2)[1]
