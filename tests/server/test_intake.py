"""Lines on their way in: whose turn it is, what holds them, and what bounds them."""

from hypothesis import given
from hypothesis import strategies as st

from freeq_proto.boundary import ConnId, Effect, Now, PauseReading
from freeq_proto.server import Config, Flood, Limits
from freeq_proto.server.intake import LINES_PER_TURN, Intake
from freeq_proto.server.session import Session
from tests.server.world import SmallWorld

FREE = Config("irc.example.org", flood=Flood(lines_per_second=0))
PACED = Config("irc.example.org", flood=Flood(burst=3, lines_per_second=2), limits=Limits(recvq_bytes=16_384))


class Mouth:
    """An intake and everything it did."""

    def __init__(self, config: Config = FREE) -> None:
        self.config = config
        self.taken: list[tuple[ConnId, bytes]] = []
        self.holding: set[ConnId] = set()
        self.woken: list[float] = []
        self.overrun: list[ConnId] = []
        self.effects: list[Effect] = []
        self.mono = 0.0
        small = SmallWorld()
        self.one, self.two = small.session(), small.session()
        self.one.tokens = self.two.tokens = config.flood.burst
        self.intake = Intake(
            take=self._take,
            held=lambda session: session.conn in self.holding,
            wake=lambda _conn, deadline: self.woken.append(deadline),
            overrun=self._overrun,
            emit=self.effects.append,
        )

    @property
    def now(self) -> Now:
        return Now(self.mono, 0)

    def _take(self, session: Session, line: bytes) -> None:
        self.taken.append((session.conn, line))
        if line == b"wait":
            self.holding.add(session.conn)
        elif line == b"quit":
            self.close(session)

    def _overrun(self, session: Session) -> None:
        self.overrun.append(session.conn)
        self.close(session)

    def close(self, session: Session) -> None:
        session.outbox.closed = True
        self.intake.forget(session)

    def receive(self, session: Session, *lines: bytes) -> None:
        self.intake.receive(session, lines, self.config, self.now)

    def release(self, session: Session) -> None:
        self.holding.discard(session.conn)
        self.intake.resume(session)

    def run(self) -> int:
        """Run turns to the end; how many it took."""
        turns = 0
        while self.intake.ready:
            turns += 1
            self.intake.run_ready(self.config, self.now)
            assert turns < 1000
        return turns

    def lines_of(self, session: Session) -> list[bytes]:
        return [line for conn, line in self.taken if conn == session.conn]


def test_lines_are_taken_at_once_in_order() -> None:
    mouth = Mouth()
    mouth.receive(mouth.one, b"a", b"b")
    mouth.receive(mouth.one, b"c")
    assert mouth.lines_of(mouth.one) == [b"a", b"b", b"c"]
    assert not mouth.intake.ready
    assert mouth.one.inbox is None


def test_more_than_a_turn_is_shared_out() -> None:
    mouth = Mouth()
    lines = [b"%d" % number for number in range(3 * LINES_PER_TURN + 5)]
    mouth.receive(mouth.one, *lines)
    assert len(mouth.taken) == LINES_PER_TURN
    mouth.receive(mouth.two, b"x")
    assert mouth.taken[-1] == (mouth.two.conn, b"x")
    assert mouth.run() == 3
    assert mouth.lines_of(mouth.one) == lines
    assert mouth.one.inbox_bytes == 0


def test_what_waits_is_resumed_where_it_stopped() -> None:
    mouth = Mouth()
    mouth.receive(mouth.one, b"a", b"wait", b"b", b"wait", b"c")
    mouth.receive(mouth.one, b"d")
    assert mouth.lines_of(mouth.one) == [b"a", b"wait"]
    assert mouth.run() == 0
    for _ in range(2):
        mouth.release(mouth.one)
        mouth.run()
    assert mouth.lines_of(mouth.one) == [b"a", b"wait", b"b", b"wait", b"c", b"d"]


def test_a_session_that_closes_takes_no_more() -> None:
    mouth = Mouth()
    mouth.receive(mouth.one, b"a", b"quit", b"b")
    mouth.receive(mouth.one, b"c")
    mouth.intake.resume(mouth.one)
    assert mouth.run() == 0
    assert mouth.lines_of(mouth.one) == [b"a", b"quit"]
    assert mouth.one.inbox is None


def test_a_budget_is_a_bucket() -> None:
    mouth = Mouth(PACED)
    mouth.receive(mouth.one, *[b"%d" % number for number in range(6)])
    assert len(mouth.taken) == 3
    assert len(mouth.woken) == 1
    assert 0.5 <= mouth.woken[0] <= 0.51
    mouth.mono = mouth.woken.pop()
    mouth.intake.resume(mouth.one)
    mouth.run()
    assert len(mouth.taken) == 4
    mouth.mono = 1000.0
    mouth.intake.resume(mouth.one)
    mouth.run()
    assert len(mouth.taken) == 6
    assert mouth.one.tokens <= 3


def test_everything_heard_counts_as_a_sign_of_life_even_if_it_waits() -> None:
    mouth = Mouth()
    mouth.holding.add(mouth.one.conn)
    mouth.one.pinged = True
    mouth.mono = 5.0
    mouth.receive(mouth.one, b"x")
    assert (mouth.one.heard_at, mouth.one.pinged) == (5.0, False)


def test_reading_pauses_and_resumes_by_crossings() -> None:
    mouth = Mouth(PACED)
    mouth.holding.add(mouth.one.conn)
    for _ in range(9):
        mouth.receive(mouth.one, b"x" * 1000)
    assert mouth.effects == [PauseReading(mouth.one.conn, True)]
    mouth.release(mouth.one)
    mouth.mono = 100.0
    mouth.run()
    assert mouth.effects == [PauseReading(mouth.one.conn, True)], "three lines less is still a lot"
    for _ in range(4):
        mouth.mono += 100.0
        mouth.intake.resume(mouth.one)
        mouth.run()
    assert mouth.effects == [PauseReading(mouth.one.conn, True), PauseReading(mouth.one.conn, False)]


def test_too_much_is_an_overrun() -> None:
    mouth = Mouth(PACED)
    mouth.holding.add(mouth.one.conn)
    for _ in range(20):
        mouth.receive(mouth.one, b"x" * 1000)
    assert mouth.overrun == [mouth.one.conn]
    assert mouth.one.inbox is None


steps = st.lists(
    st.tuples(st.just("lines"), st.integers(0, 1), st.integers(1, 40))
    | st.tuples(st.just("wait"), st.integers(0, 1), st.just(0))
    | st.tuples(st.just("release"), st.integers(0, 1), st.just(0))
    | st.tuples(st.just("turn"), st.just(0), st.integers(0, 3)),
    max_size=30,
)


@given(steps, st.booleans())
def test_no_line_is_lost_doubled_or_moved(plan: list[tuple[str, int, int]], paced: bool) -> None:
    """L10, inward: whatever holds them, every line is taken once, in its order."""
    mouth = Mouth(PACED if paced else FREE)
    sessions = (mouth.one, mouth.two)
    sent: tuple[list[bytes], list[bytes]] = ([], [])
    for kind, which, count in plan:
        session = sessions[which]
        if kind == "turn":
            mouth.mono += count
            for each in sessions:
                mouth.intake.resume(each)
            mouth.intake.run_ready(mouth.config, mouth.now)
        elif kind == "release":
            mouth.release(session)
        else:
            start = len(sent[which])
            lines = [b"wait"] if kind == "wait" else [b"%d" % number for number in range(start, start + count)]
            sent[which].extend(lines)
            mouth.receive(session, *lines)
        assert all(each.inbox_bytes == sum(max(32, len(line)) for line in each.inbox or ()) for each in sessions)
    for _ in range(2000):
        mouth.mono += 10
        for each in sessions:
            mouth.release(each)
        if not mouth.intake.ready:
            break
        mouth.intake.run_ready(mouth.config, mouth.now)
    assert tuple(mouth.lines_of(session) for session in sessions) == sent
