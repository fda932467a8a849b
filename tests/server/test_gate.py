"""At most so many ask the network at once, and nobody's going away takes a place with it."""

from collections.abc import Iterator

from freeq_proto.boundary import Effect, Failed, Fetch, Fetched, Flow, HttpFetch, HttpRequest, Result, Ticket
from freeq_proto.boundary import FlowTable as Table
from freeq_proto.server.gate import Gate, Lane

REQUEST = Fetch(HttpRequest("https://example.net/"))


class Place:
    """A gate, and flows that go through it."""

    def __init__(self, limit: int, each: int = 100, seconds: float = 12.0) -> None:
        self.mono = 1000.0
        self.asked: list[Ticket] = []
        self.seconds: list[float] = []
        self.done: list[tuple[str, Result | None]] = []
        self.table: Table[str] = Table(
            emit=self._emit,
            ticket=lambda: next(self._tickets),
            waiting=lambda _owner: None,
            finished=lambda _owner: None,
            fault=self._fault,
        )
        self._tickets: Iterator[Ticket] = map(Ticket, range(1, 1000))
        self.gate = Gate(
            limit,
            each,
            seconds,
            mono=lambda: self.mono,
            ticket=lambda: next(self._tickets),
            settled=self.table.settled,
        )

    def _emit(self, effect: Effect) -> None:
        assert isinstance(effect, HttpFetch)
        self.asked.append(effect.ticket)
        self.seconds.append(effect.request.seconds)

    @staticmethod
    def _fault(_owner: str, error: Exception) -> None:
        raise error

    def come(self, name: str, requests: int = 1, place: str = "here") -> None:
        self.table.start(name, self._through(name, requests, place))

    def _through(self, name: str, requests: int, place: str) -> Flow[None]:
        result = yield from self.gate.limited(_ask(requests), place)
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


def test_one_place_does_not_fill_the_gate() -> None:
    """Somebody whose own hosts are slow keeps nobody waiting who comes from elsewhere."""
    place = Place(3, each=2)
    for name in "abc":
        place.come(name, place="slow")
    assert len(place.asked) == 2
    place.come("d", place="other")
    assert len(place.asked) == 3
    place.come("e", place="third")
    place.asked.append(place.asked.pop(0))  # "b" is answered before "a", "d" before both
    place.asked.insert(0, place.asked.pop(1))
    place.answer()
    assert [name for name, _ in place.done] == ["d"]
    place.answer()
    assert [name for name, _ in place.done] == ["d", "b"]
    for _ in range(3):
        place.answer()
    assert sorted(name for name, _ in place.done) == ["a", "b", "c", "d", "e"]


def test_places_are_called_by_turns() -> None:
    """Ten addresses with many connections each do not keep an eleventh waiting for all of those."""
    place = Place(2, each=2)
    for number in range(6):
        place.come(f"crowd-{number}", place="crowd")
    for number in range(3):
        place.come(f"other-{number}", place="other")
    place.come("alice", place="alice")
    for _ in range(10):
        place.answer()
    assert [name for name, _ in place.done] == [
        *("crowd-0", "crowd-1", "other-0", "crowd-2", "alice", "other-1", "crowd-3", "other-2", "crowd-4", "crowd-5"),
    ]


def test_nobody_stays_inside_for_long() -> None:
    """One attempt has so long for all its requests together; what it asks after that is not asked."""
    place = Place(1)
    place.come("a", requests=3)
    place.mono += 9
    place.answer()
    assert place.seconds == [10.0, 3.0]
    place.mono += 3
    place.answer()
    ((name, result),) = place.done
    assert name == "a"
    assert isinstance(result, Failed)
    assert result.timed_out


def test_a_place_is_given_back_though_nobody_answers() -> None:
    place = Place(1)
    place.come("slow")
    assert place.gate.next_deadline() is None, "nobody waits"
    place.come("b")
    assert place.gate.next_deadline() == 1012.0
    place.mono += 12
    place.gate.handle_timeout()
    assert len(place.asked) == 2
    assert place.gate.next_deadline() is None
    place.answer()
    assert [name for name, _ in place.done] == ["slow"]
    place.come("c")
    assert len(place.asked) == 1, "slow left before, so his end makes no room"
    place.answer()
    assert len(place.asked) == 1


def test_who_came_too_late_waits_no_second_time() -> None:
    place = Place(1)
    place.come("a")
    place.come("b", requests=2)
    place.table.expire("b")
    assert [name for name, _ in place.done] == ["b"]


def test_a_lane_lets_so_many_through_a_turn() -> None:
    done: list[str] = []
    tickets = map(Ticket, range(1, 1000))
    table: Table[str] = Table(
        emit=lambda _effect: None,
        ticket=lambda: next(tickets),
        waiting=lambda _owner: None,
        finished=lambda _owner: None,
        fault=Place._fault,
    )
    lane = Lane(2, ticket=lambda: next(tickets), settled=table.settled)

    def drive(name: str) -> Flow[None]:
        entered = yield from lane.enter()
        done.append(name if entered else name.upper())

    for name in "abcdef":
        table.start(name, drive(name))
    assert done == ["a", "b"]
    table.cancel("c")
    table.expire("d")
    assert done == ["a", "b", "D"]
    assert lane.run_turn() is False
    assert done == ["a", "b", "D", "e", "f"]
    table.start("g", drive("g"))
    for name in "hi":
        table.start(name, drive(name))
    assert "g" not in done, "the turn had no room left"
    assert lane.run_turn() is True, "somebody still waits"
    assert lane.run_turn() is False
    assert done[-3:] == ["g", "h", "i"]
