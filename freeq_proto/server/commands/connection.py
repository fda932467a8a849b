"""The connection itself: CAP, AUTHENTICATE, PASS, NICK, USER, PING, PONG, QUIT, ISUPPORT.

https://modern.ircdocs.horse/#connection-messages
"""

from freeq_proto.boundary import Flow
from freeq_proto.caps import EXTENDED_ISUPPORT, SASL
from freeq_proto.irc import USERNAME_LIMIT, Message, numerics, truncate
from freeq_proto.server.delivery import silenced_in
from freeq_proto.server.nicks import claim_nick, take_nick
from freeq_proto.server.presence import rename
from freeq_proto.server.registration import refuse_nick
from freeq_proto.server.signing_in import authenticate as take_authenticate
from freeq_proto.server.speech import Line
from freeq_proto.server.turn import Turn
from freeq_proto.server.welcome import REALNAME_LIMIT, send_isupport

_QUIT_LIMIT = 300


def cap(turn: Turn, message: Message) -> None:
    """``CAP <subcommand> [...]`` (IRCv3 capability negotiation)."""
    session = turn.session
    subcommand, *args = message.params
    answers = session.negotiation.handle(
        subcommand, args, turn.server.offer_to(session), registered=session.user is not None
    )
    if answers is None:
        turn.numeric(numerics.ERR_INVALIDCAPCMD, subcommand)
        return
    for *words, listed in answers:
        turn.say("CAP", session.name, *words, text=listed)
    turn.server.update_caps(session)


def authenticate(turn: Turn, message: Message) -> Flow[None] | None:
    """``AUTHENTICATE <mechanism | data | * | +>`` (IRCv3 sasl-3.1)."""
    if not turn.session.caps & SASL:
        turn.numeric(numerics.ERR_SASLFAIL, text="SASL needs the capability sasl")
        return None
    return take_authenticate(turn, message.params[0])


def password(turn: Turn, message: Message) -> None:
    """``PASS <password>``: remembered until registration."""
    registration = turn.session.registration
    if registration is None:
        turn.numeric(numerics.ERR_ALREADYREGISTERED)
    else:
        registration.password = message.params[0]


def user(turn: Turn, message: Message) -> None:
    """``USER <username> <mode> <unused> :<realname>``. Nobody looked the username up, so it begins with ``~``."""
    registration = turn.session.registration
    if registration is None:
        turn.numeric(numerics.ERR_ALREADYREGISTERED)
        return
    plain = "".join(
        letter for letter in message.params[0] if letter.isascii() and (letter.isalnum() or letter in "-._")
    )
    registration.username = truncate("~" + (plain or "user"), USERNAME_LIMIT)
    registration.realname = truncate(message.params[3], REALNAME_LIMIT) or registration.username


def nick(turn: Turn, message: Message) -> None:
    """``NICK <nickname>``: before registration a wish, after it a change that all neighbours see."""
    wanted = message.params[0] if message.params else ""
    session = turn.session
    if refuse_nick(turn, wanted):
        return
    if session.registration is not None:
        session.registration.nick = wanted
    elif wanted != turn.user.nick:
        _rename(turn, wanted)


def _rename(turn: Turn, wanted: str) -> None:
    user, server = turn.user, turn.server
    if (channel := silenced_in(user)) is not None:
        text = f"You are banned or quieted in {channel.name}, so your nick stays"
        turn.numeric(numerics.ERR_NONICKCHANGE, text=text)
        return
    take_nick(server, user, wanted)
    rename(server, user, wanted, lambda line: _tell_of_rename(turn, line))
    claim_nick(server, user)


def _tell_of_rename(turn: Turn, line: Line) -> None:
    turn.broadcast_neighbours(turn.user, line)
    turn.finish()  # who monitors himself hears of it under his new nick


def ping(turn: Turn, message: Message) -> None:
    """``PING <token>``, answered with the same token."""
    if not message.params:
        turn.numeric(numerics.ERR_NOORIGIN)
    else:
        turn.say("PONG", turn.config.name, text=message.params[0])


def pong(_turn: Turn, _message: Message) -> None:
    """``PONG <token>``: that it came is enough."""


def quit_(turn: Turn, message: Message) -> None:
    """``QUIT [:<reason>]``. The prefix tells a client's own words, or their absence, from the server's."""
    reason = truncate(message.params[0], _QUIT_LIMIT) if message.params else ""
    turn.finish()
    turn.server.close(turn.session, f"Quit: {reason}")


def isupport(turn: Turn, _message: Message) -> None:
    """``ISUPPORT`` (draft/extended-isupport): the 005 tokens again, also before registration."""
    if turn.session.user is None and not turn.session.caps & EXTENDED_ISUPPORT:
        turn.numeric(numerics.ERR_NOTREGISTERED)
    else:
        send_isupport(turn)
