"""SASL over the wire: numerics 900 to 908, and what an account changes (https://ircv3.net/specs/extensions/sasl-3.1)."""

import pytest

from freeq_proto.authority import ACCOUNT_LIMIT
from freeq_proto.boundary import KeyType, SignedIn, SignInRefused
from freeq_proto.engine import perform
from freeq_proto.identity import Did, PrivateKey, did_web_url, public_key_to_did_key
from freeq_proto.sasl import respond_crypto, split_payload
from freeq_proto.server.server import FLOW_SECONDS
from tests.server.accounts import Account
from tests.server.harness import SERVER, Client, config
from tests.server.harness import Net as BareNet
from tests.server.watched import WatchedNet as Net
from tests.server.watched import bodies, mask, numerics, room

SEED = b"\x0e" * 32
DID = public_key_to_did_key(PrivateKey(KeyType.ED25519, SEED).public_key)
MECHANISM = "ATPROTO-CHALLENGE"


def connecting(net: Net) -> Client:
    client = net.connect()
    client.send("CAP LS 302", "CAP REQ sasl")
    client.take()
    return client


def answers(net: Net, client: Client) -> list[str]:
    """The AUTHENTICATE lines that answer a challenge that was asked for."""
    challenge = client.ask(f"AUTHENTICATE {MECHANISM}")[-1].removeprefix("AUTHENTICATE ")
    answer = respond_crypto(challenge, DID, PrivateKey(KeyType.ED25519, SEED), SERVER, net.now)
    return [f"AUTHENTICATE {argument}" for argument in split_payload(answer)]


def test_signing_in_before_registration() -> None:
    net = Net()
    client = connecting(net)
    lines = client.ask(*answers(net, client))
    assert numerics(lines) == [f"900 *!*@{net.engine.server.world.sessions[client.conn].host} {DID}", "903"]
    client.send("NICK alice", "USER alice 0 * :A", "CAP END")
    user = net.engine.server.world.user("alice")
    assert user is not None
    assert user.account == DID
    (event,) = [event for event in net.events if isinstance(event, SignedIn)]
    assert (event.conn, event.account, event.mechanism, event.method) == (client.conn, DID, MECHANISM, "crypto")


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        (["AUTHENTICATE PLAIN"], [f"908 {MECHANISM}", "904"]),
        (["AUTHENTICATE *"], ["906"]),
        ([f"AUTHENTICATE {MECHANISM}", "AUTHENTICATE *"], ["906"]),
        ([f"AUTHENTICATE {MECHANISM}", "AUTHENTICATE bm8="], ["904"]),
        ([f"AUTHENTICATE {MECHANISM}", "AUTHENTICATE !!!"], ["904"]),
        ([f"AUTHENTICATE {MECHANISM}", *["AUTHENTICATE " + "A" * 400] * 60, "AUTHENTICATE +"], ["905"]),
        (["AUTHENTICATE"], ["461 AUTHENTICATE"]),
    ],
)
def test_what_fails(lines: list[str], codes: list[str]) -> None:
    net = Net()
    client = connecting(net)
    assert numerics(client.ask(*lines)) == codes
    client.send("NICK alice", "USER alice 0 * :A", "CAP END")
    assert any(" 001 " in line for line in client.take()), "a guest, then"


def test_without_the_capability_it_is_904() -> None:
    net = Net()
    client = net.connect()
    assert numerics(client.ask(f"AUTHENTICATE {MECHANISM}")) == ["904"]


@pytest.mark.parametrize(("longer", "codes"), [(0, ["900", "903"]), (1, ["904"])])
def test_a_did_that_would_not_fit_into_lines_is_refused(longer: int, codes: list[str]) -> None:
    """A DID may have 2,048 characters (https://atproto.com/specs/did), a line 512 bytes with several names in it."""
    net = Net()
    account = Account("alice")
    account.did = Did("did:web:example.net:".ljust(ACCOUNT_LIMIT + longer, "a"))
    account.publish(net)
    net.web[did_web_url(account.did)] = net.web[account.url]
    client = connecting(net)
    lines = account.sign_in(net, client)
    assert [line.split(" ")[1] for line in lines] == codes
    assert (f"longer than {ACCOUNT_LIMIT} characters" in lines[-1]) is bool(longer)
    assert len([event for event in net.events if isinstance(event, SignInRefused)]) == longer


def test_lines_that_name_the_longest_account_fit() -> None:
    net = BareNet(config(name="s" * 63))
    account = Account("alice")
    account.did = Did("did:web:example.net:".ljust(ACCOUNT_LIMIT, "a"))
    account.publish(net)
    net.web[did_web_url(account.did)] = net.web[account.url]
    channel = "#" + "c" * 63
    founder = net.client("f" * 31, caps=["extended-join", "account-notify"])
    founder.send(f"JOIN {channel}", f"MODE {channel} +b ~a:{account.did}", f"MODE {channel} +o {account.did}")
    client = net.connect()
    client.send("CAP REQ sasl", f"NICK {'n' * 31}", f"USER {'u' * 10} 0 * :{'r' * 200}")
    challenge = client.take()
    assert challenge
    nick = "n" * 31
    account.sign_in(net, client, server="s" * 63)
    client.send("CAP END", f"JOIN {channel}", f"PRIVMSG {channel} :hi")
    founder.send(f"WHOIS {nick}", f"WHO {channel} %na", f"MODE {channel} b", f"MODE {channel} -o {account.did}")
    heard = founder.take() + client.take()
    assert any(f"JOIN {channel} {account.did} :" in line for line in heard)
    assert any(f" 330 {'f' * 31} {nick} {account.did} " in line for line in heard)
    assert any(line.split(" ")[1] == "367" and line.split(" ")[4] == f"~a:{account.did}" for line in heard)
    assert max(len(line.encode()) for line in heard) <= 510


def test_a_challenge_expires() -> None:
    net = Net()
    alice = net.client("alice", caps=["sasl"])
    late = answers(net, alice)
    net.pass_time(59)
    assert alice.take() == []
    net.pass_time(1)
    assert numerics(alice.take()) == ["904"]
    alice.send(*late)
    assert not [event for event in net.events if isinstance(event, SignedIn)]


def test_a_challenge_is_used_once() -> None:
    net = Net()
    client = connecting(net)
    replayed = answers(net, client)
    client.send(*replayed)
    client.take()
    client.send(f"AUTHENTICATE {MECHANISM}")
    client.take()
    assert numerics(client.ask(*replayed)) == ["904"]


def test_too_many_failures_end_the_connection() -> None:
    net = Net()
    client = connecting(net)
    for _ in range(20):
        if client.closed is None:
            client.send(f"AUTHENTICATE {MECHANISM}", "AUTHENTICATE bm8=")
    assert client.closed == "Too many SASL failures"
    assert [line.split(" ")[0] for line in client.take()][-1] == "ERROR"
    assert len([event for event in net.events if isinstance(event, SignInRefused)]) >= 3


def test_registration_ends_an_exchange_that_is_under_way() -> None:
    """sasl-3.1: completed registration aborts it, with 906."""
    net = Net()
    client = connecting(net)
    client.send("NICK alice", "USER alice 0 * :A", f"AUTHENTICATE {MECHANISM}")
    client.take()
    lines = client.ask("CAP END")
    assert [line.split(" ")[1] for line in lines][:2] == ["906", "001"]


def test_lines_wait_while_a_signature_is_checked() -> None:
    net = Net()
    client = connecting(net)
    lines = answers(net, client)
    net.computes = False
    assert client.ask(*lines, "PING later") == []
    (job,) = net.jobs
    net.engine.completed(job.ticket, perform(job.job), net.now)
    net.settle()
    assert bodies(client.take())[-1] == f"PONG {SERVER} :later"


def test_a_runtime_that_never_checks_is_a_refusal() -> None:
    net = Net()
    client = connecting(net)
    lines = answers(net, client)
    net.computes = False
    client.send(*lines)
    net.pass_time(FLOW_SECONDS)
    assert numerics(client.take()) == ["904"]
    net.engine.completed(net.jobs[0].ticket, perform(net.jobs[0].job), net.now)
    net.settle()
    assert client.take() == []


# --- somebody who is here already ----------------------------------------------------------------------------------


def test_an_account_is_told_to_those_who_want_to_know() -> None:
    """https://ircv3.net/specs/extensions/account-notify and account-tag."""
    net = Net()
    alice = net.client("alice", caps=["sasl"])
    knowing = net.client("knowing", caps=["account-notify", "account-tag"])
    plain = net.client("plain")
    for client in (knowing, alice, plain):
        client.send("JOIN #room")
    for client in (knowing, plain):
        client.take()
    alice.take()
    assert numerics(alice.ask(*answers(net, alice))) == [f"900 {mask(net, 'alice')} {DID}", "903"]
    assert [line.split(" ")[2:] for line in knowing.take()] == [["ACCOUNT", DID]]
    assert plain.take() == []
    alice.send("PRIVMSG #room :signed")
    assert knowing.take()[0].startswith(f"@account={DID} ")


def test_signing_in_again_as_the_same_account_says_nothing_to_others() -> None:
    net = Net()
    alice = net.client("alice", did_seed=SEED)
    bob = net.client("bob", caps=["account-notify"])
    for client in (alice, bob):
        client.send("JOIN #room")
    bob.take()
    net.sign_in(alice, SEED)
    assert bob.take() == []


def test_one_account_may_be_here_under_several_nicks() -> None:
    net = Net()
    one, two = net.client("one", did_seed=SEED), net.client("two", did_seed=SEED)
    (watching,) = room(net, "watching")
    watching.send(f"MODE #room +o {DID}")
    for client in (one, two):
        client.send("JOIN #room")
    watching.take()
    watching.send(f"MODE #room -o {DID}")
    assert bodies(watching.take()) == ["MODE #room -oo one two"]
    one.send("QUIT")
    assert two.ask("PING x") == [f":{SERVER} PONG {SERVER} :x"]
