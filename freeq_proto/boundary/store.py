"""The store vocabulary: what the core writes down.

One row class per thing kept. A store maps them to whatever it has; this room knows no storage engine.
"""

from typing import TypeAlias

import attrs


@attrs.frozen
class ActRow:
    """One act of authority, appended to the list of the channel ``log``."""

    log: str
    """The channel's folded name."""
    ulid: str
    kind: str
    by: str
    """The acting principal: a DID, ``guest:<origin>/<epoch>.<n>``, or "" for the server itself."""
    body: str
    """Canonical JSON (sorted keys, no spaces) of what the kind needs."""
    reason: str


Row: TypeAlias = ActRow
