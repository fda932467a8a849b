"""What becomes of sessions whose identity changed. docs/protocol.md, "What a session must stay"."""

import pytest

from freeq_proto.boundary import AccountRow, DnsTxt, Failed, Fault, Fetched, HttpRequest, KeyType, SignedOut
from freeq_proto.identity import PrivateKey
from freeq_proto.server import IdentityPolicy, Limits
from freeq_proto.server.background import WAIT_SECONDS, Task
from freeq_proto.server.rechecking import JITTER, RETRY_SECONDS, _begin
from freeq_proto.server.server import RECHECKS, RESOLUTIONS
from tests.server.accounts import Account
from tests.server.harness import Client, config
from tests.server.watched import WatchedNet as Net
from tests.server.watched import bodies, mask, names

RECHECK = 100.0
NEW_KEY = PrivateKey(KeyType.ED25519, b"\x7e" * 32)


def town() -> tuple[Net, Account, Client, Client]:
    """Alice, who has an account and founded #a, and Bob, who asked to hear of accounts."""
    policy = IdentityPolicy(recheck_seconds=RECHECK, nick_seconds=100_000)
    net = Net(config(identity=policy, limits=Limits(ping_seconds=100_000)))
    account = Account("alice")
    account.publish(net)
    alice = account.client(net, "alice", "standard-replies", "account-notify")
    bob = net.client("bob", caps=["account-notify"])
    alice.send("JOIN #a")
    bob.send("JOIN #a")
    alice.take(), bob.take()
    return net, account, alice, bob


def account_of(net: Net, nick: str) -> str | None:
    user = net.engine.server.world.user(nick)
    assert user is not None
    return user.account


def test_handle_and_method_are_shown_once_verified_in_both_directions() -> None:
    net, account, _, bob = town()
    lines = bodies(bob.ask("WHOIS alice"))
    assert f"330 bob alice {account.did} :is logged in as" in lines
    assert "320 bob alice :has the verified handle alice.example.net" in lines
    assert "320 bob alice :signed in by crypto" in lines
    (row,) = [row for row in net.rows if isinstance(row, AccountRow)]
    assert (row.account, row.handle, row.mechanism, row.method) == (
        account.did,
        "alice.example.net",
        "ATPROTO-CHALLENGE",
        "crypto",
    )


def test_a_handle_that_names_somebody_else_is_not_shown() -> None:
    net = Net()
    account = Account("alice")
    account.publish(net)
    net.dns[f"_atproto.{account.handle}"] = ("did=did:plc:" + "b" * 24,)
    account.client(net, "alice")
    assert not any("handle" in line for line in net.client("bob").ask("WHOIS alice"))


def test_nobody_waits_for_a_handle() -> None:
    net = Net()
    account = Account("alice")
    account.publish(net)
    client = net.connect()
    client.send("CAP LS 302", "CAP REQ :sasl", "NICK alice", "USER a 0 * :a")
    resolved = net.web.copy()
    slow = net.dns.copy()
    net.dns.clear()
    answers = account.sign_in(net, client)
    assert [line.split(" ")[1] for line in answers] == ["900", "903"]
    assert (resolved, bool(slow)) == (net.web, True)


@pytest.mark.parametrize("change", ["tombstone", "key", "takendown", "deactivated", "deleted"])
def test_what_is_not_so_any_more_signs_out(change: str) -> None:
    net, account, alice, bob = town()
    match change:
        case "tombstone":
            account.tombstone(net)
        case "key":
            account.publish(net, key=NEW_KEY)
        case "deleted":
            net.web[account.status_url] = _repo_not_found
        case _:
            account.publish(net, status=change)
    net.pass_time(RECHECK + 60)
    heard = bodies(alice.take())
    assert heard[0] == f"901 alice {mask(net, 'alice')} :You are now logged out"
    assert heard[1].startswith("NOTE * SIGNED_OUT :You were signed out: ")
    assert "ACCOUNT *" in heard
    assert "MODE #a -o alice" in heard
    assert bodies(bob.take()) == ["ACCOUNT *", "MODE #a -o alice"]
    assert account_of(net, "alice") is None
    assert names(bob, "#a") == ["alice", "bob"]
    (event,) = [event for event in net.events if isinstance(event, SignedOut)]
    assert (event.conn, event.account) == (alice.conn, account.did)
    net.pass_time(10 * RECHECK)
    net.check_rosters()


def test_who_was_taken_down_does_not_sign_in_again() -> None:
    net, account, alice, _ = town()
    account.publish(net, status="takendown")
    net.pass_time(RECHECK + 60)
    alice.take()
    heard = bodies(account.sign_in(net, alice))
    assert heard[0] == "FAIL AUTHENTICATE ACCOUNT_INACTIVE crypto :the account is not active at its host"
    assert heard[1].startswith("904 ")
    assert account_of(net, "alice") is None


def _repo_not_found(_request: HttpRequest) -> Fetched:
    return Fetched(400, (), b'{"error":"RepoNotFound","message":"Could not find repo"}')


def test_nobody_is_signed_out_because_somebody_does_not_answer() -> None:
    net, account, _, _ = town()
    account.vanish(net)
    for _ in range(3):
        net.pass_time(RECHECK * (1 + JITTER))
    net.network_waits = True
    net.pass_time(RECHECK + 2 * WAIT_SECONDS)
    net.network_waits = False
    net.network_answers()
    assert account_of(net, "alice") == account.did
    assert not [event for event in net.events if isinstance(event, Fault)]
    account.tombstone(net)
    net.pass_time(RECHECK + 60)
    assert account_of(net, "alice") is None


def test_the_document_is_fetched_afresh() -> None:
    net, account, _, _ = town()
    before = [request.url for request in net.requests].count(account.url)
    net.pass_time(RECHECK * (1 + JITTER))
    assert [request.url for request in net.requests].count(account.url) == before + 1


def test_what_stays_as_it_was_stays() -> None:
    net, account, alice, _ = town()
    net.pass_time(5 * RECHECK)
    assert account_of(net, "alice") == account.did
    assert [body for body in bodies(alice.take()) if not body.startswith(":")] == []


def test_nothing_is_planned_for_who_is_gone() -> None:
    net, _, alice, _ = town()
    alice.send("QUIT")
    before = len(net.requests)
    net.pass_time(3 * RECHECK)
    assert len(net.requests) == before


def test_of_several_devices_those_go_whose_key_is_gone() -> None:
    net, account, alice, bob = town()
    account.publish(net, key=NEW_KEY)
    net.engine.server.resolver.forget(account.did)
    phone = account.client(net, "alice", key=NEW_KEY)
    net.pass_time(RECHECK + 60)
    assert alice.closed == "Signed out: the key that signed you in was removed from the DID"
    assert phone.closed is None
    assert account_of(net, "alice") == account.did
    assert bob.take() == []


def test_another_handle_is_shown_after_a_while_and_none_that_is_not_claimed_any_more() -> None:
    net, account, _, bob = town()
    net.dns.clear()
    net.pass_time(RECHECK * (1 + JITTER))
    assert "320 bob alice :has the verified handle alice.example.net" in bodies(bob.ask("WHOIS alice"))
    account.handle = "alicia.example.net"
    account.publish(net)
    net.pass_time(RECHECK * (1 + JITTER))
    assert "320 bob alice :has the verified handle alicia.example.net" in bodies(bob.ask("WHOIS alice"))
    account.handle = "somebody.example.net"
    account.publish(net)
    net.dns.clear()
    net.pass_time(RECHECK * (1 + JITTER))
    assert not any("handle" in line for line in bob.ask("WHOIS alice"))


def test_a_handle_that_moved_to_somebody_else_is_not_shown() -> None:
    net, account, _, bob = town()
    other = Account("bobby", 2)
    other.handle = account.handle
    other.publish(net)
    net.pass_time(RECHECK * (1 + JITTER))
    assert not any("handle" in line for line in bob.ask("WHOIS alice"))


def test_a_device_for_which_nobody_answers_leaves_the_handle_as_it_is() -> None:
    net, account, _, bob = town()
    net.dns.clear()
    account.client(net, "alice")
    assert "320 bob alice :has the verified handle alice.example.net" in bodies(bob.ask("WHOIS alice"))
    assert [row.handle for row in net.rows if isinstance(row, AccountRow)] == ["alice.example.net"] * 2


def test_each_sign_in_is_written_down_with_its_handle() -> None:
    """Also the second on one connection, while the handle of the first is being looked up."""
    net = Net()
    account = Account("alice")
    account.publish(net)
    client = net.connect()
    client.send("CAP LS 302", "CAP REQ :sasl")
    client.take()
    signed_in_ms = []
    held: list[DnsTxt] = []
    look_up = net._effect
    net._effect = lambda effect: held.append(effect) if isinstance(effect, DnsTxt) else look_up(effect)  # type: ignore[method-assign]  # DNS is slow
    for _ in range(2):
        signed_in_ms.append(net.now.unix_ms)
        account.sign_in(net, client)
        net.tick(5)
    net._effect = look_up  # type: ignore[method-assign]
    for effect in held:
        net.engine.completed(effect.ticket, net._look_up(effect), net.now)
    net.settle()
    client.send("NICK alice", "USER a 0 * :a", "CAP END")
    assert "320 alice alice :has the verified handle alice.example.net" in bodies(client.ask("WHOIS alice"))
    assert [row.unix_ms for row in net.rows if isinstance(row, AccountRow)] == signed_in_ms


# --- when ------------------------------------------------------------------------------------------------------------


def looks(net: Net, *accounts: Account) -> int:
    """How often the documents of accounts were asked for."""
    urls = [request.url for request in net.requests]
    return sum(urls.count(account.url) for account in accounts)


def crowd(net: Net, count: int) -> list[Account]:
    """So many accounts, each signed in from an address of its own, all at once."""
    accounts = [Account(f"user{chr(97 + n // 8)}{chr(97 + n % 8)}", seed=n + 1) for n in range(count)]
    for n, account in enumerate(accounts):
        account.publish(net)
        client = net.connect(f"198.51.100.{n}")
        client.send("CAP LS 302", "CAP REQ :sasl", f"NICK user{n}", "USER u 0 * :u")
        account.sign_in(net, client)
        client.send("CAP END")
    net.requests.clear()
    return accounts


def test_those_who_came_together_are_looked_at_one_after_the_other() -> None:
    policy = IdentityPolicy(recheck_seconds=RECHECK)
    net = Net(config(identity=policy, limits=Limits(ping_seconds=100_000)))
    accounts = crowd(net, 40)
    counts = []
    for seconds in (RECHECK * (1 - JITTER) - 1, RECHECK * JITTER, RECHECK * JITTER + 1):
        net.pass_time(seconds)
        counts.append(looks(net, *accounts))
    assert counts[0] == 0
    assert 10 < counts[1] < 30
    assert counts[2] == 40


def test_what_nobody_answered_is_asked_again_soon_and_then_less_often() -> None:
    policy = IdentityPolicy(recheck_seconds=10_000, nick_seconds=100_000)
    net = Net(config(identity=policy, limits=Limits(ping_seconds=100_000)))
    account = Account("alice")
    account.publish(net)
    account.client(net, "alice")
    account.vanish(net)
    net.pass_time(10_000 * (1 - JITTER) - 1)
    net.requests.clear()
    while not looks(net, account):
        net.pass_time(10)
    asked = []
    for number in range(5):
        before = net.now.mono
        while looks(net, account) == number + 1:
            net.pass_time(1)
        asked.append(net.now.mono - before)
    for number, seconds in enumerate(asked):
        expected = RETRY_SECONDS * 2**number
        assert expected * (1 - JITTER) - 1 <= seconds <= expected * (1 + JITTER) + 1
    account.tombstone(net)
    net.pass_time(RETRY_SECONDS * 2**5 * (1 + JITTER))
    assert account_of(net, "alice") is None


def test_a_host_of_an_account_that_does_not_answer_is_asked_again_soon() -> None:
    policy = IdentityPolicy(recheck_seconds=10_000, nick_seconds=100_000)
    net = Net(config(identity=policy, limits=Limits(ping_seconds=100_000)))
    account = Account("alice")
    account.publish(net)
    account.client(net, "alice")
    net.web[account.status_url] = Failed("nobody answers there")
    net.requests.clear()
    while not looks(net, account):
        net.pass_time(10)
    account.publish(net, status="takendown")
    net.pass_time(RETRY_SECONDS * (1 + JITTER))
    assert account_of(net, "alice") is None


def look_now(net: Net, *accounts: Account) -> None:
    """Look at the identities of accounts, all at once."""
    server = net.engine.server
    for account in accounts:
        did = account.did
        server.background.plan(Task.RECHECK, did, 1, lambda did=did: _begin(server, did, 0))  # type: ignore[misc]  # bound now
    net.pass_time(2)


def test_sign_ins_with_slow_hosts_keep_no_look_waiting() -> None:
    net, account, _, _ = town()
    net.network_waits = True
    for n in range(2 * RESOLUTIONS):
        slow = Account(f"slow{chr(97 + n // 8)}{chr(97 + n % 8)}")
        client = net.connect(f"198.51.100.{n}")
        client.send("CAP LS 302", "CAP REQ :sasl")
        slow.sign_in(net, client)
    asked = looks(net, account)
    look_now(net, account)
    assert looks(net, account) == asked + 1


def test_looks_at_slow_hosts_keep_no_sign_in_waiting() -> None:
    net = Net(config(limits=Limits(ping_seconds=100_000)))
    accounts = crowd(net, RECHECKS + RESOLUTIONS)
    net.network_waits = True
    look_now(net, *accounts)
    assert looks(net, *accounts) == RECHECKS
    alice = Account("alice")
    alice.publish(net)
    client = net.connect()
    client.send("CAP LS 302", "CAP REQ :sasl")
    alice.sign_in(net, client)
    assert looks(net, alice) == 1
