"""Nicks that belong to accounts. docs/protocol.md, "Nicks of an account"."""

from freeq_proto.boundary import NickRow, OperatorAct
from freeq_proto.server import IdentityPolicy, Limits
from freeq_proto.server.nicks import CLAIM_SECONDS
from tests.server.harness import SERVER, Client, config
from tests.server.watched import WatchedNet as Net
from tests.server.watched import bodies, numerics

ALICE = b"\x31" * 32
BOB = b"\x32" * 32


DAY = 86_400


def patient() -> Net:
    """A net in which nobody is asked whether he is still there."""
    return Net(config(limits=Limits(ping_seconds=10**9, clients_per_address=100)))


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
    net.client("Alice", did_seed=ALICE)
    assert owner(net, "alice") == account(net, "alice")
    assert nick_rows(net) == [("Alice", True)]
    guest = net.client("guest")
    guest.send("NICK other")
    net.pass_time(CLAIM_SECONDS)
    assert len(nick_rows(net)) == 1, "guests own nothing"


def test_one_under_which_he_did_not_register_does_after_a_while() -> None:
    net = patient()
    alice = net.client("alice", did_seed=ALICE)
    late = net.client("late", caps=["sasl"])
    net.sign_in(late, BOB)
    alice.send("NICK short")
    net.pass_time(CLAIM_SECONDS / 2)
    alice.send("NICK long")
    net.pass_time(CLAIM_SECONDS / 2)
    assert [nick for nick, _ in nick_rows(net)] == ["alice", "late"]
    net.pass_time(CLAIM_SECONDS / 2)
    assert [nick for nick, _ in nick_rows(net)] == ["alice", "late", "long"]


def test_who_leaves_or_signs_out_before_that_owns_nothing() -> None:
    net = patient()
    alice, bob = net.client("alice", did_seed=ALICE), net.client("bob", did_seed=BOB)
    alice.send("NICK away", "QUIT")
    bob.send("NICK guest", "LOGOUT")
    net.pass_time(2 * CLAIM_SECONDS)
    assert [nick for nick, _ in nick_rows(net)] == ["alice", "bob"]


def test_ten_in_an_hour_from_one_address() -> None:
    """Keys of did:key are free. Who stays has his turn later."""
    net = patient()
    for number in range(20):
        net.client(f"nick{number}", did_seed=bytes([number + 1]) * 32)
    assert len(nick_rows(net)) == 10
    net.client("elsewhere", did_seed=ALICE, address="198.51.100.1")
    assert len(nick_rows(net)) == 11
    net.pass_time(3500)
    assert len(nick_rows(net)) == 11
    net.pass_time(CLAIM_SECONDS + 100)
    assert len(nick_rows(net)) == 21


def test_a_claim_lapses_when_its_owner_stays_away() -> None:
    net = Net(config(identity=IdentityPolicy(nick_days=3)))
    net.client("alice", did_seed=ALICE).send("QUIT")
    net.client("bob", did_seed=BOB).send("QUIT")
    net.tick(2 * DAY)
    net.client("bob", did_seed=BOB).send("QUIT")
    net.tick(DAY + 1)
    guest = net.client("guest")
    assert guest.ask("NICK alice")[0].endswith(" NICK :alice")
    assert numerics(guest.ask("NICK bob")) == ["433 bob"]
    assert nick_rows(net)[-1] == ("alice", False)
    net.restart()
    assert (owner(net, "alice"), owner(net, "bob") is None) == (None, False)
    net.tick(2 * DAY)
    net.restart()
    assert owner(net, "bob") is None
    assert nick_rows(net)[-1] == ("bob", False)


def test_a_claim_is_renewed_once_a_day_and_lasts_while_its_owner_is_here() -> None:
    net = Net(config(identity=IdentityPolicy(nick_days=3), limits=Limits(ping_seconds=10**9)))
    alice = net.client("alice", caps=["standard-replies"], did_seed=ALICE)
    alice.send("NICK b")
    net.pass_time(CLAIM_SECONDS)
    before = len(nick_rows(net))
    alice.send("QUIT")
    for _ in range(3):
        net.client("alice", did_seed=ALICE).send("QUIT")
    assert len(nick_rows(net)) == before
    net.tick(DAY)
    alice = net.client("b", caps=["standard-replies"], did_seed=ALICE)
    assert nick_rows(net)[before:] == [("alice", True), ("b", True)], "all of them, in their order"
    net.tick(4 * DAY)
    guest = net.client("guest")
    assert numerics(guest.ask("NICK alice")) == ["433 alice"]
    assert bodies(alice.ask("NICKS LIST")) == ["NOTE NICKS NICKS_OWNED :Your nicks: alice b"]
    net.tick(2 * DAY)
    alice.send("QUIT")
    net.tick(2 * DAY)
    assert numerics(guest.ask("NICK alice")) == ["433 alice"], "he was here two days ago"


def test_a_nick_that_could_not_be_written_down_is_nobodys() -> None:
    net = patient()
    net.store_fails = True
    alice = net.client("alice", did_seed=ALICE)
    assert owner(net, "alice") is None
    net.store_fails = False
    alice.send("NICK other")
    net.pass_time(CLAIM_SECONDS)
    assert nick_rows(net) == [("other", True)]


def test_an_account_owns_ten_nicks_and_no_nicks_of_guests() -> None:
    net = patient()
    alice = net.client("n0", did_seed=ALICE)
    for nick in ("Guest12345", *(f"n{number}" for number in range(1, 12))):
        alice.send(f"NICK {nick}")
        net.pass_time(CLAIM_SECONDS)
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


def test_signing_in_as_others_does_not_prolong_it() -> None:
    net = Net(config(identity=IdentityPolicy(nick_seconds=20)))
    alice = net.client("alice", did_seed=ALICE)
    alice.send("LOGOUT")
    for number in range(1, 4):
        net.sign_in(alice, bytes([number]) * 32)
        net.pass_time(7)
    assert net.engine.server.world.user("alice") is None


def test_who_was_its_owner_again_has_the_whole_time() -> None:
    net = Net(config(identity=IdentityPolicy(nick_seconds=20)))
    alice = net.client("alice", did_seed=ALICE)
    alice.send("LOGOUT")
    net.pass_time(15)
    net.sign_in(alice, ALICE)
    alice.send("LOGOUT")
    net.pass_time(19)
    assert net.engine.server.world.user("alice") is not None
    net.pass_time(1)
    assert net.engine.server.world.user("alice") is None


def test_who_signs_in_again_keeps_it() -> None:
    net = Net(config(identity=IdentityPolicy(nick_seconds=20)))
    alice = net.client("alice", did_seed=ALICE)
    alice.send("LOGOUT")
    net.sign_in(alice, ALICE)
    net.pass_time(30)
    assert alice.take() == []


def test_listing_and_dropping() -> None:
    net = patient()
    alice = net.client("alice", caps=["standard-replies"], did_seed=ALICE)
    bob = net.client("bob", caps=["standard-replies"], did_seed=BOB)
    alice.send("NICK alicia")
    net.pass_time(CLAIM_SECONDS)
    assert bodies(alice.ask("NICKS list")) == ["NOTE NICKS NICKS_OWNED :Your nicks: alice alicia"]
    assert bodies(bob.ask("NICKS DROP alice"))[0].startswith("FAIL NICKS NOT_YOURS alice :")
    assert bodies(alice.ask("NICKS DROP Alice"))[0].startswith("NOTE NICKS NICK_DROPPED Alice :")
    assert owner(net, "alice") is None
    assert nick_rows(net)[-1] == ("alice", False)
    bob.send("NICK alice")
    net.pass_time(CLAIM_SECONDS)
    assert owner(net, "alice") == account(net, "alice")
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


def test_a_drop_that_is_recorded_late_happens_late() -> None:
    net = patient()
    alice = net.client("alice", caps=["standard-replies"], did_seed=ALICE)
    net.store_waits = True
    alice.send("NICKS DROP alice")
    net.pass_time(31)
    assert bodies(alice.take())[0].startswith("FAIL NICKS STORE_SLOW alice :")
    assert bodies(alice.ask("NICKS DROP alice"))[0].startswith("FAIL NICKS NOT_DROPPED alice :")
    net.store_answers()
    assert owner(net, "alice") is None
    net.restart()
    assert owner(net, "alice") is None


def test_a_claim_that_fails_late_is_none() -> None:
    net = patient()
    net.store_waits = True
    net.client("alice", did_seed=ALICE)
    net.pass_time(60)
    assert owner(net, "alice") is not None
    net.store_fails = True
    net.store_answers()
    assert owner(net, "alice") is None


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
