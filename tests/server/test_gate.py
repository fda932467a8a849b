"""At most so many ask the network at once, and nobody's going away takes a place with it."""

from collections.abc import Iterator

from freeq_proto.boundary import Failed, Fetch, Fetched, Flow, HttpRequest, Result, Ticket
from freeq_proto.boundary import FlowTable as Table
from freeq_proto.server.gate import Gate

REQUEST = Fetch(HttpRequest("https://example.net/"))


class Place:
    """A gate, and flows that go through it."""

    def __init__(self, limit: int) -> None:
        self.asked: list[Ticket] = []
        self.done: list[tuple[str, Result | None]] = []
        self.table: Table[str] = Table(
            emit=lambda effect: self.asked.append(effect.ticket),  # type: ignore[union-attr]  # only requests
            ticket=lambda: next(self._tickets),
            waiting=lambda _owner: None,
            finished=lambda _owner: None,
            fault=self._fault,
        )
        self._tickets: Iterator[Ticket] = map(Ticket, range(1, 1000))
        self.gate = Gate(limit, ticket=lambda: next(self._tickets), settled=self.table.settled)

    @staticmethod
    def _fault(_owner: str, error: Exception) -> None:
        raise error

    def come(self, name: str, requests: int = 1) -> None:
        self.table.start(name, self._through(name, requests))

    def _through(self, name: str, requests: int) -> Flow[None]:
        result = yield from self.gate.limited(_ask(requests))
        self.done.append((name, result))

    def answer(self) -> None:
        self.table.completed(self.asked.pop(0), Fetched(200))


def _ask(requests: int) -> Flow[Result | None]:
    result: Result | None = None
    for _ in range(requests):
        result = yield REQUEST
    return result


def test_first_come_first_served() -> None:
    place = Place(2)
    for name in "abcd":
        place.come(name)
    assert len(place.asked) == 2
    place.answer()
    assert [name for name, _ in place.done] == ["a"]
    assert len(place.asked) == 2
    for _ in range(3):
        place.answer()
    assert [name for name, _ in place.done] == ["a", "b", "c", "d"]


def test_a_place_is_kept_to_the_end() -> None:
    place = Place(1)
    place.come("a", requests=2)
    place.come("b")
    place.answer()
    assert place.done == []
    place.answer()
    assert [name for name, _ in place.done] == ["a"]
    assert len(place.asked) == 1


def test_who_asks_nobody_waits_for_nobody() -> None:
    place = Place(1)
    place.come("a")
    place.come("b", requests=0)
    assert place.done == [("b", None)]


def test_who_goes_away_leaves_his_place_to_others() -> None:
    place = Place(1)
    for name in "abc":
        place.come(name)
    place.table.cancel("b")
    place.table.cancel("a")
    place.asked.pop(0)
    assert len(place.asked) == 1
    place.answer()
    assert [name for name, _ in place.done] == ["c"]
    place.come("d")
    assert len(place.asked) == 1


def test_who_waits_too_long_is_failed_and_takes_no_place() -> None:
    place = Place(1)
    place.come("a")
    place.come("b")
    place.table.expire("b")
    ((name, result),) = place.done
    assert name == "b"
    assert isinstance(result, Failed)
    place.answer()
    place.come("c")
    assert len(place.asked) == 1
