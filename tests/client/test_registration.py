"""From a fresh connection to a registered one, line by line (Modern IRC, "Connection Registration"; IRCv3)."""

import pytest

from freeq_proto.boundary import Destination, KeyType
from freeq_proto.client import (
    Connected,
    Connecting,
    Disconnected,
    NickChanged,
    Registered,
    SignedIn,
    SignInFailed,
    Stopped,
    StsPolicy,
    StsPolicyChanged,
)
from freeq_proto.identity import PrivateKey, public_key_to_did_key
from freeq_proto.sasl import AppPasswordCredentials, KeyCredentials, PlainCredentials
from tests.client.bridge import PLAIN, SECURE, Bridge, Script

KEY = PrivateKey(KeyType.ED25519, bytes(range(32)))
DID = public_key_to_did_key(KEY.public_key)
BY_KEY = KeyCredentials(DID, KEY)
BY_PASSWORD = PlainCredentials("ann", "secret")
BY_APP_PASSWORD = AppPasswordCredentials("did:plc:ewvi7nxzyoun6zhxrhs64oiz", "x")


def test_what_needs_no_answer_is_said_at_once() -> None:
    script = Script(password="gate", realname="Ann Example")
    assert script.said() == ["CAP LS 302", "PASS gate", "NICK ann", "USER ann 0 * :Ann Example"]


def test_a_server_without_capabilities() -> None:
    """RFC 1459 servers answer 421 to CAP, or nothing; 001 says that registration went on without it."""
    script = Script()
    script.send(":srv.test 421 ann CAP :Unknown command", ":srv.test 001 ann :Hi", ":srv.test 376 ann :End")
    event = script.program.one(Registered)
    assert (event.nick, event.server, event.account) == ("ann", "srv.test", None)


def test_a_welcome_without_an_end() -> None:
    script = Script()
    script.send(":srv.test 001 ann :Hi")
    assert not script.client.registered
    script.pass_time(6)
    assert script.client.registered


def test_the_list_of_capabilities_may_have_several_lines() -> None:
    """capability-negotiation, "Multiline replies to CAP LS and CAP LIST"."""
    script = Script()
    assert script.ask(":srv.test CAP * LS * :batch x/unknown=1") == script.said() == []
    assert script.ask(":srv.test CAP * LS :draft/chathistory labeled-response") == [
        "CAP REQ :batch labeled-response",
        "CAP REQ draft/chathistory",
    ]
    assert script.ask(":srv.test CAP * ACK :batch labeled-response") == []
    assert script.ask(":srv.test CAP * ACK :draft/chathistory") == ["CAP END"]
    assert list(script.client.capabilities) == ["batch", "labeled-response", "draft/chathistory"]


def test_a_refused_capability_is_done_without() -> None:
    script = Script(capabilities=("vendor.example/x",))
    assert script.ask(":srv.test CAP * LS :batch vendor.example/x=1") == ["CAP REQ batch", "CAP REQ vendor.example/x"]
    assert script.ask(":srv.test CAP * NAK :vendor.example/x", ":srv.test CAP * NAK :batch") == ["CAP END"]
    assert script.client.capabilities == {}


def test_capabilities_come_and_go() -> None:
    """capability-negotiation, "cap-notify"."""
    script = Script(capabilities=("vendor.example/x",))
    script.welcome(caps="batch")
    assert script.ask(":srv.test CAP ann NEW :away-notify vendor.example/x=2") == [
        "CAP REQ away-notify",
        "CAP REQ vendor.example/x",
    ]
    script.send(":srv.test CAP ann ACK :away-notify", ":srv.test CAP ann ACK :vendor.example/x")
    assert script.client.capabilities == {"batch": "", "away-notify": "", "vendor.example/x": "2"}
    script.send(":srv.test CAP ann DEL :batch vendor.example/x")
    assert script.client.capabilities == {"away-notify": ""}


def test_what_the_program_does_not_want_is_not_asked_for() -> None:
    script = Script(without=("batch",))
    assert script.ask(":srv.test CAP * LS :batch setname sasl=PLAIN") == ["CAP REQ setname"]


# --- nicks ---------------------------------------------------------------------------------------------------------


def test_a_nick_in_use_is_replaced() -> None:
    """433 before 001 asks for another nick: the alternatives, then suffixes that keep it no longer than it was."""
    script = Script(nick="abcdefghi", alternatives=("other",))
    script.said()
    refusal = ":srv.test 433 * {} :Nickname is already in use"
    assert script.ask(refusal.format("abcdefghi")) == ["NICK other"]
    assert script.ask(refusal.format("other")) == ["NICK abcdefgh_"]
    assert script.ask(refusal.format("abcdefgh_")) == ["NICK abcdefg__"]
    (third,) = script.ask(refusal.format("abcdefg__"))
    assert len(third) == len("NICK abcdefghi")
    script.send(f":srv.test 001 {third[5:]} :Hi", ":srv.test 422 x :No MOTD")
    assert script.client.current_nick == third[5:]


def test_no_nick_at_all_gives_the_connection_up() -> None:
    script = Script()
    for _ in range(40):
        script.send(":srv.test 433 * x :Nickname is already in use")
    assert script.program.one(Disconnected).retry_in_seconds is not None
    assert len(script.closes) == 1


def test_the_wanted_nick_is_taken_back_with_monitor() -> None:
    """MONITOR tells when it is free (731); nothing of that is told to the program."""
    script = Script(alternatives=("ann2",))
    script.send(":srv.test 433 * ann :Nickname is already in use")
    script.said()
    script.send(":srv.test 001 ann2 :Hi ann2!ann@h", ":srv.test 005 ann2 MONITOR=10 :are supported")
    assert script.ask(":srv.test 422 ann2 :No MOTD") == ["MONITOR + ann"]
    script.program.events.clear()
    assert script.ask(":srv.test 730 ann2 :ann!u@h") == []
    assert script.ask(":srv.test 731 ann2 :ann") == ["NICK ann"]
    assert script.ask(":srv.test 433 ann2 ann :Nickname is already in use") == []
    assert script.program.events == []
    assert script.ask(":ann2!ann@h NICK ann") == ["MONITOR - ann"]
    assert script.program.one(NickChanged).is_self


def test_the_wanted_nick_is_taken_back_without_monitor() -> None:
    script = Script(alternatives=("ann2",))
    script.send(":srv.test 433 * ann :in use", ":srv.test 001 ann2 :Hi", ":srv.test 422 ann2 :No MOTD")
    script.said()
    assert script.ask(":ann!u@h QUIT :bye") == ["NICK ann"]
    script.pass_time(59)
    assert "NICK ann" not in script.said()
    script.pass_time(2)
    assert script.said().count("NICK ann") == 1


def test_one_client_gets_its_nick_back_from_another_on_our_server() -> None:
    bridge = Bridge()
    first = bridge.client("ann")
    second = bridge.client("ann")
    assert second.client.current_nick == "ann_"
    first.client.quit(bridge.now)
    bridge.settle()
    assert second.client.current_nick == "ann"


# --- signing in ----------------------------------------------------------------------------------------------------


def test_signing_in_to_our_server() -> None:
    bridge = Bridge()
    ann = bridge.client("ann", credentials=BY_KEY)
    assert ann.one(SignedIn) == SignedIn(str(DID), "ATPROTO-CHALLENGE")
    assert ann.one(Registered).account == ann.client.account == str(DID)
    bridge.cut(ann)
    bridge.pass_time(2)
    assert ann.one(SignedIn).account == str(DID)


def test_a_stranger_is_not_signed_in_to() -> None:
    """Without proof that this is the server that was dialled, nothing is signed."""
    bridge = Bridge()
    bridge.authenticated = False
    ann = bridge.client("ann", credentials=BY_KEY)
    assert ann.take(SignInFailed)
    assert ann.one(Registered).account is None


def test_credentials_are_tried_in_order() -> None:
    """904 leads to the next that the server has a mechanism for; when none is left we go on as a guest."""
    script = Script(credentials=(BY_PASSWORD, BY_KEY, BY_PASSWORD))
    script.ask(":srv.test CAP * LS :sasl=PLAIN,EXTERNAL")
    assert script.ask(":srv.test CAP * ACK :sasl") == ["AUTHENTICATE PLAIN"]
    assert script.ask("AUTHENTICATE +") == ["AUTHENTICATE AGFubgBzZWNyZXQ="]
    assert script.ask(":srv.test 904 ann :SASL authentication failed") == ["AUTHENTICATE PLAIN"]
    assert script.ask(":srv.test 904 ann :SASL authentication failed") == ["CAP END"]
    assert script.program.one(SignInFailed) == SignInFailed("SASL authentication failed", "PLAIN")


def test_success() -> None:
    script = Script(credentials=BY_PASSWORD)
    script.send(":srv.test CAP * LS :sasl", ":srv.test CAP * ACK :sasl", "AUTHENTICATE +")
    script.said()
    answers = script.ask(":srv.test 900 ann ann!u@h annie :You are now logged in", ":srv.test 903 ann :done")
    assert answers == ["CAP END"]
    assert script.program.one(SignedIn) == SignedIn("annie", "PLAIN")


@pytest.mark.parametrize("offer", ["batch", "sasl=EXTERNAL"])
def test_stop_where_signing_in_is_required(offer: str) -> None:
    script = Script(credentials=BY_PASSWORD, require_sign_in=True)
    for line in script.ask(f":srv.test CAP * LS :{offer}"):
        script.send(f":srv.test CAP * ACK :{line.removeprefix('CAP REQ ').removeprefix(':')}")
    assert script.program.one(Disconnected).retry_in_seconds is None
    assert script.program.take(Stopped)
    assert not script.client.running
    assert len(script.closes) == 1


@pytest.mark.parametrize("text", ["wrong password", ""])
def test_a_sign_in_that_is_required_says_why_it_failed(text: str) -> None:
    script = Script(credentials=BY_PASSWORD, require_sign_in=True)
    script.send(":srv.test CAP * LS :sasl", ":srv.test CAP * ACK :sasl", f":srv.test 904 ann :{text}")
    assert script.program.one(Stopped).reason == f"signing in failed: {text}"


def test_a_server_that_registers_us_as_a_guest_is_left() -> None:
    script = Script(credentials=BY_PASSWORD, require_sign_in=True)
    script.send(":srv.test 001 ann :Hi")
    assert script.program.take(Stopped)


def test_sasl_that_comes_later_is_used() -> None:
    """sasl-3.2: it may be offered by CAP NEW."""
    script = Script(credentials=BY_PASSWORD)
    script.welcome(caps="batch")
    script.program.events.clear()
    assert script.ask(":srv.test CAP ann NEW :sasl=PLAIN") == ["CAP REQ sasl"]
    assert script.ask(":srv.test CAP ann ACK :sasl") == ["AUTHENTICATE PLAIN"]
    script.send("AUTHENTICATE +", ":srv.test 900 ann ann!u@h annie :Hi", ":srv.test 903 ann :done")
    assert script.client.account == "annie"
    assert "CAP END" not in script.said()


def test_a_pds_that_does_not_answer_is_asked_again_later() -> None:
    """Where signing in is required, a failure that may pass is no reason to stop for ever."""
    bridge = Bridge()
    ann = bridge.client("ann", credentials=BY_APP_PASSWORD, require_sign_in=True)
    assert ann.one(SignInFailed).mechanism == "ATPROTO-CHALLENGE"
    assert ann.one(Disconnected).retry_in_seconds is not None
    assert ann.client.running
    guest = bridge.client("guest", credentials=BY_APP_PASSWORD)
    assert guest.one(Registered).account is None


def test_a_runtime_that_never_answers() -> None:
    """Each wait has a deadline: the attempt is given up, and the server is told."""
    bridge = Bridge()
    bridge.performs = False
    ann = bridge.client("ann", credentials=BY_APP_PASSWORD)
    assert not ann.client.registered
    bridge.pass_time(16)
    assert ann.take(SignInFailed)
    assert ann.client.registered


def test_a_connection_lost_while_signing_in() -> None:
    bridge = Bridge()
    bridge.performs = False
    ann = bridge.client("ann", credentials=BY_APP_PASSWORD)
    bridge.cut(ann)
    bridge.performs = True
    bridge.pass_time(60)
    assert ann.take(Registered)


# --- strict transport security -------------------------------------------------------------------------------------


def test_an_upgrade_policy_is_obeyed() -> None:
    """sts, "The port key": close the connection, and come back over TLS."""
    script = Script(destination=PLAIN)
    script.said()
    assert script.ask(":srv.test CAP * LS :batch sts=duration=1,port=6697") == []
    assert len(script.closes) == 1
    assert script.dials[-1].destination == SECURE
    assert script.program.one(Disconnected).upgrading
    script.accept()
    script.lose("no route")
    assert not script.program.one(Disconnected).upgrading
    script.pass_time(100)
    assert all(dial.destination.tls for dial in script.dials[1:])


def test_a_persistence_policy_is_told_and_ends() -> None:
    """sts, "The duration key"."""
    script = Script()
    script.send(":srv.test CAP * LS :sts=port=1,duration=100")
    policy = script.program.one(StsPolicyChanged).policy
    assert policy == StsPolicy(SECURE.host, SECURE.port, script.now.unix_ms + 100_000)
    script.welcome()
    script.pass_time(10)
    script.lose()
    assert script.program.one(StsPolicyChanged).policy.expires_unix_ms == script.now.unix_ms + 100_000
    script.pass_time(2)
    script.accept()
    script.send(":srv.test CAP * LS :sts=duration=0")
    assert script.program.one(StsPolicyChanged).policy.expires_unix_ms == 0


def test_a_policy_is_renewed_by_secure_connections_only() -> None:
    """sts, "Rescheduling expiry on disconnect": a host that cannot be reached does not extend its own policy."""
    script = Script()
    script.send(":srv.test CAP * LS :sts=duration=100")
    script.welcome()
    script.lose()
    assert len(script.program.take(StsPolicyChanged)) == 2
    script.pass_time(2)
    script.lose("refused")
    script.pass_time(60)
    script.accept(authenticated=False)
    script.lose()
    assert script.program.take(StsPolicyChanged) == []


def test_a_policy_that_was_kept_is_known_from_the_start() -> None:
    kept = StsPolicy(PLAIN.host.upper(), 7000)
    assert Script(connect=False, destination=PLAIN, sts=(kept,)).dials[0].destination == Destination(PLAIN.host, 7000)
    old = StsPolicy(PLAIN.host, 7000, 1)
    assert Script(connect=False, destination=PLAIN, sts=(old,)).dials[0].destination == PLAIN


@pytest.mark.parametrize("value", ["", "port=", "port=0", "port=65536", "port=٣", "port=1_0", "duration=5"])
def test_a_policy_that_names_no_port_changes_nothing(value: str) -> None:
    script = Script(destination=PLAIN)
    script.send(f":srv.test CAP * LS :batch sts={value}")
    assert script.closes == []


# --- time ----------------------------------------------------------------------------------------------------------


def test_a_server_that_says_nothing_is_given_up() -> None:
    script = Script()
    script.program.take(Connecting)
    script.program.take(Connected)
    script.pass_time(61)
    assert script.program.one(Disconnected).reason == "not registered in time"
    assert script.closes[0].abort


def test_silence_is_asked_after() -> None:
    """Our own PING, and the end of the connection where nothing answers."""
    script = Script()
    script.welcome()
    script.pass_time(61)
    assert script.said() == ["PING freeq-alive"]
    script.send(":srv.test PONG srv.test freeq-alive")
    script.pass_time(59)
    assert script.said() == []
    script.pass_time(2)
    assert script.said() == ["PING freeq-alive"]
    script.pass_time(61)
    assert script.program.one(Disconnected).reason == "the server does not answer"


def test_ping_is_answered_at_once() -> None:
    assert Script().ask("PING :a b")[-1] == "PONG :a b"
