"""MODE for channels: reading a mode string into acts, and showing modes and lists.

https://modern.ircdocs.horse/#mode-message
"""

from collections.abc import Callable
from typing import Final

from freeq_proto.authority import (
    ACCOUNT_LIMIT,
    KEY_LIMIT,
    PATTERN_LIMIT,
    Ban,
    Body,
    Grant,
    PrincipalId,
    Revoke,
    SetFlag,
    SetKey,
    SetLimit,
    Unban,
    is_account,
)
from freeq_proto.boundary import Flow
from freeq_proto.identity import InvalidDidError, parse_did
from freeq_proto.irc import (
    CHANNEL_MODES,
    CHANNEL_PREFIX,
    Message,
    ModeChange,
    ModeKind,
    Numeric,
    numerics,
    parse_modes,
    takes_argument,
)
from freeq_proto.server.acting import enact
from freeq_proto.server.announce import MODES_PER_LINE
from freeq_proto.server.channel import Channel
from freeq_proto.server.commands.channels import known_channel, member_named
from freeq_proto.server.commands.status import user_mode
from freeq_proto.server.turn import Turn

_LIMIT_DIGITS: Final = 7

_LISTS: Final[dict[str, tuple[Numeric, Numeric]]] = {
    "b": (numerics.RPL_BANLIST, numerics.RPL_ENDOFBANLIST),
    "e": (numerics.RPL_EXCEPTLIST, numerics.RPL_ENDOFEXCEPTLIST),
    "I": (numerics.RPL_INVEXLIST, numerics.RPL_ENDOFINVEXLIST),
    "q": (numerics.RPL_QUIETLIST, numerics.RPL_ENDOFQUIETLIST),
}


def mode(turn: Turn, message: Message) -> Flow[None] | None:
    """``MODE <target> [<modes> [<argument>...]]``."""
    target, *changes = message.params
    if not target.startswith(CHANNEL_PREFIX):
        return user_mode(turn, message)
    channel = known_channel(turn, target)
    if channel is None:
        turn.numeric(numerics.ERR_NOSUCHCHANNEL, target)
        return None
    if not changes:
        _send_modes(turn, channel)
        return None
    return _change(turn, channel, changes)


def _send_modes(turn: Turn, channel: Channel) -> None:
    facts, inside = channel.facts, turn.user in channel.members
    letters, arguments = facts.flags, []
    if facts.key is not None:
        letters += "k"
        arguments.append(facts.key if inside else "*")
    if facts.limit is not None:
        letters += "l"
        arguments.append(str(facts.limit))
    turn.numeric(numerics.RPL_CHANNELMODEIS, channel.name, f"+{letters}", *arguments)
    turn.numeric(numerics.RPL_CREATIONTIME, channel.name, str(facts.created_ms // 1000))


def _change(turn: Turn, channel: Channel, params: list[str]) -> Flow[None]:
    changes, unknown = parse_modes(params, CHANNEL_MODES)
    for letter in unknown[:MODES_PER_LINE]:
        turn.numeric(numerics.ERR_UNKNOWNMODE, letter)
    read = (_READERS[CHANNEL_MODES[each.letter]](turn, channel, each) for each in _bounded(turn, channel, changes))
    yield from enact(turn, channel, [body for body in read if body is not None])


def _bounded(turn: Turn, channel: Channel, changes: list[ModeChange]) -> list[ModeChange]:
    """What one command may change: each flag as last said, and so many changes with an argument. Queries are answered.

    So a mode string of 500 letters costs no more than a short one.
    """
    queries = dict.fromkeys(
        change.letter for change in changes if CHANNEL_MODES[change.letter] is ModeKind.LIST and change.argument is None
    )
    for letter in queries:
        _send_list(turn, channel, letter)
    kept: dict[str | int, ModeChange] = {}
    arguments = 0
    for change in changes:
        kind = CHANNEL_MODES[change.letter]
        if change.letter in queries and change.argument is None:
            continue
        if takes_argument(kind, adding=change.adding):
            arguments += 1
            if arguments <= MODES_PER_LINE:
                kept[arguments] = change
        else:
            kept.pop(change.letter, None)
            kept[change.letter] = change
    return list(kept.values())


def _send_list(turn: Turn, channel: Channel, letter: str) -> None:
    entry_numeric, end_numeric = _LISTS[letter]
    words = (channel.name, letter) if letter == "q" else (channel.name,)
    for entry in channel.facts.entries(letter).values():
        turn.numeric(entry_numeric, *words, entry.pattern.text, entry.shown, str(entry.unix_ms // 1000))
    turn.numeric(end_numeric, *words)


# --- reading one change --------------------------------------------------------------------------------------------


def _invalid(turn: Turn, channel: Channel, change: ModeChange, why: str) -> None:
    turn.numeric(numerics.ERR_INVALIDMODEPARAM, channel.name, change.letter, change.argument or "*", text=why)


def _list_entry(turn: Turn, channel: Channel, change: ModeChange) -> Body | None:
    text = change.argument or ""
    if not text or " " in text or text.startswith(":") or len(text.encode()) > PATTERN_LIMIT:
        _invalid(turn, channel, change, f"A mask has 1 to {PATTERN_LIMIT} bytes and no space")
        return None
    return Ban(change.letter, text) if change.adding else Unban(change.letter, text)


def _key(turn: Turn, channel: Channel, change: ModeChange) -> Body | None:
    if not change.adding:
        return SetKey(None)
    key = change.argument
    if key is None:
        turn.numeric(numerics.ERR_NEEDMOREPARAMS, "MODE")
        return None
    if not key or len(key.encode()) > KEY_LIMIT or key.startswith(":") or any(letter in key for letter in " ,"):
        turn.numeric(numerics.ERR_INVALIDKEY, channel.name)
        return None
    return SetKey(key)


def _limit(turn: Turn, channel: Channel, change: ModeChange) -> Body | None:
    if not change.adding:
        return SetLimit(None)
    digits = change.argument
    if digits is None:
        turn.numeric(numerics.ERR_NEEDMOREPARAMS, "MODE")
        return None
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _LIMIT_DIGITS and int(digits)):
        _invalid(turn, channel, change, f"A limit is a number from 1, of at most {_LIMIT_DIGITS} digits")
        return None
    return SetLimit(int(digits))


def _flag(_turn: Turn, _channel: Channel, change: ModeChange) -> Body | None:
    return SetFlag(change.letter, change.adding)


def _role(turn: Turn, channel: Channel, change: ModeChange) -> Body | None:
    if change.argument is None:
        turn.numeric(numerics.ERR_NEEDMOREPARAMS, "MODE")
        return None
    subject = _subject(turn, channel, change.argument)
    if subject is None:
        return None
    return Grant(subject, change.letter) if change.adding else Revoke(subject, change.letter)


def _subject(turn: Turn, channel: Channel, name: str) -> PrincipalId | None:
    """Whom a name means: a member by nick, or anybody by DID, here or not."""
    if is_account(name) and len(name) <= ACCOUNT_LIMIT:
        try:
            return PrincipalId(parse_did(name))
        except InvalidDidError:
            turn.numeric(numerics.ERR_NOSUCHNICK, name)
            return None
    user = member_named(turn, channel, name)
    return None if user is None else user.principal.id


_READERS: Final[dict[ModeKind, Callable[[Turn, Channel, ModeChange], Body | None]]] = {
    ModeKind.LIST: _list_entry,
    ModeKind.SETTING: _key,
    ModeKind.LIMIT: _limit,
    ModeKind.FLAG: _flag,
    ModeKind.PREFIX: _role,
}
