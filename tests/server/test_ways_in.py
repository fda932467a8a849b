"""Signing in where other hosts are asked, and as clients of other servers do it."""

import json

from freeq_proto.boundary import Fetched, HttpRequest, SignedIn
from freeq_proto.identity import decode_base64_any, encode_base64, encode_base64url
from freeq_proto.sasl import MAX_GUESSES, respond_crypto
from freeq_proto.server import SaslPolicy
from freeq_proto.server.gate import Lane
from freeq_proto.server.server import FLOW_SECONDS, RESOLUTION_SECONDS, RESOLUTIONS, RESOLUTIONS_FROM_ONE_PLACE
from tests.server.accounts import PDS, Account
from tests.server.harness import SERVER, Client, config
from tests.server.watched import WatchedNet as Net
from tests.server.watched import bodies, numerics

NAMES = [f"user{first}{second}" for first in "abcdefgh" for second in "abcdefgh"]


def connecting(net: Net, *caps: str, address: str = "192.0.2.1", secure: bool = False) -> Client:
    client = net.connect(address, secure=secure)
    client.send("CAP LS 302", f"CAP REQ :{' '.join([*caps, 'sasl'])}")
    client.take()
    return client


def test_a_directory_that_does_not_answer_is_told_to_programs_too() -> None:
    net = Net()
    account = Account("alice")
    client = connecting(net, "standard-replies")
    answers = bodies(account.sign_in(net, client))
    assert answers[0].startswith("FAIL AUTHENTICATE IDENTITY_UNAVAILABLE crypto :")
    assert answers[1].startswith("904 * :SASL authentication failed")
    account.publish(net)
    assert numerics(account.sign_in(net, client))[1] == "903"


def test_a_key_that_the_document_does_not_have() -> None:
    net = Net()
    account = Account("alice")
    account.publish(net)
    other = Account("alice", seed=2)
    assert numerics(other.sign_in(net, connecting(net))) == ["904"]


def test_so_many_ask_the_network_at_a_time() -> None:
    net = Net()
    accounts = [Account(name, seed=n + 1) for n, name in enumerate(NAMES[: RESOLUTIONS + 2])]
    clients = [connecting(net, address=f"192.0.2.{number}") for number in range(len(accounts))]
    for account in accounts:
        account.publish(net)
    net.network_waits = True
    for account, client in zip(accounts, clients, strict=True):
        assert account.sign_in(net, client) == []
    assert len(net.requests) == RESOLUTIONS
    clients[0].disconnect()
    assert len(net.requests) == RESOLUTIONS + 1, "who went away left his place"
    net.network_waits = False
    net.network_answers()
    assert [client.take() != [] for client in clients] == [False] + [True] * (len(clients) - 1)


def test_slow_hosts_of_one_address_keep_nobody_else_waiting() -> None:
    net = Net()
    slow = [Account(name, seed=n + 1) for n, name in enumerate(NAMES[: RESOLUTIONS_FROM_ONE_PLACE + 5])]
    other = Account("zoe", seed=99)
    for account in (*slow, other):
        account.publish(net)
    net.network_waits = True
    for account in slow:
        account.sign_in(net, connecting(net))
    assert len(net.requests) == RESOLUTIONS_FROM_ONE_PLACE
    other.sign_in(net, connecting(net, address="198.51.100.7"))
    assert len(net.requests) == RESOLUTIONS_FROM_ONE_PLACE + 1


def test_tokens_that_another_server_can_use_are_not_taken_unless_an_operator_says_so() -> None:
    """An access token that a user showed to one server would sign that server's operator in here."""
    account = Account("alice")
    for policy, code in ((SaslPolicy(), "904"), (SaslPolicy(methods=("pds-session",)), "903")):
        net = Net(config(sasl=policy))
        account.publish(net)
        session = json.dumps({"did": account.did, "handle": account.handle})
        net.web[f"{PDS}/xrpc/com.atproto.server.getSession"] = Fetched(200, (), session.encode())
        client = connecting(net, secure=True)
        challenge = decode_base64_any(client.ask("AUTHENTICATE ATPROTO-CHALLENGE")[-1].removeprefix("AUTHENTICATE "))
        stolen = {
            "did": account.did,
            "method": "pds-session",
            "signature": "an.access.token",
            "pds_url": PDS,
            "challenge_nonce": json.loads(challenge)["nonce"],
        }
        answer = encode_base64url(json.dumps(stolen).encode())
        assert client.ask(f"AUTHENTICATE {answer}")[-1].split(" ")[1] == code


def test_passwords_cannot_be_guessed_for_ever() -> None:
    """Neither by signing in as somebody else between, nor by connecting again."""
    net = Net(config(sasl=SaslPolicy(plain=True)))
    account = Account("alice")
    account.publish(net)
    tried: list[bytes] = []

    def deny(request: HttpRequest) -> Fetched:
        tried.append(request.body)
        return Fetched(401, (), b'{"error":"AuthenticationRequired"}')

    net.web[f"{PDS}/xrpc/com.atproto.server.createSession"] = deny
    message = encode_base64(f"\0{account.did}\0guess".encode())
    for _ in range(10):
        client = connecting(net, secure=True)
        while client.closed is None:
            client.send("AUTHENTICATE PLAIN", f"AUTHENTICATE {message}")
            if client.closed is None:
                net.sign_in(client, b"\x07" * 32)
    assert len(tried) == MAX_GUESSES


def test_nobody_keeps_a_place_for_long() -> None:
    """Hosts that take their time, at every question, keep others waiting no longer than one attempt may take."""
    net = Net()
    slow = [Account(name, seed=n + 1) for n, name in enumerate(NAMES[:RESOLUTIONS])]
    alice = Account("alice")
    alice.publish(net)
    net.network_waits = True
    for number, account in enumerate(slow):
        account.sign_in(net, connecting(net, address=f"198.51.100.{number}"))
    client = connecting(net)
    alice.sign_in(net, client)
    net.pass_time(RESOLUTION_SECONDS)
    assert net.requests[-1].url == alice.url
    net.network_waits = False
    net.network_answers()
    assert [line.split(" ")[1] for line in client.take()] == ["900", "903"]


class ClosedLane(Lane):
    """One in which nobody ever has a turn."""

    def run_turn(self) -> bool:
        return False


def test_a_sign_in_that_never_has_a_turn_is_refused() -> None:
    net = Net()
    server = net.engine.server
    server.lane = ClosedLane(0, ticket=server.next_ticket, settled=server._settled)
    client = connecting(net)
    assert client.ask("AUTHENTICATE ATPROTO-CHALLENGE") == []
    net.pass_time(FLOW_SECONDS)
    (line,) = client.take()
    assert line == f":{SERVER} 904 * :SASL authentication failed (the server is busy: try again)"


def test_plain_with_a_handle_and_an_app_password() -> None:
    """RFC 4616. The PDS of the account's document checks the password, and nobody else sees it."""
    net = Net(config(sasl=SaslPolicy(plain=True)))
    account = Account("alice")
    account.publish(net)

    def create_session(request: HttpRequest) -> Fetched:
        good = json.loads(request.body)["password"] == "app-pass-word"
        answer = {"did": account.did, "handle": account.handle, "accessJwt": "a.b.c", "refreshJwt": "d.e.f"}
        return Fetched(200, (), json.dumps(answer).encode()) if good else Fetched(401, (), b"{}")

    net.web[f"{PDS}/xrpc/com.atproto.server.createSession"] = create_session
    client = connecting(net, secure=True)
    for password, codes in (("wrong", ["904"]), ("app-pass-word", ["900", "903"])):
        assert client.ask("AUTHENTICATE PLAIN") == ["AUTHENTICATE +"]
        message = encode_base64(f"\0{account.handle}\0{password}".encode())
        assert [code.split(" ")[0] for code in numerics(client.ask(f"AUTHENTICATE {message}"))] == codes
    client.send("NICK alice", "USER a 0 * :a", "CAP END")
    assert "320 alice alice :signed in by app-password" in bodies(client.ask("WHOIS alice"))
    (event,) = [event for event in net.events if isinstance(event, SignedIn)]
    assert (event.account, event.mechanism, event.method) == (account.did, "PLAIN", "app-password")
    plain_text = connecting(net)
    assert numerics(plain_text.ask("AUTHENTICATE PLAIN")) == ["908 ATPROTO-CHALLENGE", "904"]


# --- clients of other servers ----------------------------------------------------------------------------------------


def test_an_answer_on_one_long_line() -> None:
    """Some clients do not cut what they answer at 400 characters."""
    net = Net()
    account = Account("alice")
    account.publish(net)
    client = connecting(net)
    challenge = client.ask("AUTHENTICATE ATPROTO-CHALLENGE")[-1].removeprefix("AUTHENTICATE ")
    answer = respond_crypto(challenge, account.did, account.key, SERVER, net.now)
    assert numerics(client.ask(f"AUTHENTICATE {_padded(answer, 700)}"))[1] == "903"


def test_an_end_that_was_not_needed_means_nothing() -> None:
    """Others end every answer with an empty one, also while it is looked at, and after it was refused."""
    net = Net()
    account = Account("alice")
    account.publish(net)
    client = connecting(net)
    net.network_waits = True
    assert account.sign_in(net, client) == []
    client.send("AUTHENTICATE +")
    net.network_waits = False
    net.network_answers()
    assert [line.split(" ")[1] for line in client.take()] == ["900", "903"]
    client.send("AUTHENTICATE ATPROTO-CHALLENGE")
    client.take()
    assert numerics(client.ask("AUTHENTICATE bm8", "AUTHENTICATE +")) == ["904"]
    assert client.closed is None


def test_what_only_other_servers_know_ends_no_session() -> None:
    net = Net()
    account = Account("alice")
    account.publish(net)
    client = connecting(net)
    client.send("NICK alice", "USER a 0 * :a")
    assert numerics(account.sign_in(net, client))[1] == "903"
    early = client.ask("MSGSIG 9WG0k0hJ0b8bYf2mBhR0nWcGnX0PuZJqkH0pS1Tt0hA")
    assert [line.split(" ")[1] for line in early] == ["451"]
    assert any(" 001 alice " in line for line in client.ask("CAP END"))
    for command in ("MSGSIG AAAA", "LOGIN alice.example.net", "CHATHISTORY TARGETS * * 50", "PRESENCE :state=online"):
        assert numerics(client.ask(command)) == [f"421 {command.split(' ')[0]}"]
    client.send("AUTHENTICATE ATPROTO-CHALLENGE")
    client.take()
    web_token = encode_base64url(b'{"did":"","method":"web-token","signature":"token"}')
    assert numerics(client.ask(f"AUTHENTICATE {web_token}", "AUTHENTICATE +")) == ["904"]
    assert client.closed is None
    assert bodies(client.ask("PING x")) == [f"PONG {SERVER} :x"]


def _padded(answer: str, length: int) -> str:
    """The same answer with a member that means nothing, so that it is longer."""
    text = json.loads(decode_base64_any(answer))
    text["client"] = "x" * length
    return encode_base64url(json.dumps(text).encode())
