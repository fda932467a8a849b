"""The methods ``pds-session`` and ``pds-oauth``, both sides: what real clients send, and what a hostile host says."""

from collections.abc import Callable
from typing import Final

import attrs
import pytest

from freeq_proto.boundary import Fetched, HttpRequest, KeyType, LocalProtocolError
from freeq_proto.identity import (
    JsonValue,
    OAuth,
    OAuthAccess,
    OAuthSession,
    PrivateKey,
    decode_base64url,
    encode_base64url,
    parse_json,
    parse_jwt,
)
from freeq_proto.sasl import (
    MAX_ROTATIONS,
    AppPasswordCredentials,
    Continue,
    OAuthCredentials,
    Refused,
    Reply,
    ServerExchange,
    Wait,
    parse_challenge,
)
from tests.sasl.support import (
    NOW,
    SERVER,
    Clock,
    Session,
    at,
    client_exchange,
    context,
    converse,
    counting_entropy,
    failed,
    signed_in,
)
from tests.sasl.world import ALICE, BOB, PASSWORD, PDS, Pds, World, document_of, json_answer

GET_SESSION: Final = f"{PDS}/xrpc/com.atproto.server.getSession"
METHODS: Final = ("crypto", "service-auth", "pds-session", "pds-oauth")
WHO: Final = ("pds-session", "pds-oauth")


@attrs.define
class Case:
    world: World = attrs.field(factory=lambda: World(Clock()))
    methods: tuple[str, ...] = METHODS
    confidential: bool = True
    pds: Pds = attrs.field(init=False)
    session: Session = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.pds = Pds(self.world)
        self.world.publish(document_of(ALICE))
        settings = context(self.world, confidential=self.confidential, methods=self.methods)
        self.session = Session(ServerExchange(settings), self.world)

    def answer(self, method: str, **members: JsonValue) -> Reply:
        challenge = parse_challenge(self.session.challenge(), SERVER, NOW)
        answer: dict[str, JsonValue] = {
            "did": ALICE,
            "method": method,
            "signature": "access.a.b",
            "pds_url": PDS,
            "dpop_proof": "proof.a.b",
            "challenge_nonce": encode_base64url(challenge.nonce),
        }
        return self.session.answer(answer | members)

    def wants_nonces(self, *nonces: str) -> None:
        """Have the PDS ask for these, one after the other, and then be content."""
        left = list(nonces)
        content = self.world.web[GET_SESSION]
        assert callable(content)
        yes: Callable[[HttpRequest], Fetched] = content  # type: ignore[assignment]  # our PDS always answers

        def get_session(request: HttpRequest) -> Fetched:
            if not left:
                return yes(request)
            return json_answer({"error": "use_dpop_nonce"}, 401, ("dpop-nonce", left.pop(0)))

        self.world.web[GET_SESSION] = get_session


@pytest.mark.parametrize("method", WHO)
def test_signing_in(method: str) -> None:
    case = Case()
    success = signed_in(case.answer(method)).success
    assert (success.account, success.method, success.evidence) == (ALICE, method, None)
    (asked,) = [request for request in case.world.requests if request.url == GET_SESSION]
    headers = dict(asked.headers)
    assert headers["authorization"] == f"{'DPoP' if method == 'pds-oauth' else 'Bearer'} access.a.b"
    assert headers.get("dpop") == ("proof.a.b" if method == "pds-oauth" else None)


@pytest.mark.parametrize("method", WHO)
def test_an_operator_can_turn_them_off(method: str) -> None:
    case = Case(methods=("crypto", "service-auth"))
    assert f"{method} is not offered" in failed(case.answer(method))


@pytest.mark.parametrize("method", WHO)
def test_tokens_are_taken_only_where_nobody_listens(method: str) -> None:
    case = Case(confidential=False)
    assert f"{method} is not offered" in failed(case.answer(method))


@pytest.mark.parametrize("spelling", [PDS + "/", PDS.replace("pds", "PDS"), PDS + ":443"])
def test_the_host_may_be_spelt_in_several_ways(spelling: str) -> None:
    signed_in(Case().answer("pds-session", pds_url=spelling))


@pytest.mark.parametrize("method", WHO)
@pytest.mark.parametrize(
    "url", ["https://evil.example", f"{PDS}.evil.example", f"{PDS}:444", f"{PDS}/x", "http://pds.example.net", "", None]
)
def test_no_other_host_is_asked(method: str, url: JsonValue) -> None:
    case = Case()
    failed(case.answer(method, pds_url=url))
    assert GET_SESSION not in case.world.urls


@pytest.mark.parametrize("method", WHO)
def test_a_host_that_claims_the_account_of_another(method: str) -> None:
    """A hostile PDS says that a session of its own is Bob's: it is not the host that Bob's document names."""
    case = Case()
    case.pds.claimed_did = BOB
    assert "another account" in failed(case.answer(method))
    case.world.publish(document_of(BOB, pds="https://bobs.example"))
    assert "not the host" in failed(case.answer(method, did=BOB))


@pytest.mark.parametrize("method", WHO)
def test_an_account_that_has_moved_away(method: str) -> None:
    """The host that it left still says yes, but the document of now names another."""
    case = Case()
    signed_in(case.answer(method))
    case.world.publish(document_of(ALICE, pds="https://new.example"))
    later = at(1)
    nonce = encode_base64url(parse_challenge(case.session.challenge(later), SERVER, later).nonce)
    answer: dict[str, JsonValue] = {"did": ALICE, "method": method, "signature": "access.a.b", "pds_url": PDS}
    reply = case.session.answer({**answer, "dpop_proof": "proof.a.b", "challenge_nonce": nonce}, later)
    assert "not the host" in failed(reply)


@pytest.mark.parametrize("method", WHO)
def test_an_account_that_is_not_active(method: str) -> None:
    case = Case()
    case.pds.active = False
    reply = case.answer(method)
    failed(reply)
    assert isinstance(reply, Refused)
    assert reply.detail is not None
    assert reply.detail.code == "ACCOUNT_INACTIVE"


@pytest.mark.parametrize("method", WHO)
@pytest.mark.parametrize(
    "members",
    [
        {"signature": "a b"},
        {"signature": "a\r\nx: y"},
        {"signature": ""},
        {"signature": "x" * 9000},
        {"challenge_nonce": encode_base64url(bytes(32))},
        {"challenge_nonce": None},
        {"did": "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"},
    ],
    ids=range(7),
)
def test_malformed_answers(method: str, members: dict[str, JsonValue]) -> None:
    case = Case()
    failed(case.answer(method, **members))
    assert GET_SESSION not in case.world.urls


@pytest.mark.parametrize("proof", [None, "", "a b", "a\r\nb"])
def test_malformed_proofs(proof: JsonValue) -> None:
    case = Case()
    failed(case.answer("pds-oauth", dpop_proof=proof))
    assert case.world.requests == []


@pytest.mark.parametrize("method", WHO)
def test_a_token_that_the_host_does_not_know(method: str) -> None:
    case = Case()
    assert "does not accept this session" in failed(case.answer(method, signature="other.a.b"))


@pytest.mark.parametrize("method", WHO)
def test_a_host_that_does_not_answer(method: str) -> None:
    case = Case()
    del case.world.web[GET_SESSION]
    reply = case.answer(method)
    failed(reply)
    assert isinstance(reply, Refused)
    assert reply.detail is not None
    assert (reply.detail.code, reply.detail.context) == ("IDENTITY_UNAVAILABLE", (method,))


# --- nonces (RFC 9449 section 9) -------------------------------------------------------------------------------------


def test_a_nonce_is_told_and_a_fresh_challenge_follows() -> None:
    case = Case()
    case.wants_nonces("nonce-1")
    first = case.session.exchange
    reply = case.answer("pds-oauth")
    assert isinstance(reply, Continue)
    assert reply.notice == "DPOP_NONCE nonce-1"
    assert first.deadline is not None
    assert case.session.send("+") == Wait(), "the stray end of the first answer"
    challenge = parse_challenge(_decoded(reply), SERVER, NOW)
    nonce = encode_base64url(challenge.nonce)
    answer: dict[str, JsonValue] = {"did": ALICE, "method": "pds-oauth", "signature": "access.a.b", "pds_url": PDS}
    signed_in(case.session.answer({**answer, "dpop_proof": "proof.a.b", "challenge_nonce": nonce}))


def test_rotation_ends() -> None:
    case = Case()
    case.wants_nonces(*(f"nonce-{number}" for number in range(10)))
    reply = case.answer("pds-oauth")
    notices = []
    while isinstance(reply, Continue):
        notices.append(reply.notice)
        nonce = encode_base64url(parse_challenge(_decoded(reply), SERVER, NOW).nonce)
        answer: dict[str, JsonValue] = {"did": ALICE, "method": "pds-oauth", "signature": "access.a.b", "pds_url": PDS}
        reply = case.session.answer({**answer, "dpop_proof": "proof.a.b", "challenge_nonce": nonce})
    assert notices == [f"DPOP_NONCE nonce-{number}" for number in range(MAX_ROTATIONS)]
    assert failed(reply) == "SASL authentication failed (DPoP nonce retry limit exceeded)"


@pytest.mark.parametrize("nonce", ["", "a b", "a\r\nNOTICE", "x" * 300, "\x01"])
def test_a_nonce_that_is_none(nonce: str) -> None:
    case = Case()
    case.wants_nonces(nonce)
    failed(case.answer("pds-oauth"))


def _decoded(reply: Continue) -> bytes:
    return decode_base64url("".join(reply.lines))


# --- client ----------------------------------------------------------------------------------------------------------


def test_the_client_hands_over_a_token_if_its_user_said_so() -> None:
    case = Case(methods=("pds-session",))
    client = client_exchange(AppPasswordCredentials(ALICE, PASSWORD, ("service-auth", "pds-session")), case.world)
    assert signed_in(converse(client, case.session)).success.method == "pds-session"


def test_the_client_hands_over_no_token_if_its_user_did_not_say_so() -> None:
    """A server that rules out everything better gets nothing."""
    case = Case(methods=("pds-session", "pds-oauth"))
    with pytest.raises(Exception, match="does not take the method service-auth"):
        converse(client_exchange(AppPasswordCredentials(ALICE, PASSWORD), case.world), case.session)
    assert case.world.requests == []


def oauth_access(world: World) -> OAuthAccess:
    session = OAuthSession(
        did=ALICE,
        pds=PDS,
        issuer=PDS,
        client_id="http://localhost",
        scope="atproto",
        expires_ms=NOW.unix_ms + 3_600_000,
        access="access.a.b",
        refresh="refresh",
        key=PrivateKey(KeyType.P256, bytes([2]) * 32),
    )
    return OAuthAccess(OAuth(world.resolver(), world.clock, counting_entropy(7)), session)


def test_the_client_proves_the_nonce_that_it_was_told() -> None:
    case = Case(methods=("pds-oauth",))
    credentials = OAuthCredentials(oauth_access(case.world), ("service-auth", "pds-oauth"))
    client = client_exchange(credentials, case.world)
    proofs: list[dict[str, JsonValue]] = []

    def get_session(request: HttpRequest) -> Fetched:
        claims = parse_jwt(dict(request.headers)["dpop"]).claims
        proofs.append(claims)
        if claims.get("nonce") != "nonce-1":
            return json_answer({"error": "use_dpop_nonce"}, 401, ("dpop-nonce", "nonce-1"))
        return case.pds.get_session(request)

    case.world.web[GET_SESSION] = get_session
    assert signed_in(converse(client, case.session)).success.method == "pds-oauth"
    assert proofs[-1]["htu"] == GET_SESSION
    assert proofs[-1]["htm"] == "GET"


def test_the_client_follows_no_more_rotations_than_there_may_be() -> None:
    case = Case(methods=("pds-oauth",))
    client = client_exchange(OAuthCredentials(oauth_access(case.world), ("pds-oauth",)), case.world)
    for _ in range(1 + MAX_ROTATIONS):
        assert case.world.run(client.receive(encode_base64url(case.session.challenge()), NOW))
        client.receive_notice("DPOP_NONCE another")
        case.session.send("*")
    with pytest.raises(Exception, match="second challenge"):
        case.world.run(client.receive(encode_base64url(case.session.challenge()), NOW))


def test_other_notices_mean_nothing() -> None:
    case = Case(methods=("pds-oauth",))
    client = client_exchange(OAuthCredentials(oauth_access(case.world), ("pds-oauth",)), case.world)
    case.world.run(client.receive(encode_base64url(case.session.challenge()), NOW))
    for text in ("*** Looking up your hostname", "DPOP_NONCE", "DPOP_NONCE a b", "DPOP_NONCE \x01", ""):
        client.receive_notice(text)
    case.session.send("*")
    with pytest.raises(Exception, match="second challenge"):
        case.world.run(client.receive(encode_base64url(case.session.challenge()), NOW))


def test_a_password_session_has_no_proofs() -> None:
    case = Case()
    with pytest.raises(LocalProtocolError):
        OAuthCredentials(case.pds.session(), ("pds-oauth",))


def test_the_answer_of_the_client_is_json() -> None:
    case = Case(methods=("pds-session",))
    client = client_exchange(AppPasswordCredentials(ALICE, PASSWORD, ("pds-session",)), case.world)
    (line,) = case.world.run(client.receive(encode_base64url(case.session.challenge()), NOW))

    members = parse_json(decode_base64url(line), 4096)
    assert isinstance(members, dict)
    assert list(members) == ["did", "method", "signature", "pds_url", "challenge_nonce"]
