"""Who is where, and what they are called: commands that change what we know, each one function.

A handler takes in one message and returns whether it made sense. What names somebody unknown, or a channel that we are
not in, changes nothing.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from freeq_proto.client.core import Core
from freeq_proto.client.events import (
    AccountChanged,
    AwayChanged,
    HostChanged,
    Invited,
    Joined,
    Kicked,
    ModeChanged,
    NameChanged,
    NickChanged,
    Parted,
    Quit,
    TopicChanged,
)
from freeq_proto.client.said import Source
from freeq_proto.client.words import is_word
from freeq_proto.client.world import Channel, ListEntry, User
from freeq_proto.irc import Message, ModeChange, ModeKind, parse_modes

Handler: TypeAlias = Callable[[Core, Message, str], bool]
"""Takes the type of the batch that a message stands in, "" for none."""

NO_ACCOUNT: Final = ("*", "0")
"""How the absence of an account is written."""


def account_of(text: str) -> str | None:
    """An account as a message names it."""
    return None if text in NO_ACCOUNT or not text else text


def _note_source(core: Core, source: Source) -> User | None:
    """Learn username and host from the beginning of a line; return who it is, if known."""
    user = core.world.user(source.nick)
    if user is not None and source.host:
        user.username, user.host = source.username, source.host
    return user


def _join(core: Core, message: Message, batch: str) -> bool:
    """Modern IRC, JOIN; extended-join adds account and realname."""
    source = core.source(message)
    name = message.params[0]
    is_self = core.is_me(source.nick)
    if is_self:
        if core.world.channel(name) is None and len(core.world.channels) >= core.config.bounds.channels:
            return True
        channel: Channel | None = core.world.enter(name)
    else:
        channel = core.world.channel(name)
    if channel is None or not (is_self or may_track(core, channel, source.nick)):
        return True
    user = core.world.add(channel, source.nick).user
    _note_source(core, source)
    account, realname = None, ""
    if len(message.params) > 2:
        account, realname = account_of(message.params[1]), message.params[2]
        user.account, user.realname = account, realname
    elif "account" in message.tags:
        account = user.account = account_of(message.tags["account"])
    core.emit(Joined(channel.name, source, account, realname, is_self, netjoin=batch == "netjoin"))
    return True


def may_track(core: Core, channel: Channel, nick: str) -> bool:
    """Whether somebody who is in a channel is known to be, or may become so; else the channel is incomplete."""
    bounds = core.config.bounds
    has_room = len(channel.members) < bounds.members and core.world.memberships < bounds.all_members
    if has_room or core.world.member(channel, nick) is not None:
        return True
    channel.incomplete = True
    return False


def _part(core: Core, message: Message, _batch: str) -> bool:
    source = core.source(message)
    channel = core.world.channel(message.params[0])
    if channel is not None:
        is_self = _remove(core, channel, source.nick)
        core.emit(Parted(channel.name, source, _text(message, 1), is_self))
    return True


def _kick(core: Core, message: Message, _batch: str) -> bool:
    channel = core.world.channel(message.params[0])
    if channel is not None:
        is_self = _remove(core, channel, message.params[1])
        core.emit(Kicked(channel.name, message.params[1], core.source(message), _text(message, 2), is_self))
    return True


def _remove(core: Core, channel: Channel, nick: str) -> bool:
    """Take somebody out of a channel; whether it was ourselves."""
    if core.is_me(nick):
        core.world.leave(channel.name)
        return True
    user = core.world.user(nick)
    if user is not None:
        core.world.remove(channel, user)
    return False


def _quit(core: Core, message: Message, batch: str) -> bool:
    source = core.source(message)
    user = core.world.user(source.nick)
    if user is not None and user is not core.world.me:
        channels = tuple(channel.name for channel in core.world.forget(user))
        core.emit(Quit(source, channels, _text(message, 0), netsplit=batch == "netsplit"))
    return True


def _nick(core: Core, message: Message, _batch: str) -> bool:
    source, nick = core.source(message), message.params[0]
    user = _note_source(core, source)
    is_self = user is core.world.me
    if core.is_me(nick) and not is_self:
        return False  # nobody else can have it
    if is_self and not is_word(nick):
        return False  # nor can we have this one
    if user is not None and nick:
        core.world.rename(user, nick)
        core.emit(NickChanged(source, nick, is_self))
    return True


def _mode(core: Core, message: Message, _batch: str) -> bool:
    source, target = core.source(message), message.params[0]
    if core.is_me(target):
        changes, _ = parse_modes(message.params[1:], _AnyFlag())
        core.world.modes = _changed_modes(core.world.modes, changes)
        core.emit(ModeChanged(core.world.me.nick, tuple(changes), source, is_self=True))
        return True
    channel = core.world.channel(target)
    if channel is not None:
        changes, _ = parse_modes(message.params[1:], core.features.channel_modes)
        for change in changes:
            apply_mode(core, channel, change, str(source), core.now.unix_ms // 1000)
        core.emit(ModeChanged(channel.name, tuple(changes), source))
    return True


class _AnyFlag(dict[str, ModeKind]):
    """A table in which every letter is a mode without an argument."""

    def __contains__(self, letter: object) -> bool:
        return True

    def __getitem__(self, letter: str) -> ModeKind:
        return ModeKind.FLAG


def _changed_modes(modes: dict[str, None], changes: list[ModeChange]) -> dict[str, None]:
    letters = dict(modes)
    for change in changes:
        if change.adding and change.letter.isascii():
            letters[change.letter] = None
        else:
            letters.pop(change.letter, None)
    return letters


def set_own_modes(core: Core, letters: str) -> None:
    """The server told our modes (RPL_UMODEIS)."""
    core.world.modes = dict.fromkeys(letters.removeprefix("+").replace("-", ""))


def apply_mode(core: Core, channel: Channel, change: ModeChange, set_by: str, set_at: int) -> None:
    """Change what we know of a channel's modes."""
    letter, argument = change.letter, change.argument
    match core.features.channel_modes[letter]:
        case ModeKind.PREFIX:
            member = core.world.member(channel, argument or "")
            if member is not None:
                symbol = core.features.prefixes[letter]
                others = member.prefixes.replace(symbol, "")
                member.prefixes = core.world.ranked(others + symbol if change.adding else others)
        case ModeKind.LIST:
            if argument is not None:
                change_list(core, channel, letter, ListEntry(argument, set_by, set_at), adding=change.adding)
        case _:
            if change.adding:
                channel.modes[letter] = argument
            else:
                channel.modes.pop(letter, None)


def change_list(core: Core, channel: Channel, letter: str, entry: ListEntry, *, adding: bool) -> None:
    """Add to or remove from a list of masks."""
    entries = channel.lists.setdefault(letter, {})
    if not adding:
        entries.pop(entry.mask, None)
    elif len(entries) < core.config.bounds.list_entries:
        entries[entry.mask] = entry


def _topic(core: Core, message: Message, _batch: str) -> bool:
    channel = core.world.channel(message.params[0])
    if channel is not None:
        source = core.source(message)
        channel.topic = _text(message, 1)
        channel.topic_by, channel.topic_at = str(source), core.now.unix_ms // 1000
        core.emit(TopicChanged(channel.name, channel.topic, source))
    return True


def _invite(core: Core, message: Message, _batch: str) -> bool:
    nick, channel = message.params[0], message.params[1]
    core.emit(Invited(channel, nick, core.source(message), core.is_me(nick)))
    return True


def _away(core: Core, message: Message, _batch: str) -> bool:
    """away-notify."""
    source = core.source(message)
    user = _note_source(core, source)
    if user is not None:
        user.away = _text(message, 0) or None
        core.emit(AwayChanged(source, user.away, user is core.world.me))
    return True


def _account(core: Core, message: Message, _batch: str) -> bool:
    """account-notify."""
    source = core.source(message)
    user = _note_source(core, source)
    account = account_of(message.params[0])
    if user is not None and user.account != account:
        user.account = account
        core.emit(AccountChanged(source, account, user is core.world.me))
    return True


def _chghost(core: Core, message: Message, _batch: str) -> bool:
    source = core.source(message)
    user = core.world.user(source.nick)
    username, host = message.params[0], message.params[1]
    if user is not None:
        user.username, user.host = username, host
        core.emit(HostChanged(source, username, host, user is core.world.me))
    return True


def _setname(core: Core, message: Message, _batch: str) -> bool:
    source = core.source(message)
    user = _note_source(core, source)
    if user is not None:
        user.realname = message.params[0]
        core.emit(NameChanged(source, user.realname, user is core.world.me))
    return True


def _text(message: Message, index: int) -> str:
    return message.params[index] if len(message.params) > index else ""


COMMANDS: Final[Mapping[str, tuple[Handler, int]]] = {
    "JOIN": (_join, 1),
    "PART": (_part, 1),
    "KICK": (_kick, 2),
    "QUIT": (_quit, 0),
    "NICK": (_nick, 1),
    "MODE": (_mode, 2),
    "TOPIC": (_topic, 1),
    "INVITE": (_invite, 2),
    "AWAY": (_away, 0),
    "ACCOUNT": (_account, 1),
    "CHGHOST": (_chghost, 2),
    "SETNAME": (_setname, 1),
}
"""Handlers, and how many parameters each needs."""
