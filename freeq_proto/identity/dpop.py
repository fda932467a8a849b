"""Demonstrating Proof of Possession (RFC 9449): a token that is of no use to whoever holds it without its key.

Each request carries a proof, a JWT signed by the key of the session, for one method and one URL. Servers hand out
nonces that proofs must repeat, and change them at any time: a request that is refused with ``use_dpop_nonce`` is made
once more with the nonce that came with the refusal. Nonces are kept for each origin, because nothing says that an
authorization server and the PDS behind it share theirs.
"""

import hashlib
import re
from collections.abc import Callable
from typing import Final

import attrs

from freeq_proto.boundary import Entropy, Failed, Fetch, Fetched, Flow, HttpRequest, KeyType, LocalProtocolError, Now
from freeq_proto.identity.encoding import JsonValue, encode_base64url, encode_json
from freeq_proto.identity.jwt import sign_jwt
from freeq_proto.identity.keys import PrivateKey, PublicKey, coordinates
from freeq_proto.identity.urls import parse_http_url
from freeq_proto.identity.xrpc import authorized, error_name

MAX_ORIGINS: Final = 64
"""Origins whose nonces are remembered at once."""

_NONCE: Final = re.compile(r"[!#-\[\]-~]{1,256}")  # RFC 9449 §8.1: 1*NQCHAR; the length is ours
_USE_NONCE: Final = "use_dpop_nonce"


def public_jwk(key: PublicKey) -> dict[str, JsonValue]:
    """The JSON Web Key of a P-256 key (RFC 7518 §6.2), its members in the order of RFC 7638 §3.2."""
    if key.type is not KeyType.P256:
        raise LocalProtocolError("proofs are made with P-256 keys")
    x, y = (encode_base64url(coordinate) for coordinate in coordinates(key))
    return {"crv": "P-256", "kty": "EC", "x": x, "y": y}


def thumbprint(key: PublicKey) -> str:
    """The JWK thumbprint (RFC 7638) of a P-256 key: ``jkt`` of the tokens that are bound to it."""
    return encode_base64url(hashlib.sha256(encode_json(public_jwk(key))).digest())


def dpop_proof(
    key: PrivateKey,
    method: str,
    url: str,
    now: Now,
    entropy: Entropy,
    *,
    nonce: str | None = None,
    access_token: str | None = None,
) -> str:
    """Return a proof (RFC 9449 §4.2) for one request; with ``access_token`` for one that presents that token (§7)."""
    parsed = parse_http_url(url)
    if parsed is None:
        raise LocalProtocolError("a proof is for an URL of the web")
    claims: dict[str, JsonValue] = {
        "jti": encode_base64url(entropy(16)),
        "htm": method,
        "htu": parsed.origin + parsed.rest.partition("?")[0],
        "iat": now.unix_ms // 1000,
    }
    if nonce is not None:
        claims["nonce"] = nonce
    if access_token is not None:
        claims["ath"] = encode_base64url(hashlib.sha256(access_token.encode("ascii")).digest())
    return sign_jwt({"typ": "dpop+jwt", "jwk": public_jwk(key.public_key)}, claims, key)


class Nonces:
    """The newest nonce of each origin, of at most :data:`MAX_ORIGINS`; the one that was used longest ago goes first."""

    def __init__(self) -> None:
        self._nonces: dict[str, str] = {}

    def get(self, url: str) -> str | None:
        """The nonce for proofs to the origin of ``url``."""
        return self._nonces.get(_origin(url))

    def learn(self, url: str, answer: Fetched) -> bool:
        """Remember the nonce of an answer from ``url``; whether it brought one."""
        nonce = answer.header("dpop-nonce")
        if nonce is None or not _NONCE.fullmatch(nonce):
            return False
        origin = _origin(url)
        self._nonces.pop(origin, None)
        self._nonces[origin] = nonce
        if len(self._nonces) > MAX_ORIGINS:
            del self._nonces[next(iter(self._nonces))]
        return True


@attrs.frozen
class Dpop:
    """Makes requests with proofs by one key."""

    key: PrivateKey
    clock: Callable[[], Now] = attrs.field(repr=False)
    entropy: Entropy = attrs.field(repr=False)
    nonces: Nonces = attrs.field(factory=Nonces, repr=False)

    def fetch(self, request: HttpRequest, access_token: str | None = None) -> Flow[Fetched | Failed]:
        """Make a request with a proof and perhaps a token, and once more if the server wants another nonce.

        Raises PdsError for what is no token.
        """
        if access_token is not None:
            request = authorized(request, "DPoP", access_token)
        answer = yield from self._once(request, access_token)
        if isinstance(answer, Fetched) and self.nonces.learn(request.url, answer) and wants_nonce(answer):
            answer = yield from self._once(request, access_token)
            if isinstance(answer, Fetched):
                self.nonces.learn(request.url, answer)
        return answer

    def _once(self, request: HttpRequest, access_token: str | None) -> Flow[Fetched | Failed]:
        proof = dpop_proof(
            self.key,
            request.method,
            request.url,
            self.clock(),
            self.entropy,
            nonce=self.nonces.get(request.url),
            access_token=access_token,
        )
        answer = yield Fetch(attrs.evolve(request, headers=(*request.headers, ("dpop", proof))))
        return answer if isinstance(answer, Fetched | Failed) else Failed("no answer of the web")


def wants_nonce(answer: Fetched) -> bool:
    """Whether an answer refuses a request for its nonce: 400 of an authorization server, 401 of a resource server.

    RFC 9449 §8 puts the word into the body, §9 into ``WWW-Authenticate``.
    """
    match answer.status:
        case 400:
            return error_name(answer) == _USE_NONCE
        case 401:
            challenge = answer.header("www-authenticate") or ""
            return f'error="{_USE_NONCE}"' in challenge or error_name(answer) == _USE_NONCE
        case _:
            return False


def _origin(url: str) -> str:
    parsed = parse_http_url(url)
    return "" if parsed is None else parsed.origin
