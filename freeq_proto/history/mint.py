"""The one place where a message gets its id and its time, together.

A message id is a ULID, and the milliseconds inside it are the message's time, so a history that is sorted by id is
sorted by time, and a client that asks for either gets the same page.

New randomness is drawn when the millisecond changes. Within one millisecond the randomness counts up, as the ULID
specification has it: ids stay strictly increasing, and whoever sees one can guess the next. An id is a name, not a
secret.
"""

from typing import Final

import attrs

from freeq_proto.boundary import Entropy, Now
from freeq_proto.history.ulid import MAX_RANDOMNESS, PAIRS, format_ulid

_TAIL_BITS: Final = 20
_LAST_TAIL: Final = (1 << _TAIL_BITS) - 1


@attrs.frozen
class Stamp:
    """What a message is called and when it was said."""

    msgid: str
    """A ULID: 26 characters."""
    unix_ms: int
    """Milliseconds since 1970-01-01T00:00:00Z; the same number is inside ``msgid``."""


class Mint:
    """Mints stamps that strictly increase, whatever the wall clock does.

    While the clock stands still or runs behind the last stamp, stamps keep that stamp's millisecond and count up; if
    the randomness is used up, they move on to the next millisecond.
    """

    # The first 22 characters (all but the lowest 20 bits) are kept as text: nearly every stamp costs two more look-ups.
    __slots__ = ("_entropy", "_head", "_head_randomness", "_tail", "_unix_ms")

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy
        # As if the last stamp of the millisecond before 1970 had been minted.
        self._unix_ms = -1
        self._head = ""
        self._head_randomness = MAX_RANDOMNESS >> _TAIL_BITS
        self._tail = _LAST_TAIL

    def mint(self, now: Now) -> Stamp:
        """A stamp greater than all before it, of ``now`` if the wall clock went on.

        Raises :class:`~freeq_proto.boundary.LocalProtocolError` after the year 10889, where ULIDs end.
        """
        if now.unix_ms > self._unix_ms:
            self._begin(now.unix_ms)
        elif self._tail < _LAST_TAIL:
            self._tail += 1
        else:
            self._carry()
        return Stamp(self._head + PAIRS[self._tail >> 10] + PAIRS[self._tail & 1023], self._unix_ms)

    def _begin(self, unix_ms: int) -> None:
        self._set(unix_ms, int.from_bytes(self._entropy(10), "big"))

    def _carry(self) -> None:
        randomness = (self._head_randomness << _TAIL_BITS | self._tail) + 1
        if randomness > MAX_RANDOMNESS:
            self._begin(self._unix_ms + 1)
        else:
            self._set(self._unix_ms, randomness)

    def _set(self, unix_ms: int, randomness: int) -> None:
        self._head = format_ulid(unix_ms, randomness)[:-4]
        self._unix_ms = unix_ms
        self._head_randomness = randomness >> _TAIL_BITS
        self._tail = randomness & _LAST_TAIL
