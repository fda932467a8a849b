"""From a connection to a user (https://modern.ircdocs.horse/#connection-registration)."""

import pytest

from freeq_proto.boundary import Computed, Failed, HashPassword, Registered
from freeq_proto.caps import CAPABILITIES
from freeq_proto.engine import perform
from freeq_proto.server import Limits, StrictTransport
from freeq_proto.server.server import FLOW_SECONDS
from tests.server.harness import SERVER, Client, config
from tests.server.watched import WatchedNet as Net
from tests.server.watched import bodies, numerics

PASSWORD = perform(HashPassword("secret", b"s" * 16)).value


def welcomed(client: Client) -> bool:
    return any(" 001 " in line for line in client.take())


def test_the_welcome() -> None:
    net = Net(config(motd=("First line.", "")))
    client = net.connect()
    assert client.ask("NICK alice") == []
    lines = client.ask("USER alice 0 * :Alice in Chains")
    codes = [line.split(" ")[1] for line in lines]
    assert codes[:4] == ["001", "002", "003", "004"]
    assert codes[4:-11] == ["005"] * len(codes[4:-11])
    assert codes[-11:] == ["251", "252", "253", "254", "255", "265", "266", "375", "372", "372", "376"]
    assert lines[0].endswith("Welcome to the Example Network, alice!~alice@" + host(net))
    tokens = " ".join(line for line in lines if " 005 " in line).split(" ")
    assert {"NETWORK=Example", "CASEMAPPING=ascii", "CHANTYPES=#", "MODES=6", "PREFIX=(ohv)@%+"} <= set(tokens)
    (event,) = [event for event in net.events if isinstance(event, Registered)]
    assert (event.conn, event.nick, event.host, event.account) == (client.conn, "alice", host(net), None)


def host(net: Net) -> str:
    user = net.engine.server.world.user("alice")
    assert user is not None
    return user.host


def test_no_message_of_the_day_is_422() -> None:
    net = Net()
    client = net.connect()
    assert numerics(client.ask("NICK alice", "USER alice 0 * :A"))[-1] == "422"


@pytest.mark.parametrize(
    "lines", [("NICK a", "USER a 0 * :A"), ("USER a 0 * :A", "NICK a"), ("NICK b", "NICK a", "USER a 0 * :A")]
)
def test_nick_and_user_in_any_order(lines: tuple[str, ...]) -> None:
    net = Net()
    client = net.connect()
    client.send(*lines)
    assert welcomed(client)
    assert net.engine.server.world.user("a") is not None


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("NICK", "431"),
        ("NICK :", "431"),
        ("NICK 9lives", "432 9lives"),
        ("NICK -dash", "432 -dash"),
        ("NICK né", "432 né"),
        ("NICK " + "x" * 32, "432 " + "x" * 32),
        ("NICK :a b", "432 a"),
        ("NICK #c", "432 #c"),
        ("NICK did:plc:x", "432 did:plc:x"),
        ("NICK taken", "433 taken"),
        ("NICK TAKEN", "433 TAKEN"),
        ("USER a 0 *", "461 USER"),
        ("USER", "461 USER"),
        ("PASS", "461 PASS"),
    ],
)
def test_what_does_not_register(line: str, answer: str) -> None:
    net = Net()
    net.client("taken")
    client = net.connect()
    assert numerics(client.ask(line)) == [answer]
    client.send("NICK fine", "USER a 0 * :A")
    assert welcomed(client)


@pytest.mark.parametrize(
    ("username", "realname", "shown", "real"),
    [
        ("alice", "Alice", "~alice", "Alice"),
        ("a!b@c", "x", "~abc", "x"),
        ("!!!", "x", "~user", "x"),
        ("alexandrina", "x", "~alexandri", "x"),
        ("~root", "x", "~root", "x"),
        ("ünï", "x", "~n", "x"),
        ("alice", "", "~alice", "~alice"),
        ("alice", "é" * 100, "~alice", "é" * 64),
    ],
)
def test_usernames_and_realnames_are_made_fit(username: str, realname: str, shown: str, real: str) -> None:
    net = Net()
    client = net.connect()
    client.send("NICK alice", f"USER {username} 0 * :{realname}")
    user = net.engine.server.world.user("alice")
    assert user is not None
    assert (user.username, user.realname) == (shown, real)


def test_two_that_wish_for_one_nick() -> None:
    """Nobody holds a nick before it is registered: the first to complete has it, the other is asked again."""
    net = Net()
    first, second = net.connect(), net.connect()
    for client in (first, second):
        client.send("NICK same")
    second.send("USER b 0 * :B")
    assert welcomed(second)
    assert numerics(first.ask("USER a 0 * :A")) == ["433 same"]
    assert not welcomed(first)
    first.send("NICK Same", "NICK other")
    assert welcomed(first)


def test_a_host_is_a_cloak_that_neighbours_share_in_part() -> None:
    net = Net()
    hosts = []
    for nick, address in (("a", "192.0.2.1"), ("b", "192.0.2.1"), ("c", "192.0.2.9"), ("d", "192.0.9.1"), ("e", "")):
        net.client(nick, address=address)
        user = net.engine.server.world.user(nick)
        assert user is not None
        hosts.append(user.host.split("."))
    a, b, c, d, e = hosts
    assert a == b
    assert (c[0] != a[0], c[1:] == a[1:]) == (True, True)
    assert (d[1] != a[1], d[2:] == a[2:]) == (True, True)
    assert e == ["local", "cloak"]
    assert "192" not in ".".join(a)


# --- PASS ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", ["secret", "wrong", ""])
def test_a_password_is_checked_beside_the_loop(given: str) -> None:
    net = Net(config(password=PASSWORD))
    net.computes = False
    client = net.connect()
    client.send(*([f"PASS {given}"] if given else []), "NICK alice", "USER alice 0 * :A", "PING later")
    assert client.take() == []
    (job,) = net.jobs
    net.engine.completed(job.ticket, perform(job.job), net.now)
    net.settle()
    if given == "secret":
        lines = client.take()
        assert " 001 " in lines[0]
        assert lines[-1] == f":{SERVER} PONG {SERVER} :later"
    else:
        assert [line.split(" ")[:3] for line in client.take()] == [
            [f":{SERVER}", "464", "alice"],
            ["ERROR", ":Closing", "link:"],
        ]
        assert client.closed == "Bad password"


@pytest.mark.parametrize("answer", [Failed("no worker"), Computed("yes"), None])
def test_what_is_no_yes_is_a_no(answer: Failed | Computed | None) -> None:
    """None: the runtime never answers."""
    net = Net(config(password=PASSWORD))
    net.computes = False
    client = net.connect()
    client.send("PASS secret", "NICK alice", "USER alice 0 * :A")
    if answer is None:
        net.pass_time(FLOW_SECONDS)
    else:
        net.engine.completed(net.jobs[0].ticket, answer, net.now)
        net.settle()
    assert client.closed == "Bad password"


# --- CAP -----------------------------------------------------------------------------------------------------------


def test_ls_is_one_line_of_at_most_510_bytes() -> None:
    """Clients exist that act on each line of a list by itself."""
    net = Net(config(strict_transport=StrictTransport(6697, 31_536_000)))
    client = net.connect()
    (line,) = client.ask("CAP LS 302")
    assert len(line.encode()) <= 510
    listed = {word.partition("=")[0]: word.partition("=")[2] for word in line.partition(" :")[2].split(" ")}
    assert list(listed) == [capability.name for capability in CAPABILITIES]
    assert listed["sasl"] == "ATPROTO-CHALLENGE"
    assert listed["sts"] == "port=6697"
    secure = net.connect(secure=True)
    assert "sts=duration=31536000" in secure.ask("CAP LS 302")[0]
    assert "=" not in client.ask("CAP LS")[0]


def test_negotiation_holds_registration_until_it_ends() -> None:
    net = Net()
    client = net.connect()
    client.send("CAP LS 302", "NICK alice", "USER alice 0 * :A")
    assert not welcomed(client)
    assert bodies(client.ask("CAP REQ :server-time  message-tags")) == ["CAP alice ACK :server-time message-tags"]
    assert bodies(client.ask("CAP REQ :server-time nonsense")) == ["CAP alice NAK :server-time nonsense"]
    assert bodies(client.ask("CAP LIST")) == ["CAP alice LIST :message-tags server-time cap-notify"]
    client.send("CAP END")
    assert welcomed(client)


def test_req_without_ls_holds_registration_too() -> None:
    net = Net()
    client = net.connect()
    client.send("NICK alice", "CAP REQ server-time", "USER alice 0 * :A")
    assert not welcomed(client)
    client.send("CAP END")
    assert welcomed(client)


def test_capabilities_change_after_registration_without_end() -> None:
    net = Net()
    alice, bob = net.client("alice"), net.client("bob")
    for client in (alice, bob):
        client.send("JOIN #c")
    alice.take()
    alice.send("CAP LS 302", "CAP REQ server-time")
    bob.send("TOPIC #c", "PRIVMSG #c :timed")
    assert alice.take()[-1].startswith("@time=")
    alice.send("CAP REQ -server-time")
    alice.take()
    bob.send("PRIVMSG #c :plain")
    assert alice.take()[0].startswith(":bob!")


# --- time and number -----------------------------------------------------------------------------------------------


def test_registration_has_its_time() -> None:
    net = Net(config(limits=Limits(registration_seconds=10)))
    idle, busy, done = net.connect(), net.connect(), net.client("done")
    net.pass_time(9.9)
    busy.send("CAP LS 302", "NICK busy", "PING x")
    busy.take()
    net.pass_time(0.1)
    for client in (idle, busy):
        assert client.closed == "Registration timed out"
    assert busy.take() == ["ERROR :Closing link: (busy) [Registration timed out]"]
    assert done.closed is None


@pytest.mark.parametrize(
    ("addresses", "refused"),
    [
        (["192.0.2.1"] * 3, [False, False, True]),
        (["192.0.2.1", "192.0.2.2", "::ffff:192.0.2.1", "192.0.2.1"], [False, False, False, True]),
        (["2001:db8::1", "2001:db8:0:0:ffff::2", "2001:db8::3", "2001:db8:0:1::1"], [False, False, True, False]),
        (["fe80::1%eth0", "fe80::2%eth1", "fe80::3"], [False, False, True]),
        ([""] * 4, [False] * 4),
    ],
)
def test_connections_from_one_address(addresses: list[str], refused: list[bool]) -> None:
    """One IPv6 customer has a /64; a Unix socket is the operator's own."""
    net = Net(config(limits=Limits(clients_per_address=2)))
    clients = [net.connect(address) for address in addresses]
    assert [client.closed is not None for client in clients] == refused
    for client in clients:
        if client.closed:
            assert client.take() == ["ERROR :Closing link: (*) [Too many connections from your address]"]
    clients[0].disconnect()
    assert net.connect(addresses[0]).closed is None


def test_connections_in_all() -> None:
    net = Net(config(limits=Limits(clients=2)))
    first, _second = net.connect("10.0.0.1"), net.connect("10.0.0.2")
    third = net.connect("10.0.0.3")
    assert third.closed == "The server is full"
    third.send("NICK x")
    first.send("QUIT")
    assert net.connect("10.0.0.3").closed is None
    assert net.connect("10.0.0.4").closed == "The server is full"
