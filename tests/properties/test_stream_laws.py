"""How inputs are cut and when output is drained changes nothing (L1, L2); nothing is lost, doubled or moved (L10)."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from freeq_proto.server.intake import LINES_PER_TURN
from tests.properties.commands import fragments, lines
from tests.server.harness import Client, Net

NAMES = ("alice", "bob", "carol")
CAPS = (("message-tags", "server-time", "batch", "labeled-response"), ("echo-message", "multi-prefix"), ())

# Commands that wait for the store or end a connection, whose effect on others is not in the same turn.
WAITING = {
    "JOIN",
    "PART",
    "MODE",
    "TOPIC",
    "INVITE",
    "KICK",
    "QUIT",
    "AUTHENTICATE",
    "OPER",
    "DIE",
    "RESTART",
    "KILL",
    "REHASH",
}


def village() -> tuple[Net, list[Client]]:
    """Three clients in one channel that outlives all that follows."""
    net = Net(check=False)
    clients = [net.client(name, caps=caps) for name, caps in zip(NAMES, CAPS, strict=True)]
    for client in clients:
        client.send("JOIN #a")
    for client in clients:
        client.take()
    return net, clients


def streams(clients: list[Client]) -> list[bytes]:
    return [client.take_bytes() for client in clients]


def cut(data: bytes, places: list[int]) -> list[bytes]:
    bounds = [0, *sorted({place % (len(data) + 1) for place in places} - {0}), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(bounds) if start < end]


@settings(max_examples=60)
@given(fragments, st.lists(st.integers(0, 2000), max_size=12))
def test_any_split_of_the_input_gives_the_same_output(data: bytes, places: list[int]) -> None:
    """L1, for all bytes: one connection's input, cut anywhere, before one drain."""
    outputs = []
    for pieces in ([data], cut(data, places), cut(data, list(range(0, len(data), 7)))):
        net, clients = village()
        for piece in pieces:
            clients[0].feed_only(piece)
        net.settle()
        outputs.append((streams(clients), clients[0].closed))
    assert outputs[0] == outputs[1] == outputs[2]


at_once = st.lists(lines().filter(lambda line: not WAITING & set(line.split(" ")[:2])), min_size=1, max_size=6)
inputs = st.lists(st.tuples(st.integers(0, 2), at_once, st.booleans()), max_size=12)


@settings(max_examples=60)
@given(inputs)
def test_when_output_is_drained_does_not_change_the_streams(plan: list[tuple[int, list[str], bool]]) -> None:
    """L2, where no input waits for an answer of the runtime and none has more than ``LINES_PER_TURN`` lines.

    Beyond that it cannot hold, and should not: what a store answers earlier happens earlier, and a paste that exceeds
    its share of a turn gives way to whoever comes before the next.
    """
    assert all(len(given_lines) < LINES_PER_TURN for _, given_lines, _ in plan)
    outputs = []
    for drains in ((lambda _flag: True), (lambda _flag: False), (lambda flag: flag)):
        net, clients = village()
        for number, given_lines, flag in plan:
            clients[number].feed_only("".join(f"{line}\r\n" for line in given_lines).encode())
            if drains(flag):
                net.settle()
        net.settle()
        outputs.append(streams(clients))
    assert outputs[0] == outputs[1] == outputs[2]


turns = st.lists(
    st.tuples(st.sampled_from(["say", "say", "drain", "slow", "fast"]), st.integers(0, 2), st.integers(1, 50)),
    max_size=40,
)


@settings(max_examples=80)
@given(turns)
def test_lines_arrive_once_and_in_their_order(plan: list[tuple[str, int, int]]) -> None:
    """L10, under random pressure and with turns cut anywhere."""
    net, clients = village()
    said = [0, 0, 0]
    for kind, number, count in plan:
        client = clients[number]
        if kind == "say":
            numbers = range(said[number], said[number] + count)
            client.feed_only("".join(f"PRIVMSG #a :{each}\r\n" for each in numbers).encode())
            said[number] += count
        elif kind == "drain":
            net.perform(net.engine.drain())
        else:
            net.engine.write_pressure(client.conn, 70_000 if kind == "slow" else 0, net.now)
    for client in clients:
        net.engine.write_pressure(client.conn, 0, net.now)
    net.settle()
    for listening, client in enumerate(clients):
        heard: dict[str, list[int]] = {name: [] for name in NAMES}
        for line in client.take():
            source, _, rest = line.split("PRIVMSG")[0].rpartition(":")[2].partition("!")
            assert rest
            heard[source].append(int(line.rpartition(":")[2]))
        for speaking, name in enumerate(NAMES):
            silent = speaking == listening and "echo-message" not in CAPS[listening]
            assert heard[name] == ([] if silent else list(range(said[speaking])))
