"""ATPROTO-CHALLENGE: sign in with a DID by answering a challenge. Both roles.

The server sends a :class:`~freeq_proto.sasl.challenge.Challenge`; the client answers with JSON: ``did``, ``method`` and
``signature``. With the method ``crypto`` (also meant where ``method`` is absent) the signature is one over the raw
bytes of the challenge, by a key of the DID. A challenge is in the hands of one exchange on one connection and is used
once, so an answer cannot be replayed, and one made for another connection or server is a signature over other bytes.
"""

from typing import Final

import attrs

from freeq_proto.boundary import Computed, Now, RemoteProtocolError, VerifySignature
from freeq_proto.identity import (
    SIGNATURE_LENGTH,
    Did,
    InvalidEncodingError,
    PrivateKey,
    PublicKey,
    decode_base64_any,
    decode_base64url,
    did_key_to_public_key,
    did_method,
    encode_base64url,
    encode_json,
    parse_did,
    parse_json,
)
from freeq_proto.sasl.authenticate import MAX_PAYLOAD_LENGTH
from freeq_proto.sasl.challenge import Challenge, parse_challenge
from freeq_proto.sasl.exchange import (
    Failure,
    Mechanism,
    Outcome,
    SaslContext,
    SignedChallenge,
    Steps,
    Success,
    ask,
    compute,
)

CRYPTO: Final = "crypto"

# What clients may send and this server does not do: named, so that their users learn what is the matter.
_OTHER_METHODS: Final = ("service-auth", "pds-session", "pds-oauth", "web-token")
_OTHER_DID_METHODS: Final = ("plc", "web")


class MalformedResponseError(RemoteProtocolError):
    """A client's answer is not a response of this mechanism."""


# --- server ---------------------------------------------------------------------------------------------------------


@attrs.frozen
class _Response:
    did: Did
    signature: bytes


def _start(context: SaslContext) -> Steps[Outcome]:
    challenge = Challenge.mint(
        session_id=context.session_id,
        server=context.server_name,
        now=context.clock(),
        entropy=context.entropy,
        server_id=context.server_id,
        origin=context.origin,
        network=context.network,
        scope=context.scope,
    )
    response = _parse_response((yield from ask(challenge.data)))
    key = _key_of(response.did)
    signed = SignedChallenge(challenge.data, response.signature, key)
    job = VerifySignature(((key.type, key.data),), signed.signature, signed.challenge)
    match (yield from compute(job)):
        case Computed(value=True):
            return Success(response.did, CRYPTO, signed)
        case Computed():
            return Failure("the signature is not one of this DID over this challenge")
        case _:
            return Failure("the signature could not be checked in time")


ATPROTO_CHALLENGE: Final = Mechanism("ATPROTO-CHALLENGE", _start, encode_base64url, empty_answers=False)


def _parse_response(data: bytes) -> _Response:
    members = parse_json(data, MAX_PAYLOAD_LENGTH)
    if not isinstance(members, dict):
        raise MalformedResponseError("bad response: not a JSON object")
    method = members.get("method")
    if method is not None and method != CRYPTO:  # serializers write null for what is absent
        known = next((name for name in _OTHER_METHODS if name == method), None)
        raise MalformedResponseError(f"the method {known} is not offered here" if known else "unknown method")
    did, signature = members.get("did"), members.get("signature")
    if not isinstance(did, str) or not isinstance(signature, str):
        raise MalformedResponseError("bad response: did and signature must be strings")
    try:
        decoded = decode_base64url(signature)
    except InvalidEncodingError:
        raise MalformedResponseError("bad response: the signature is not base64url without padding") from None
    if len(decoded) != SIGNATURE_LENGTH:
        raise MalformedResponseError(f"bad response: the signature is not {SIGNATURE_LENGTH} bytes")
    return _Response(parse_did(did), decoded)


def _key_of(did: Did) -> PublicKey:
    method = did_method(did)
    if method == "key":
        return did_key_to_public_key(did)
    raise MalformedResponseError(
        f"did:{method} is not offered here, did:key is" if method in _OTHER_DID_METHODS else "unknown DID method"
    )


# --- client ---------------------------------------------------------------------------------------------------------


def respond_crypto(
    challenge_payload: str,
    did: Did,
    private_key: PrivateKey,
    expected_server: str,
    now: Now,
    *,
    allow_unbound: bool = False,
) -> str:
    """Return the answer to a challenge, both as payloads of AUTHENTICATE (base64url without padding).

    Signs with ``private_key``, a key of ``did``, what :func:`~freeq_proto.sasl.challenge.parse_challenge` accepts; see
    there for the other arguments. Raises UnacceptableChallengeError or InvalidEncodingError.
    """
    challenge = parse_challenge(decode_base64_any(challenge_payload), expected_server, now, allow_unbound=allow_unbound)
    signature = encode_base64url(private_key.sign(challenge.data))
    return encode_base64url(encode_json({"did": did, "method": CRYPTO, "signature": signature}))
