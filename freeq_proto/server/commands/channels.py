"""Coming, going and what a channel is called: JOIN, PART, NAMES, TOPIC, INVITE, KICK.

https://modern.ircdocs.horse/#channel-operations
"""

from collections.abc import Generator, Iterator

from freeq_proto.authority import (
    REASON_LIMIT,
    TOPIC_LIMIT,
    Create,
    Invite,
    Join,
    Kick,
    SetTopic,
    judge,
)
from freeq_proto.boundary import Breathe, Flow, Request, Result
from freeq_proto.caps import MULTI_PREFIX, NO_IMPLICIT_NAMES, USERHOST_IN_NAMES
from freeq_proto.irc import BODY_LIMIT, Message, fold, is_channel_name, numerics, truncate
from freeq_proto.server.acting import enact
from freeq_proto.server.channel import Channel
from freeq_proto.server.packing import pack
from freeq_proto.server.presence import arrival, joined
from freeq_proto.server.refusals import refuse
from freeq_proto.server.turn import Turn
from freeq_proto.server.user import User
from freeq_proto.server.visibility import sees_channel, sees_member
from freeq_proto.server.welcome import LIST_COMMAND_TARGETS

_FOUNDINGS = 3
"""How often a JOIN tries to found a channel that others found and leave meanwhile."""
_NAMES_PER_TURN = 1000
"""Names listed before the others have a turn."""


def targets(turn: Turn, names: str) -> list[str]:
    """The distinct names of a comma-separated list, as many as one command may have; the client hears of the rest."""
    distinct = list({fold(name): name for name in names.split(",") if name}.values())
    for name in distinct[LIST_COMMAND_TARGETS:]:
        turn.numeric(numerics.ERR_TOOMANYTARGETS, name)
    return distinct[:LIST_COMMAND_TARGETS]


def member_channel(turn: Turn, name: str) -> Channel | None:
    """The channel of that name if the user is in it; else the client was told 403 or 442."""
    channel = known_channel(turn, name)
    if channel is None:
        turn.numeric(numerics.ERR_NOSUCHCHANNEL, name)
    elif turn.user in channel.members:
        return channel
    else:
        turn.numeric(numerics.ERR_NOTONCHANNEL, channel.name)
    return None


def known_channel(turn: Turn, name: str) -> Channel | None:
    """The channel of that name if the user may know that it exists."""
    channel = turn.world.channel(name)
    return channel if channel is not None and sees_channel(turn.user, channel) else None


def member_named(turn: Turn, channel: Channel, nick: str) -> User | None:
    """The member of that nick; else the client was told 401 or 441."""
    user = turn.world.user(nick)
    if user is None:
        turn.numeric(numerics.ERR_NOSUCHNICK, nick)
    elif user in channel.members:
        return user
    else:
        turn.numeric(numerics.ERR_USERNOTINCHANNEL, user.nick, channel.name)
    return None


# --- JOIN ----------------------------------------------------------------------------------------------------------


def join(turn: Turn, message: Message) -> Flow[None] | None:
    """``JOIN <channel>{,<channel>} [<key>{,<key>}]``, or ``JOIN 0`` to leave all."""
    if message.params[0] == "0":
        for channel in tuple(turn.user.channels.values()):
            _leave(turn, channel, "")
        return None
    names = targets(turn, message.params[0])
    keys = message.params[1].split(",") if len(message.params) > 1 else []
    return _join_all(turn, [(name, keys[i] if i < len(keys) else None) for i, name in enumerate(names)])


def _join_all(turn: Turn, wanted: list[tuple[str, str | None]]) -> Flow[None]:
    for name, key in wanted:
        yield from _join_one(turn, name, key)


def _join_one(turn: Turn, name: str, key: str | None) -> Flow[None]:
    user, world = turn.user, turn.world
    if not is_channel_name(name):
        turn.numeric(numerics.ERR_BADCHANMASK, name)
        return
    if fold(name) in user.channels:
        return
    if len(user.channels) >= turn.config.limits.channels_per_user:
        turn.numeric(numerics.ERR_TOOMANYCHANNELS, name)
        return
    channel = yield from _find_or_found(turn, name)
    if channel is None:
        return
    refusal = judge(channel.facts, user.principal, Join(key, len(channel.members), turn.server.now.unix_ms)).refusal
    if refusal is not None:
        refuse(turn, channel.name, refusal)
        return
    world.join(user, channel, turn.server.now.unix_ms)
    turn.broadcast(channel, joined(turn.server, user, channel))
    turn.fanout.to_channel(channel, arrival(turn.server, user, channel), skip=turn.session)
    if channel.facts.topic is not None:
        _send_topic(turn, channel)
    if not turn.session.caps & NO_IMPLICIT_NAMES:
        yield from _send_names(turn, channel)


def _find_or_found(turn: Turn, name: str) -> Generator[Request, Result | None, Channel | None]:
    """The channel of that name, founded where there is none; None where the client was told why not.

    Somebody else may found it first and be gone again, all while this founding is being stored: then it is tried again.
    """
    for _ in range(_FOUNDINGS):
        channel = turn.world.channel(name)
        if channel is not None and not turn.server.ledger.is_lapsing(channel):
            return channel
        if channel is not None:
            turn.server.ledger.left(channel)
        if not _may_found(turn, name):
            return None
        verdicts = yield from turn.server.ledger.commit(turn, name, [Create(name=name)])
        if verdicts is None:
            return None
        if verdicts[0].allowed:
            return turn.world.channel(name)
    turn.numeric(numerics.ERR_UNAVAILRESOURCE, name)
    return None


def _may_found(turn: Turn, name: str) -> bool:
    """Whether one more channel may be, here and for this user."""
    world, principal, limits = turn.world, turn.user.principal.id, turn.config.limits
    founded = sum(world.channels[folded].facts.founder == principal for folded in world.holdings(principal))
    if len(world.channels) < limits.channels and founded < limits.channels_per_user:
        return True
    turn.numeric(numerics.ERR_TOOMANYCHANNELS, name, text="No more channels can be founded")
    return False


# --- PART and NAMES ------------------------------------------------------------------------------------------------


def part(turn: Turn, message: Message) -> None:
    """``PART <channel>{,<channel>} [:<reason>]``."""
    reason = truncate(message.params[1], REASON_LIMIT) if len(message.params) > 1 else ""
    for name in targets(turn, message.params[0]):
        channel = member_channel(turn, name)
        if channel is not None:
            _leave(turn, channel, reason)


def _leave(turn: Turn, channel: Channel, reason: str) -> None:
    """Leave. Who may not speak there may not do it in his last words either."""
    user = turn.user
    if reason and not channel.members[user].may_speak(channel.facts, user.principal).allowed:
        reason = ""
    turn.broadcast(channel, turn.source_line("PART", channel.name, text=reason or None))
    turn.world.part(user, channel)
    turn.server.ledger.left(channel)


def names(turn: Turn, message: Message) -> Flow[None] | None:
    """``NAMES <channel>{,<channel>}``."""
    if not message.params:
        turn.numeric(numerics.RPL_ENDOFNAMES, "*")
        return None
    return _names_of_all(turn, targets(turn, message.params[0]))


def _names_of_all(turn: Turn, wanted: list[str]) -> Flow[None]:
    for name in wanted:
        channel = known_channel(turn, name)
        if channel is None:
            turn.numeric(numerics.RPL_ENDOFNAMES, name)
        else:
            yield from _send_names(turn, channel)


def _send_names(turn: Turn, channel: Channel) -> Flow[None]:
    """353 and 366. A long list gives way to others; who left meanwhile is left out."""
    members = tuple(channel.members)
    symbol = "@" if channel.is_secret else "="
    head = f":{turn.config.name} 353 {turn.session.name} {symbol} {channel.name} :"
    room = BODY_LIMIT - len("\r\n") - len(head.encode())
    for start in range(0, len(members), _NAMES_PER_TURN):
        if start:
            yield Breathe()
        present = [user for user in members[start : start + _NAMES_PER_TURN] if user in channel.members]
        for line in pack(_names(turn, channel, present), limit=room):
            turn.numeric(numerics.RPL_NAMREPLY, symbol, channel.name, text=line)
    turn.numeric(numerics.RPL_ENDOFNAMES, channel.name)


def _names(turn: Turn, channel: Channel, members: list[User]) -> Iterator[str]:
    caps = turn.session.caps
    for user in members:
        if not sees_member(turn.user, channel, user):
            continue
        prefixes = channel.prefixes_of(user)
        shown = prefixes if caps & MULTI_PREFIX else prefixes[:1]
        yield shown + (user.hostmask if caps & USERHOST_IN_NAMES else user.nick)


# --- TOPIC ---------------------------------------------------------------------------------------------------------


def topic(turn: Turn, message: Message) -> Flow[None]:
    """``TOPIC <channel> [:<topic>]``: ask for it, set it, or clear it with an empty one."""
    channel = known_channel(turn, message.params[0])
    if channel is None:
        turn.numeric(numerics.ERR_NOSUCHCHANNEL, message.params[0])
    elif len(message.params) == 1:
        _send_topic(turn, channel)
    elif turn.user not in channel.members:
        turn.numeric(numerics.ERR_NOTONCHANNEL, channel.name)
    else:
        yield from enact(turn, channel, [SetTopic(truncate(message.params[1], TOPIC_LIMIT))])


def _send_topic(turn: Turn, channel: Channel) -> None:
    set_topic = channel.facts.topic
    if set_topic is None:
        turn.numeric(numerics.RPL_NOTOPIC, channel.name)
        return
    turn.numeric(numerics.RPL_TOPIC, channel.name, text=set_topic.text)
    turn.numeric(numerics.RPL_TOPICWHOTIME, channel.name, set_topic.shown, str(set_topic.unix_ms // 1000))


# --- INVITE --------------------------------------------------------------------------------------------------------


def invite(turn: Turn, message: Message) -> Flow[None]:
    """``INVITE <nick> <channel>``, or ``INVITE`` for the channels to which one is invited."""
    if not message.params:
        _send_invitations(turn)
        return
    if len(message.params) < 2:
        turn.numeric(numerics.ERR_NEEDMOREPARAMS, "INVITE")
        return
    nick, name = message.params[0], message.params[1]
    invited = turn.world.user(nick)
    if invited is None:
        turn.numeric(numerics.ERR_NOSUCHNICK, nick)
        return
    channel = member_channel(turn, name)
    if channel is None:
        return
    if invited in channel.members:
        turn.numeric(numerics.ERR_USERONCHANNEL, invited.nick, channel.name)
        return
    if (yield from enact(turn, channel, [Invite(invited.principal.id)])):
        turn.numeric(numerics.RPL_INVITING, invited.nick, channel.name)
        if invited.away is not None:
            turn.numeric(numerics.RPL_AWAY, invited.nick, text=invited.away)


def _send_invitations(turn: Turn) -> None:
    principal, now = turn.user.principal.id, turn.now.unix_ms
    for folded in turn.world.holdings(principal):
        channel = turn.world.channels[folded]
        if channel.facts.invitations.get(principal, 0) > now and turn.user not in channel.members:
            turn.numeric(numerics.RPL_INVITELIST, channel.name)
    turn.numeric(numerics.RPL_ENDOFINVITELIST)


# --- KICK ----------------------------------------------------------------------------------------------------------


def kick(turn: Turn, message: Message) -> Flow[None]:
    """``KICK <channel> <nick>{,<nick>} [:<reason>]``."""
    channel = member_channel(turn, message.params[0])
    if channel is None:
        return
    reason = truncate(message.params[2], REASON_LIMIT) if len(message.params) > 2 else turn.user.nick
    kicks = [_kick_of(turn, channel, nick) for nick in targets(turn, message.params[1])]
    yield from enact(turn, channel, [body for body in kicks if body is not None], reason)


def _kick_of(turn: Turn, channel: Channel, nick: str) -> Kick | None:
    user = member_named(turn, channel, nick)
    return None if user is None else Kick(user.principal.id, user.nick)
