"""Whatever peers and runtimes do: nothing raises, only the offender closes, memory is bounded, time goes on."""

from hypothesis import given, settings
from hypothesis import strategies as st

from freeq_proto.boundary import Computed, Failed, Listener, Reloaded, Result, Stored, Ticket
from freeq_proto.server import Flood, Limits
from tests.properties.commands import fragments, lines
from tests.server.harness import SERVER, Client, Net, config
from tests.web.wire import BINARY, CLOSE, PING, PONG, TEXT, frame, handshake, request

LIMITS = Limits(recvq_bytes=16_384, sendq_bytes=16_384, clients_per_address=100)

web_bytes = st.lists(
    st.one_of(
        st.just(handshake()),
        st.just(handshake("Sec-WebSocket-Protocol: binary.ircv3.net")),
        st.just(request("GET", "/")),
        st.builds(frame, st.sampled_from([TEXT, BINARY, PING, PONG, CLOSE, 0, 3]), fragments, fin=st.booleans()),
        st.binary(max_size=40),
    ),
    max_size=8,
).map(b"".join)
pieces = st.lists(st.integers(1, 400), min_size=1, max_size=5)


def feed(client: Client, net: Net, data: bytes, sizes: list[int]) -> None:
    while data and client.closed is None:
        size = sizes[0]
        sizes = [*sizes[1:], size]
        client.feed_only(data[:size])
        data = data[size:]
        if size % 2:
            net.settle()
    net.settle()


def bounded(net: Net) -> None:
    """L7: what one session may hold."""
    server = net.engine.server
    for session in server.world.sessions.values():
        assert session.inbox_bytes <= LIMITS.recvq_bytes
        assert session.outbox.held <= LIMITS.sendq_bytes + 65_536
    waiting = len(server.flows._running)
    assert len(server.flows._tickets) + len(server.flows._inner) <= waiting <= net.engine.connection_count


@settings(max_examples=100)
@given(
    st.lists(
        st.tuples(st.just(Listener.IRC), fragments, pieces) | st.tuples(st.just(Listener.WEB), web_bytes, pieces),
        max_size=4,
    ),
    st.booleans(),
)
def test_no_bytes_raise_and_only_their_sender_is_closed(
    attacks: list[tuple[Listener, bytes, list[int]]], paced: bool
) -> None:
    """L4. Faults are not contained here, and the world is checked after every turn."""
    net = Net(config(limits=LIMITS, flood=Flood() if paced else Flood(lines_per_second=0)))
    bystander = net.client("bystander", address="10.0.0.1")
    for listener, data, sizes in attacks:
        client = net.connect(listener=listener)
        if listener is Listener.IRC and len(data) % 3:
            client.send("NICK attacker", "USER a 0 * :a", "JOIN #a")
        feed(client, net, data, sizes)
        bounded(net)
        if client.closed is None and len(data) % 2:
            client.feed(b"")
    bystander.take()
    assert bystander.ask("PING alive")[-1] == f":{SERVER} PONG {SERVER} :alive"


moments = st.lists(
    st.tuples(
        st.sampled_from(["line", "connect", "web", "tick", "timeout", "lose", "hold"]),
        st.integers(0, 5),
        lines(),
        st.integers(0, 90),
    ),
    max_size=30,
)


@settings(max_examples=80)
@given(moments)
def test_after_a_timeout_there_is_progress(plan: list[tuple[str, int, str, int]]) -> None:
    """L5: the deadline is over or in the future; before it, a call does nothing."""
    net = Net(config(limits=LIMITS, flood=Flood(burst=2, lines_per_second=1)))
    clients = [net.connect()]
    for kind, number, line, seconds in plan:
        client = clients[number % len(clients)]
        if kind in ("connect", "web"):
            clients.append(net.connect(listener=Listener.WEB if kind == "web" else Listener.IRC))
        elif kind == "hold":
            net.store_waits, net.computes = seconds > 45, seconds % 2 == 0
        elif kind == "tick":
            net.tick(seconds)
        elif kind == "timeout":
            net.engine.handle_timeout(net.now)
            net.settle()
            deadline = net.engine.drain().deadline
            assert deadline is None or deadline > net.now.mono
            net.engine.handle_timeout(net.now)
            assert not net.engine.drain()
        elif client.closed is None:
            client.send(f"NICK n{number}", f"USER n{number} 0 * :n", line) if kind == "line" else client.disconnect()
    net.store_waits = False
    net.store_answers()
    net.pass_time(300)
    assert net.engine.connection_count == 0, "nobody here ever answers a PING"


results: st.SearchStrategy[Result] = st.sampled_from(
    [Stored(), Computed(True), Computed("x"), Reloaded(), Failed("no"), Failed("late", timed_out=True)]
)


@settings(max_examples=60)
@given(st.lists(lines(), max_size=15), st.lists(st.tuples(st.integers(-1, 80), results), max_size=20))
def test_tickets_that_nobody_waits_for_change_nothing(commands: list[str], forged: list[tuple[int, Result]]) -> None:
    """L8: with and without unknown, late and repeated answers the streams are the same."""
    outputs = []
    for forging in (False, True):
        net = Net()
        asked: set[Ticket] = set()
        clients = [net.client("alice"), net.client("bob")]
        net.store_waits = True
        for number, command in enumerate(commands):
            clients[number % 2].send(command)
            asked |= {write.ticket for write in net._unanswered}
            for ticket, result in forged if forging else ():
                if ticket not in asked:
                    net.engine.completed(Ticket(ticket), result, net.now)
                    assert not net.engine.drain()
            net.store_answers()
            asked.clear()
        outputs.append([client.take_bytes() for client in clients])
    assert outputs[0] == outputs[1]
