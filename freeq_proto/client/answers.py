"""What comes back for a request."""

from typing import NewType

import attrs

from freeq_proto.client.said import Said
from freeq_proto.irc import Message

RequestId = NewType("RequestId", int)
"""Names one request of one client; never used twice by it."""


@attrs.frozen
class Answer:
    """What came back for a request."""

    messages: tuple[Message, ...] = ()
    """In order, without BATCH and ACK."""
    failed: bool = False
    """The server refused (FAIL, an error numeric), or nothing came."""
    reason: str = ""
    """Why it failed, for people."""
    error: Message | None = None
    """The message that says so; None where the connection or the time was at fault."""
    history: tuple[Said, ...] = ()
    """For requests of history: what was said, oldest first."""
    targets: tuple[tuple[str, int], ...] = ()
    """For :meth:`~freeq_proto.client.Client.history_targets`: conversations, each with the time of its last message."""


@attrs.frozen
class Answered:
    """A request has its answer. Each has exactly one."""

    request: RequestId
    answer: Answer
