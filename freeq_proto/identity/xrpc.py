"""XRPC, the HTTP calls of AT Protocol: https://atproto.com/specs/xrpc. Requests, and what their answers mean."""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

import attrs

from freeq_proto.boundary import Fetched, HttpRequest, RemoteProtocolError
from freeq_proto.identity.encoding import InvalidEncodingError, JsonValue, encode_json, parse_json
from freeq_proto.identity.resolver import ResolutionError, Resolver

ANSWER_LIMIT: Final = 65_536
"""Bytes of an answer."""

_ERROR_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")

_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]{1,8192}={0,2}")

_PLAINLY: Final = {
    "AccountTakedown": "the account was taken down by its host",
    "AuthFactorTokenRequired": "the account's host wants a second factor: use an app password",
    "AuthenticationRequired": "the account's host does not accept this name and password",
    "ExpiredToken": "the session with the account's host has expired",
    "InvalidToken": "the account's host does not accept this session",
    "RateLimitExceeded": "the account's host wants fewer requests: try again later",
    "RepoNotFound": "the account's host does not know this account",
    "ScopeMissingError": "the session with the account's host may not do this",
    "invalid_token": "the account's host does not accept this session",
}


class PdsError(RemoteProtocolError):
    """A Personal Data Server did not do what it was asked. The text is fit to be shown to anybody; it quotes nobody."""

    def __init__(self, text: str, *, status: int = 0, error: str = "", unavailable: bool = False) -> None:
        super().__init__(text)
        self.status = status
        """The HTTP status; 0 where there was no answer."""
        self.error = error
        """The error's name, such as ``ScopeMissingError``: letters, digits, ``_.-``; empty if it has none."""
        self.unavailable = unavailable
        """Nobody answered, or not usefully: it may work later."""


def xrpc_request(
    resolver: Resolver,
    pds: str,
    method: str,
    *,
    parameters: Mapping[str, str] | None = None,
    body: Mapping[str, JsonValue] | None = None,
    procedure: bool = False,
    bearer: str = "",
) -> HttpRequest:
    """Make a call of ``method`` (an NSID) at the origin ``pds``: a query with ``parameters``, or a procedure (POST).

    A ``body`` makes it a procedure. Raises PdsError if ``pds`` is nothing that may be asked.
    """
    url = f"{pds}/xrpc/{method}"
    if parameters:
        url += "?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items())
    headers: tuple[tuple[str, str], ...] = (("accept", "application/json"),)
    if body is not None:
        headers += (("content-type", "application/json"),)
    encoded = b"" if body is None else encode_json(dict(body))
    verb = "POST" if procedure or body is not None else "GET"
    try:
        request = resolver.request(url, method=verb, headers=headers, body=encoded, limit=ANSWER_LIMIT)
    except ResolutionError as error:
        raise PdsError(f"the account's host cannot be asked: {error}") from None
    return authorized(request, "Bearer", bearer) if bearer else request


def authorized(request: HttpRequest, scheme: str, token: str) -> HttpRequest:
    """Put a token into ``Authorization``. Raises PdsError if it has characters that no token has (RFC 7235 §2.1)."""
    if not _TOKEN.fullmatch(token):
        raise PdsError("not a token")
    return attrs.evolve(request, headers=(*request.headers, ("authorization", f"{scheme} {token}")))


def succeeded(answer: object) -> Fetched:
    """Return ``answer`` if it is a success. Raises PdsError, also for a redirect."""
    if not isinstance(answer, Fetched):
        raise PdsError("the account's host does not answer", unavailable=True)
    if answer.status != 200:
        name = error_name(answer)
        text = _PLAINLY.get(name, f"the account's host refuses: status {answer.status}")
        unavailable = answer.status >= 500 or answer.status == 429
        raise PdsError(text, status=answer.status, error=name, unavailable=unavailable)
    return answer


def members_of(answer: object) -> dict[str, JsonValue]:
    """Return the JSON object of a success. Raises PdsError."""
    members = json_object(succeeded(answer))
    if members is None:
        raise PdsError("the account's host does not answer with a JSON object", status=200)
    return members


def text_of(members: Mapping[str, JsonValue], name: str) -> str:
    """Return a member that must be a string, and not an empty one. Raises PdsError."""
    value = members.get(name)
    if not isinstance(value, str) or not value:
        raise PdsError(f"the answer of the account's host lacks {name}", status=200)
    return value


def token_of(members: Mapping[str, JsonValue], name: str) -> str:
    """Return a member that must be a token, as it may stand in ``Authorization``. Raises PdsError."""
    token = text_of(members, name)
    if not _TOKEN.fullmatch(token):
        raise PdsError(f"the answer of the account's host has an unusable {name}", status=200)
    return token


def error_name(answer: Fetched) -> str:
    """Return the ``error`` of an answer, of XRPC or of OAuth, or "" if it has none of valid form."""
    name = (json_object(answer) or {}).get("error")
    return name if isinstance(name, str) and _ERROR_NAME.fullmatch(name) else ""


def json_object(answer: Fetched) -> dict[str, JsonValue] | None:
    """Return the body if it is a JSON object."""
    try:
        value = parse_json(answer.body, ANSWER_LIMIT)
    except InvalidEncodingError:
        return None
    return value if isinstance(value, dict) else None
