"""Who may know of whom: user mode i and channel mode s, as every command that lists anything applies them.

Server operators find invisible users, since they answer for them; a secret channel is its members' affair all the same.
"""

from collections.abc import Iterator

from freeq_proto.server.channel import Channel
from freeq_proto.server.user import User


def sees_channel(viewer: User, channel: Channel) -> bool:
    """Whether ``viewer`` may know that the channel exists."""
    return not channel.is_secret or viewer in channel.members


def sees_member(viewer: User, channel: Channel, user: User) -> bool:
    """Whether ``viewer`` may know that ``user``, who is in the channel, is in it."""
    return viewer in channel.members or (not channel.is_secret and (not user.is_invisible or _is_operator(viewer)))


def sees_user(viewer: User, user: User) -> bool:
    """Whether a search by ``viewer`` may find ``user``. Who names a nick knows it already, and needs no leave."""
    return not user.is_invisible or user is viewer or _is_operator(viewer) or not _are_strangers(viewer, user)


def seen_channels(viewer: User, user: User) -> Iterator[Channel]:
    """The channels of ``user`` that ``viewer`` may know of."""
    return (channel for channel in user.channels.values() if sees_member(viewer, channel, user))


def _are_strangers(one: User, other: User) -> bool:
    return one.channels.keys().isdisjoint(other.channels)


def _is_operator(user: User) -> bool:
    return user.operator is not None
