"""The session that OAuth ends in: what a client keeps, and what it asked for while its user was away."""

from typing import Final

import attrs

from freeq_proto.boundary import KeyType, LocalProtocolError, RemoteProtocolError
from freeq_proto.identity.did import Did, parse_did
from freeq_proto.identity.encoding import JsonValue, decode_base64url, encode_base64url, encode_json, parse_json
from freeq_proto.identity.keys import PrivateKey
from freeq_proto.identity.metadata import AuthorizationServer

SCOPE: Final = "atproto"
"""The scope that every session of AT Protocol has: it tells who somebody is, and allows nothing more."""

_KEPT_LIMIT: Final = 65_536  # bytes
_TEXTS: Final = ("did", "pds", "issuer", "client_id", "scope", "access", "refresh", "key")


@attrs.frozen
class OAuthClient:
    """A program that signs its users in, as authorization servers know it: a public client, which keeps no secret."""

    client_id: str
    """The URL of its metadata, or what :func:`~freeq_proto.identity.loopback_client_id` returns."""
    redirect_uri: str
    """Where browsers are sent afterwards."""
    scope: str = SCOPE
    """Words separated by spaces, ``atproto`` among them."""


@attrs.frozen
class PendingAuthorization:
    """A user is at his authorization server. Kept until he comes back, and then used once."""

    url: str
    """Where his browser is sent."""
    client: OAuthClient
    server: AuthorizationServer
    did: Did
    """Whose account it must be."""
    state: str = attrs.field(repr=False)
    verifier: str = attrs.field(repr=False)
    key: PrivateKey = attrs.field(repr=False)


@attrs.frozen
class OAuthSession:
    """A right to act for an account within ``scope``, bound to a key. Whoever reads it has that right."""

    did: Did
    pds: str
    """The origin of the account's server."""
    issuer: str
    """The origin of the authorization server."""
    client_id: str
    scope: str
    """What was granted, which may be less than was asked for."""
    expires_ms: int
    """When the access token ends, in milliseconds since 1970."""
    access: str = attrs.field(repr=False)
    refresh: str = attrs.field(repr=False)
    """Good for one use; empty if the server gave none, so that the session ends with its access token."""
    key: PrivateKey = attrs.field(repr=False)
    """The P-256 key that proofs are signed with."""

    def to_json(self) -> bytes:
        """Write the session, secrets and all."""
        members: dict[str, JsonValue] = {name: getattr(self, name) for name in _TEXTS if name != "key"}
        return encode_json({**members, "key": encode_base64url(self.key.data), "expires_ms": self.expires_ms})

    @classmethod
    def from_json(cls, data: bytes) -> "OAuthSession":
        """Read what :meth:`to_json` wrote. Raises LocalProtocolError: what is kept is the caller's own."""
        try:
            members = parse_json(data, _KEPT_LIMIT)
            if isinstance(members, dict):
                texts = {name: text for name in _TEXTS if isinstance(text := members.get(name), str)}
                expires = members.get("expires_ms")
                if len(texts) == len(_TEXTS) and isinstance(expires, int):
                    did, key = parse_did(texts.pop("did")), decode_base64url(texts.pop("key"))
                    return cls(did=did, key=PrivateKey(KeyType.P256, key), expires_ms=expires, **texts)
        except RemoteProtocolError:
            pass
        raise LocalProtocolError("not a session that was kept")
