"""How a connection becomes a user: nick, username, perhaps a password and an account, and the end of CAP."""

from freeq_proto.boundary import Computed, Flow, Registered, VerifyPassword, Work
from freeq_proto.irc import fold, is_nick, numerics
from freeq_proto.server.presence import nick_appeared
from freeq_proto.server.session import Session
from freeq_proto.server.signing_in import answer_exchange
from freeq_proto.server.turn import Turn
from freeq_proto.server.user import User
from freeq_proto.server.welcome import send_welcome


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
    if fold(registration.nick) in turn.world.users:
        taken = registration.nick
        registration.nick = ""
        turn.numeric(numerics.ERR_NICKNAMEINUSE, taken)
        return
    if session.exchange is not None and (refused := session.exchange.abort()) is not None:
        answer_exchange(turn, refused)
    _register(turn)


def _register(turn: Turn) -> None:
    session, server = turn.session, turn.server
    registration = session.registration
    assert registration is not None
    user = User(
        nick=registration.nick,
        username=registration.username,
        realname=registration.realname,
        host=session.host,
        guest_id=server.identity.guest(session.conn),
        signed_on_ms=server.now.unix_ms,
        account=registration.account,
        active_at=server.now.mono,
    )
    turn.world.add_user(user, session)
    server.registered(session)
    send_welcome(turn)
    server.emit_event(Registered(session.conn, user.nick, session.peer.address, user.host, user.account))
    nick_appeared(server, user)


def refuse_nick(turn: Turn, nick: str) -> bool:
    """Whether ``nick`` cannot be had by this session; it was told why."""
    if not nick:
        turn.numeric(numerics.ERR_NONICKNAMEGIVEN)
    elif not is_nick(nick):
        turn.numeric(numerics.ERR_ERRONEUSNICKNAME, nick)
    else:
        holder = turn.world.users.get(fold(nick))
        if holder is None or holder is turn.session.user:
            return False
        turn.numeric(numerics.ERR_NICKNAMEINUSE, nick)
    return True
