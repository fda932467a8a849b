"""Everything that the core wants done since it was last asked."""

from typing import Generic, TypeVar

import attrs

from freeq_proto.boundary.effects import Effect
from freeq_proto.boundary.peer import ConnId

E = TypeVar("E")


@attrs.define
class Batch(Generic[E]):
    """One drain. Perform ``writes``, then ``effects``; that may cause inputs; drain again until a batch is empty."""

    writes: list[tuple[ConnId, list[bytes]]]
    """One entry per connection that has something to send, its chunks in order. Both are shared: read only."""
    effects: list[Effect]
    """To be performed in order, after the writes."""
    events: list[E]
    """What happened: for a server's logs and embedders, and what a client is for."""
    deadline: float | None
    """Call ``handle_timeout`` at or after this time of the monotonic clock (seconds), or None for never."""
    more: bool
    """A bounded turn left work behind: drain again without sleeping."""

    def __bool__(self) -> bool:
        """Whether there is anything to do before sleeping."""
        return bool(self.writes or self.effects or self.events or self.more)
