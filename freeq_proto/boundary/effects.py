"""What the core asks of its runtime: few, typed and cold.

Bytes to peers are hot and are not effects; see :class:`freeq_proto.boundary.Batch`. An effect that carries a
``ticket`` is answered by ``engine.completed(ticket, result, now)``. Late, duplicate and unknown tickets change nothing,
and the core puts a deadline on every wait, so a runtime that never answers still yields a clean error.
"""

from typing import NewType, TypeAlias

import attrs

from freeq_proto.boundary.compute import Job
from freeq_proto.boundary.network import Destination, Fetched, HttpRequest, TxtRecords
from freeq_proto.boundary.peer import ConnId
from freeq_proto.boundary.store import Query, Row

Ticket = NewType("Ticket", int)
"""Names one awaited answer; never used twice by one engine."""


@attrs.frozen
class Compute:
    """Perform pure work that is too slow for a turn: ``completed(ticket, freeq_proto.engine.perform(job), now)``."""

    ticket: Ticket
    job: Job


@attrs.frozen
class StoreWrite:
    """Write rows in order, in one transaction; answer ``Stored()``, or ``Failed(reason)`` and none written."""

    ticket: Ticket
    rows: tuple[Row, ...]


@attrs.frozen
class StoreQuery:
    """Read from the store what was written before; answer ``Found(rows)``, or ``Failed(reason)``."""

    ticket: Ticket
    query: Query


@attrs.frozen
class HttpFetch:
    """Make an HTTP request; answer ``Fetched``, or ``Failed(reason)``. See :mod:`freeq_proto.boundary.network`."""

    ticket: Ticket
    request: HttpRequest


@attrs.frozen
class DnsTxt:
    """Look up the TXT records of ``name``; answer ``TxtRecords`` (none: no such name), or ``Failed(reason)``."""

    ticket: Ticket
    name: str


@attrs.frozen
class Dial:
    """Connect to a server: ``connected(conn, dialled, now)`` once TLS is done, or ``disconnected(conn, why, now)``.

    Only clients ask for it. The connection is named by the core and is new.
    """

    conn: ConnId
    destination: Destination


@attrs.frozen
class Close:
    """Close a connection once what was written to it is sent. Emitted once per connection."""

    conn: ConnId
    reason: str
    """For the operator's log; the peer was told in its own protocol."""
    abort: bool = False
    """Drop unsent bytes: the peer does not read."""


@attrs.frozen
class PauseReading:
    """Stop (or resume) reading from a connection: back-pressure inward."""

    conn: ConnId
    paused: bool


@attrs.frozen
class ReloadConfiguration:
    """Read the configuration again and call ``engine.reconfigure``; answer with ``Reloaded`` or ``Failed(reason)``."""

    ticket: Ticket


@attrs.frozen
class Shutdown:
    """Stop the process: an operator asked for it. Everybody has been told."""

    reason: str


Effect: TypeAlias = (
    Compute
    | StoreWrite
    | StoreQuery
    | HttpFetch
    | DnsTxt
    | Dial
    | Close
    | PauseReading
    | ReloadConfiguration
    | Shutdown
)


# --- answers -------------------------------------------------------------------------------------------------------


@attrs.frozen
class Stored:
    """The rows of a :class:`StoreWrite` are durable as far as this store makes them."""


@attrs.frozen
class Found:
    """The rows that a query asked for; their class and order are stated at the query."""

    rows: tuple[Row, ...]


@attrs.frozen
class Computed:
    """The answer of a job; its meaning is stated at the job."""

    value: bool | str


@attrs.frozen
class Reloaded:
    """The configuration was read and applied; ``notes`` name what cannot change without a restart."""

    notes: tuple[str, ...] = ()


@attrs.frozen
class Failed:
    """The runtime could not do it, or (``timed_out``) never answered in time."""

    reason: str
    timed_out: bool = False


Result: TypeAlias = Stored | Found | Fetched | TxtRecords | Computed | Reloaded | Failed
