"""Signing in by TLS client certificate: CERT, EXTERNAL and 276. docs/protocol.md, "Certificates"."""

from freeq_proto.boundary import CertificateRow
from freeq_proto.identity import encode_base64
from freeq_proto.server import SaslPolicy
from tests.server.harness import Client, config
from tests.server.watched import WatchedNet as Net
from tests.server.watched import bodies, numerics

ALICE = b"\x31" * 32
BOB = b"\x32" * 32
FINGERPRINT = "ab" * 32
OTHER = "cd" * 32


def external(net: Net, fingerprint: str = FINGERPRINT, authzid: str = "") -> list[str]:
    """What a connection with that certificate is answered when it signs in by it."""
    client = net.connect(certificate=fingerprint)
    client.send("CAP LS 302", "CAP REQ sasl", "AUTHENTICATE EXTERNAL")
    assert client.take()[-1] == "AUTHENTICATE +"
    return numerics(client.ask(f"AUTHENTICATE {encode_base64(authzid.encode()) or '+'}"))


def alice_of(net: Net, **where: str) -> Client:
    client = net.connect(**where)  # type: ignore[arg-type]  # passed through
    client.send("CAP LS 302", "CAP REQ :sasl standard-replies", "NICK alice", "USER a 0 * :a")
    net.sign_in(client, ALICE)
    client.send("CAP END")
    client.take()
    return client


def test_the_certificate_of_the_connection_is_bound_and_signs_in() -> None:
    net = Net()
    alice = alice_of(net, certificate=FINGERPRINT)
    user = net.engine.server.world.user("alice")
    assert user is not None
    assert [code.split(" ")[0] for code in external(net)] == ["904"]
    assert bodies(alice.ask("CERT ADD - :my bot"))[0].startswith(f"NOTE CERT CERTIFICATE_ADDED {FINGERPRINT} :")
    (row,) = [row for row in net.rows if isinstance(row, CertificateRow)]
    assert (row.account, row.label, row.bound) == (user.account, "my bot", True)
    answers = external(net)
    assert answers[0].endswith(f" {user.account}")
    assert [code.split(" ")[0] for code in answers] == ["900", "903"]
    assert [code.split(" ")[0] for code in external(net, authzid=str(user.account))] == ["900", "903"]
    assert [code.split(" ")[0] for code in external(net, authzid="did:plc:z72i7hdynmk6r22z27h6tvur")] == ["904"]


def test_listing_and_deleting() -> None:
    net = Net()
    alice = alice_of(net)
    assert bodies(alice.ask("CERT LIST"))[0].startswith("NOTE CERT NO_CERTIFICATES :")
    alice.send(f"CERT ADD {FINGERPRINT.upper()}", f"CERT ADD {':'.join([OTHER[:2]] * 32)} phone")
    assert [body.split(" ", 3)[3] for body in bodies(alice.ask("CERT list"))] == [
        f"{FINGERPRINT} :{FINGERPRINT}",
        f"{OTHER} :{OTHER} phone",
    ]
    assert bodies(alice.ask(f"CERT DEL {FINGERPRINT}"))[0].startswith(f"NOTE CERT CERTIFICATE_DELETED {FINGERPRINT} :")
    assert len(alice.ask("CERT LIST")) == 1
    assert [code.split(" ")[0] for code in external(net)] == ["904"]
    assert bodies(alice.ask(f"CERT DEL {FINGERPRINT}"))[0].startswith(f"FAIL CERT NOT_YOURS {FINGERPRINT} :")


def test_what_is_refused() -> None:
    net = Net()
    alice = alice_of(net)
    for line, code in (
        ("CERT ADD", "NO_CERTIFICATE"),
        ("CERT ADD 12345", "INVALID_FINGERPRINT"),
        (f"CERT DEL {OTHER[:-1]}g", "INVALID_FINGERPRINT"),
        ("CERT DANCE", "UNKNOWN_SUBCOMMAND"),
    ):
        assert bodies(alice.ask(line))[0].startswith(f"FAIL CERT {code} ")
    assert numerics(alice.ask("CERT")) == ["461 CERT"]
    alice.send(f"CERT ADD {FINGERPRINT}")
    bob = net.client("bob", caps=["standard-replies"], did_seed=BOB)
    assert bodies(bob.ask(f"CERT ADD {FINGERPRINT}"))[0].startswith(f"FAIL CERT IN_USE {FINGERPRINT} :")
    assert bodies(bob.ask(f"CERT DEL {FINGERPRINT}"))[0].startswith(f"FAIL CERT NOT_YOURS {FINGERPRINT} :")
    guest = net.client("guest", caps=["standard-replies"])
    assert bodies(guest.ask("CERT LIST"))[0].startswith("FAIL CERT ACCOUNT_REQUIRED :")
    net.store_fails = True
    for line in ("CERT LIST", f"CERT ADD {OTHER}", f"CERT DEL {FINGERPRINT}"):
        assert bodies(alice.ask(line))[0].startswith("FAIL CERT NOT_STORED :")


def test_twenty_are_enough() -> None:
    net = Net()
    alice = alice_of(net)
    for number in range(20):
        assert " CERTIFICATE_ADDED " in alice.ask(f"CERT ADD {number:064x}")[0]
    assert " TOO_MANY " in alice.ask(f"CERT ADD {21:064x}")[0]
    assert " CERTIFICATE_ADDED " in alice.ask(f"CERT ADD {0:064x} again")[0]


def test_external_is_offered_where_a_certificate_was_presented_and_allowed() -> None:
    net = Net(config(sasl=SaslPolicy(plain=True)))
    values = {}
    for name, client in {
        "plain text": net.connect(),
        "loopback": net.connect("127.0.0.1"),
        "tls": net.connect(secure=True),
        "certificate": net.connect(certificate=FINGERPRINT),
    }.items():
        (listing,) = client.ask("CAP LS 302")
        values[name] = next(word for word in listing.split(" ") if word.lstrip(":").startswith("sasl="))
    assert values == {
        "plain text": "sasl=ATPROTO-CHALLENGE",
        "loopback": "sasl=ATPROTO-CHALLENGE,PLAIN",
        "tls": "sasl=ATPROTO-CHALLENGE,PLAIN",
        "certificate": "sasl=ATPROTO-CHALLENGE,EXTERNAL,PLAIN",
    }


def test_another_policy_is_announced_to_those_whom_it_concerns() -> None:
    net = Net()
    tls, plain = net.connect(secure=True), net.connect()
    for client in (tls, plain):
        client.send("CAP LS 302", "NICK x" if client is tls else "NICK y", "USER x 0 * :x", "CAP END")
        client.take()
    net.engine.reconfigure(config(sasl=SaslPolicy(plain=True)), net.now)
    net.settle()
    assert bodies(tls.take()) == ["CAP x NEW :sasl=ATPROTO-CHALLENGE,PLAIN"]
    assert plain.take() == []


def test_the_fingerprint_is_shown_to_oneself_and_to_operators() -> None:
    net = Net()
    alice = alice_of(net, certificate=FINGERPRINT)
    line = f"276 alice alice :has client certificate fingerprint {FINGERPRINT}"
    assert line in bodies(alice.ask("WHOIS alice"))
    bob = net.client("bob")
    assert not any(" 276 " in line for line in bob.ask("WHOIS alice"))
    user = net.engine.server.world.user("bob")
    assert user is not None
    user.operator = "bob"
    net.engine.server.world.set_mode(user, "o", on=True)
    assert line.replace("276 alice", "276 bob") in bodies(bob.ask("WHOIS alice"))


def test_who_is_here_by_a_certificate_that_is_dropped_is_a_guest() -> None:
    net = Net()
    alice = alice_of(net)
    alice.send(f"CERT ADD {FINGERPRINT}", f"CERT ADD {OTHER}")
    bots = {}
    for nick, fingerprint in (("bot", FINGERPRINT), ("other", OTHER), ("alice", FINGERPRINT)):
        bot = bots[nick] = net.connect(certificate=fingerprint)
        bot.send("CAP LS 302", "CAP REQ sasl", f"NICK {nick}", "USER b 0 * :b", "AUTHENTICATE EXTERNAL")
        bot.send("AUTHENTICATE +", "CAP END")
        assert any(f" 001 {nick} " in line for line in bot.take())
    alice.send(f"CERT DEL {FINGERPRINT}")
    accounts = {user.nick: user.account is not None for user in net.engine.server.world.users.values()}
    assert accounts == {"alice": True, "bot": False, "other": True}
    assert bots["alice"].closed == "Signed out: the certificate that signed you in was dropped"
    assert [client.closed for client in (alice, bots["bot"], bots["other"])] == [None] * 3
