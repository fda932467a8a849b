"""The syntax of DIDs, as AT Protocol profiles it, and of those methods that this library resolves.

https://atproto.com/specs/did, "AT Protocol DID Identifier Syntax". A DID is compared character by character: it is
case-sensitive, and nothing here folds, trims or decodes. A did:plc and a did:web that could never resolve are refused
here, so that none becomes the name of an account.
"""

import re
from typing import Final, NewType

from freeq_proto.boundary import RemoteProtocolError

Did = NewType("Did", str)
"""A DID of valid syntax; whether its method is known and whether it resolves are other questions."""

MAX_DID_LENGTH: Final = 2048
"""Characters: the hard limit of AT Protocol. Longer than a chat line has room for, so other limits bind earlier."""

_SYNTAX: Final = re.compile(r"did:[a-z]+:[A-Za-z0-9._:%-]*[A-Za-z0-9._-]")

# https://web.plc.directory/spec/v0.1/did-plc, "Identifier Syntax": base32 in lower case, 24 characters.
_PLC: Final = re.compile(r"did:plc:[a-z2-7]{24}")

# https://w3c-ccg.github.io/did-method-web/, §3.1: a host name (no IP address), a port after an encoded colon, a path.
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_WEB: Final = re.compile(rf"did:web:((?:{_LABEL}\.)*{_LABEL})(?:%3[Aa]([1-9][0-9]{{0,4}}))?((?::[A-Za-z0-9._-]+)*)")
_MAX_HOST_LENGTH: Final = 253
_LOCAL_HOST: Final = "localhost"


class InvalidDidError(RemoteProtocolError):
    """A peer's text is not a DID, or not one of the method that was asked for. The message never quotes the text."""


def parse_did(text: str) -> Did:
    """Return ``text`` as a DID: no path, query or fragment, no whitespace. Raises InvalidDidError."""
    if len(text) > MAX_DID_LENGTH:
        raise InvalidDidError(f"a DID longer than {MAX_DID_LENGTH} characters")
    if not _SYNTAX.fullmatch(text):
        raise InvalidDidError("not a DID")
    did = Did(text)
    match did_method(did):
        case "plc" if not _PLC.fullmatch(text):
            raise InvalidDidError("not a did:plc: 24 characters of base32 follow the method")
        case "web":
            _web_parts(did)
    return did


def did_method(did: Did) -> str:
    """Return the method of a DID: ``key`` of ``did:key:z6Mk…``."""
    return did.split(":", 2)[1]


def did_web_url(did: Did) -> str:
    """Return the URL of a did:web's document (https://w3c-ccg.github.io/did-method-web/, §3.2). Raises InvalidDidError.

    ``did:web:example.org`` has ``https://example.org/.well-known/did.json``, ``did:web:example.org:user:alice`` has
    ``https://example.org/user/alice/did.json``. Plain HTTP is for ``localhost`` alone, as AT Protocol has it.
    """
    if did_method(did) != "web":
        raise InvalidDidError("not a did:web")
    host, port, path = _web_parts(did)
    scheme = "http" if host == _LOCAL_HOST else "https"
    authority = f"{host}:{port}" if port else host
    return f"{scheme}://{authority}{path.replace(':', '/') or '/.well-known'}/did.json"


def _web_parts(did: Did) -> tuple[str, str, str]:
    """Return host in lower case, port or "", and the path with its colons."""
    found = _WEB.fullmatch(did)
    if found is None or len(found[1]) > _MAX_HOST_LENGTH:
        raise InvalidDidError(
            "not a did:web: a host name, perhaps a port after %3A, and path segments follow the method"
        )
    host, port, path = found[1].lower(), found[2] or "", found[3]
    if host.rsplit(".", 1)[-1].isdigit():
        raise InvalidDidError("a did:web names a host, not an address")
    if port and int(port) > 65_535:
        raise InvalidDidError("a did:web with a port that does not exist")
    if not {".", ".."}.isdisjoint(path.split(":")):
        raise InvalidDidError("a did:web whose path points elsewhere")
    return host, port, path
