"""Coming, going and what a channel is called: JOIN, PART, NAMES, TOPIC, INVITE, KICK.

https://modern.ircdocs.horse/#channel-operations
"""

from freeq_proto.authority import REASON_LIMIT, TOPIC_LIMIT, Invite, Kick, SetTopic
from freeq_proto.boundary import Flow
from freeq_proto.irc import Message, fold, numerics, truncate
from freeq_proto.server.acting import enact
from freeq_proto.server.channel import Channel
from freeq_proto.server.joining import join_channel, send_names, send_topic
from freeq_proto.server.saved import forget_channel
from freeq_proto.server.turn import Turn
from freeq_proto.server.user import User
from freeq_proto.server.visibility import sees_channel
from freeq_proto.server.welcome import LIST_COMMAND_TARGETS


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
        yield from join_channel(turn, name, key)


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
    forget_channel(turn.server, user, channel)
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
            yield from send_names(turn, channel)


# --- TOPIC ---------------------------------------------------------------------------------------------------------


def topic(turn: Turn, message: Message) -> Flow[None]:
    """``TOPIC <channel> [:<topic>]``: ask for it, set it, or clear it with an empty one."""
    channel = known_channel(turn, message.params[0])
    if channel is None:
        turn.numeric(numerics.ERR_NOSUCHCHANNEL, message.params[0])
    elif len(message.params) == 1:
        send_topic(turn, channel)
    elif turn.user not in channel.members:
        turn.numeric(numerics.ERR_NOTONCHANNEL, channel.name)
    else:
        yield from enact(turn, channel, [SetTopic(truncate(message.params[1], TOPIC_LIMIT))])


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
