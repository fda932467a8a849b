"""What a user says of itself, and what it wants to hear of others: AWAY, SETNAME, user modes, MONITOR.

https://modern.ircdocs.horse/#away-message, https://modern.ircdocs.horse/#user-mode and
https://ircv3.net/specs/extensions/: away-notify, setname, bot-mode, monitor, extended-monitor.
"""

from collections.abc import Callable, Iterable
from typing import Final

from freeq_proto.boundary import Flow
from freeq_proto.caps import AWAY_NOTIFY
from freeq_proto.caps import SETNAME as SETNAME_CAPABILITY
from freeq_proto.irc import (
    USER_MODES,
    Message,
    ModeChange,
    Numeric,
    fold,
    format_modes,
    is_nick,
    numerics,
    parse_modes,
    truncate,
)
from freeq_proto.server.delivery import silenced_in
from freeq_proto.server.monitoring import tell_watchers
from freeq_proto.server.packing import pack
from freeq_proto.server.turn import Turn
from freeq_proto.server.user import User
from freeq_proto.server.welcome import AWAY_LIMIT, REALNAME_LIMIT


def away(turn: Turn, message: Message) -> None:
    """``AWAY [:<text>]``: without a text one is back."""
    user = turn.user
    text = truncate(message.params[0], AWAY_LIMIT) or None if message.params else None
    if text != user.away:
        user.away = text
        line = turn.source_line("AWAY", text=text, needs=AWAY_NOTIFY)
        turn.fanout.to_neighbours(user, line, skip=turn.session)
        tell_watchers(turn.server, user, line, AWAY_NOTIFY)
    turn.numeric(numerics.RPL_UNAWAY if text is None else numerics.RPL_NOWAWAY)


# --- SETNAME -------------------------------------------------------------------------------------------------------


def setname(turn: Turn, message: Message) -> None:
    """``SETNAME :<realname>``."""
    user, realname = turn.user, message.params[0]
    if not realname or len(realname.encode()) > REALNAME_LIMIT:
        _refuse_setname(turn, "INVALID_REALNAME", f"A realname has 1 to {REALNAME_LIMIT} bytes")
        return
    if (channel := silenced_in(user)) is not None:
        text = f"Cannot change realname while banned or quieted in {channel.name}"
        _refuse_setname(turn, "CANNOT_CHANGE_REALNAME", text)
        return
    user.realname = realname
    line = turn.source_line("SETNAME", text=realname, needs=SETNAME_CAPABILITY)
    turn.broadcast_neighbours(user, line)
    tell_watchers(turn.server, user, line, SETNAME_CAPABILITY)


def _refuse_setname(turn: Turn, code: str, text: str) -> None:
    """The setname specification has FAIL for those who negotiated setname, also without standard-replies."""
    if turn.session.caps & SETNAME_CAPABILITY:
        turn.say("FAIL", "SETNAME", code, text=text)
    else:
        turn.fail("SETNAME", code, text=text)


# --- MODE of a user ------------------------------------------------------------------------------------------------


def user_mode(turn: Turn, message: Message) -> Flow[None] | None:
    """``MODE <nick> [<modes>]``: one's own only. Who is an operator may lay it down, nobody takes it up here."""
    user = turn.user
    target, *wanted = message.params
    named = turn.world.user(target)
    if named is None:
        turn.numeric(numerics.ERR_NOSUCHNICK, target)
        return None
    if named is not user:
        turn.numeric(numerics.ERR_USERSDONTMATCH)
        return None
    if not wanted:
        turn.numeric(numerics.RPL_UMODEIS, f"+{user.modes}")
        return None
    changes, unknown = parse_modes(wanted, USER_MODES)
    before = user.modes
    for change in changes:
        if change.letter != "o" or not change.adding:
            turn.world.set_mode(user, change.letter, on=change.adding)
    if "o" not in user.modes:
        user.operator = None
    announce_modes(turn, user, before)
    if unknown:
        turn.numeric(numerics.ERR_UMODEUNKNOWNFLAG)
    return None


def announce_modes(turn: Turn, user: User, before: str) -> None:
    """Tell the sessions of ``user`` how its modes differ from what they were ``before``."""
    changes = [ModeChange(True, letter) for letter in user.modes if letter not in before]
    changes += [ModeChange(False, letter) for letter in before if letter not in user.modes]
    if changes:
        line = turn.source_line("MODE", user.nick, text=format_modes(changes)[0])
        turn.fanout.to_user(user, line, skip=turn.session)
        turn.hear(line)


# --- MONITOR -------------------------------------------------------------------------------------------------------


def monitor(turn: Turn, message: Message) -> None:
    """``MONITOR <+ | -> <nick>{,<nick>}``, or ``MONITOR <C | L | S>``."""
    subcommand = message.params[0].upper()
    if subcommand in _WITH_NICKS and len(message.params) < 2:
        turn.numeric(numerics.ERR_NEEDMOREPARAMS, "MONITOR")
    elif subcommand in _WITH_NICKS:
        nicks = {fold(nick): nick for nick in message.params[1].split(",") if is_nick(nick)}
        _WITH_NICKS[subcommand](turn, list(nicks.values()))
    elif subcommand in _WITHOUT_NICKS:
        _WITHOUT_NICKS[subcommand](turn)


def _watch(turn: Turn, nicks: list[str]) -> None:
    session, limit = turn.session, turn.config.limits.monitor
    added: list[str] = []
    refused: list[str] = []
    for nick in nicks:
        watched = session.monitored or {}
        if fold(nick) in watched:
            continue
        if len(watched) >= limit:
            refused.append(nick)
        else:
            turn.world.watch(session, nick)
            added.append(nick)
    _send_presence(turn, added)
    for targets in pack(refused, ","):
        turn.numeric(numerics.ERR_MONLISTFULL, str(limit), targets)


def _unwatch(turn: Turn, nicks: list[str]) -> None:
    for nick in nicks:
        turn.world.unwatch(turn.session, fold(nick))


def _clear(turn: Turn) -> None:
    for folded in tuple(turn.session.monitored or ()):
        turn.world.unwatch(turn.session, folded)


def _send_list(turn: Turn) -> None:
    _send_packed(turn, numerics.RPL_MONLIST, (turn.session.monitored or {}).values())
    turn.numeric(numerics.RPL_ENDOFMONLIST)


def _send_status(turn: Turn) -> None:
    _send_presence(turn, list((turn.session.monitored or {}).values()))


def _send_presence(turn: Turn, nicks: list[str]) -> None:
    online = {nick: user.hostmask for nick in nicks if (user := turn.world.user(nick)) is not None}
    _send_packed(turn, numerics.RPL_MONONLINE, online.values())
    _send_packed(turn, numerics.RPL_MONOFFLINE, (nick for nick in nicks if nick not in online))


def _send_packed(turn: Turn, numeric: Numeric, targets: Iterable[str]) -> None:
    for text in pack(targets, ","):
        turn.numeric(numeric, text=text)


_WITH_NICKS: Final[dict[str, Callable[[Turn, list[str]], None]]] = {"+": _watch, "-": _unwatch}
_WITHOUT_NICKS: Final[dict[str, Callable[[Turn], None]]] = {"C": _clear, "L": _send_list, "S": _send_status}
