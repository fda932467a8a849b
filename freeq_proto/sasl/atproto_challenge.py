"""ATPROTO-CHALLENGE: sign in with a DID by answering a challenge. Server side.

The server sends a :class:`~freeq_proto.sasl.challenge.Challenge`; the client answers with JSON: ``did``, ``method`` and
``signature``, and what the method needs beside those. What proves the DID is a table of methods, each a file. A
challenge is in the hands of one exchange on one connection and is used once, whatever comes of it.
"""

from typing import Final

import attrs

from freeq_proto.identity import JsonValue, PdsError, ResolutionError, encode_base64url
from freeq_proto.sasl.answer import Again, Answer, MalformedResponseError, Verify, parse_answer, parse_members
from freeq_proto.sasl.challenge import DEFAULT_FORMS, Challenge
from freeq_proto.sasl.crypto import CRYPTO, verify_crypto
from freeq_proto.sasl.exchange import Failure, Mechanism, Outcome, SaslContext, Steps, ask, explained
from freeq_proto.sasl.pds_methods import PDS_OAUTH, PDS_SESSION, verify_pds_oauth, verify_pds_session
from freeq_proto.sasl.service_auth import verify_service_auth
from freeq_proto.sasl.service_token import SERVICE_AUTH, TLS_SERVER_END_POINT

MAX_ROTATIONS: Final = 3
"""Fresh challenges in one exchange, each because the PDS wanted another nonce in the client's proof."""


@attrs.frozen
class _Method:
    """A way to prove a DID."""

    verify: Verify
    secret: bool = False
    """Whether its answer must not be read by others."""


METHODS: Final[dict[str, _Method]] = {
    CRYPTO: _Method(verify_crypto),
    SERVICE_AUTH: _Method(verify_service_auth, secret=True),
    PDS_SESSION: _Method(verify_pds_session, secret=True),
    PDS_OAUTH: _Method(verify_pds_oauth, secret=True),
}
"""By the name that an answer gives it."""

# What clients may send and no server of ours does: named, so that their users learn what is the matter.
_ELSEWHERE: Final = ("web-token",)


def offered_methods(context: SaslContext) -> tuple[str, ...]:
    """Return the methods that may be used on a connection, in the order in which the operator names them."""
    return tuple(
        name for name in context.methods if name in METHODS and (context.confidential or not METHODS[name].secret)
    )


def _start(context: SaslContext) -> Steps[Outcome]:
    notice = ""
    methods = offered_methods(context)
    tokens = SERVICE_AUTH in methods
    for _ in range(1 + MAX_ROTATIONS):
        asked = context.clock()
        challenge = Challenge.mint(
            session_id=context.session_id,
            server=context.server_name,
            now=asked,
            entropy=context.entropy,
            server_id=context.server_id,
            origin=context.origin,
            network=context.network,
            scope=context.scope,
            methods=methods,
            bind=context.bindings if tokens else DEFAULT_FORMS,
            cb=TLS_SERVER_END_POINT if tokens and context.end_point else None,
        )
        data = yield from ask(challenge.data, notice)
        members = parse_members(data)
        method = _method(context, members)
        answer = parse_answer(members, len(data), challenge, asked)
        outcome = yield from _verify(context, method, answer)
        if not isinstance(outcome, Again):
            return outcome
        notice = outcome.notice
    return Failure("DPoP nonce retry limit exceeded")


ATPROTO_CHALLENGE: Final = Mechanism("ATPROTO-CHALLENGE", _start, encode_base64url, empty_answers=False)


def _method(context: SaslContext, members: dict[str, JsonValue]) -> str:
    name = members.get("method")
    if name is None:  # serializers write null for what is absent
        name = CRYPTO
    if isinstance(name, str) and name in offered_methods(context):
        return name
    known = next((each for each in (*METHODS, *_ELSEWHERE) if each == name), None)
    raise MalformedResponseError(f"the method {known} is not offered here" if known else "unknown method")


def _verify(context: SaslContext, method: str, answer: Answer) -> Steps[Outcome | Again]:
    try:
        return (yield from METHODS[method].verify(context, answer))
    except (ResolutionError, PdsError) as error:
        raise explained(error, method) from None
