"""The handle of an account: looked up after it signed in, so that nobody waits for it, and believed only both ways.

A DID's document claims a handle, and the handle must resolve to that DID; else WHOIS shows none. When that is known,
the sign-in is written down.
"""

import attrs

from freeq_proto.authority import PrincipalId
from freeq_proto.boundary import AccountRow, Flow
from freeq_proto.identity import DidDocument, ResolutionError
from freeq_proto.server.background import Task
from freeq_proto.server.cloak import neighbourhood
from freeq_proto.server.context import Context
from freeq_proto.server.login import Login
from freeq_proto.server.session import Session


def look_up_handle(server: Context, session: Session, document: DidDocument | None) -> None:
    """Find out the handle of the account that ``session`` signed in as; ``document`` is its DID's, if it is known."""
    login = session.login
    assert login is not None, "a guest has no handle"
    about = f"{login.account} {server.next_ticket()}"  # one for each login: a session may have several
    server.background.start(Task.WELCOME, about, _welcome(server, session, login, document))


def _welcome(server: Context, session: Session, login: Login, document: DidDocument | None) -> Flow[None]:
    place = neighbourhood(session.peer.address)
    handle = login.handle or (yield from server.gate.limited(_verified(server, login, document), place))
    users = tuple(server.world.users_of(PrincipalId(login.account)))
    if handle is None:  # then what another device of the account found out stands
        handle = next((user.handle for user in users if user.handle), "")
    if session.login is login:
        session.login = attrs.evolve(login, handle=handle)
    for user in users:
        user.handle = handle
    server.keep(AccountRow(login.account, handle, login.mechanism, login.method, login.unix_ms))


def _verified(server: Context, login: Login, document: DidDocument | None) -> Flow[str | None]:
    """The handle, "" if there is none that is the account's, or None if nobody answered."""
    try:
        if document is None:
            document = yield from server.resolver.document(login.account)
        return (yield from server.resolver.verified_handle(document)) or ""
    except ResolutionError as error:
        return None if error.unavailable else ""
