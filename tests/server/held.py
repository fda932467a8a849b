"""A net with a store whose answers the test gives."""

from freeq_proto.boundary import Effect, Failed, Stored, StoreWrite
from tests.server.watched import WatchedNet as Net


class HeldNet(Net):
    """A store whose every answer the test gives, in its own order."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[StoreWrite] = []
        self.holds = False

    def _effect(self, effect: Effect) -> None:
        if self.holds and isinstance(effect, StoreWrite):
            self.writes.append(effect)
        else:
            super()._effect(effect)

    def answer(self, write: StoreWrite, failure: str | None = None) -> None:
        self.engine.completed(write.ticket, Stored() if failure is None else Failed(failure), self.now)
        self.settle()
