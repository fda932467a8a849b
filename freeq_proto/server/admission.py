"""How many may be here: connections in all, and from one address."""

from freeq_proto.boundary import PeerInfo
from freeq_proto.server.cloak import neighbourhood
from freeq_proto.server.config import Limits


class Admission:
    """Counts connections by neighbourhood. A Unix socket is the operator's own and counts in all only."""

    def __init__(self) -> None:
        self._total = 0
        self._by_neighbourhood: dict[str, int] = {}

    @property
    def total(self) -> int:
        """Connections that are here."""
        return self._total

    def admit(self, peer: PeerInfo, limits: Limits) -> str | None:
        """Count one more, or say why not."""
        place = neighbourhood(peer.address)
        if self._total >= limits.clients:
            return "The server is full"
        if place and self._by_neighbourhood.get(place, 0) >= limits.clients_per_address:
            return "Too many connections from your address"
        self._total += 1
        self._by_neighbourhood[place] = self._by_neighbourhood.get(place, 0) + 1
        return None

    def release(self, peer: PeerInfo) -> None:
        """One that was admitted is gone."""
        place = neighbourhood(peer.address)
        self._total -= 1
        self._by_neighbourhood[place] -= 1
        if not self._by_neighbourhood[place]:
            del self._by_neighbourhood[place]
