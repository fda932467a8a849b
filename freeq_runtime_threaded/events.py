"""The events that a program has not taken yet."""

from collections import deque

from freeq_proto.client import ClientEvent, Connecting, Disconnected, Registered, Stopped


class WaitingEvents:
    """A queue that nothing else bounds while no server takes us, since reading goes on until one does.

    When more than ``limit`` events wait, attempts that came to nothing are forgotten but for the last, of which no more
    than ``limit`` events are kept. Of a connection that was registered nothing is ever forgotten.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._events: deque[ClientEvent] = deque()
        self._of_attempt = 0
        """Events since the last ``Connecting``; they stand at the end, unless they were taken."""
        self._registered = False
        """Whether there was a ``Registered`` since then."""

    def __len__(self) -> int:
        return len(self._events)

    def append(self, event: ClientEvent) -> None:
        """One more."""
        full = len(self._events) > self._limit
        match event:
            case Connecting():
                if full and not self._registered:
                    for _ in range(min(self._of_attempt, len(self._events))):
                        self._events.pop()
                self._of_attempt = 0
                self._registered = False
            case Registered():
                self._registered = True
            case Disconnected() | Stopped():
                pass
            case _ if full and not self._registered and self._of_attempt >= self._limit:
                return
        self._of_attempt += 1
        self._events.append(event)

    def take(self) -> ClientEvent:
        """The oldest. Raises IndexError if there is none."""
        return self._events.popleft()

    def clear(self) -> None:
        """Forget all of them."""
        self._events.clear()
