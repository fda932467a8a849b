"""The store for servers that keep nothing beyond their own life."""

import attrs

from freeq_proto.boundary import ActRow, Row, Stored


@attrs.define
class MemoryStore:
    """Keeps every row in memory, in order, and answers at once.

    It is a log, so nothing is ever dropped: about 600 bytes for an act, which is a channel's topic change, grant or
    ban, not a message.
    """

    acts: dict[str, list[ActRow]] = attrs.field(factory=dict)
    """The acts of each channel, by its folded name, in the order in which they were written."""

    def write(self, rows: tuple[Row, ...]) -> Stored:
        """Append ``rows`` to the lists that they name; cannot fail."""
        for row in rows:
            self.acts.setdefault(row.log, []).append(row)
        return Stored()
