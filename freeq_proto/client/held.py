"""What is said and not told yet, since what came before it is still being fetched."""

from typing import TypeAlias

from freeq_proto.client.events import ClientEvent
from freeq_proto.client.requests import cost_of
from freeq_proto.irc import Message

Told: TypeAlias = tuple[Message, list[ClientEvent]]
"""A message, and the events that it is."""


class Held:
    """The messages that wait, by conversation, and how much they are."""

    def __init__(self) -> None:
        self._waiting: dict[str, list[Told]] = {}
        self._sizes: dict[str, int] = {}
        self.count = 0
        """Messages, all together."""
        self.size = 0
        """About how many bytes they take."""

    def __contains__(self, conversation: str) -> bool:
        return conversation in self._waiting

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def begin(self, conversation: str) -> None:
        """Let a conversation wait, or go on to."""
        self._waiting.setdefault(conversation, [])
        self._sizes.setdefault(conversation, 0)

    def put(self, conversation: str, message: Message, events: list[ClientEvent]) -> None:
        """Hold a message of a conversation that waits."""
        size = cost_of(message)
        self._waiting[conversation].append((message, events))
        self._sizes[conversation] += size
        self.count += 1
        self.size += size

    def release(self, conversation: str) -> list[Told]:
        """End the wait of a conversation; its messages, in order."""
        released = self._waiting.pop(conversation, [])
        self.count -= len(released)
        self.size -= self._sizes.pop(conversation, 0)
        return released

    def of(self, conversation: str) -> list[Told]:
        """What a conversation that waits has to tell."""
        return self._waiting[conversation]

    @property
    def largest(self) -> str:
        """The conversation that holds most. Only where one waits."""
        return max(self._sizes, key=self._sizes.__getitem__)

    @property
    def first(self) -> str:
        """The conversation that waits longest. Only where one waits."""
        return next(iter(self._waiting))
