"""Sequential conversations as generators: ``result = yield request``.

A flow yields a request and is resumed with its result. The request is turned into an effect with a fresh ticket by
:class:`FlowTable`, which also puts a deadline on each wait: what is not answered in time is answered with
``Failed(timed_out=True)``, and an answer that comes after that changes nothing.

The world moves during a ``yield``. After it, look everything up again: the session may be gone (its flow is then closed,
never resumed), the channel may have ended, the nick may belong to somebody else.
"""

from collections.abc import Callable, Generator
from typing import Generic, TypeAlias, TypeVar

import attrs

from freeq_proto.boundary.compute import Job
from freeq_proto.boundary.effects import Compute, Effect, Failed, ReloadConfiguration, Result, Ticket

T = TypeVar("T")
Owner = TypeVar("Owner")


@attrs.frozen
class Work:
    """Ask for a :class:`~freeq_proto.boundary.Compute`; resumed with ``Computed`` or ``Failed``."""

    job: Job


@attrs.frozen
class Reload:
    """Ask for a :class:`~freeq_proto.boundary.ReloadConfiguration`; resumed with ``Reloaded`` or ``Failed``."""


@attrs.frozen
class Breathe:
    """Let the others have a turn; resumed with ``None`` at the next one at which this owner can be written to."""


@attrs.frozen
class Settle(Generic[T]):
    """Wait for something inside the core (a stored act); resumed with what :meth:`FlowTable.settle` was given."""

    key: T


Request: TypeAlias = Work | Reload | Breathe | Settle[int]
Flow: TypeAlias = Generator[Request, Result | None, T]
