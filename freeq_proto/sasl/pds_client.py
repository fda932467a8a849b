"""The methods ``pds-session`` and ``pds-oauth``: show the IRC server something that the user's PDS knows. Client side.

Neither proof is bound to the server that gets it; see :mod:`freeq_proto.sasl.pds_methods`.
"""

from typing import Final

from freeq_proto.boundary import Entropy, Flow, Now
from freeq_proto.identity import JsonValue, OAuthAccess, PdsSession, dpop_proof, encode_base64url
from freeq_proto.sasl.challenge import Challenge
from freeq_proto.sasl.pds_methods import GET_SESSION, NONCE, NONCE_NOTICE, PDS_OAUTH, PDS_SESSION

_QUESTION: Final = "GET"


def show_session(session: PdsSession, challenge: Challenge) -> dict[str, JsonValue]:
    """Return the answer that hands over the access token of a session, as its members."""
    return {
        "did": session.did,
        "method": PDS_SESSION,
        "signature": session.access,
        "pds_url": session.pds,
        "challenge_nonce": encode_base64url(challenge.nonce),
    }


def show_oauth(
    access: OAuthAccess, challenge: Challenge, nonce: str | None, now: Now, entropy: Entropy
) -> Flow[dict[str, JsonValue]]:
    """Return the answer that hands over an access token and a proof for one request, as its members.

    The session is refreshed before, if it has expired. ``nonce`` is the one that the PDS wants in the proof, if known.
    """
    url = f"{access.pds}{GET_SESSION}"
    yield from access.call(access.resolver.request(url))
    session = access.session
    proof = dpop_proof(session.key, _QUESTION, url, now, entropy, nonce=nonce, access_token=session.access)
    return {
        "did": session.did,
        "method": PDS_OAUTH,
        "signature": session.access,
        "dpop_proof": proof,
        "pds_url": session.pds,
        "challenge_nonce": encode_base64url(challenge.nonce),
    }


def nonce_of_notice(text: str) -> str | None:
    """Return the nonce that a NOTICE of the server tells, or None if it is about something else."""
    word, _, nonce = text.partition(" ")
    return nonce if word == NONCE_NOTICE and NONCE.fullmatch(nonce) else None
