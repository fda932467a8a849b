"""Which authorization server speaks for a PDS, and what it offers: https://atproto.com/specs/oauth.

The PDS names the server (RFC 9728), and the server describes itself (RFC 8414). Each document must be about the very
origin that it was asked at, or a PDS could lead its users to a server that takes their codes for another one.
"""

from typing import Final

import attrs

from freeq_proto.boundary import Fetch, Fetched, Flow
from freeq_proto.identity.encoding import JsonValue
from freeq_proto.identity.resolver import ResolutionError, Resolver
from freeq_proto.identity.urls import parse_http_url, parse_origin
from freeq_proto.identity.xrpc import ANSWER_LIMIT, PdsError, json_object


class OAuthError(PdsError):
    """An authorization server did not do what it was asked, or its user said no. Quotes nobody."""


@attrs.frozen
class AuthorizationServer:
    """What an authorization server says of itself, checked."""

    issuer: str
    """Its origin, and its name: two servers are the same if their issuers are equal."""
    authorization_endpoint: str
    token_endpoint: str
    pushed_authorization_request_endpoint: str
    revocation_endpoint: str | None = None


def authorization_server_of(resolver: Resolver, pds: str) -> Flow[AuthorizationServer]:
    """Return the authorization server of the PDS at the origin ``pds``. Raises OAuthError."""
    issuer = yield from issuer_of(resolver, pds)
    return (yield from authorization_server(resolver, issuer))


def issuer_of(resolver: Resolver, pds: str) -> Flow[str]:
    """Return the issuer that the PDS at the origin ``pds`` names: exactly one. Raises OAuthError."""
    members = yield from _document(resolver, f"{pds}/.well-known/oauth-protected-resource")
    if members.get("resource") != pds:
        raise OAuthError("the account's host describes another resource than itself")
    match members.get("authorization_servers"):
        case [str() as issuer] if parse_origin(issuer) == issuer:
            return issuer
        case _:
            raise OAuthError("the account's host does not name one authorization server")


def authorization_server(resolver: Resolver, issuer: str) -> Flow[AuthorizationServer]:
    """Return what the authorization server ``issuer`` offers. Raises OAuthError if that is not what is needed."""
    members = yield from _document(resolver, f"{issuer}/.well-known/oauth-authorization-server")
    if members.get("issuer") != issuer:
        raise OAuthError("the authorization server describes another one than itself")
    for name, needed in _NEEDED.items():
        offered = members.get(name)
        if not isinstance(offered, list) or not all(value in offered for value in needed):
            raise OAuthError(f"the authorization server lacks what AT Protocol demands: {name}")
    for name in _DEMANDED:
        if members.get(name) is not True:
            raise OAuthError(f"the authorization server lacks what AT Protocol demands: {name}")
    return AuthorizationServer(
        issuer,
        _endpoint(resolver, members, "authorization_endpoint"),
        _endpoint(resolver, members, "token_endpoint"),
        _endpoint(resolver, members, "pushed_authorization_request_endpoint"),
        _endpoint(resolver, members, "revocation_endpoint") if "revocation_endpoint" in members else None,
    )


_NEEDED: Final = {
    "response_types_supported": ("code",),
    "grant_types_supported": ("authorization_code", "refresh_token"),
    "code_challenge_methods_supported": ("S256",),
    "token_endpoint_auth_methods_supported": ("none",),
    "scopes_supported": ("atproto",),
    "dpop_signing_alg_values_supported": ("ES256",),
}
_DEMANDED: Final = (
    "authorization_response_iss_parameter_supported",
    "require_pushed_authorization_requests",
    "client_id_metadata_document_supported",
)


def _document(resolver: Resolver, url: str) -> Flow[dict[str, JsonValue]]:
    """Fetch metadata: the status is exactly 200, and the body an object in JSON (https://atproto.com/specs/oauth)."""
    try:
        request = resolver.request(url, headers=(("accept", "application/json"),), limit=ANSWER_LIMIT)
    except ResolutionError as error:
        raise OAuthError(f"the authorization server cannot be asked: {error}") from None
    answer = yield Fetch(request)
    if not isinstance(answer, Fetched):
        raise OAuthError("the authorization server does not answer", unavailable=True)
    members = json_object(answer) if answer.status == 200 else None
    if members is None:
        text = f"the authorization server does not describe itself: status {answer.status}"
        raise OAuthError(text, status=answer.status, unavailable=answer.status >= 500)
    return members


def _endpoint(resolver: Resolver, members: dict[str, JsonValue], name: str) -> str:
    value = members.get(name)
    url = parse_http_url(value) if isinstance(value, str) else None
    if url is None or (url.scheme != "https" and not resolver.private_network):
        raise OAuthError(f"the authorization server has no usable {name}")
    return str(url)
