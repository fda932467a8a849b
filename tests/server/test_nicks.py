"""Nicks that belong to accounts. docs/protocol.md, "Nicks of an account"."""

from freeq_proto.boundary import NickRow, OperatorAct
from freeq_proto.server import IdentityPolicy
from tests.server.harness import SERVER, Client, config
from tests.server.watched import WatchedNet as Net
from tests.server.watched import bodies, numerics

ALICE = b"\x31" * 32
BOB = b"\x32" * 32


def owner(net: Net, nick: str) -> str | None:
    return net.engine.server.world.owner(nick)


def account(net: Net, nick: str) -> str | None:
    user = net.engine.server.world.user(nick)
    assert user is not None
    return user.account


def connecting(net: Net, *caps: str) -> Client:
    client = net.connect()
    client.send("CAP LS 302", f"CAP REQ :{' '.join(['sasl', *caps])}")
    client.take()
    return client


def nick_rows(net: Net) -> list[tuple[str, bool]]:
    return [(row.nick, bool(row.account)) for row in net.rows if isinstance(row, NickRow)]


def test_a_nick_becomes_the_accounts_that_uses_it() -> None:
    net = Net()
    alice = net.client("Alice", did_seed=ALICE)
    assert owner(net, "alice") == account(net, "alice")
    alice.send("NICK alicia")
    assert nick_rows(net) == [("Alice", True), ("alicia", True)]
    guest = net.client("guest")
    guest.send("NICK other")
    assert len(nick_rows(net)) == 2, "guests own nothing"


def test_a_nick_that_could_not_be_written_down_is_nobodys() -> None:
    net = Net()
    net.store_fails = True
    alice = net.client("alice", did_seed=ALICE)
    assert owner(net, "alice") is None
    net.store_fails = False
    alice.send("NICK other", "NICK alice")
    assert nick_rows(net) == [("other", True), ("alice", True)]


def test_an_account_owns_ten_nicks_and_no_nicks_of_guests() -> None:
    net = Net()
    alice = net.client("n0", did_seed=ALICE)
    alice.send("NICK Guest12345", *(f"NICK n{number}" for number in range(1, 12)))
    assert [nick for nick, _ in nick_rows(net)] == [f"n{number}" for number in range(10)]


def test_nobody_else_can_take_it() -> None:
    net = Net()
    net.client("alice", did_seed=ALICE).send("QUIT")
    guest, bob = net.client("guest"), net.client("bob", did_seed=BOB)
    for client in (guest, bob):
        (line,) = client.ask("NICK Alice")
        assert f" 433 {'guest' if client is guest else 'bob'} Alice :Nickname belongs to an account" in line
    plain = net.connect()
    assert numerics(plain.ask("NICK alice")) == ["433 alice"]
    late = connecting(net)
    assert late.ask("NICK alice", "USER x 0 * :x") == [], "it may still sign in"
    assert numerics(late.ask("CAP END")) == ["433 alice"]
    assert any(" 001 other " in line for line in late.ask("NICK other"))


def test_its_owner_has_it_back_from_a_guest_at_once() -> None:
    """A guest can hold it only while its owner is not written down as such."""
    net = Net()
    alice = net.client("alice", did_seed=ALICE)
    alice.send("JOIN #room", "LOGOUT")
    watcher = net.client("watcher")
    watcher.send("JOIN #room", "MONITOR + alice")
    watcher.take()
    alice.take()
    owner_ = net.client("other", did_seed=ALICE)
    assert bodies(watcher.take()) == ["JOIN #room", "MODE #room +o other"]
    owner_.take()
    owner_.send("NICK alice")
    lines = alice.take()
    new = lines[-2].rpartition(":")[2]
    assert new.startswith("Guest")
    assert len(new) == len("Guest12345")
    assert "NOTICE alice :The owner of the nick alice is here and wants it" in bodies(lines)[-3]
    assert bodies(watcher.take()) == [
        f"NICK :{new}",
        "731 watcher :alice",
        "NICK :alice",
        f"730 watcher :{owner_.take()[-1].split(' ')[0][1:].replace('other!', 'alice!')}",
    ]


def test_whose_it_is_not_any_more_loses_it_after_a_while() -> None:
    net = Net(config(identity=IdentityPolicy(nick_seconds=20)))
    alice = net.client("alice", did_seed=ALICE)
    assert "in 20 seconds" in alice.ask("LOGOUT")[-1]
    net.pass_time(19)
    assert alice.take() == []
    net.pass_time(1)
    assert "NICK :Guest" in alice.take()[-1]
    assert net.engine.server.world.user("alice") is None


def test_who_signs_in_again_keeps_it() -> None:
    net = Net(config(identity=IdentityPolicy(nick_seconds=20)))
    alice = net.client("alice", did_seed=ALICE)
    alice.send("LOGOUT")
    net.sign_in(alice, ALICE)
    net.pass_time(30)
    assert alice.take() == []


def test_listing_and_dropping() -> None:
    net = Net()
    alice = net.client("alice", caps=["standard-replies"], did_seed=ALICE)
    bob = net.client("bob", caps=["standard-replies"], did_seed=BOB)
    alice.send("NICK alicia")
    assert bodies(alice.ask("NICKS list")) == ["NOTE NICKS NICKS_OWNED :Your nicks: alice alicia"]
    assert bodies(bob.ask("NICKS DROP alice"))[0].startswith("FAIL NICKS NOT_YOURS alice :")
    assert bodies(alice.ask("NICKS DROP Alice"))[0].startswith("NOTE NICKS NICK_DROPPED Alice :")
    assert owner(net, "alice") is None
    assert nick_rows(net)[-1] == ("alice", False)
    bob.send("NICK alice")
    assert owner(net, "alice") == account(net, "alice") == account(net, "alice")
    guest = net.client("guest", caps=["standard-replies"])
    assert bodies(guest.ask("NICKS LIST"))[0].startswith("FAIL NICKS ACCOUNT_REQUIRED :")
    assert bodies(guest.ask("NICKS DANCE"))[0].startswith("FAIL NICKS UNKNOWN_SUBCOMMAND DANCE :")
    assert numerics(guest.ask("NICKS DROP")) == ["461 NICKS"]


def test_a_drop_that_is_not_stored_changes_nothing() -> None:
    net = Net()
    alice = net.client("alice", caps=["standard-replies"], did_seed=ALICE)
    net.store_fails = True
    assert bodies(alice.ask("NICKS DROP alice"))[0].startswith("FAIL NICKS NOT_DROPPED alice :")
    assert owner(net, "alice") == account(net, "alice")


def test_a_drop_outlives_whoever_asked_for_it() -> None:
    net = Net()
    alice = net.client("alice", did_seed=ALICE)
    net.store_waits = True
    alice.send("NICKS DROP alice")
    alice.disconnect()
    net.store_answers()
    assert nick_rows(net)[-1] == ("alice", False)
    assert owner(net, "alice") is None


def test_an_operator_drops_anybodys() -> None:
    net = Net()
    net.client("alice", did_seed=ALICE)
    oper = net.client("oper", caps=["standard-replies"])
    user = net.engine.server.world.user("oper")
    assert user is not None
    user.operator = "oper"
    net.engine.server.world.set_mode(user, "o", on=True)
    assert bodies(oper.ask("NICKS DROP alice"))[0].startswith("NOTE NICKS NICK_DROPPED alice :")
    (event,) = [event for event in net.events if isinstance(event, OperatorAct)]
    assert event.act.startswith("NICKS DROP alice, which belonged to did:key:")


def test_claims_outlive_the_server() -> None:
    net = Net()
    net.client("Alice", did_seed=ALICE)
    net.restart()
    guest = net.client("guest")
    assert f":{SERVER} 433 guest alice :" in guest.ask("NICK alice")[0]
    assert any(" 001 Alice " in line for line in _welcome(net, "Alice", ALICE))


def _welcome(net: Net, nick: str, seed: bytes) -> list[str]:
    client = connecting(net)
    client.send(f"NICK {nick}", "USER x 0 * :x")
    net.sign_in(client, seed)
    return client.ask("CAP END")
