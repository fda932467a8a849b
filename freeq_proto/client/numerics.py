"""Numerics that say what we did not know: one function each, and none answers a question of the program's.

Most are answers to commands as well; then the request collects them too.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from freeq_proto.client.core import Core
from freeq_proto.client.events import AccountChanged, AwayChanged, MembersListed, PresenceChanged, TopicChanged
from freeq_proto.client.tracking import account_of, change_list, may_track, set_own_modes
from freeq_proto.client.who import identified
from freeq_proto.client.world import ListEntry
from freeq_proto.irc import ModeKind, parse_modes, split_hostmask

Teller: TypeAlias = Callable[[Core, list[str]], None]

_LISTS: Final[Mapping[str, str]] = {"367": "b", "348": "e", "346": "I"}
"""Entries of lists (Modern IRC), by numeric: the mode."""


def _isupport(core: Core, params: list[str]) -> None:
    before = core.features.fold
    core.features.learn(params, core.config.bounds.tokens, settled=core.registered)
    if core.features.fold is not before:
        core.world.refold()


def _own_modes(core: Core, params: list[str]) -> None:
    set_own_modes(core, params[1])


def _back(core: Core, _params: list[str]) -> None:
    _set_away(core, None)


def _gone(core: Core, _params: list[str]) -> None:
    _set_away(core, core.world.me.away or "")


def _set_away(core: Core, message: str | None) -> None:
    me = core.world.me
    if me.away != message:
        me.away = message
        core.emit(AwayChanged(me.source, message, is_self=True))


def _channel_modes(core: Core, params: list[str]) -> None:
    """RPL_CHANNELMODEIS: all that are set, but for lists and ranks."""
    channel = core.world.channel(params[1])
    if channel is not None:
        changes, _ = parse_modes(params[2:], core.features.channel_modes)
        kinds = core.features.channel_modes
        channel.modes = {each.letter: each.argument for each in changes if kinds[each.letter] is not ModeKind.LIST}


def _created(core: Core, params: list[str]) -> None:
    channel = core.world.channel(params[1])
    if channel is not None:
        channel.created_at = _number(params[2])


def _no_topic(core: Core, params: list[str]) -> None:
    _tell_topic(core, params[1], "")


def _topic(core: Core, params: list[str]) -> None:
    _tell_topic(core, params[1], params[2])


def _tell_topic(core: Core, name: str, topic: str) -> None:
    channel = core.world.channel(name)
    if channel is not None and channel.topic != topic:
        channel.topic = topic
        core.emit(TopicChanged(channel.name, topic))


def _topic_by(core: Core, params: list[str]) -> None:
    channel = core.world.channel(params[1])
    if channel is not None:
        channel.topic_by, channel.topic_at = params[2], _number(params[3]) if len(params) > 3 else 0


def _names(core: Core, params: list[str]) -> None:
    """RPL_NAMREPLY, with all prefixes (multi-prefix) or the highest, and with hosts (userhost-in-names) or without."""
    channel = core.world.channel(params[2])
    if channel is None:
        return
    symbols = "".join(core.features.prefixes.values())
    for word in params[3].split(" "):
        name = word.lstrip(symbols) if symbols else word
        nick, username, host = split_hostmask(name)
        if not nick or not may_track(core, channel, nick):
            continue
        member = core.world.add(channel, nick)
        if host:
            member.user.username, member.user.host = username, host
        prefixes = word[: len(word) - len(name)]
        if core.has("multi-prefix"):
            member.prefixes = core.world.ranked(prefixes)
        elif prefixes[:1] != member.prefixes[:1]:
            # Only the highest is told: what we heard of lower ones may still be true, of higher ones it is not.
            rank = symbols.find(prefixes) if prefixes else len(symbols)
            member.prefixes = core.world.ranked(prefixes + "".join(set(member.prefixes) & set(symbols[rank:])))


def _names_end(core: Core, params: list[str]) -> None:
    channel = core.world.channel(params[1])
    if channel is not None and not channel.listed:
        channel.listed = True
        core.emit(MembersListed(channel.name))


def _list_entry(letter: str) -> Teller:
    def tell(core: Core, params: list[str]) -> None:
        channel = core.world.channel(params[1])
        if channel is not None:
            by, at = params[3] if len(params) > 3 else "", _number(params[4]) if len(params) > 4 else 0
            change_list(core, channel, letter, ListEntry(params[2], by, at), adding=True)

    return tell


def _quiet_entry(core: Core, params: list[str]) -> None:
    """RPL_QUIETLIST names the mode before the mask."""
    if len(params) > 3:
        _list_entry(params[2][:1])(core, [*params[:2], *params[3:]])


def _who(core: Core, params: list[str]) -> None:
    """RPL_WHOREPLY: channel, username, host, server, nick, flags, hops and realname."""
    if len(params) < 8:
        return
    user = core.world.user(params[5])
    if user is not None:
        user.username, user.host = params[2], params[3]
        user.realname = params[7].partition(" ")[2]
        user.away = (user.away or "") if params[6][:1] == "G" else None


def _visible_host(core: Core, params: list[str]) -> None:
    """RPL_VISIBLEHOST: our own host, or username and host."""
    before, at, host = params[1].partition("@")
    me = core.world.me
    if at:
        me.username, me.host = before, host
    else:
        me.host = before


def _presence(*, online: bool) -> Teller:
    """RPL_MONONLINE, RPL_MONOFFLINE."""

    def tell(core: Core, params: list[str]) -> None:
        for target in params[1].split(","):
            nick = split_hostmask(target)[0]
            if nick:
                core.emit(PresenceChanged(nick, online))

    return tell


def _logged_in(core: Core, params: list[str]) -> None:
    """RPL_LOGGEDIN: nick, hostmask, account; the hostmask is how others see us, once we have a nick."""
    _, username, host = split_hostmask(params[1])
    me = core.world.me
    if host and host != "*" and username != "*":
        me.username, me.host = username, host
    _set_account(core, account_of(params[2]))


def _logged_out(core: Core, _params: list[str]) -> None:
    _set_account(core, None)


def _set_account(core: Core, account: str | None) -> None:
    me = core.world.me
    if me.account != account:
        me.account = account
        core.emit(AccountChanged(me.source, account, is_self=True))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


NUMERICS: Final[Mapping[str, tuple[Teller, int]]] = {
    "005": (_isupport, 2),
    "221": (_own_modes, 2),
    "305": (_back, 1),
    "306": (_gone, 1),
    "324": (_channel_modes, 3),
    "329": (_created, 3),
    "331": (_no_topic, 2),
    "332": (_topic, 3),
    "333": (_topic_by, 3),
    "352": (_who, 8),
    "353": (_names, 4),
    "354": (identified, 2),
    "366": (_names_end, 2),
    "396": (_visible_host, 2),
    "728": (_quiet_entry, 4),
    "730": (_presence(online=True), 2),
    "731": (_presence(online=False), 2),
    "900": (_logged_in, 3),
    "901": (_logged_out, 1),
    **{code: (_list_entry(letter), 3) for code, letter in _LISTS.items()},
}
"""Tellers, and how many parameters each needs, our nick included."""
