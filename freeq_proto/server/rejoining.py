"""Bringing an account back to the channels in which it was, after it registered.

The judge is asked as for any JOIN. A channel that ended meanwhile is not founded again, and what does not work is told
in a NOTE and goes wrong no more than once: the channel is struck off, unless it may work another time.
"""

from freeq_proto.authority import Join, judge
from freeq_proto.boundary import Flow, Found, Read, SavedChannelRow, SavedChannelsOf
from freeq_proto.irc import fold
from freeq_proto.server.joining import enter
from freeq_proto.server.saved import newest
from freeq_proto.server.turn import Turn


def rejoin(turn: Turn) -> Flow[None]:
    """Enter the saved channels of the turn's user, who has an account; as many as a user may be in."""
    account = turn.user.account
    if account is None:
        return
    answer = yield Read(SavedChannelsOf(account))
    if not isinstance(answer, Found):
        _note(turn, "*", "your saved channels could not be read")
        return
    rows = [row for row in answer.rows if isinstance(row, SavedChannelRow)]
    for row in newest(turn.server, rows):
        if turn.user.account != account:
            return
        yield from _enter_again(turn, row)


def _enter_again(turn: Turn, row: SavedChannelRow) -> Flow[None]:
    user = turn.user
    channel = turn.world.channels.get(fold(row.channel))
    if channel is None or turn.server.ledger.is_lapsing(channel):
        turn.server.keep(SavedChannelRow(row.account, row.folded, row.channel, saved=False))
        _note(turn, row.channel, "this channel has ended")
        return
    if channel.folded in user.channels or len(user.channels) >= turn.config.limits.channels_per_user:
        return
    action = Join(row.key or None, len(channel.members), turn.server.now.unix_ms)
    refusal = judge(channel.facts, user.principal, action).refusal
    if refusal is None:
        yield from enter(turn, channel)
    else:
        _note(turn, row.channel, refusal.value)


def _note(turn: Turn, channel: str, why: str) -> None:
    turn.standard("NOTE", "JOIN", "NOT_REJOINED", channel, text=f"You were not brought back to {channel}: {why}")
