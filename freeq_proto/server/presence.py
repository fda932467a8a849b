"""Who comes and goes, as others are told: QUIT, JOIN with roles, MONITOR. Presence never decides what is allowed."""

from collections.abc import Callable
from typing import Final

from freeq_proto.authority import FOUNDER, HALFOP, OP, VOICE
from freeq_proto.caps import AWAY_NOTIFY, EXTENDED_JOIN
from freeq_proto.irc import ModeChange, fold, format_modes, numerics
from freeq_proto.server.background import Task
from freeq_proto.server.channel import Channel
from freeq_proto.server.context import Context
from freeq_proto.server.session import Session
from freeq_proto.server.speech import Either, Line, Several, Speech
from freeq_proto.server.turn import user_line
from freeq_proto.server.user import User

SHOWN_AS: Final = ((OP | FOUNDER, "o"), (HALFOP, "h"), (VOICE, "v"))
"""Roles as mode letters; a founder is shown as an op."""


def quit_user(server: Context, user: User, last: Session, reason: str) -> None:
    """The last session of a user ends: tell its neighbours, and take it out of its channels."""
    stamp = server.stamp()
    server.fanout.to_neighbours(user, user_line(user, stamp, "QUIT", text=reason), skip=last)
    server.world.remember(user, server.now.unix_ms)
    guest = None if user.account is not None else user.principal.id
    if guest is not None:
        server.ledger.guest_ended(guest)
    for channel in tuple(user.channels.values()):
        server.world.part(user, channel)
        server.ledger.left(channel, guest)
    nick_gone(server, user.nick)


def rename(server: Context, user: User, nick: str, tell: Callable[[Line], None]) -> None:
    """Give a user another nick, which is free, or the same but for case; ``tell`` those who see him."""
    before, line = user.nick, user_line(user, server.stamp(), "NICK", text=nick)
    server.world.remember(user, server.now.unix_ms)
    server.world.rename(user, nick)
    tell(line)
    if fold(before) != user.folded:
        server.background.forget(Task.NICK, fold(before).decode())
        nick_gone(server, before)
        nick_appeared(server, user)


def joined(server: Context, user: User, channel: Channel) -> Speech:
    """The JOIN of a new member, extended for those who want it."""
    stamp = server.stamp()
    plain = user_line(user, stamp, "JOIN", channel.name)
    extended = user_line(user, stamp, "JOIN", channel.name, user.account or "*", text=user.realname)
    return Either(EXTENDED_JOIN, extended, plain)


def arrival(server: Context, user: User, channel: Channel) -> Speech:
    """What the others are told after that: which roles he comes with, and whether he is away.

    Roles are granted to principals and outlast a visit, so members who were here before must hear of them.
    """
    parts: list[Speech] = []
    roles = channel.facts.roles_of(user.principal.id)
    if shown := roles_changed(server, user, channel, 0, roles):
        parts.append(shown)
    if user.away is not None:
        parts.append(user_line(user, server.stamp(), "AWAY", text=user.away, needs=AWAY_NOTIFY))
    return Several(parts)


def roles_changed(server: Context, user: User, channel: Channel, before: int, after: int) -> Speech | None:
    """The MODE of the server that turns the roles that others saw of a member into those that he has now."""
    changes = [ModeChange(False, letter, user.nick) for role, letter in SHOWN_AS if before & role and not after & role]
    changes += [ModeChange(True, letter, user.nick) for role, letter in SHOWN_AS if after & role and not before & role]
    if not changes:
        return None
    words = " ".join(format_modes(changes))
    return Line(f":{server.config.name} MODE {channel.name} {words}", server.stamp())


def nick_appeared(server: Context, user: User) -> None:
    """Tell those who MONITOR this nick that it is online (730)."""
    for session in server.world.watchers(user.folded):
        server.fanout.send(
            session,
            (f":{server.config.name} {numerics.RPL_MONONLINE.code} {session.name} :{user.hostmask}",),
        )


def nick_gone(server: Context, nick: str) -> None:
    """Tell those who MONITOR this nick that it is offline (731)."""
    for session in server.world.watchers(fold(nick)):
        server.fanout.send(session, (f":{server.config.name} {numerics.RPL_MONOFFLINE.code} {session.name} :{nick}",))
