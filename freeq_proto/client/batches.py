"""Batches (IRCv3 batch): which messages belong together, and what becomes of them.

Theory of operation. Of most batches (labeled-response, netsplit, types unknown here) the messages are obeyed as they
come, in order, and the batch only says what they belong to. Some mean something as a whole only: a multiline message, a
piece of history. Those are kept until they are closed; what is open inside of such a batch is kept with it, and ends
with it at the latest. Everything kept counts against one bound; a batch that exceeds it is dropped, and its request
fails. So does the oldest where more are open than the bounds allow: a server that never closes some must not keep us
from reading others.
"""

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

import attrs

from freeq_proto.client.core import Core
from freeq_proto.client.hearing import MULTILINE, joined_lines
from freeq_proto.client.requests import Pending, Requests, cost_of
from freeq_proto.irc import Message

CHATHISTORY: Final = "chathistory"
TARGETS: Final = "draft/chathistory-targets"
ASSEMBLED: Final = frozenset({MULTILINE, "multiline", CHATHISTORY, TARGETS})
"""Types of batches that mean something as a whole only."""
_MULTILINE: Final = (MULTILINE, "multiline")
DEEPEST: Final = 8
"""Batches that may stand in one another; what is deeper is ignored."""


@attrs.define(eq=False)
class Batch:
    """One open batch."""

    reference: str
    type: str
    opening: Message
    parent: "Batch | None"
    request: Pending | None
    """The request that it answers, itself or the batch that it stands in."""
    labeled: bool
    """Whether the answer ends with it."""
    kept: bool
    """Whether its messages are kept until it is closed."""
    depth: int = attrs.field(init=False)
    """How many batches this is inside, itself included."""
    items: "list[Message | Batch]" = attrs.field(factory=list, init=False)
    size: int = attrs.field(default=0, init=False)
    lost: bool = attrs.field(default=False, init=False)
    """Too long: nothing more of it is kept."""

    def __attrs_post_init__(self) -> None:
        self.depth = 1 if self.parent is None else self.parent.depth + 1

    @property
    def params(self) -> list[str]:
        """What follows reference and type."""
        return self.opening.params[2:]


Closed: TypeAlias = Callable[[Batch], None]


class Batches:
    """The open batches of one connection. ``closed`` is given those that were assembled."""

    def __init__(self, core: Core, requests: Requests, closed: Closed) -> None:
        self._core = core
        self._requests = requests
        self._closed = closed
        self._open: dict[str, Batch] = {}
        self._size = 0

    def clear(self) -> None:
        """The connection is gone."""
        self._open.clear()
        self._size = 0

    def type_of(self, message: Message) -> str:
        """The type of the batch that a message stands in, "" for none."""
        batch = self._of(message)
        return batch.type if batch is not None else ""

    def _of(self, message: Message) -> Batch | None:
        reference = message.tags.get("batch")
        return self._open.get(reference) if reference else None

    def take(self, message: Message) -> bool:
        """Take in a message; whether there is nothing more to do with it now."""
        if message.command == "BATCH" and message.params and len(message.params[0]) > 1:
            sign, reference = message.params[0][0], message.params[0][1:]
            if sign == "+" and len(message.params) > 1:
                self._begin(message, reference)
            elif sign == "-":
                self._end(reference)
            return True
        batch = self._of(message)
        if batch is None:
            return False
        if batch.request is not None:
            self._requests.collect(batch.request, message)
        if not batch.kept:
            return False
        self._keep(batch, message, message)
        return True

    def belongs_to_answer(self, message: Message) -> bool:
        """Whether a message stands in a batch that answers a request."""
        batch = self._of(message)
        return batch is not None and batch.request is not None

    def _begin(self, message: Message, reference: str) -> None:
        parent = self._of(message)
        if reference in self._open or (parent is not None and parent.depth >= DEEPEST):
            return
        if len(self._open) >= self._core.config.bounds.batches:
            self._evict()
            parent = self._of(message)
        type_ = message.params[1]
        own = self._requests.labeled(message)
        request = own or (parent.request if parent is not None else None)
        if request is None and type_ in (CHATHISTORY, TARGETS) and parent is None:
            request = self._requests.asked_for("CHATHISTORY")
        kept = type_ in ASSEMBLED or (parent is not None and parent.kept)
        batch = Batch(reference, type_, message, parent, request, own is not None, kept)
        self._open[reference] = batch
        if parent is not None and parent.kept:
            self._keep(parent, message, batch)

    def _keep(self, batch: Batch, message: Message, item: "Message | Batch") -> None:
        """Keep ``item``, at what ``message`` costs, if there is room."""
        if batch.lost:
            return
        size = cost_of(message)
        if self._size + size > self._core.config.bounds.batch_bytes:
            self._lose(batch)
            return
        self._size += size
        batch.size += size
        batch.items.append(item)

    def _lose(self, batch: Batch) -> None:
        batch.lost = True
        batch.items.clear()
        if batch.request is not None:
            batch.request.lost = True
        self._release(batch)

    def _release(self, batch: Batch) -> None:
        self._size -= batch.size
        batch.size = 0

    def _evict(self) -> None:
        """Make room. The oldest stands in no other, since what stands in a batch ends with it."""
        reference, batch = next(iter(self._open.items()))
        self._lose(batch)
        self._end(reference)

    def _end(self, reference: str) -> None:
        batch = self._open.get(reference)
        if batch is None:
            return
        for child in [each for each in self._open.values() if each.parent is batch]:
            self._end(child.reference)
        del self._open[reference]
        parent = batch.parent
        if parent is None or not parent.kept:
            if batch.kept and not batch.lost:
                self._closed(batch)
        elif batch.lost:
            self._lose(parent)
        elif not parent.lost:  # it is read with the batch that it stands in, and counts there
            parent.size += batch.size
            batch.size = 0
        self._release(batch)
        batch.parent = None
        if batch.labeled and batch.request is not None:
            self._requests.finish(batch.request)


def contents(batch: Batch) -> Iterator[Message]:
    """What was said in an assembled batch, in order; each multiline message is one. Recurs no more than ``DEEPEST``."""
    if batch.type in _MULTILINE:
        joined = joined_lines(batch.opening, [item for item in batch.items if isinstance(item, Message)])
        if joined is not None:
            yield joined
        return
    for item in batch.items:
        if isinstance(item, Batch):
            yield from contents(item)
        else:
            yield item
