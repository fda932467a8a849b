"""The method ``crypto``: the user signs the raw bytes of the challenge with a key of the DID. Both roles."""

from typing import Final

from freeq_proto.boundary import Computed, Failed, VerifySignature
from freeq_proto.identity import (
    SIGNATURE_LENGTH,
    Did,
    InvalidEncodingError,
    JsonValue,
    PrivateKey,
    PublicKey,
    decode_base64url,
    encode_base64url,
)
from freeq_proto.sasl.answer import Answer, MalformedResponseError
from freeq_proto.sasl.challenge import Challenge
from freeq_proto.sasl.exchange import Failure, Outcome, SaslContext, SignedChallenge, Steps, Success, compute

CRYPTO: Final = "crypto"


def verify_crypto(context: SaslContext, answer: Answer) -> Steps[Outcome]:
    """Return whether the signature in an answer proves the DID.

    The keys are those that the user holds: never ``#atproto``, which is the PDS's. The document is not older than the
    challenge, so that a key that was taken out of it is worth nothing from then on.
    """
    signature = _signature(answer)
    document = yield from context.resolver.document(answer.did, issued_after_ms=answer.asked.unix_ms)
    if not document.login_keys:
        return Failure("the DID document has no key of its owner's to sign in with")
    for key in document.login_keys:
        match (yield from compute(_job(key, signature, answer.challenge))):
            case Computed(value=True):
                evidence = SignedChallenge(answer.challenge.data, signature, key)
                return Success(answer.did, CRYPTO, evidence, document=document)
            case Failed():
                return Failure("the signature could not be checked in time")
            case _:
                pass
    return Failure("the signature is not one of this DID over this challenge")


def sign_challenge(challenge: Challenge, did: Did, private_key: PrivateKey) -> dict[str, JsonValue]:
    """Return the answer of ``did`` to a challenge that may be signed, as its members."""
    return {"did": did, "method": CRYPTO, "signature": encode_base64url(private_key.sign(challenge.data))}


def _job(key: PublicKey, signature: bytes, challenge: Challenge) -> VerifySignature:
    return VerifySignature(((key.type, key.data),), signature, challenge.data)


def _signature(answer: Answer) -> bytes:
    try:
        signature = decode_base64url(answer.signature)
    except InvalidEncodingError:
        raise MalformedResponseError("bad response: the signature is not base64url without padding") from None
    if len(signature) != SIGNATURE_LENGTH:
        raise MalformedResponseError(f"bad response: the signature is not {SIGNATURE_LENGTH} bytes")
    return signature
