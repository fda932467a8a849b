"""The conversation of signing in, where it has more than challenge and answer."""

from freeq_proto.boundary import Destination
from freeq_proto.client import ServerNotice
from freeq_proto.identity import decode_base64url, encode_base64url, parse_json, parse_jwt
from freeq_proto.sasl import OAuthCredentials, split_payload
from tests.client.bridge import Script
from tests.sasl.support import NOW, SERVER
from tests.sasl.test_pds_methods import Case, oauth_access

LIMIT = 65_536


def test_a_nonce_that_the_server_tells_is_proved() -> None:
    """pds-oauth: a NOTICE during the exchange says which nonce the PDS wants, and a fresh challenge follows."""
    case = Case(methods=("pds-oauth",))
    credentials = OAuthCredentials(oauth_access(case.world), ("pds-oauth",))
    script = Script(connect=False, credentials=credentials, destination=Destination(SERVER, 6697))
    script.now = NOW
    script.accept()
    script.send(":irc CAP * LS :sasl", ":irc CAP * ACK :sasl")
    assert proved_nonce(answer(script, case)) is None
    script.send(":bob!b@h NOTICE * :DPOP_NONCE a-lie", f":{SERVER} NOTICE * :DPOP_NONCE nonce-7")
    script.send(":bob!b@h NOTICE * :DPOP_NONCE a-lie", "NOTICE *")
    assert proved_nonce(answer(script, case)) == "nonce-7"
    assert script.program.one(ServerNotice).text == "DPOP_NONCE nonce-7"


def answer(script: Script, case: Case) -> list[str]:
    """Challenge the client, and give it what it fetches of its PDS."""
    script.said()
    script.send(*(f"AUTHENTICATE {part}" for part in split_payload(encode_base64url(case.session.challenge()))))
    while script.fetches:
        fetch = script.fetches.pop(0)
        script.client.completed(fetch.ticket, case.pds.get_session(fetch.request), script.now)
        script.drain()
    case.session.send("*")
    return script.said()


def proved_nonce(lines: list[str]) -> object:
    """The nonce in the proof that an answer of pds-oauth shows."""
    answer = parse_json(decode_base64url("".join(line.removeprefix("AUTHENTICATE ") for line in lines)), LIMIT)
    assert isinstance(answer, dict)
    return parse_jwt(str(answer["dpop_proof"])).claims.get("nonce")


def test_all_lines_that_waited_for_a_fetch_are_read() -> None:
    """What came while an answer was being made is read in order, not one line for each that comes after it."""
    case = Case(methods=("pds-oauth",))
    credentials = OAuthCredentials(oauth_access(case.world), ("pds-oauth",))
    script = Script(connect=False, credentials=credentials, destination=Destination(SERVER, 6697))
    script.now = NOW
    script.accept()
    script.send(":irc CAP * LS :sasl", ":irc CAP * ACK :sasl")
    parts = split_payload(encode_base64url(case.session.challenge()))
    script.send(*(f"AUTHENTICATE {part}" for part in parts))
    (fetch,) = script.fetches
    script.send("AUTHENTICATE " + "x" * 400, "AUTHENTICATE " + "x" * 400)
    script.client.completed(fetch.ticket, case.pds.get_session(fetch.request), script.now)
    script.drain()
    registration = script.client._session.registration
    assert registration is not None
    assert registration.signing_in._waiting == []
