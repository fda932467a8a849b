"""LIST: https://modern.ircdocs.horse/#list-message, with ISUPPORT ELIST=CMNTU."""

import pytest

from freeq_proto.authority import ChannelFacts
from freeq_proto.irc import fold
from tests.server.harness import SERVER, START_MS, Client, Net

HEAD = f":{SERVER} 321 Bob Channel :Users  Name"
END = f":{SERVER} 323 Bob :End of /LIST"


def listed(lines: list[str]) -> list[str]:
    """The channels of a whole LIST."""
    assert lines[0] == HEAD
    assert lines[-1] == END
    return [line.split(" ")[3] for line in lines[1:-1]]


def three_channels(net: Net) -> Client:
    """#old is ten minutes old, with a topic of five; #new has two users and no topic; #mid a fresh topic."""
    alice, bob = net.client("Alice"), net.client("Bob")
    alice.send("JOIN #old")
    net.tick(300)
    alice.send("TOPIC #old :The old days", "JOIN #Mid")
    net.tick(295)
    alice.send("TOPIC #mid :Now", "JOIN #new")
    bob.send("JOIN #new")
    net.tick(5)
    return bob


def test_list_shows_name_users_and_topic() -> None:
    bob = three_channels(Net())
    assert bob.ask("LIST") == [
        HEAD,
        f":{SERVER} 322 Bob #old 1 :The old days",
        f":{SERVER} 322 Bob #Mid 1 :Now",
        f":{SERVER} 322 Bob #new 2 :",
        END,
    ]


@pytest.mark.parametrize(
    ("conditions", "names"),
    [
        ("#OLD", ["#old"]),
        ("#new,#old,#nowhere", ["#new", "#old"]),
        ("#nowhere", []),
        # M and N: masks
        ("*", ["#old", "#Mid", "#new"]),
        ("#m*", ["#Mid"]),
        ("*D", ["#old", "#Mid"]),
        ("#n?w,#old", ["#old", "#new"]),
        ("!*d", ["#new"]),
        ("!#new,!#old", ["#Mid"]),
        ("*d,!#m*", ["#old"]),
        # U: users
        (">1", ["#new"]),
        ("<2", ["#old", "#Mid"]),
        (">0,<3", ["#old", "#Mid", "#new"]),
        (">2", []),
        # C: minutes since creation
        ("C<10", ["#Mid", "#new"]),
        ("C>9", ["#old"]),
        ("c<1", ["#new"]),
        ("C<0", []),
        ("C>0,C<6", ["#Mid", "#new"]),
        # T: minutes since the topic was set; no topic, no time
        ("T<10", ["#old", "#Mid"]),
        ("T>4", ["#old"]),
        ("t<1", ["#Mid"]),
        # together
        ("#* >0,T<10", ["#old", "#Mid"]),
        ("#old,#new C<10", ["#new"]),
        ("*w,>1,C<1", ["#new"]),
        (">1 *w", ["#new"]),
        # what is no condition is the name of nothing
        (">x", []),
        ("C<\u0663", []),
        ("C<1_0", []),
        ("irc.example.org", []),
        (",,", ["#old", "#Mid", "#new"]),
    ],
)
def test_list_conditions(conditions: str, names: list[str]) -> None:
    """ELIST: ``C<n`` is younger than n minutes, ``C>n`` older; T likewise (Modern IRC warns of the reverse reading)."""
    bob = three_channels(Net())
    assert listed(bob.ask(f"LIST {conditions}")) == names


def test_secret_channels_are_listed_to_members_only() -> None:
    """Secret channel mode: it does not show up unless the client is in it, under whichever condition."""
    net = Net()
    bob = three_channels(net)
    alice = net.client("Carol")
    alice.send("JOIN #hidden", "MODE #hidden +s")
    for conditions in ("", " #hidden", " #h*", " >0"):
        assert "#hidden" not in listed(bob.ask(f"LIST{conditions}"))
    bob.send("JOIN #hidden")
    for conditions in ("", " #hidden", " #h*", " >0"):
        assert "#hidden" in listed(bob.ask(f"LIST{conditions}"))


def add_channels(net: Net, count: int) -> None:
    facts = ChannelFacts(START_MS, None, {}, {}, "n")
    for number in range(count):
        net.engine.server.world.add_channel(f"#channel{number}", facts)


def turn(net: Net) -> None:
    """One turn of the engine."""
    net.perform(net.engine.drain())


def test_50_000_channels_stall_nobody() -> None:
    """SAFELIST: the list comes in pieces, and other clients are answered in between."""
    net = Net(check=False)
    alice, bob = net.client("Alice"), net.client("Bob")
    add_channels(net, 50_000)
    bob.feed_only(b"LIST\r\n")
    lines: list[str] = []
    turns = 0
    while END not in lines[-1:]:
        alice.feed_only(f"PING {turns}\r\n".encode())
        turn(net)
        assert alice.take() == [f":{SERVER} PONG {SERVER} :{turns}"]
        piece = bob.take()
        assert 0 < len(piece) <= 1000
        lines += piece
        turns += 1
    assert listed(lines) == [f"#channel{number}" for number in range(50_000)]
    assert turns > 50


def test_a_search_that_finds_little_gives_way_too() -> None:
    net = Net(check=False)
    alice, bob = net.client("Alice"), net.client("Bob")
    add_channels(net, 5000)
    masks = ",".join(f"#{letter}*z" for letter in "abcdefghijklmnopqrstuvwxyz" * 3)
    bob.feed_only(f"LIST {masks}\r\n".encode())
    for number in range(100):
        alice.feed_only(f"PING {number}\r\n".encode())
        turn(net)
        assert alice.take() == [f":{SERVER} PONG {SERVER} :{number}"]
        assert END not in bob.take()
    net.settle()
    assert bob.take() == [END]


def test_a_list_waits_for_its_reader() -> None:
    """What a client does not read is not made: nothing piles up, and nothing is lost."""
    net = Net(check=False)
    bob = net.client("Bob")
    add_channels(net, 50_000)
    bob.feed_only(b"LIST\r\n")
    turn(net)
    net.engine.write_pressure(bob.conn, 100_000, net.now)
    net.settle()
    lines = bob.take()
    session = net.engine.server.world.sessions[bob.conn]
    assert len(lines) < 1000
    assert session.outbox.held < 100_000
    net.engine.write_pressure(bob.conn, 0, net.now)
    net.settle()
    assert len(listed(lines + bob.take())) == 50_000


def test_channels_that_come_and_go_meanwhile() -> None:
    net = Net(check=False)
    bob = net.client("Bob")
    add_channels(net, 2000)
    world = net.engine.server.world
    bob.feed_only(b"LIST\r\n")
    turn(net)
    world.remove_channel(world.channels[fold("#channel1999")])
    add_channels(net, 1)  # again, with other facts
    world.add_channel("#late", world.channels[fold("#channel0")].facts)
    net.settle()
    assert listed(bob.take()) == [f"#channel{number}" for number in range(1999)]


def test_a_list_ends_with_its_session() -> None:
    net = Net(check=False)
    bob = net.client("Bob")
    add_channels(net, 5000)
    bob.feed_only(b"LIST\r\n")
    turn(net)
    bob.disconnect()
    assert not net.engine.drain()
