"""The store for servers that keep nothing beyond their own life."""

import attrs

from freeq_proto.boundary import Found, Query, Row, Stored


@attrs.define
class MemoryStore:
    """Keeps every row in memory, in order, and answers at once."""

    rows: list[Row] = attrs.field(factory=list)
    blocking: bool = False

    def write(self, rows: tuple[Row, ...]) -> Stored:
        """Append ``rows``; cannot fail."""
        self.rows += rows
        return Stored()

    def query(self, query: Query) -> Found:
        """Nothing: what is kept here is for looking at."""
        return Found(())
