"""Looking again at the identity behind sessions: who may not be that account any more is signed out.

The document of each DID that is signed in is fetched afresh every ``identity.recheck_seconds``, and the account's PDS
is asked how the account stands. A session loses its account when the DID is gone; when the key is gone by which it
signed in, or the ``#atproto`` key has changed where the PDS had vouched; when the account was taken down, deactivated
or deleted. Nobody loses anything because somebody does not answer: that is tried again. A did:key is its own key and
cannot change.
"""

from typing import Final

from freeq_proto.authority import PrincipalId
from freeq_proto.boundary import Flow
from freeq_proto.identity import (
    Did,
    DidDocument,
    PdsError,
    RepoStatus,
    ResolutionError,
    did_method,
    parse_did,
    repo_status,
)
from freeq_proto.server.background import Task
from freeq_proto.server.cloak import neighbourhood
from freeq_proto.server.context import Context
from freeq_proto.server.login import CRYPTO, Login
from freeq_proto.server.signing_out import withdraw
from freeq_proto.server.user import User

_LOST: Final = {
    RepoStatus.TAKEN_DOWN: "the account was taken down",
    RepoStatus.DEACTIVATED: "the account was deactivated",
    RepoStatus.INACTIVE: "the account is not active",
    RepoStatus.NOT_FOUND: "the account was deleted",
}


def watch_identity(server: Context, account: str | None) -> None:
    """Look at the identity of this account again in a while, and again, for as long as somebody is signed in as it."""
    if account is None or server.background.is_planned(Task.RECHECK, account):
        return
    did = parse_did(account)
    if did_method(did) != "key":
        seconds = server.config.identity.recheck_seconds
        server.background.plan(Task.RECHECK, account, seconds, lambda: _begin(server, did))


def _begin(server: Context, account: Did) -> Flow[None] | None:
    if not any(_users(server, account)):
        return None
    watch_identity(server, account)
    return _look_again(server, account)


def _users(server: Context, account: Did) -> tuple[User, ...]:
    return tuple(server.world.users_of(PrincipalId(account)))


def _place(server: Context, account: Did) -> str:
    """Where those who are signed in come from: whose host is slow waits for his own."""
    sessions = (session for user in _users(server, account) for session in user.sessions)
    return next((neighbourhood(session.peer.address) for session in sessions), "")


def _look_again(server: Context, account: Did) -> Flow[None]:
    document, lost = yield from server.gate.limited(_inquire(server, account), _place(server, account))
    for user in _users(server, account):
        withdraw(server, user, {session: lost or _invalid(session.login, document) for session in user.sessions})
    if document is not None and any(_users(server, account)):
        yield from _look_at_handle(server, document)


def _look_at_handle(server: Context, document: DidDocument) -> Flow[None]:
    """A handle that was verified stays what it was while it is claimed and cannot be looked up."""
    handle = yield from server.gate.limited(server.resolver.verified_handle(document), _place(server, document.did))
    for user in _users(server, document.did):
        if handle is not None or user.handle != document.handle:
            user.handle = handle or ""


def _inquire(server: Context, account: Did) -> Flow[tuple[DidDocument | None, str]]:
    """The document as it is now, if it could be had, and why nobody may be this account any more."""
    resolver = server.resolver
    try:
        document = yield from resolver.document(account, issued_after_ms=server.now.unix_ms)
    except ResolutionError as error:
        return None, "the DID does not exist any more" if error.gone else ""
    if document.pds is None:
        return document, ""
    try:
        status = yield from repo_status(resolver, document.pds, account)
    except (PdsError, ResolutionError):
        return document, ""
    return document, _LOST.get(status, "")


def _invalid(login: Login | None, document: DidDocument | None) -> str:
    """Why a login is not good any more under the document as it is now."""
    if login is None or login.key is None or document is None:
        return ""
    if login.method == CRYPTO:
        return "" if login.key in document.login_keys else "the key that signed you in was removed from the DID"
    return "" if login.key == document.atproto_key else "the signing key of the account has changed"
