"""Entering a channel, and what one is shown there: the same for JOIN, for a rejoin, and for another device.

A user enters; all his sessions see it. Each is shown the topic and the members, as if it had asked itself.
"""

from collections.abc import Generator, Iterator

from freeq_proto.authority import Create, Join, judge
from freeq_proto.boundary import Breathe, Flow, Request, Result
from freeq_proto.caps import MULTI_PREFIX, NO_IMPLICIT_NAMES, USERHOST_IN_NAMES
from freeq_proto.irc import BODY_LIMIT, Message, fold, is_channel_name, numerics
from freeq_proto.server.channel import Channel
from freeq_proto.server.packing import pack
from freeq_proto.server.presence import arrival, joined
from freeq_proto.server.refusals import refuse
from freeq_proto.server.saved import save_channel
from freeq_proto.server.turn import Turn
from freeq_proto.server.user import User
from freeq_proto.server.visibility import sees_member

_FOUNDINGS = 3
"""How often a JOIN tries to found a channel that others found and leave meanwhile."""
_NAMES_PER_TURN = 1000
"""Names listed before the others have a turn."""


def join_channel(turn: Turn, name: str, key: str | None) -> Flow[None]:
    """Enter a channel, founded where there is none; the client hears why not."""
    user = turn.user
    if not is_channel_name(name):
        turn.numeric(numerics.ERR_BADCHANMASK, name)
        return
    if not _has_room(turn, name):
        return
    channel = yield from _find_or_found(turn, name)
    if channel is None or not _has_room(turn, name):  # another device of his was faster
        return
    action = Join(key, len(channel.members), turn.server.now.unix_ms)
    refusal = judge(channel.facts, user.principal, action).refusal
    if refusal is not None:
        refuse(turn, channel.name, refusal)
    else:
        save_channel(turn.server, user, channel, key)
        yield from enter(turn, channel)


def _has_room(turn: Turn, name: str) -> bool:
    """Whether the user may be in one channel more, and is not in this one."""
    user = turn.user
    if fold(name) in user.channels:
        return False
    if len(user.channels) >= turn.config.limits.channels_per_user:
        turn.numeric(numerics.ERR_TOOMANYCHANNELS, name)
        return False
    return True


def enter(turn: Turn, channel: Channel) -> Flow[None]:
    """Become a member, as the judge allowed: everybody hears it, and the user's sessions are shown the channel."""
    user, server = turn.user, turn.server
    turn.world.join(user, channel, server.now.unix_ms)
    turn.broadcast(channel, joined(server, user, channel))
    turn.fanout.to_channel_but(channel, arrival(server, user, channel), user.sessions)
    for session in tuple(user.sessions):
        mine = turn if session is turn.session else Turn(server, session, server.now, Message(""))
        yield from show_channel(mine, channel)


def show_channel(turn: Turn, channel: Channel) -> Flow[None]:
    """What a session is shown when it enters: the topic, and who is there."""
    if channel.facts.topic is not None:
        send_topic(turn, channel)
    if not turn.session.caps & NO_IMPLICIT_NAMES:
        yield from send_names(turn, channel)


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


def send_names(turn: Turn, channel: Channel) -> Flow[None]:
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


def send_topic(turn: Turn, channel: Channel) -> None:
    """332 and 333, or 331 where there is none."""
    set_topic = channel.facts.topic
    if set_topic is None:
        turn.numeric(numerics.RPL_NOTOPIC, channel.name)
        return
    turn.numeric(numerics.RPL_TOPIC, channel.name, text=set_topic.text)
    turn.numeric(numerics.RPL_TOPICWHOTIME, channel.name, set_topic.shown, str(set_topic.unix_ms // 1000))
