"""What a service-auth token says to an IRC server: audience, method, and how it is bound to a challenge. Both roles.

A user's PDS signs short-lived tokens (https://atproto.com/specs/xrpc, "Inter-Service Authentication") with the key
``#atproto`` of the user's DID. Of what such a token says the client chooses the audience and the method, and nothing
else. So the hash of a challenge, which makes a token worthless anywhere but in the exchange that it was made for,
stands in one of the two. There are three forms:

====  ====================  =====================
name  audience              method
====  ====================  =====================
lxm   ``D#irc``             ``blue.irc.auth.n<h>``
aud   ``D#irc.n<h>``        ``blue.irc.auth``
none  ``D#irc``             ``blue.irc.auth``
====  ====================  =====================

``D`` is the DID of the IRC server. PDSs before 0.5.1 know no fragments: there the audience of ``lxm`` and ``none`` is
the bare ``D``.
"""

import base64
import hashlib
from collections.abc import Iterator
from typing import Final

import attrs

SERVICE_AUTH: Final = "service-auth"
"""The method's name in ATPROTO-CHALLENGE."""

SERVICE: Final = "irc"
"""The fragment of the service in the DID document of an IRC server; its type is ``IrcServer``."""

TOKEN_METHOD: Final = "blue.irc.auth"
"""The NSID for which tokens are made. A constant of both roles: a client that took it from a server could be made to
fetch tokens for anything."""

TLS_SERVER_END_POINT: Final = "tls-server-end-point"
"""The channel binding of RFC 5929 section 4."""

NO_BINDING: Final = "none"

_CONTEXT: Final = b"ATPROTO-CHALLENGE service-auth 1"


@attrs.frozen
class Binding:
    """A channel binding: its type (:data:`TLS_SERVER_END_POINT` or :data:`NO_BINDING`) and its data."""

    type: str = NO_BINDING
    data: bytes = b""


@attrs.frozen
class TokenForm:
    """What a token must say."""

    name: str
    """``lxm``, ``aud`` or ``none``."""
    audience: str
    method: str

    @property
    def bound(self) -> bool:
        """Whether it fits one challenge on one connection, and no other."""
        return self.name != "none"


def binding_hash(challenge: bytes, binding: Binding) -> str:
    """Return the hash that binds a token to the bytes of a challenge and to a channel: 52 characters of base32.

    Lower case, without padding, because the last segment of an NSID takes letters and digits only and is at most 63
    characters long.
    """
    preimage = b"".join(
        (_CONTEXT, b"\0", binding.type.encode("ascii"), b"\0", len(binding.data).to_bytes(4, "big"), binding.data)
    )
    digest = hashlib.sha256(preimage + challenge).digest()
    return base64.b32encode(digest).decode("ascii").rstrip("=").lower()


def token_forms(server_id: str, challenge: bytes, binding: Binding, *, legacy: bool = False) -> Iterator[TokenForm]:
    """Yield every form for a server and a challenge, the strongest first; ``legacy`` ones have the bare audience."""
    tag = f"n{binding_hash(challenge, binding)}"
    audience = server_id if legacy else f"{server_id}#{SERVICE}"
    yield TokenForm("lxm", audience, f"{TOKEN_METHOD}.{tag}")
    if not legacy:
        yield TokenForm("aud", f"{audience}.{tag}", TOKEN_METHOD)
    yield TokenForm("none", audience, TOKEN_METHOD)
