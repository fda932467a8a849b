"""The method ``service-auth``: have the user's PDS vouch for the user to one IRC server. Client side.

The rule that carries the safety is here: whom the token is for follows from the host that TLS authenticated, never from
what a server says. A hostile server that passes on another one's challenge gets a token that is worthless there.
"""

from collections.abc import Iterator
from typing import Final

from freeq_proto.boundary import Flow, RemoteProtocolError
from freeq_proto.identity import (
    InvalidJwtError,
    JsonValue,
    PdsAccess,
    PdsError,
    Resolver,
    get_service_auth,
    parse_did,
    parse_jwt,
)
from freeq_proto.irc import lower_ascii
from freeq_proto.sasl.challenge import Challenge, did_web_of
from freeq_proto.sasl.service_token import (
    SERVICE,
    SERVICE_AUTH,
    TLS_SERVER_END_POINT,
    TOKEN_METHOD,
    Binding,
    TokenForm,
    token_forms,
)

_NO_FRAGMENTS: Final = (400, 500)  # what PDSs before 0.5.1 answer to an audience with a fragment
_FORBIDDEN: Final = 403


class UnknownAudienceError(RemoteProtocolError):
    """The server says that it is a DID which does not say that it is this host. Ask no PDS for a token for it."""


class NoTokenError(RemoteProtocolError):
    """The user's PDS gave no token that this sign-in could use."""


def prove_by_token(
    resolver: Resolver, access: PdsAccess, challenge: Challenge, expected_server: str, end_point: bytes
) -> Flow[dict[str, JsonValue]]:
    """Return the answer to a challenge that was found to be one of ``expected_server``, as its members.

    ``end_point`` is the channel binding of the connection, or empty. Raises RemoteProtocolError.
    """
    audience = yield from _audience(resolver, challenge, expected_server)
    binding = Binding()
    if end_point and challenge.cb == TLS_SERVER_END_POINT:
        binding = Binding(TLS_SERVER_END_POINT, end_point)
    token = yield from _token(access, audience, challenge, binding)
    return {"did": access.did, "method": SERVICE_AUTH, "signature": token, "cb": binding.type}


def _audience(resolver: Resolver, challenge: Challenge, expected_server: str) -> Flow[str]:
    """The DID of the host: the one that follows from its name, or one whose document names the host."""
    own = did_web_of(expected_server)
    claimed = challenge.server_id
    if claimed is None or claimed == own:
        return own
    document = yield from resolver.document(parse_did(claimed))
    if lower_ascii(expected_server) not in document.irc_hosts:
        raise UnknownAudienceError("the server says that it is a DID whose document does not name this host")
    return document.did


def _token(access: PdsAccess, audience: str, challenge: Challenge, binding: Binding) -> Flow[str]:
    """Ask for a token in each form that the server takes, the strongest first, until the PDS gives one."""
    forbidden: PdsError | None = None
    legacy = False
    for name in ("lxm", "aud", "none"):
        if name not in challenge.bind:
            continue
        for form in _spellings(name, audience, challenge, binding, legacy=legacy):
            try:
                token = yield from get_service_auth(access, form.audience, form.method)
            except PdsError as error:
                if error.status in _NO_FRAGMENTS and "#" in form.audience:
                    legacy = True
                elif error.status == _FORBIDDEN:
                    forbidden = error
                    break
                else:
                    raise
            else:
                _check(token, access, form)
                return token
    if forbidden is not None:
        scope = f"rpc:{TOKEN_METHOD}?aud={audience}%23{SERVICE}"
        raise NoTokenError(f"{forbidden}: it needs the scope {scope}") from forbidden
    raise NoTokenError("the account's host makes no token that this server takes")


def _spellings(
    name: str, audience: str, challenge: Challenge, binding: Binding, *, legacy: bool
) -> Iterator[TokenForm]:
    """A form with the service's fragment, unless the PDS is known not to take those, and then without."""
    for without in (True,) if legacy else (False, True):
        for form in token_forms(audience, challenge.data, binding, legacy=without):
            if form.name == name:
                yield form


def _check(token: str, access: PdsAccess, form: TokenForm) -> None:
    """Show the server nothing but what was asked for: a PDS could answer with a token for something else."""
    try:
        claims = parse_jwt(token).claims
    except InvalidJwtError as error:
        raise NoTokenError(f"the account's host answers with something else than a token: {error}") from None
    asked = {"iss": access.did, "aud": form.audience, "lxm": form.method}
    if any(claims.get(name) != value for name, value in asked.items()):
        raise NoTokenError("the account's host answers with another token than was asked for")
