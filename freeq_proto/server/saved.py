"""The channels to which an account is brought back when it signs in: written down as it comes and goes.

Guests have none. What is written leaves with the rows of the turn, and nobody waits for it.
"""

from freeq_proto.boundary import SavedChannelRow
from freeq_proto.server.channel import Channel
from freeq_proto.server.context import Context
from freeq_proto.server.user import User


def save_channel(server: Context, user: User, channel: Channel, key: str | None = None) -> None:
    """Bring the account back to this channel; ``key`` is what it gave to enter."""
    if user.account is not None:
        needed = channel.facts.key if key == channel.facts.key else None
        server.keep(SavedChannelRow(user.account, channel.folded.decode(), channel.name, needed or ""))


def forget_channel(server: Context, user: User, channel: Channel) -> None:
    """Bring it back there no more."""
    if user.account is not None:
        server.keep(SavedChannelRow(user.account, channel.folded.decode(), channel.name, saved=False))
