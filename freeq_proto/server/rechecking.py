"""Looking again at the identity behind sessions: who may not be that account any more is signed out.

The document of each DID that is signed in is fetched afresh every ``identity.recheck_seconds``, and the account's PDS
is asked how the account stands. A session loses its account when the DID is gone; when the key is gone by which it
signed in, or the ``#atproto`` key has changed where the PDS had vouched; when the account was taken down, deactivated
or deleted. Nobody loses anything because somebody does not answer: that is tried again, soon. A did:key is its own key
and cannot change.
"""

from typing import Final

import attrs

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

JITTER: Final = 0.2
"""The part of its time by which a look may come sooner or later."""

RETRY_SECONDS: Final = 60.0
"""After which a look is repeated that nobody answered; twice as long each time, up to the time between all others."""

_DOUBLINGS: Final = 20
_LOST: Final = {
    RepoStatus.TAKEN_DOWN: "the account was taken down",
    RepoStatus.DEACTIVATED: "the account was deactivated",
    RepoStatus.INACTIVE: "the account is not active",
    RepoStatus.NOT_FOUND: "the account was deleted",
}


@attrs.frozen
class _Standing:
    """What became of one look."""

    document: DidDocument | None = None
    """The document as it is now, if it could be had."""
    lost: str = ""
    """Why nobody may be this account any more."""
    answered: bool = True
    """Whether everybody who was asked answered."""


def watch_identity(server: Context, account: str | None) -> None:
    """Look at the identity of this account again in a while, and again, for as long as somebody is signed in as it."""
    if account is None or server.background.is_planned(Task.RECHECK, account):
        return
    did = parse_did(account)
    if did_method(did) != "key":
        _plan(server, did, server.config.identity.recheck_seconds, 0)


def _plan(server: Context, account: Did, seconds: float, failures: int) -> None:
    """Look in about ``seconds``: at random, so that those who came together are not looked at together for ever."""
    between = int.from_bytes(server.entropy(4), "big") / 2**32
    seconds *= 1 - JITTER + 2 * JITTER * between
    server.background.plan(Task.RECHECK, account, seconds, lambda: _begin(server, account, failures))


def _begin(server: Context, account: Did, failures: int) -> Flow[None] | None:
    """``failures``: how many looks before this one, in a row, were not answered."""
    if not any(_users(server, account)):
        return None
    _plan(server, account, server.config.identity.recheck_seconds, 0)
    return _look_again(server, account, failures)


def _users(server: Context, account: Did) -> tuple[User, ...]:
    return tuple(server.world.users_of(PrincipalId(account)))


def _place(server: Context, account: Did) -> str:
    """Where those who are signed in come from: whose host is slow waits for his own."""
    sessions = (session for user in _users(server, account) for session in user.sessions)
    return next((neighbourhood(session.peer.address) for session in sessions), "")


def _look_again(server: Context, account: Did, failures: int) -> Flow[None]:
    standing = yield from server.recheck_gate.limited(_inquire(server, account), _place(server, account))
    document = standing.document
    for user in _users(server, account):
        reasons = {session: standing.lost or _invalid(session.login, document) for session in user.sessions}
        withdraw(server, user, reasons)
    if not any(_users(server, account)):
        return
    if not standing.answered:
        seconds = min(RETRY_SECONDS * 2 ** min(failures, _DOUBLINGS), server.config.identity.recheck_seconds)
        _plan(server, account, seconds, failures + 1)
    if document is not None:
        yield from _look_at_handle(server, document)


def _look_at_handle(server: Context, document: DidDocument) -> Flow[None]:
    """A handle that was verified stays what it was while it is claimed and nobody says whose it is."""
    place = _place(server, document.did)
    try:
        handle = yield from server.recheck_gate.limited(server.resolver.verified_handle(document), place)
    except ResolutionError:
        for user in _users(server, document.did):
            user.handle = user.handle if user.handle == document.handle else ""
        return
    for user in _users(server, document.did):
        user.handle = handle or ""


def _inquire(server: Context, account: Did) -> Flow[_Standing]:
    resolver = server.resolver
    try:
        document = yield from resolver.document(account, issued_after_ms=server.now.unix_ms)
    except ResolutionError as error:
        return _Standing(lost="the DID does not exist any more" if error.gone else "", answered=not error.unavailable)
    if document.pds is None:
        return _Standing(document)
    try:
        status = yield from repo_status(resolver, document.pds, account)
    except PdsError as error:
        return _Standing(document, answered=not error.unavailable)
    return _Standing(document, lost=_LOST.get(status, ""))


def _invalid(login: Login | None, document: DidDocument | None) -> str:
    """Why a login is not good any more under the document as it is now."""
    if login is None or login.key is None or document is None:
        return ""
    if login.method == CRYPTO:
        return "" if login.key in document.login_keys else "the key that signed you in was removed from the DID"
    return "" if login.key == document.atproto_key else "the signing key of the account has changed"
