"""The methods ``pds-session`` and ``pds-oauth``: a token of the user's, shown to the user's PDS. Server side.

Real clients send these. They hand a credential of the user's to the IRC server, which asks the PDS whose it is: with a
bearer token the server could act as the user for as long as the token lives; an OAuth token comes with a DPoP proof
(RFC 9449) that is good for this one question. Neither is bound to this server, so an operator may turn them off.

The PDS that is asked is the one of the DID document and no other: one that a client may choose could claim anybody.
"""

import re
from typing import Final

from freeq_proto.boundary import Fetch, Fetched, HttpRequest
from freeq_proto.identity import DidDocument, SessionInfo, encode_base64url, parse_origin, session_info, wants_nonce
from freeq_proto.sasl.answer import Again, Answer, MalformedResponseError
from freeq_proto.sasl.exchange import DetailedError, Failure, Outcome, SaslContext, Steps, Success

PDS_SESSION: Final = "pds-session"
PDS_OAUTH: Final = "pds-oauth"

NONCE_NOTICE: Final = "DPOP_NONCE"
"""The first word of the NOTICE that tells a client which nonce its PDS wants in the proof; the nonce follows."""

GET_SESSION: Final = "/xrpc/com.atproto.server.getSession"
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/=-]{1,8192}")
NONCE: Final = re.compile(r"[!-~]{1,256}")


def verify_pds_session(context: SaslContext, answer: Answer) -> Steps[Outcome | Again]:
    """Return whether the access token in an answer is one of the DID's at its PDS."""
    token = _token(answer.signature)
    document = yield from _document(context, answer)
    asked = yield Fetch(_question(context, document, ("authorization", f"Bearer {token}")))
    return _outcome(document, session_info(asked), PDS_SESSION)


def verify_pds_oauth(context: SaslContext, answer: Answer) -> Steps[Outcome | Again]:
    """Return whether the OAuth token and the DPoP proof in an answer are the DID's, or that the proof needs a nonce."""
    token, proof = _token(answer.signature), _token(answer.members.get("dpop_proof"))
    document = yield from _document(context, answer)
    asked = yield Fetch(_question(context, document, ("authorization", f"DPoP {token}"), ("dpop", proof)))
    if isinstance(asked, Fetched) and wants_nonce(asked):
        nonce = asked.header("dpop-nonce") or ""
        if NONCE.fullmatch(nonce):
            return Again(f"{NONCE_NOTICE} {nonce}")
    return _outcome(document, session_info(asked), PDS_OAUTH)


def _document(context: SaslContext, answer: Answer) -> Steps[DidDocument]:
    if answer.members.get("challenge_nonce") != encode_base64url(answer.challenge.nonce):
        raise MalformedResponseError("bad response: challenge_nonce is not that of the challenge")
    claimed = answer.members.get("pds_url")
    if not isinstance(claimed, str):
        raise MalformedResponseError("bad response: pds_url must be a string")
    document = yield from context.resolver.document(answer.did, issued_after_ms=answer.asked.unix_ms)
    if document.pds is None or parse_origin(claimed) != document.pds:
        raise MalformedResponseError("pds_url is not the host that the DID document names")
    return document


def _question(context: SaslContext, document: DidDocument, *headers: tuple[str, str]) -> HttpRequest:
    return context.resolver.request(f"{document.pds}{GET_SESSION}", headers=headers)


def _outcome(document: DidDocument, info: SessionInfo, method: str) -> Outcome:
    if info.did != document.did:
        return Failure("the token is one of another account")
    if not info.active:
        raise DetailedError("ACCOUNT_INACTIVE", "the account is not active at its host", (method,))
    return Success(document.did, method, document=document)


def _token(text: object) -> str:
    """Check what becomes part of a request's header."""
    if not isinstance(text, str) or not _TOKEN.fullmatch(text):
        raise MalformedResponseError("bad response: not a token")
    return text
