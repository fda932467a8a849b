"""The method ``service-auth``: the user's PDS vouches for the user, to this server and for this sign-in. Server side.

The checks are in an order in which nothing that an unsigned token says touches the network before all has been checked
that needs none, and in which nothing is remembered of a token before its signature was found good. See
``docs/spec/atproto-challenge.md``, "Verifying a service-auth answer"; the numbers here are those of its list.
"""

from typing import Final

from freeq_proto.boundary import Computed
from freeq_proto.identity import (
    Did,
    DidDocument,
    InvalidJwtError,
    Jwt,
    PublicKey,
    ResolutionError,
    algorithm_of,
    did_method,
    parse_jwt,
    verify_job,
)
from freeq_proto.sasl.answer import Answer
from freeq_proto.sasl.challenge import did_web_of
from freeq_proto.sasl.exchange import DetailedError, Outcome, SaslContext, SignedToken, Steps, Success, compute
from freeq_proto.sasl.service_token import (
    NO_BINDING,
    SERVICE,
    SERVICE_AUTH,
    TLS_SERVER_END_POINT,
    Binding,
    TokenForm,
    token_forms,
)
from freeq_proto.sasl.tokens import Spent

MAX_ANSWER_LENGTH: Final = 4096
"""Bytes of a decoded answer."""

MAX_TOKEN_LENGTH: Final = 2048
"""Characters of a token."""

MAX_TOKEN_SECONDS: Final = 300
"""Between ``iat`` and ``exp``. The reference PDS makes them 60 seconds apart, others a few minutes."""

CLOCK_TOLERANCE: Final = 30
"""Seconds by which the clocks of a PDS and of this server may differ."""

_NAME_LENGTHS: Final = range(16, 129)  # of jti, in characters
_ALGORITHMS: Final = ("ES256K", "ES256")
_OTHER_TOKENS: Final = ("at+jwt", "refresh+jwt", "dpop+jwt")


def verify_service_auth(context: SaslContext, answer: Answer) -> Steps[Outcome]:
    """Return whether the token in an answer proves the DID."""
    jwt = _read(answer)
    issuer = _issuer(jwt, answer)
    form = _form(context, answer, jwt)
    end_ms = _check_times(context, answer, jwt, form)
    document = yield from _resolve(context, answer, issuer)
    key = _key(document, jwt)
    if (yield from compute(verify_job(jwt, key))) != Computed(True):  # 8
        raise _refused("TOKEN_SIGNATURE", "the token is not signed by the key of its account: was it moved lately?")
    if not form.bound:  # 9
        _spend(context, jwt, issuer, end_ms)
    evidence = SignedToken(answer.challenge.data, answer.signature, key)
    return Success(issuer, SERVICE_AUTH, evidence, document=document)


def _read(answer: Answer) -> Jwt:
    """Steps 2 and 3: a token, and of a kind that can be one for a service."""
    if answer.size > MAX_ANSWER_LENGTH:
        raise _malformed(f"an answer longer than {MAX_ANSWER_LENGTH} bytes")
    try:
        jwt = parse_jwt(answer.signature, MAX_TOKEN_LENGTH)
    except InvalidJwtError as error:
        raise _malformed(str(error)) from None
    type = jwt.header.get("typ", "JWT")
    if jwt.algorithm not in _ALGORITHMS:
        raise _malformed("a token that is signed with neither ES256K nor ES256")
    if jwt.header.get("kid", "#atproto") != "#atproto":
        raise _malformed("a token of another key than #atproto")
    if not isinstance(type, str) or type.lower().removeprefix("application/") in _OTHER_TOKENS:
        raise _malformed("a token of another kind")
    return jwt


def _issuer(jwt: Jwt, answer: Answer) -> Did:
    """Step 4."""
    if jwt.claims.get("iss") != answer.did or did_method(answer.did) not in ("plc", "web"):
        raise _malformed("a token that is not of the DID that the answer names, or not of a did:plc or did:web")
    if not isinstance(jwt.claims.get("aud"), str):
        raise _malformed("a token that is not for one audience")
    return answer.did


def _form(context: SaslContext, answer: Answer, jwt: Jwt) -> TokenForm:
    """Step 5: made for this server, this purpose and, if bound, this challenge and this channel."""
    server_id = context.server_id or did_web_of(context.server_name)
    binding = _binding(context, answer)
    accepted = [
        form
        for legacy in (False, True)[: 1 + context.legacy_audience]
        for form in token_forms(server_id, answer.challenge.data, binding, legacy=legacy)
        if form.name in context.bindings
    ]
    audience, method = jwt.claims.get("aud"), jwt.claims.get("lxm")
    fitting = [form for form in accepted if form.audience == audience]
    if not fitting:
        expected = f"{server_id}#{SERVICE}"
        raise _refused("TOKEN_AUDIENCE", "the token is made for another server, or for another sign-in", expected)
    for form in fitting:
        if form.method == method:
            return form
    raise _refused("TOKEN_METHOD", "the token is made for another method, or for another sign-in")


def _binding(context: SaslContext, answer: Answer) -> Binding:
    match answer.members.get("cb"):
        case None | "none":
            return Binding(NO_BINDING)
        case "tls-server-end-point" if context.end_point:
            return Binding(TLS_SERVER_END_POINT, context.end_point)
        case _:
            raise _refused("TOKEN_BINDING", "this server cannot check that channel binding")


def _check_times(context: SaslContext, answer: Answer, jwt: Jwt, form: TokenForm) -> int:
    """Step 6: made lately, for a short while, and not used; returns when it is worth nothing (Unix milliseconds)."""
    now = context.clock()
    seconds = now.unix_ms // 1000
    made, ends = jwt.claims.get("iat"), jwt.claims.get("exp")
    if type(made) is not int or type(ends) is not int:  # exactly: True is an int, too
        raise _malformed("a token without iat and exp, both whole numbers")
    if not 0 < ends - made <= MAX_TOKEN_SECONDS:
        raise _malformed(f"a token that is good for longer than {MAX_TOKEN_SECONDS} seconds, or not at all")
    if made > seconds + CLOCK_TOLERANCE:
        raise _clock(seconds)
    if ends < seconds - CLOCK_TOLERANCE:
        raise _refused("TOKEN_EXPIRED", "the token has expired", str(seconds))
    if not form.bound:
        if made < answer.challenge.timestamp - CLOCK_TOLERANCE:
            raise _clock(seconds)
        if context.tokens.has(answer.did, _name(jwt)):
            raise _replayed()
    return (ends + CLOCK_TOLERANCE + 1) * 1000


def _name(jwt: Jwt) -> str:
    name = jwt.claims.get("jti")
    if not isinstance(name, str) or len(name) not in _NAME_LENGTHS:
        raise _malformed("a token without a jti of 16 to 128 characters")
    return name


def _resolve(context: SaslContext, answer: Answer, issuer: Did) -> Steps[DidDocument]:
    """Step 7: the document as it is after the challenge was made, so that a key that was replaced is worth nothing."""
    try:
        return (yield from context.resolver.document(issuer, issued_after_ms=answer.asked.unix_ms))
    except ResolutionError as error:
        if error.unavailable:
            raise
        raise _refused("TOKEN_SIGNATURE", str(error)) from None


def _key(document: DidDocument, jwt: Jwt) -> PublicKey:
    key = document.atproto_key
    if key is None:
        raise _refused("TOKEN_SIGNATURE", "the DID document has no key #atproto")
    if algorithm_of(key.type) != jwt.algorithm:
        raise _refused("TOKEN_SIGNATURE", "the token is signed with another algorithm than that of its account's key")
    return key


def _spend(context: SaslContext, jwt: Jwt, issuer: Did, end_ms: int) -> None:
    match context.tokens.spend(issuer, _name(jwt), end_ms, context.clock(), context.place):
        case Spent.BEFORE:
            raise _replayed()
        case Spent.FULL:
            raise _refused("SERVER_BUSY", "too many sign-ins at once: try again in a few minutes")
        case Spent.NOW:
            pass


def _refused(code: str, text: str, *context: str) -> DetailedError:
    return DetailedError(code, text, (SERVICE_AUTH, *context))


def _malformed(text: str) -> DetailedError:
    return _refused("TOKEN_MALFORMED", text)


def _clock(seconds: int) -> DetailedError:
    text = "the token is not made after the challenge, or the clock of the account's host is wrong"
    return _refused("TOKEN_CLOCK", text, str(seconds))


def _replayed() -> DetailedError:
    return _refused("TOKEN_REPLAYED", "the token was used before")
