"""What clients may ever be sent, and that what they draw from it is what the server knows (P9, P10)."""

from hypothesis import given, settings
from hypothesis import strategies as st

from freeq_proto.boundary import KeyType
from freeq_proto.identity import PrivateKey, public_key_to_did_key
from freeq_proto.sasl import respond_crypto, split_payload
from freeq_proto.server import Limits
from freeq_proto.server.session import Session
from tests.properties.commands import CAPS, lines
from tests.server.harness import SERVER, Client, config
from tests.server.watched import WatchedNet

SEEDS = (b"\x01" * 32, None, None, b"\x02" * 32, b"\x01" * 32)
NAMES = ("alice", "bob", "carol", "dave", "alice")

clients = st.integers(0, 4)
steps = st.one_of(
    st.tuples(st.just("line"), clients, lines()),
    st.tuples(st.just("line"), clients, lines()),
    st.tuples(st.just("line"), clients, lines()),
    st.tuples(
        st.sampled_from(
            ["lose", "quit", "slow", "fast", "sign in", "store waits", "store fails", "store works", "wait"]
        ),
        clients,
        st.just(""),
    ),
)


class Town:
    """Five clients with different capabilities; whoever is lost comes back.

    One is a server operator, and two are devices of one account under one nick.
    """

    def __init__(self) -> None:
        self.net = WatchedNet(config(limits=Limits(channels_per_user=3, monitor=3)))
        self.clients = [self.arrive(number) for number in range(5)]
        user = self.net.engine.server.world.user("dave")
        assert user is not None
        user.operator = "dave"
        self.net.engine.server.world.set_mode(user, "o", on=True)

    def arrive(self, number: int) -> Client:
        client = self.net.connect(f"192.0.2.{number}")
        client.send("CAP LS 302", f"CAP REQ :{CAPS[number]} sasl", f"NICK {NAMES[number]}")
        client.send(f"USER {NAMES[number]} 0 * :Realname")
        if (seed := SEEDS[number]) is not None:
            self.sign_in(client, seed)
        client.send("CAP END")
        session = self.session(client)
        if session is not None and session.user is None:  # the nick is taken
            client.send(f"NICK guest{number}{client.conn}")
        return client

    def session(self, client: Client) -> Session | None:
        return self.net.engine.server.world.sessions.get(client.conn)

    def sign_in(self, client: Client, seed: bytes) -> None:
        """As far as it is answered now: it may be slow, or wait for something else."""
        key = PrivateKey(KeyType.ED25519, seed)
        did = public_key_to_did_key(key.public_key)
        answers = client.ask("AUTHENTICATE *", "AUTHENTICATE ATPROTO-CHALLENGE")
        challenges = [line for line in answers if line.startswith("AUTHENTICATE ")]
        if challenges:
            challenge = challenges[-1].removeprefix("AUTHENTICATE ")
            answer = respond_crypto(challenge, did, key, SERVER, self.net.now)
            client.send(*(f"AUTHENTICATE {argument}" for argument in split_payload(answer)))

    def step(self, kind: str, number: int, line: str) -> None:
        client, net = self.clients[number], self.net
        if client.closed is not None or self.session(client) is None:
            self.clients[number] = client = self.arrive(number)
        match kind:
            case "line":
                client.send(line)
            case "lose":
                client.disconnect()
            case "quit":
                client.send("QUIT :bye")
            case "slow" | "fast":
                net.engine.write_pressure(client.conn, 70_000 if kind == "slow" else 0, net.now)
                net.settle()
            case "sign in":
                self.sign_in(client, bytes([number + 7]) * 32)
            case "wait":
                net.pass_time(31)
            case _:
                net.store_waits, net.store_fails = kind == "store waits", kind == "store fails"
                if not net.store_waits:
                    net.store_answers()

    def end(self) -> None:
        """Let everything that waits come."""
        self.net.store_waits = self.net.store_fails = False
        for client in self.clients:
            self.net.engine.write_pressure(client.conn, 0, self.net.now)
        self.net.store_answers()
        self.net.store_answers()


@settings(max_examples=80)
@given(st.lists(steps, min_size=20, max_size=70))
def test_nobody_is_sent_what_he_did_not_ask_for_and_all_see_the_same(plan: list[tuple[str, int, str]]) -> None:
    """P10 and P9. The reader of each client judges every line; the world is checked after every turn."""
    town = Town()
    for step in plan:
        town.step(*step)
    town.end()
    town.net.check_rosters()


@settings(max_examples=30)
@given(st.lists(steps, min_size=5, max_size=40))
def test_when_all_are_gone_nothing_is_left(plan: list[tuple[str, int, str]]) -> None:
    """L7: no flow, ticket, deadline, connection or count outlives its connection; only channels of accounts stay."""
    town = Town()
    for step in plan:
        town.step(*step)
    town.end()
    for conn in tuple(town.net.clients):
        town.net.engine.disconnected(conn, "gone", town.net.now)
        town.net.settle()
    town.end()
    engine, server = town.net.engine, town.net.engine.server
    assert engine.connection_count == 0
    assert engine._admission.total == 0
    assert engine.drain().deadline is None
    assert (server.world.sessions, server.world.users, server.world._watchers) == ({}, {}, {})
    assert (server.flows._running, server.flows._tickets, server.flows._inner) == ({}, {}, {})
    assert not server.flows.breathing
    assert not server.intake.ready
    assert not server.ledger._writes
    for channel in server.world.channels.values():
        assert any(who.startswith("did:") for who in channel.facts.roles), channel.name
        assert not any(who.startswith("guest:") for who in channel.facts.roles), channel.facts.roles
