"""Signing in by TLS client certificate: CERT, EXTERNAL and 276. docs/protocol.md, "Certificates"."""

from freeq_proto.boundary import CertificateRow
from freeq_proto.identity import encode_base64
from freeq_proto.server import SaslPolicy
from freeq_proto.server.signing_out import sign_out
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


def by_certificate(net: Net, nick: str, fingerprint: str = FINGERPRINT) -> Client:
    """A user whom a certificate signed in."""
    client = net.connect(certificate=fingerprint)
    client.send("CAP LS 302", "CAP REQ :sasl standard-replies", f"NICK {nick}", "USER b 0 * :b")
    client.send("AUTHENTICATE EXTERNAL", "AUTHENTICATE +", "CAP END")
    assert any(f" 001 {nick} " in line for line in client.take())
    return client


def certificates(net: Net) -> list[tuple[str, bool]]:
    return [(row.fingerprint, row.bound) for row in net.rows if isinstance(row, CertificateRow)]


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
    assert bodies(alice.ask("CERT ADD :my bot"))[0].startswith(f"NOTE CERT CERTIFICATE_ADDED {FINGERPRINT} :")
    (row,) = [row for row in net.rows if isinstance(row, CertificateRow)]
    assert (row.account, row.label, row.bound) == (user.account, "my bot", True)
    answers = external(net)
    assert answers[0].endswith(f" {user.account}")
    assert [code.split(" ")[0] for code in answers] == ["900", "903"]
    assert [code.split(" ")[0] for code in external(net, authzid=str(user.account))] == ["900", "903"]
    assert [code.split(" ")[0] for code in external(net, authzid="did:plc:z72i7hdynmk6r22z27h6tvur")] == ["904"]


def test_nobody_binds_what_his_connection_did_not_present() -> None:
    """A fingerprint is public: bound unseen, it would sign its owner in as whoever named it."""
    net = Net()
    for alice in (alice_of(net), alice_of(net, certificate=OTHER)):
        for named in (FINGERPRINT, FINGERPRINT.upper(), ":".join(["AB"] * 32), "ab" * 20):
            (line,) = bodies(alice.ask(f"CERT ADD {named} :label"))
            assert line.startswith("FAIL CERT NOT_PRESENTED ab")
    assert certificates(net) == []
    assert [code.split(" ")[0] for code in external(net)] == ["904"]


def test_the_fingerprint_of_the_connection_may_be_named() -> None:
    net = Net()
    alice = alice_of(net, certificate=FINGERPRINT)
    alice.send(f"CERT ADD {':'.join(['AB'] * 32)} my phone")
    assert bodies(alice.ask("CERT LIST"))[0].endswith(f" :{FINGERPRINT} my phone")


def test_listing_and_deleting() -> None:
    net = Net()
    alice = alice_of(net, certificate=FINGERPRINT)
    assert bodies(alice.ask("CERT LIST"))[0].startswith("NOTE CERT NO_CERTIFICATES :")
    alice.send("CERT ADD")
    alice_of(net, certificate=OTHER).send("CERT ADD phone")
    alice.take()
    assert [body.split(" ", 3)[3] for body in bodies(alice.ask("CERT list"))] == [
        f"{FINGERPRINT} :{FINGERPRINT}",
        f"{OTHER} :{OTHER} phone",
    ]
    written = ":".join([FINGERPRINT[:2].upper()] * 32)
    assert bodies(alice.ask(f"CERT DEL {written}"))[0].startswith(f"NOTE CERT CERTIFICATE_DELETED {FINGERPRINT} :")
    assert len(alice.ask("CERT LIST")) == 1
    assert [code.split(" ")[0] for code in external(net)] == ["904"]
    assert bodies(alice.ask(f"CERT DEL {FINGERPRINT}"))[0].startswith(f"FAIL CERT NOT_YOURS {FINGERPRINT} :")


def test_what_is_refused() -> None:
    net = Net()
    alice = alice_of(net, certificate=FINGERPRINT)
    for line, code in (
        ("CERT DEL", "INVALID_FINGERPRINT"),
        (f"CERT DEL {OTHER[:-1]}g", "INVALID_FINGERPRINT"),
        ("CERT DANCE", "UNKNOWN_SUBCOMMAND"),
    ):
        assert bodies(alice.ask(line))[0].startswith(f"FAIL CERT {code} ")
    assert numerics(alice.ask("CERT")) == ["461 CERT"]
    alice.send("CERT ADD")
    bob = net.client("bob", caps=["standard-replies"], did_seed=BOB, certificate=FINGERPRINT)
    assert bodies(bob.ask("CERT ADD"))[0].startswith(f"FAIL CERT IN_USE {FINGERPRINT} :")
    assert bodies(bob.ask(f"CERT DEL {FINGERPRINT}"))[0].startswith(f"FAIL CERT NOT_YOURS {FINGERPRINT} :")
    guest = net.client("guest", caps=["standard-replies"])
    assert bodies(guest.ask("CERT LIST"))[0].startswith("FAIL CERT ACCOUNT_REQUIRED :")
    carol = net.client("carol", caps=["standard-replies"], did_seed=b"\x33" * 32)
    assert bodies(carol.ask("CERT ADD"))[0].startswith("FAIL CERT NO_CERTIFICATE :")
    net.store_fails = True
    for line in ("CERT LIST", "CERT ADD", f"CERT DEL {FINGERPRINT}"):
        assert bodies(alice.ask(line))[0].startswith("FAIL CERT NOT_STORED ")


def test_twenty_are_enough() -> None:
    net = Net()
    for number in range(20):
        owner = alice_of(net, certificate=f"{number:064x}")
        assert " CERTIFICATE_ADDED " in owner.ask("CERT ADD")[0]
        owner.send("QUIT")
    assert " TOO_MANY " in alice_of(net, certificate=f"{21:064x}").ask("CERT ADD")[0]
    assert " CERTIFICATE_ADDED " in alice_of(net, certificate=f"{0:064x}").ask("CERT ADD again")[0]


def test_two_who_bind_one_certificate_at_the_same_time() -> None:
    """The store has the last word, and only who has it is told that it signs him in."""
    net = Net()
    bound = alice_of(net, certificate=FINGERPRINT)
    late = net.client("bob", caps=["standard-replies"], did_seed=BOB, certificate=FINGERPRINT)
    net.store_waits = True
    bound.send("CERT ADD")
    late.send("CERT ADD")
    for _ in range(6):
        net.store_answers()
    assert bodies(bound.take())[0].startswith(f"NOTE CERT CERTIFICATE_ADDED {FINGERPRINT} :")
    assert bodies(late.take())[0].startswith(f"FAIL CERT IN_USE {FINGERPRINT} :")
    assert certificates(net) == [(FINGERPRINT, True)]


def test_who_is_signed_out_meanwhile_binds_nothing() -> None:
    """Whichever of the three answers of the store it is that comes too late."""
    for answered in range(3):
        net = Net()
        alice = alice_of(net, certificate=FINGERPRINT)
        other = alice_of(net)
        net.store_waits = True
        alice.send("CERT ADD")
        for _ in range(answered):
            net.store_answers()
        other.send("LOGOUT")
        assert alice.closed == "Signed out: by your own wish"
        for _ in range(5):
            net.store_answers()
        assert certificates(net) == ([] if answered < 2 else [(FINGERPRINT, True), (FINGERPRINT, False)])


def test_who_becomes_a_guest_meanwhile_is_told_that_it_did_not_happen() -> None:
    for line in ("CERT ADD", "CERT LIST"):
        net = Net()
        alice = alice_of(net, certificate=FINGERPRINT)
        user = net.engine.server.world.user("alice")
        assert user is not None
        net.store_waits = True
        alice.send(line)
        sign_out(net.engine.server, user, "the account is gone")
        for _ in range(3):
            net.store_answers()
        assert bodies(alice.take())[-1].startswith("FAIL CERT ACCOUNT_REQUIRED ")
        assert certificates(net) == []


def test_a_certificate_binds_no_other() -> None:
    """It would outlive the one that was lost."""
    net = Net()
    alice_of(net, certificate=FINGERPRINT).send("CERT ADD")
    bot = by_certificate(net, "bot")
    assert bodies(bot.ask("CERT ADD"))[0].startswith("FAIL CERT SIGNED_IN_BY_CERTIFICATE :")
    assert bodies(bot.ask(f"CERT DEL {FINGERPRINT}"))[-1].startswith(f"NOTE CERT CERTIFICATE_DELETED {FINGERPRINT} :")


def test_the_other_connections_of_the_account_are_told() -> None:
    net = Net()
    alice = alice_of(net, certificate=FINGERPRINT)
    device = alice_of(net)
    apart = net.client("apart", caps=["standard-replies"], did_seed=ALICE)
    bob = net.client("bob", caps=["standard-replies"], did_seed=BOB)
    for line, code in (("CERT ADD", "ADDED"), (f"CERT DEL {FINGERPRINT}", "DELETED")):
        assert len(alice.ask(line)) == 1
        for other in (device, apart):
            (told,) = bodies(other.take())
            assert told.startswith(f"NOTE CERT CERTIFICATE_{code} {FINGERPRINT} :")
            assert told.endswith("another connection of your account, alice")
    assert bob.take() == []


def test_what_is_recorded_late_is_told_late() -> None:
    net = Net()
    alice = alice_of(net, certificate=FINGERPRINT)
    net.store_waits = True
    for line, code in (("CERT ADD", "ADDED"), (f"CERT DEL {FINGERPRINT}", "DELETED")):
        alice.send(line)
        net.pass_time(31)
        assert bodies(alice.take())[-1].startswith(f"FAIL CERT STORE_SLOW {FINGERPRINT} :")
        assert bodies(alice.ask(line))[-1].startswith(f"FAIL CERT STORE_BUSY {FINGERPRINT} :")
        for _ in range(3):
            net.store_answers()
        assert bodies(alice.take())[-1].startswith(f"NOTE CERT CERTIFICATE_{code} {FINGERPRINT} :")
    assert certificates(net) == [(FINGERPRINT, True), (FINGERPRINT, False)]


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
    for fingerprint in (FINGERPRINT, OTHER):
        owner = alice_of(net, certificate=fingerprint)
        owner.send("CERT ADD", "QUIT")
    alice = alice_of(net)
    bots = {
        nick: by_certificate(net, nick, fingerprint)
        for nick, fingerprint in (("bot", FINGERPRINT), ("other", OTHER), ("alice", FINGERPRINT))
    }
    alice.send(f"CERT DEL {FINGERPRINT}")
    accounts = {user.nick: user.account is not None for user in net.engine.server.world.users.values()}
    assert accounts == {"alice": True, "bot": False, "other": True}
    assert bots["alice"].closed == "Signed out: the certificate that signed you in was dropped"
    assert [client.closed for client in (alice, bots["bot"], bots["other"])] == [None] * 3
