"""Which channels there are: LIST, with the search conditions of ISUPPORT ELIST=CMNTU.

https://modern.ircdocs.horse/#list-message and https://modern.ircdocs.horse/#elist-parameter
"""

import re
from collections.abc import Callable, Iterable
from typing import Final, Self

import attrs

from freeq_proto.boundary import Breathe, Flow
from freeq_proto.irc import MASK_LIMIT, Folded, Mask, Message, fold, numerics
from freeq_proto.server.channel import Channel
from freeq_proto.server.turn import Turn
from freeq_proto.server.visibility import sees_channel

_CHECKS_PER_TURN: Final = 300
"""Channels looked at, times the conditions on each, before the others have a turn."""
_MINUTE: Final = 60_000
_CONDITION: Final = re.compile(r"([CcTt]?)([<>])([0-9]{1,9})")

_Measure = Callable[[Channel, int], float | None]

_MEASURES: Final[dict[str, _Measure]] = {
    "": lambda channel, _now_ms: len(channel.members),
    "C": lambda channel, now_ms: (now_ms - channel.facts.created_ms) / _MINUTE,
    "T": lambda channel, now_ms: None if (topic := channel.facts.topic) is None else (now_ms - topic.unix_ms) / _MINUTE,
}
"""What a condition compares: users, or minutes since the channel or its topic was made."""


@attrs.frozen
class _Search:
    """What was asked for: any of the names or masks (none: all channels), under every other condition."""

    names: dict[Folded, None]
    masks: tuple[Mask, ...]
    excluded: tuple[Mask, ...]
    bounds: tuple[tuple[_Measure, bool, int], ...]
    """Measure, whether it has to be below, and the number."""

    @classmethod
    def parse(cls, words: Iterable[str]) -> Self:
        """Read the conditions. A word that is none of them is a name, if only one that nothing has."""
        names: dict[Folded, None] = {}
        masks: list[Mask] = []
        excluded: list[Mask] = []
        bounds = []
        for word in filter(None, words):
            if match := _CONDITION.fullmatch(word):
                bounds.append((_MEASURES[match[1].upper()], match[2] == "<", int(match[3])))
            elif len(word.encode()) > MASK_LIMIT or not (word.startswith("!") or "*" in word or "?" in word):
                names[fold(word)] = None
            elif word.startswith("!"):
                excluded.append(Mask.compile(word[1:]))
            else:
                masks.append(Mask.compile(word))
        return cls(names, tuple(masks), tuple(excluded), tuple(bounds))

    @property
    def names_only(self) -> bool:
        """Whether nothing has to be searched for."""
        return bool(self.names) and not self.masks

    @property
    def checks(self) -> int:
        """How much there is to do for one channel."""
        return 1 + len(self.masks) + len(self.excluded) + len(self.bounds)

    def finds(self, channel: Channel, now_ms: int) -> bool:
        """Whether the channel is among those asked for."""
        return (
            self._is_named(channel)
            and all(_is_within(measure(channel, now_ms), below, number) for measure, below, number in self.bounds)
            and not any(mask.matches(channel.name) for mask in self.excluded)
        )

    def _is_named(self, channel: Channel) -> bool:
        if not self.names and not self.masks:
            return True
        return channel.folded in self.names or any(mask.matches(channel.name) for mask in self.masks)


def _is_within(value: float | None, below: bool, number: int) -> bool:
    return value is not None and (value < number if below else value > number)


def list_(turn: Turn, message: Message) -> Flow[None]:
    """``LIST [<channel>{,<channel>}] [<condition>{,<condition>}]``.

    A long list gives way to others, and waits for its reader; channels that end meanwhile are left out.
    """
    search = _Search.parse(word for param in message.params for word in param.split(","))
    channels = turn.world.channels
    step = max(1, _CHECKS_PER_TURN // search.checks)
    turn.numeric(numerics.RPL_LISTSTART, "Channel")
    for index, folded in enumerate(tuple(search.names if search.names_only else channels)):
        if index and index % step == 0:
            yield Breathe()
        channel = channels.get(folded)
        if channel is not None and sees_channel(turn.user, channel) and search.finds(channel, turn.now.unix_ms):
            topic = channel.facts.topic
            count = str(len(channel.members))
            turn.numeric(numerics.RPL_LIST, channel.name, count, text="" if topic is None else topic.text)
    turn.numeric(numerics.RPL_LISTEND)
