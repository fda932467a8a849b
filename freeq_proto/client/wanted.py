"""Which channels we want to be in, with their keys, and the JOIN lines that bring us there."""

from collections.abc import Iterator

from freeq_proto.client.core import Core
from freeq_proto.client.events import JoinFailed
from freeq_proto.client.words import is_channel_word
from freeq_proto.irc import Message, lower_ascii

JOIN_REFUSED = frozenset({"403", "405", "437", "448", "471", "473", "474", "475", "476", "477", "479", "489", "520"})
"""Numerics that refuse a JOIN; the channel is their first parameter after our nick."""


class Wanted:
    """The wanted channels of one client, in the order in which they were asked for."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._channels: dict[str, tuple[str, str]] = {}
        for name, key in core.config.channels:
            self.add(name, key)

    def add(self, name: str, key: str = "") -> None:
        """We want to be in a channel; an empty key leaves the one that is known."""
        before = self._channels.get(lower_ascii(name))
        self._channels[lower_ascii(name)] = (name, key or (before[1] if before is not None else ""))

    def remove(self, name: str) -> None:
        """We do not want to be there any more."""
        self._channels.pop(lower_ascii(name), None)

    def __contains__(self, name: str) -> bool:
        return lower_ascii(name) in self._channels

    def joined(self, name: str) -> None:
        """We came into a channel, by our wish or the server's."""
        if (
            self._core.config.rejoin
            and is_channel_word(name)
            and (name in self or len(self._channels) < self._core.config.bounds.channels)
        ):
            self.add(name)

    def kicked(self, name: str) -> None:
        """We were removed from a channel."""
        if not self._core.config.rejoin_after_kick:
            self.remove(name)

    def remember_keys(self) -> None:
        """A connection ends: keep the keys that its channels had."""
        for channel in self._core.world.channels.values():
            key = channel.modes.get("k")
            if key and key != "*" and is_channel_word(key) and channel.name in self:
                self.add(channel.name, key)
        if not self._core.config.rejoin:
            configured = {lower_ascii(name) for name, _ in self._core.config.channels}
            self._channels = {name: value for name, value in self._channels.items() if name in configured}

    def refused(self, message: Message) -> bool:
        """Tell of a JOIN that was refused; whether the numeric was that."""
        if message.command not in JOIN_REFUSED or len(message.params) < 3:
            return False
        name = message.params[1]
        if name not in self or self._core.world.channel(name) is not None:
            return False
        self._core.emit(JoinFailed(self._channels[lower_ascii(name)][0], message.command, message.params[-1]))
        return True

    def lines(self) -> Iterator[tuple[str, ...]]:
        """The parameters of the JOIN commands that bring us everywhere, as many channels in each as fit.

        Those with keys come first, since keys are matched to channels by their position.
        """
        limit = self._core.features.target_limit("JOIN")
        names: list[str] = []
        keys: list[str] = []
        for name, key in sorted(self._channels.values(), key=lambda each: not each[1]):
            full = limit is not None and len(names) >= limit
            size = len(",".join((*names, name)).encode()) + len(",".join((*keys, key)).encode())
            if names and (full or size > _ROOM):
                yield (",".join(names), *([",".join(keys)] if keys else []))
                names, keys = [], []
            names.append(name)
            if key:
                keys.append(key)
        if names:
            yield (",".join(names), *([",".join(keys)] if keys else []))


_ROOM = 400
"""Bytes of names and keys in one line: far enough from 512."""
