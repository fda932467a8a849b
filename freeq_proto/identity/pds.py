"""Conversations with a Personal Data Server: sessions, the state of an account, and service tokens.

https://atproto.com/specs/xrpc; the calls are those of the lexicons ``com.atproto.server`` and ``com.atproto.sync``. The
origin of the server is always handed in: for an account it is the one that its DID document names, never one that a
stranger does.
"""

import enum
from typing import Protocol

import attrs

from freeq_proto.boundary import Fetch, Fetched, Flow, HttpRequest
from freeq_proto.identity.did import Did, InvalidDidError, parse_did
from freeq_proto.identity.encoding import JsonValue
from freeq_proto.identity.resolver import Resolver
from freeq_proto.identity.xrpc import PdsError, authorized, members_of, succeeded, text_of, token_of, xrpc_request


class PdsAccess(Protocol):
    """Somebody's right to call a PDS: a session with a bearer token, or one of OAuth with its proofs."""

    @property
    def resolver(self) -> Resolver:
        """What makes requests for it."""

    @property
    def did(self) -> Did:
        """Whose account it is."""

    @property
    def pds(self) -> str:
        """The origin of the server."""

    def call(self, request: HttpRequest) -> Flow[Fetched]:
        """Make a request to the server with authorization; returns a success (200). Raises PdsError."""


@attrs.frozen
class PdsSession:
    """A session made with a password; the tokens let whoever holds them act as the account."""

    resolver: Resolver = attrs.field(repr=False)
    pds: str
    did: Did
    handle: str
    """As the server says it; not verified."""
    access: str = attrs.field(repr=False)
    refresh: str = attrs.field(repr=False)
    active: bool = True

    def call(self, request: HttpRequest) -> Flow[Fetched]:
        """See :class:`PdsAccess`."""
        return succeeded((yield Fetch(authorized(request, "Bearer", self.access))))


@attrs.frozen
class SessionInfo:
    """What a PDS says of the session that a token belongs to."""

    did: Did
    handle: str
    """As the server says it; not verified."""
    active: bool


class RepoStatus(enum.Enum):
    """What a PDS says of an account."""

    ACTIVE = "active"
    DEACTIVATED = "deactivated"
    TAKEN_DOWN = "takendown"
    INACTIVE = "inactive"
    """For another reason, or for none that is stated."""
    NOT_FOUND = "not found"


def create_session(resolver: Resolver, pds: str, identifier: str, password: str) -> Flow[PdsSession]:
    """Sign in with a handle or a DID and an (app) password. Raises PdsError.

    The caller compares the session's DID with the one whose document led to ``pds``.
    """
    body: dict[str, JsonValue] = {"identifier": identifier, "password": password}
    answer = yield Fetch(xrpc_request(resolver, pds, "com.atproto.server.createSession", body=body))
    return _session(resolver, pds, members_of(answer))


def refresh_session(session: PdsSession) -> Flow[PdsSession]:
    """Exchange the refresh token for new tokens; the old ones end. Raises PdsError."""
    request = xrpc_request(
        session.resolver,
        session.pds,
        "com.atproto.server.refreshSession",
        procedure=True,
        bearer=session.refresh,
    )
    fresh = _session(session.resolver, session.pds, members_of((yield Fetch(request))))
    if fresh.did != session.did:
        raise PdsError("the account's host answers with another account", status=200)
    return fresh


def delete_session(session: PdsSession) -> Flow[None]:
    """End a session: both its tokens are worth nothing then. Raises PdsError."""
    request = xrpc_request(
        session.resolver,
        session.pds,
        "com.atproto.server.deleteSession",
        procedure=True,
        bearer=session.refresh,
    )
    succeeded((yield Fetch(request)))


def get_session(resolver: Resolver, pds: str, access: str) -> Flow[SessionInfo]:
    """Ask whose bearer token this is. Raises PdsError; with a status of 400 or 401 the token is not good."""
    request = xrpc_request(resolver, pds, "com.atproto.server.getSession", bearer=access)
    return session_info((yield Fetch(request)))


def session_info(answer: object) -> SessionInfo:
    """Read an answer of ``com.atproto.server.getSession``, for those who asked by themselves. Raises PdsError."""
    members = members_of(answer)
    return SessionInfo(_did(members), text_of(members, "handle"), members.get("active", True) is True)


def get_service_auth(access: PdsAccess, audience: str, method: str) -> Flow[str]:
    """Ask for a token that lets ``audience`` know the account, for ``method`` alone and for a minute. Raises PdsError.

    It is returned as it came: what it says is to be checked by whoever uses it.
    """
    parameters = {"aud": audience, "lxm": method}
    request = xrpc_request(access.resolver, access.pds, "com.atproto.server.getServiceAuth", parameters=parameters)
    return text_of(members_of((yield from access.call(request))), "token")


def repo_status(resolver: Resolver, pds: str, did: Did) -> Flow[RepoStatus]:
    """Ask for the state of an account; nobody needs to be signed in. Raises PdsError."""
    request = xrpc_request(resolver, pds, "com.atproto.sync.getRepoStatus", parameters={"did": did})
    try:
        members = members_of((yield Fetch(request)))
    except PdsError as error:
        if error.error == "RepoNotFound":
            return RepoStatus.NOT_FOUND
        raise
    if members.get("active") is True:
        return RepoStatus.ACTIVE
    known = {status.value: status for status in (RepoStatus.DEACTIVATED, RepoStatus.TAKEN_DOWN)}
    status = members.get("status")
    return known.get(status, RepoStatus.INACTIVE) if isinstance(status, str) else RepoStatus.INACTIVE


def _session(resolver: Resolver, pds: str, members: dict[str, JsonValue]) -> PdsSession:
    return PdsSession(
        resolver,
        pds,
        _did(members),
        text_of(members, "handle"),
        access=token_of(members, "accessJwt"),
        refresh=token_of(members, "refreshJwt"),
        active=members.get("active", True) is True,
    )


def _did(members: dict[str, JsonValue]) -> Did:
    try:
        return parse_did(text_of(members, "did"))
    except InvalidDidError:
        raise PdsError("the account's host answers with something that is not a DID", status=200) from None
