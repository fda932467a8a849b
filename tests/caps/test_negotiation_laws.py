"""Laws of capability negotiation: for each role alone, and for both over a link that delivers in order, at any pace."""

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from freeq_proto.caps import (
    CAPABILITIES,
    REQUESTABLE,
    CapMessage,
    ClientNegotiation,
    Offer,
    ServerNegotiation,
    ValueKind,
    changes,
    names,
)
from freeq_proto.caps.lists import fits

VALUES = st.text(alphabet="ABCD=,-0123", min_size=1, max_size=200)


@st.composite
def offers(draw: st.DrawFn) -> Offer:
    """Any offer; some need a continued list."""
    chosen = draw(st.lists(st.sampled_from(CAPABILITIES), unique=True))
    kinds = {ValueKind.NONE: st.just(""), ValueKind.OPTIONAL: st.just("") | VALUES, ValueKind.REQUIRED: VALUES}
    return Offer({capability.bit: draw(kinds[capability.value]) for capability in chosen})


WORDS = st.sampled_from([sign + name for name in names(-1) for sign in ("", "-")]) | st.text(max_size=5)
REQUESTS = st.tuples(
    st.sampled_from(["LS", "LIST", "REQ", "END", "req", "ACK", "NEW", "", "LSS"]),
    st.lists(st.sampled_from(["302", "301", "9999", "x"]) | st.lists(WORDS, max_size=6).map(" ".join), max_size=3),
    st.booleans(),
)


@given(st.lists(REQUESTS | offers(), max_size=12), offers())
def test_only_what_is_offered_is_enabled_and_every_answer_fits(
    steps: list[tuple[str, list[str], bool] | Offer], offered: Offer
) -> None:
    session = ServerNegotiation()
    for step in steps:
        version, answers = session.version, None
        if isinstance(step, Offer):
            answers = changes(offered, step, session)
            offered = step
        else:
            subcommand, args, registered = step
            answers = session.handle(subcommand, args, offered, registered=registered)
        assert session.enabled & ~(offered.caps & REQUESTABLE) == 0
        assert session.version >= version
        assert all(fits(answer) for answer in answers or [])


SERVER_MESSAGES = st.lists(
    st.tuples(
        st.sampled_from(["LS", "NEW", "DEL", "ACK", "NAK", "LIST", "ls", ""]),
        st.lists(st.just("*") | st.lists(WORDS, max_size=6).map(" ".join), max_size=3),
    ).map(lambda parts: [parts[0], *parts[1]]),
    max_size=12,
)


@given(st.integers(0, 2 ** len(CAPABILITIES) - 1), SERVER_MESSAGES)
def test_a_client_survives_any_server(wanted: int, messages: list[CapMessage]) -> None:
    client = ClientNegotiation(wanted)
    client.start()
    for message in messages:
        sent = client.receive(message)
        requested = [name for request in sent for name in request[1].split(" ")]
        assert all(fits(request) for request in sent)
        assert len(requested) == len(set(requested))
        assert set(requested) <= set(names(wanted & REQUESTABLE))
        assert len(client.offered) <= len(CAPABILITIES)


class Link:
    """A client and a server, and what is under way between them, in order."""

    def __init__(self, wanted: int, offered: Offer) -> None:
        self.client, self.server, self.offered = ClientNegotiation(wanted), ServerNegotiation(), offered
        self.to_server: deque[CapMessage] = deque(self.client.start())
        self.to_client: deque[CapMessage] = deque()

    def serve(self) -> None:
        subcommand, *args = self.to_server.popleft()
        self.to_client += self.server.handle(subcommand, args, self.offered, registered=False) or []

    def receive(self) -> None:
        self.to_server += self.client.receive(self.to_client.popleft())

    def change(self, offered: Offer) -> None:
        self.to_client += changes(self.offered, offered, self.server)
        self.offered = offered

    def settle(self) -> None:
        """Deliver everything: both queues drain, since a refused capability is asked for only once more."""
        while self.to_server or self.to_client:
            if self.to_server:
                self.serve()
            else:
                self.receive()


@given(st.integers(0, 2 ** len(CAPABILITIES) - 1), offers(), st.lists(st.booleans() | offers(), max_size=30))
def test_both_sides_end_with_the_same_set(wanted: int, offered: Offer, schedule: list[bool | Offer]) -> None:
    link = Link(wanted, offered)
    for step in schedule:
        if isinstance(step, Offer):
            link.change(step)
        elif step and link.to_server:
            link.serve()
        elif not step and link.to_client:
            link.receive()
    link.settle()
    assert link.client.done
    assert link.client.enabled == link.server.enabled
    assert set(names(wanted & link.offered.caps & REQUESTABLE)) <= set(names(link.client.enabled))
    assert link.server.negotiating
