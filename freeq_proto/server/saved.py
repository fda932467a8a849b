"""The channels to which an account is brought back when it signs in: written down as it comes and goes.

Guests have none. What is written leaves with the rows of the turn, and nobody waits for it. An account has as many as a
user may be in: now and then, while channels are added, they are counted, and the oldest go.
"""

from collections.abc import Sequence
from typing import Final

import attrs

from freeq_proto.boundary import Flow, Found, Read, SavedChannelRow, SavedChannelsOf
from freeq_proto.server.background import Task
from freeq_proto.server.channel import Channel
from freeq_proto.server.context import Context
from freeq_proto.server.user import User

COUNT_SECONDS: Final = 10.0
"""How long after a channel was saved those of the account are counted."""


def save_channel(server: Context, user: User, channel: Channel, key: str | None = None) -> None:
    """Bring the account back to this channel; ``key`` is what it gave to enter."""
    if user.account is not None:
        needed = channel.facts.key if key == channel.facts.key else None
        server.keep(SavedChannelRow(user.account, channel.folded.decode(), channel.name, needed or ""))
        account = user.account
        if not server.background.is_planned(Task.SAVED, user.guest_id):
            server.background.plan(Task.SAVED, user.guest_id, COUNT_SECONDS, lambda: _drop_oldest(server, account))


def forget_channel(server: Context, user: User, channel: Channel) -> None:
    """Bring it back there no more."""
    if user.account is not None:
        server.keep(SavedChannelRow(user.account, channel.folded.decode(), channel.name, saved=False))


def newest(server: Context, rows: Sequence[SavedChannelRow]) -> Sequence[SavedChannelRow]:
    """Of all saved channels of an account, in the order in which they were saved, those that it may have."""
    return rows[-server.config.limits.channels_per_user :]


def _drop_oldest(server: Context, account: str) -> Flow[None]:
    answer = yield Read(SavedChannelsOf(account))
    if isinstance(answer, Found):
        rows = [row for row in answer.rows if isinstance(row, SavedChannelRow)]
        for row in rows[: len(rows) - len(newest(server, rows))]:
            server.keep(attrs.evolve(row, key="", saved=False))
