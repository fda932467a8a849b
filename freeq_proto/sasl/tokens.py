"""The memory of tokens that were used, so that each signs in once. Pure; one per server.

A token carries a name of its own (``jti``) and an end. Its issuer and name are kept until that end and forgotten then,
exactly: after it the token is refused for its age. The wall clock that both are judged by may jump back; so the memory
knows up to when it has forgotten, and takes every token from before that for used.
"""

import enum
import hashlib
import heapq
from collections import Counter
from typing import Final

import attrs

from freeq_proto.boundary import Now

MAX_TOKENS: Final = 10_000
"""Tokens remembered at a time, about 200 bytes each."""

MAX_TOKENS_OF_ONE_PLACE: Final = 500
"""How many of those came from one address: nobody fills the memory alone."""


class Spent(enum.Enum):
    """What became of an attempt to use a token."""

    NOW = "now"
    """It had not been used, and is now."""
    BEFORE = "before"
    """It has been used, or may have been."""
    FULL = "full"
    """There is no room to remember it, so it was not used."""


@attrs.define
class TokenMemory:
    """Issuers and names of the tokens that were used and have not ended."""

    limit: int = MAX_TOKENS
    each: int = MAX_TOKENS_OF_ONE_PLACE
    _used: set[bytes] = attrs.field(factory=set, init=False)
    _ends: list[tuple[int, bytes, str]] = attrs.field(factory=list, init=False)
    _places: Counter[str] = attrs.field(factory=Counter, init=False)
    _forgotten_ms: int = attrs.field(default=0, init=False)

    def __len__(self) -> int:
        """Tokens that are remembered."""
        return len(self._ends)

    def has(self, issuer: str, name: str) -> bool:
        """Whether this token was used."""
        return _digest(issuer, name) in self._used

    def spend(self, issuer: str, name: str, end_ms: int, now: Now, place: str = "") -> Spent:
        """Use the token ``name`` of ``issuer``, which nobody accepts after ``end_ms`` (Unix time in milliseconds).

        ``place`` is where it came from.
        """
        self._forget(now)
        token = _digest(issuer, name)
        if token in self._used or end_ms <= self._forgotten_ms:
            return Spent.BEFORE
        if len(self._ends) >= self.limit or self._places[place] >= self.each:
            return Spent.FULL
        self._used.add(token)
        self._places[place] += 1
        heapq.heappush(self._ends, (end_ms, token, place))
        return Spent.NOW

    def _forget(self, now: Now) -> None:
        while self._ends and self._ends[0][0] < now.unix_ms:
            self._forgotten_ms, token, place = heapq.heappop(self._ends)
            self._used.discard(token)
            self._places -= Counter((place,))  # which forgets a place that nothing is remembered of


def _digest(issuer: str, name: str) -> bytes:
    """One size for all, so that the memory of long names is bounded, too."""
    return hashlib.sha256(f"{issuer}\0{name}".encode("utf-8", "surrogatepass")).digest()
