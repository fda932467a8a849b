"""Several sessions of one account under one nick. docs/protocol.md, "Several devices"."""

import pytest

from freeq_proto.boundary import SignedOut
from freeq_proto.server.server import Server
from tests.server.harness import Client
from tests.server.watched import WatchedNet as Net
from tests.server.watched import bodies, mask, names, numerics

ALICE = b"\x31" * 32
BOB = b"\x32" * 32


def attach(net: Net, nick: str, *caps: str, seed: bytes = ALICE) -> tuple[Client, list[str]]:
    """One more session, and everything that it hears from 001 on."""
    client = net.connect("192.0.2.77")
    client.send("CAP LS 302", f"CAP REQ :{' '.join(['sasl', *caps])}", f"NICK {nick}", "USER phone 0 * :Phone")
    net.sign_in(client, seed)
    return client, client.ask("CAP END")


def sessions(net: Net, nick: str) -> int:
    server: Server = net.engine.server
    user = server.world.user(nick)
    return 0 if user is None else len(user.sessions)


def test_another_session_is_brought_to_where_the_first_is() -> None:
    net = Net()
    alice = net.client("alice", did_seed=ALICE)
    bob = net.client("bob")
    alice.send("JOIN #a", "TOPIC #a :Topic", "JOIN #b", "MODE alice +i", "AWAY :gone")
    bob.send("JOIN #a")
    alice.take(), bob.take()
    _, heard = attach(net, "ALICE", "multi-prefix")
    assert " 001 alice " in heard[0]
    after = [body for body in bodies(heard) if body.split(" ")[0] in ("JOIN", "332", "353", "366", "221", "306")]
    assert after == [
        "221 alice +i",
        "306 alice :You have been marked as being away",
        "JOIN #a",
        "332 alice #a :Topic",
        "353 alice = #a :@alice bob",
        "366 alice #a :End of /NAMES list",
        "JOIN #b",
        "353 alice = #b :@alice",
        "366 alice #b :End of /NAMES list",
    ]
    assert (alice.take(), bob.take()) == ([], []), "nobody else hears of it"
    assert sessions(net, "alice") == 2
    net.check_rosters()


def test_what_one_says_is_shown_on_those_that_asked_for_it() -> None:
    net = Net()
    alice = net.client("alice", caps=["echo-message"], did_seed=ALICE)
    bob = net.client("bob")
    alice.send("JOIN #a")
    bob.send("JOIN #a")
    phone, _ = attach(net, "alice", "echo-message")
    plain, _ = attach(net, "alice")
    for client in (alice, bob, phone, plain):
        client.take()
    for target in ("#a", "@#a", "bob"):
        phone.send(f"PRIVMSG {target} :hello")
        heard = [bodies(client.take()) for client in (alice, phone, plain)]
        assert heard == [[f"PRIVMSG {target} :hello"], [f"PRIVMSG {target} :hello"], []]
    plain.send("PRIVMSG #a :from the plain one")
    assert [bodies(client.take()) for client in (alice, phone, plain)] == [["PRIVMSG #a :from the plain one"]] * 2 + [
        []
    ]
    assert bodies(bob.take()) == ["PRIVMSG #a :hello", "PRIVMSG bob :hello", "PRIVMSG #a :from the plain one"]
    bob.send("PRIVMSG alice :hi")
    assert all(bodies(client.take()) == ["PRIVMSG alice :hi"] for client in (alice, phone, plain))
    phone.send("PRIVMSG alice :to myself")
    assert bodies(alice.take()) == bodies(plain.take()) == ["PRIVMSG alice :to myself"]


def test_all_see_what_one_does() -> None:
    net = Net()
    alice = net.client("alice", did_seed=ALICE)
    phone, _ = attach(net, "alice")
    bob = net.client("bob")
    phone.send("JOIN #a")
    bob.send("JOIN #a")
    assert bodies(alice.take()) == bodies(phone.take())
    for line, seen in (
        ("NICK alicia", "NICK :alicia"),
        ("MODE alicia +w", "MODE alicia :+w"),
        ("TOPIC #a :x", "TOPIC #a :x"),
        ("MODE #a +v bob", "MODE #a +v bob"),
        ("PART #a :bye", "PART #a :bye"),
    ):
        alice.send(line)
        assert bodies(phone.take()) == bodies(alice.take()) == [seen]
    net.check_rosters()


def test_a_session_that_ends_takes_nothing_with_it() -> None:
    net = Net()
    alice = net.client("alice", did_seed=ALICE)
    bob = net.client("bob")
    alice.send("JOIN #a")
    bob.send("JOIN #a")
    phone, _ = attach(net, "alice")
    bob.take()
    alice.send("QUIT :to bed")
    assert bob.take() == []
    assert names(bob, "#a") == ["@alice", "bob"]
    phone.disconnect()
    assert bodies(bob.take()) == ["QUIT :Connection reset"]


def test_a_dead_connection_is_in_nobodys_way() -> None:
    net = Net()
    net.client("alice", did_seed=ALICE).send("JOIN #a")
    net.pass_time(100)
    phone, heard = attach(net, "alice")
    assert "JOIN #a" in bodies(heard)
    net.pass_time(85)
    assert sessions(net, "alice") == 1
    assert phone.closed is None


def test_two_devices_that_join_at_once_are_in_once() -> None:
    net = Net()
    alice = net.client("alice", did_seed=ALICE)
    phone, _ = attach(net, "alice")
    net.store_waits = True
    alice.send("JOIN #a")
    phone.send("JOIN #a")
    net.store_answers()
    net.store_answers()
    assert names(alice, "#a") == ["@alice"]
    net.check_rosters()


def test_guests_and_other_accounts_do_not_share() -> None:
    net = Net()
    net.client("alice", did_seed=ALICE)
    client, heard = attach(net, "alice", seed=BOB)
    assert numerics(heard) == ["433 alice"]
    assert any(" 001 bob " in line for line in client.ask("NICK bob"))
    assert numerics(client.ask("NICK alice")) == ["433 alice"]


def test_signing_in_later_does_not_merge() -> None:
    net = Net()
    net.client("alice", did_seed=ALICE)
    other = net.client("other", caps=["sasl"])
    net.sign_in(other, ALICE)
    assert numerics(other.ask("NICK alice")) == ["433 alice"]
    assert sessions(net, "alice") == sessions(net, "other") == 1


def test_one_device_cannot_make_the_others_somebody_else() -> None:
    """The others have not proved that account."""
    net = Net()
    net.client("alice", did_seed=ALICE)
    phone, _ = attach(net, "alice")
    before = mask(net, "alice")
    with pytest.raises(AssertionError, match=" 904 "):
        net.sign_in(phone, BOB)
    user = net.engine.server.world.user("alice")
    assert user is not None
    assert user.hostmask == before
    assert user.account == net.sign_in(phone, ALICE)


def test_logging_out_is_for_all() -> None:
    """Who says it keeps the nick, as a guest; the others go, and may come back by themselves."""
    net = Net()
    alice = net.client("alice", caps=["standard-replies"], did_seed=ALICE)
    bob = net.client("bob", caps=["account-notify"])
    alice.send("JOIN #a")
    bob.send("JOIN #a")
    phone, _ = attach(net, "alice", "standard-replies")
    alice.take(), bob.take(), phone.take()
    heard = bodies(phone.ask("LOGOUT"))
    assert heard[0] == f"901 alice {mask(net, 'alice')} :You are now logged out"
    assert heard[1] == "MODE #a -o alice"
    assert alice.closed == "Signed out: by your own wish"
    assert bodies(bob.take()) == ["ACCOUNT *", "MODE #a -o alice"]
    assert sorted(event.conn for event in net.events if isinstance(event, SignedOut)) == [alice.conn, phone.conn]
    assert sessions(net, "alice") == 1
    assert numerics(bob.ask("WHOIS alice"))[-2:] == [f"317 alice 0 {1_760_000_000}", "318 alice"]
    net.check_rosters()


def test_who_was_signed_out_signs_in_again() -> None:
    net = Net()
    alice = net.client("alice", did_seed=ALICE)
    attach(net, "alice")
    alice.send("LOGOUT")
    account = net.sign_in(alice, ALICE)
    user = net.engine.server.world.user("alice")
    assert user is not None
    assert user.account == account
    _, heard = attach(net, "alice")
    assert numerics(heard)[0] == "001"
    assert sessions(net, "alice") == 2
