"""How a connection becomes a user: nick, username, perhaps a password and an account, and the end of CAP.

Who signed in and asks for a nick under which his account is here becomes one more session of that user; see
:mod:`freeq_proto.server.devices`.
"""

from typing import Final

from freeq_proto.boundary import Computed, Flow, Registered, VerifyPassword, Work
from freeq_proto.irc import is_nick, numerics
from freeq_proto.server.devices import attach
from freeq_proto.server.nicks import claim_nick, owner_of, take_nick
from freeq_proto.server.presence import nick_appeared
from freeq_proto.server.rechecking import watch_identity
from freeq_proto.server.rejoining import rejoin
from freeq_proto.server.session import Session
from freeq_proto.server.signing_in import answer_exchange
from freeq_proto.server.turn import Turn
from freeq_proto.server.user import User
from freeq_proto.server.welcome import send_welcome

_BELONGS: Final = "Nickname belongs to an account: sign in as its owner, or use another"


def may_register(session: Session) -> bool:
    """Whether everything was said that registration needs."""
    registration = session.registration
    return (
        registration is not None
        and not session.closing
        and not session.negotiation.negotiating
        and bool(registration.nick and registration.username)
    )


def complete_registration(turn: Turn) -> Flow[None]:
    """Check the password, take the nick, and welcome the user. Where that fails the connection is told or closed."""
    session, config = turn.session, turn.config
    registration = session.registration
    assert registration is not None, "only what is not registered can register"
    if config.password:
        answer = yield Work(VerifyPassword(config.password, registration.password))
        if answer != Computed(True):
            turn.numeric(numerics.ERR_PASSWDMISMATCH)
            turn.server.close(session, "Bad password")
            return
    wanted, registration.nick = registration.nick, ""
    if refuse_nick(turn, wanted):
        return
    registration.nick = wanted
    if session.exchange is not None and (refused := session.exchange.abort()) is not None:
        answer_exchange(turn, refused)
    holder = turn.world.user(registration.nick)
    if holder is not None and session.login is not None and holder.account == session.login.account:
        yield from attach(turn, holder)
    else:
        take_nick(turn.server, None, registration.nick)
        _register(turn)
        if turn.user.account is not None and not _is_here_already(turn):
            yield from rejoin(turn)


def _is_here_already(turn: Turn) -> bool:
    return any(user is not turn.user for user in turn.world.users_of(turn.user.principal.id))


def _register(turn: Turn) -> None:
    session, server, login = turn.session, turn.server, turn.session.login
    registration = session.registration
    assert registration is not None
    user = User(
        nick=registration.nick,
        username=registration.username,
        realname=registration.realname,
        host=session.host,
        guest_id=server.identity.guest(session.conn),
        signed_on_ms=server.now.unix_ms,
        account=None if login is None else login.account,
        handle="" if login is None else login.handle,
        active_at=server.now.mono,
    )
    turn.world.add_user(user, session)
    server.registered(session)
    send_welcome(turn)
    server.emit_event(Registered(session.conn, user.nick, session.peer.address, user.host, user.account))
    nick_appeared(server, user)
    claim_nick(server, user, registering=True)
    watch_identity(server, user.account)


def refuse_nick(turn: Turn, nick: str) -> bool:
    """Whether ``nick`` cannot be had by this session; it was told why."""
    if not nick:
        turn.numeric(numerics.ERR_NONICKNAMEGIVEN)
    elif not is_nick(nick):
        turn.numeric(numerics.ERR_ERRONEUSNICKNAME, nick)
    elif (why := _not_to_be_had(turn, nick)) is not None:
        turn.numeric(numerics.ERR_NICKNAMEINUSE, nick, text=why)
    else:
        return False
    return True


def _not_to_be_had(turn: Turn, nick: str) -> str | None:
    """Why this session cannot have a nick.

    While capabilities are negotiated a client may still sign in, as the owner perhaps: then what only he can have is
    refused later, when registration is complete.
    """
    session, world = turn.session, turn.world
    user, account = session.user, None if session.login is None else session.login.account
    holder, owner = world.user(nick), owner_of(turn.server, nick)
    if holder is not None and holder is user:
        return None
    if account is None and session.negotiation.negotiating and (owner or (holder is not None and holder.account)):
        return None
    if owner is not None and owner != account:
        return _BELONGS
    if holder is None:
        return None
    if holder.account is not None and holder.account == account:
        return None if user is None else numerics.ERR_NICKNAMEINUSE.text
    return None if owner is not None else numerics.ERR_NICKNAMEINUSE.text
