"""What a client knows of the network: itself, channels, and the people it shares them with. Read only for programs.

An index of names is keyed by what the server folds them to. A user is known while we share a channel; we always are.
"""

import attrs

from freeq_proto.client.features import Features
from freeq_proto.client.said import Source


@attrs.define(eq=False)
class User:
    """Somebody, as far as the server told."""

    nick: str
    username: str = ""
    host: str = ""
    account: str | None = None
    """What they are signed in as; None for a guest, or if the server does not tell."""
    realname: str = ""
    away: str | None = None
    """Their away message, "" where only their absence is known; None while they are here."""
    channels: dict[str, "Channel"] = attrs.field(factory=dict, init=False, repr=False)
    """Those that we share, by folded name."""

    @property
    def source(self) -> Source:
        """As a line of theirs begins."""
        return Source(self.nick, self.username, self.host)


@attrs.define(eq=False)
class Member:
    """Somebody in one channel."""

    user: User
    prefixes: str = ""
    """What stands before the nick: ``@`` and so on, highest rank first."""


@attrs.frozen
class ListEntry:
    """One entry of a channel's list of masks."""

    mask: str
    set_by: str = ""
    set_at: int = 0
    """Seconds since 1970, 0 if unknown."""


@attrs.define(eq=False)
class Channel:
    """A channel that we are in."""

    name: str
    topic: str = ""
    topic_by: str = ""
    topic_at: int = 0
    """Seconds since 1970, 0 if unknown."""
    created_at: int = 0
    """The same."""
    modes: dict[str, str | None] = attrs.field(factory=dict, init=False)
    """Modes that are set, as far as heard, with their arguments."""
    lists: dict[str, dict[str, ListEntry]] = attrs.field(factory=dict, init=False)
    """Lists of masks, as far as heard: by letter, then by mask."""
    members: dict[str, Member] = attrs.field(factory=dict, init=False, repr=False)
    """By folded nick."""
    listed: bool = attrs.field(default=False, init=False)
    """Whether all members are known, or as many as the bounds allow."""
    incomplete: bool = attrs.field(default=False, init=False)
    """Whether more are in it than are known, since that would exceed the bounds."""


class World:
    """The indices, kept consistent: a member's user is in ``users``, and its channel in the user's ``channels``."""

    def __init__(self, features: Features, nick: str) -> None:
        self._features = features
        self.me = User(nick)
        self.modes: dict[str, None] = {}
        """Our own modes, by letter."""
        self.server = ""
        """The server's name."""
        self.channels: dict[str, Channel] = {}
        self.users: dict[str, User] = {self.fold(nick): self.me}
        self.memberships = 0
        """Members of all channels."""

    def fold(self, name: str) -> str:
        """A name as the indices know it."""
        return self._features.fold(name)

    def is_me(self, nick: str) -> bool:
        """Whether a nick is ours."""
        return nick == self.me.nick or self.fold(nick) == self.fold(self.me.nick)

    def channel(self, name: str) -> Channel | None:
        """A channel that we are in."""
        return self.channels.get(self.fold(name))

    def user(self, nick: str) -> User | None:
        """Somebody whom we know."""
        return self.users.get(self.fold(nick))

    def member(self, channel: Channel, nick: str) -> Member | None:
        """A member of a channel."""
        return channel.members.get(self.fold(nick))

    def enter(self, name: str) -> Channel:
        """We are in a channel; what was known of an earlier stay is forgotten."""
        self.leave(name)
        channel = self.channels[self.fold(name)] = Channel(name)
        return channel

    def leave(self, name: str) -> None:
        """We are not in a channel any more."""
        channel = self.channels.pop(self.fold(name), None)
        if channel is not None:
            for member in tuple(channel.members.values()):
                self.remove(channel, member.user)

    def add(self, channel: Channel, nick: str) -> Member:
        """Somebody is in a channel."""
        folded = self.fold(nick)
        member = channel.members.get(folded)
        if member is None:
            user = self.users.get(folded)
            if user is None:
                user = self.users[folded] = User(nick)
            member = channel.members[folded] = Member(user)
            user.channels[self.fold(channel.name)] = channel
            self.memberships += 1
        return member

    def remove(self, channel: Channel, user: User) -> None:
        """Somebody is not in a channel any more."""
        if channel.members.pop(self.fold(user.nick), None) is not None:
            self.memberships -= 1
        user.channels.pop(self.fold(channel.name), None)
        if not user.channels and user is not self.me:
            self.users.pop(self.fold(user.nick), None)

    def forget(self, user: User) -> tuple[Channel, ...]:
        """Somebody is gone; return the channels that they were in."""
        channels = tuple(user.channels.values())
        for channel in channels:
            self.remove(channel, user)
        return channels

    def rename(self, user: User, nick: str) -> None:
        """Somebody has another nick. Who had it before can only be a ghost of a lost QUIT."""
        before, after = self.fold(user.nick), self.fold(nick)
        if before != after:
            ghost = self.users.get(after)
            if ghost is not None and ghost is not self.me:
                self.forget(ghost)
            self.users.pop(before, None)
            self.users[after] = user
            for channel in user.channels.values():
                channel.members[after] = channel.members.pop(before)
        user.nick = nick

    def refold(self) -> None:
        """The server folds differently from what was assumed: index everything again."""
        self.channels = {self.fold(channel.name): channel for channel in self.channels.values()}
        self.users = {self.fold(user.nick): user for user in self.users.values()}
        for user in self.users.values():
            user.channels = {self.fold(channel.name): channel for channel in user.channels.values()}
        for channel in self.channels.values():
            channel.members = {self.fold(member.user.nick): member for member in channel.members.values()}
        self.memberships = sum(len(channel.members) for channel in self.channels.values())

    def ranked(self, prefixes: str) -> str:
        """Prefixes in the order of rank, each once."""
        return "".join(symbol for symbol in self._features.prefixes.values() if symbol in prefixes)
