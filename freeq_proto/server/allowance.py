"""How often something may be done from one place: so many times within so many seconds."""

from collections import deque


class Allowance:
    """Counts what was done from each place (see :func:`~freeq_proto.server.cloak.neighbourhood`).

    It remembers what is younger than ``seconds``, and nothing of places from which nothing was done since then.
    """

    def __init__(self, count: int, seconds: float) -> None:
        self._count = count
        self._seconds = seconds
        self._done: dict[str, deque[float]] = {}  # whose last was longest ago first

    def take(self, place: str, mono: float) -> bool:
        """Count one more at ``mono`` (seconds, monotonic), or answer False; a Unix socket (``""``) has no limit."""
        if not place:
            return True
        self._forget(mono)
        done = self._done.get(place, deque())
        while done and done[0] <= mono - self._seconds:
            done.popleft()
        if len(done) >= self._count:
            return False
        done.append(mono)
        self._done.pop(place, None)
        self._done[place] = done
        return True

    def __len__(self) -> int:
        """Places that are remembered."""
        return len(self._done)

    def _forget(self, mono: float) -> None:
        while self._done:
            place, done = next(iter(self._done.items()))
            if done[-1] > mono - self._seconds:
                return
            del self._done[place]
