"""The method ``service-auth`` with both ends, and the servers in between that would like to be somebody's user.

The attacks: V is the server that somebody wants to sign in to as Alice, M a hostile server that Alice dials. M passes
V's challenge on to her, and her answer to V.
"""

from typing import Final

import attrs
import pytest

from freeq_proto.boundary import RemoteProtocolError
from freeq_proto.identity import (
    JsonValue,
    decode_base64url,
    encode_base64url,
    encode_json,
    parse_did,
    parse_json,
    parse_jwt,
)
from freeq_proto.sasl import (
    AppPasswordCredentials,
    Binding,
    ClientExchange,
    Continue,
    NoTokenError,
    OAuthCredentials,
    Refused,
    Reply,
    ServerExchange,
    UnacceptableChallengeError,
    UnknownAudienceError,
    binding_hash,
    token_forms,
)
from tests.sasl.support import NOW, SERVER, Clock, Session, client_exchange, context, converse, failed, signed_in
from tests.sasl.world import ALICE, BOB, PASSWORD, PLC, Pds, World, document_of, url_of

V_END_POINT: Final = b"V" * 32
M_END_POINT: Final = b"M" * 32
EVIL: Final = "evil.example"
CREDENTIALS: Final = AppPasswordCredentials(ALICE, PASSWORD)


@attrs.define
class Case:
    """Alice, her PDS and the server V."""

    settings: dict[str, object] = attrs.field(factory=dict)
    world: World = attrs.field(factory=lambda: World(Clock()))
    pds: Pds = attrs.field(init=False)
    session: Session = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.pds = Pds(self.world)
        self.world.publish(document_of(ALICE))
        settings: dict[str, object] = {"confidential": True, "end_point": V_END_POINT, **self.settings}
        self.session = Session(ServerExchange(context(self.world, **settings)), self.world)

    def sign_in(self, client: ClientExchange) -> Reply:
        return converse(client, self.session)

    def asked(self) -> list[tuple[str, str]]:
        """Audience and method of each token that the PDS was asked for."""
        found = []
        for request in self.world.requests:
            if "getServiceAuth" in request.url:
                query = request.url.partition("?")[2].replace("%3A", ":").replace("%23", "#")
                audience, method = (part.partition("=")[2] for part in query.split("&"))
                found.append((audience, method))
        return found


def answer_of(client: ClientExchange, case: Case, challenge: bytes) -> dict[str, JsonValue]:
    """What a client answers to a challenge, as members."""
    lines = case.world.run(client.receive(encode_base64url(challenge), NOW))
    members = parse_json(decode_base64url("".join(line for line in lines if line != "+")), 16_384)
    assert isinstance(members, dict)
    return members


def code(reply: Reply) -> str:
    failed(reply)
    assert isinstance(reply, Refused)
    assert reply.detail is not None
    return reply.detail.code


# --- both ends -------------------------------------------------------------------------------------------------------


def test_an_app_password_signs_in_bound() -> None:
    case = Case()
    success = signed_in(case.sign_in(client_exchange(CREDENTIALS, case.world, end_point=V_END_POINT))).success
    assert (success.account, success.method) == (ALICE, "service-auth")
    ((audience, method),) = case.asked()
    assert audience == f"did:web:{SERVER}#irc"
    assert method.startswith("blue.irc.auth.n")
    assert case.world.urls[-1].endswith("getRepoStatus"), "the server's last question"
    assert any(url.endswith("deleteSession") for url in case.world.urls), "the client ends its session"


def test_a_handle_leads_to_the_account() -> None:
    case = Case()
    case.world.txt["_atproto.alice.example.net"] = (f"did={ALICE}",)
    credentials = AppPasswordCredentials("alice.example.net", PASSWORD)
    assert signed_in(case.sign_in(client_exchange(credentials, case.world))).success.account == ALICE


def test_a_wrong_password_reaches_no_irc_server() -> None:
    case = Case()
    with pytest.raises(RemoteProtocolError, match="name and password"):
        case.sign_in(client_exchange(AppPasswordCredentials(ALICE, "wrong"), case.world))


@pytest.mark.parametrize("client_end_point", [b"", V_END_POINT])
@pytest.mark.parametrize("server_end_point", [b"", V_END_POINT])
def test_the_channel_is_bound_where_both_know_it(client_end_point: bytes, server_end_point: bytes) -> None:
    """Behind a TLS proxy a server knows of no channel, in a browser a client does not."""
    case = Case(settings={"end_point": server_end_point})
    client = client_exchange(CREDENTIALS, case.world, end_point=client_end_point)
    challenge = case.session.challenge()
    members = answer_of(client, case, challenge)
    assert members["cb"] == ("tls-server-end-point" if client_end_point and server_end_point else "none")
    signed_in(case.session.answer(members))


def test_an_old_pds_is_asked_for_the_bare_audience() -> None:
    """Before 0.5.1 it answers 500 to an audience with a fragment."""
    case = Case()
    case.pds.old = True
    signed_in(case.sign_in(client_exchange(CREDENTIALS, case.world)))
    assert [audience for audience, _ in case.asked()] == [f"did:web:{SERVER}#irc", f"did:web:{SERVER}"]


def test_a_server_that_takes_no_bare_audience() -> None:
    case = Case(settings={"legacy_audience": False})
    case.pds.old = True
    assert code(case.sign_in(client_exchange(CREDENTIALS, case.world))) == "TOKEN_AUDIENCE"


@pytest.mark.parametrize("old", [False, True])
def test_an_oauth_session_that_may_do_one_thing(old: bool) -> None:
    """The scope ``rpc:blue.irc.auth?aud=<server>#irc`` allows one audience and one method."""
    case = Case()
    case.pds.old = old
    case.pds.allows = lambda audience, method: (audience, method) == (f"did:web:{SERVER}#irc", "blue.irc.auth")
    client = client_exchange(OAuthCredentials(case.pds.session()), case.world)
    if old:  # it can name no service in a scope, so it gives no token
        with pytest.raises(NoTokenError, match=r"rpc:blue\.irc\.auth\?aud=did:web:irc\.example\.org%23irc"):
            case.sign_in(client)
    else:
        assert signed_in(case.sign_in(client)).success.account == ALICE
        assert case.asked()[-1] == (f"did:web:{SERVER}#irc", "blue.irc.auth")


def test_the_form_with_the_hash_in_the_audience() -> None:
    """For sessions with the scope ``rpc:blue.irc.auth?aud=*``, where a server takes it."""
    case = Case(settings={"bindings": ("lxm", "aud", "none")})
    case.pds.allows = lambda _audience, method: method == "blue.irc.auth"
    signed_in(case.sign_in(client_exchange(OAuthCredentials(case.pds.session()), case.world, end_point=V_END_POINT)))
    assert case.asked()[-1][0].startswith(f"did:web:{SERVER}#irc.n")


def test_only_forms_that_the_server_takes_are_asked_for() -> None:
    case = Case(settings={"bindings": ("none",)})
    signed_in(case.sign_in(client_exchange(CREDENTIALS, case.world)))
    assert case.asked() == [(f"did:web:{SERVER}#irc", "blue.irc.auth")]


def test_a_server_that_takes_no_form_that_there_is() -> None:
    case = Case(settings={"bindings": ("other",)})
    with pytest.raises(NoTokenError):
        case.sign_in(client_exchange(CREDENTIALS, case.world))


@pytest.mark.parametrize(
    "claims",
    [{"iss": BOB}, {"aud": "did:web:evil.example#irc"}, {"lxm": "com.atproto.server.createAccount"}, {"lxm": None}],
    ids=str,
)
def test_a_pds_that_makes_another_token_than_was_asked_for(claims: dict[str, JsonValue]) -> None:
    case = Case()
    case.pds.claims = claims
    with pytest.raises(NoTokenError, match="another token"):
        case.sign_in(client_exchange(CREDENTIALS, case.world))


# --- whose challenge it is -------------------------------------------------------------------------------------------


def test_the_audience_is_never_the_servers_word() -> None:
    """M says that it is V. Its own name is what was dialled, so that is what tokens would be for; it gets none."""
    case = Case(settings={"server_name": EVIL, "server_id": f"did:web:{SERVER}"})
    with pytest.raises(RemoteProtocolError):
        case.sign_in(client_exchange(CREDENTIALS, case.world, server=EVIL))
    assert case.asked() == []


@pytest.mark.parametrize("listed", [True, False])
def test_a_did_whose_document_names_the_host(listed: bool) -> None:
    server_id = parse_did("did:plc:ssssssssssssssssssssssss")
    case = Case(settings={"server_id": server_id})
    hosts: list[JsonValue] = [f"ircs://{SERVER}:6697" if listed else "ircs://irc.example.net:6697"]
    service: JsonValue = {"id": "#irc", "type": "IrcServer", "serviceEndpoint": hosts}
    case.world.publish(document_of(server_id, keys={}, service=[service]))
    client = client_exchange(CREDENTIALS, case.world)
    if listed:
        signed_in(case.sign_in(client))
        assert case.asked()[0][0] == f"{server_id}#irc"
    else:
        with pytest.raises(UnknownAudienceError):
            case.sign_in(client)
        assert case.asked() == []


def test_a_did_that_cannot_be_resolved() -> None:
    case = Case(settings={"server_id": "did:plc:ssssssssssssssssssssssss"})
    with pytest.raises(RemoteProtocolError):
        case.sign_in(client_exchange(CREDENTIALS, case.world))
    assert case.asked() == []


def test_a_challenge_that_leaves_out_the_name_but_not_the_did() -> None:
    """``server`` and a did:web ``server_id`` say the same; one of them is enough."""
    case = Case()
    challenge = encode_json(
        {
            "session_id": "s",
            "nonce": encode_base64url(bytes(32)),
            "timestamp": NOW.unix_ms // 1000,
            "server_id": f"did:web:{SERVER}",
        }
    )
    assert answer_of(client_exchange(CREDENTIALS, case.world), case, challenge)["did"] == ALICE
    with pytest.raises(UnacceptableChallengeError):
        answer_of(client_exchange(CREDENTIALS, case.world, server=EVIL), case, challenge)


# --- relay -----------------------------------------------------------------------------------------------------------


def relayed(challenge: bytes, **changes: JsonValue) -> bytes:
    """A challenge of V as M would write it."""
    members = parse_json(challenge, 1000)
    assert isinstance(members, dict)
    return encode_json({name: value for name, value in {**members, **changes}.items() if value is not None})


@pytest.mark.parametrize("end_point", [b"", M_END_POINT])
def test_a_challenge_that_is_passed_on_is_not_answered(end_point: bytes) -> None:
    case = Case()
    with pytest.raises(UnacceptableChallengeError, match=r"not for 'evil\.example'"):
        case.sign_in(client_exchange(CREDENTIALS, case.world, server=EVIL, end_point=end_point))
    assert case.world.requests == []


@pytest.mark.parametrize("binds", [True, False])
def test_a_challenge_that_is_passed_on_under_another_name(binds: bool) -> None:
    """The token is for M then, so that it is worthless at V: the audience stops it even without channel binding."""
    case = Case()
    challenge = case.session.challenge()
    client = client_exchange(CREDENTIALS, case.world, server=EVIL, end_point=M_END_POINT if binds else b"")
    members = answer_of(client, case, relayed(challenge, server=EVIL, server_id=None))
    claims = parse_jwt(str(members["signature"])).claims
    assert claims["aud"] == f"did:web:{EVIL}#irc"
    assert code(case.session.answer(members)) == "TOKEN_AUDIENCE"


class Careless:
    """A client that takes the audience from the wire. Ours does not; what stops a relay without that?"""

    def __init__(self, case: Case, end_point: bytes) -> None:
        self.case, self.end_point = case, end_point

    def answer(self, challenge: bytes, form: str, cb: str | None = "tls-server-end-point") -> dict[str, JsonValue]:
        binding = Binding(cb, self.end_point) if cb is not None and self.end_point else Binding()
        (wanted,) = (each for each in token_forms(f"did:web:{SERVER}", challenge, binding) if each.name == form)
        token = self.case.pds.token(wanted.audience, wanted.method)
        return {"did": ALICE, "method": "service-auth", "signature": token, "cb": binding.type}


def test_channel_binding_stops_a_relay_to_a_careless_client() -> None:
    case = Case()
    challenge = case.session.challenge()
    members = Careless(case, M_END_POINT).answer(challenge, "lxm")
    assert code(case.session.answer(members)) == "TOKEN_METHOD"


@pytest.mark.parametrize("said", ["none", None])
def test_striking_out_the_channel_binding_does_not_help(said: str | None) -> None:
    case = Case()
    challenge = case.session.challenge()
    members = Careless(case, M_END_POINT).answer(challenge, "lxm")
    members["cb"] = said
    assert code(case.session.answer(members)) == "TOKEN_METHOD"


def test_striking_it_out_of_the_challenge_does_not_help() -> None:
    """The client hashes what it was shown, and V what it wrote."""
    case = Case()
    challenge = case.session.challenge()
    members = Careless(case, b"").answer(relayed(challenge, cb=None), "lxm")
    assert code(case.session.answer(members)) == "TOKEN_METHOD"


def test_a_careless_client_without_channel_binding_is_relayed() -> None:
    """Known, and why the audience must come from the host: nothing else protects the form ``none``."""
    case = Case()
    challenge = case.session.challenge()
    signed_in(case.session.answer(Careless(case, b"").answer(challenge, "none")))


# --- use in another place ---------------------------------------------------------------------------------------------


def test_an_answer_on_another_connection() -> None:
    """Bound, it fits one challenge."""
    case = Case()
    members = answer_of(client_exchange(CREDENTIALS, case.world), case, case.session.challenge())
    thief = Session(
        ServerExchange(context(case.world, session_id="session-2", confidential=True, end_point=V_END_POINT)),
        case.world,
    )
    thief.challenge()
    assert code(thief.answer(members)) == "TOKEN_METHOD"


def test_a_bound_answer_is_not_good_for_the_next_challenge() -> None:
    case = Case()
    members = answer_of(client_exchange(CREDENTIALS, case.world), case, case.session.challenge())
    signed_in(case.session.answer(members))
    case.session.challenge()
    assert code(case.session.answer(members)) == "TOKEN_METHOD"


def test_a_bound_token_is_never_taken_for_an_unbound_one() -> None:
    case = Case(settings={"bindings": ("none",)})
    challenge = case.session.challenge()
    members = Careless(case, b"").answer(challenge, "lxm")
    assert code(case.session.answer(members)) == "TOKEN_METHOD"


def test_the_hash() -> None:
    """Fixed, so that it cannot change unnoticed: 52 characters that an NSID may end in."""
    assert binding_hash(b"{}", Binding()) == "ce3odw43vomnhwavoqsw6a4gyi5ep6ylyotnlagojyckyync655a"
    assert binding_hash(b"{}", Binding("tls-server-end-point", b"")) != binding_hash(b"{}", Binding())


def test_two_chunks() -> None:
    """A real answer is longer than one line of AUTHENTICATE."""
    case = Case()
    reply = case.session.send("ATPROTO-CHALLENGE")
    assert isinstance(reply, Continue)
    client = client_exchange(CREDENTIALS, case.world, end_point=V_END_POINT)
    lines = case.world.run(client.receive(reply.lines[0], NOW))
    assert [len(line) == 400 for line in lines] == [True, False]


def test_the_world_is_as_expected() -> None:
    assert url_of(ALICE) == f"{PLC}/{ALICE}"
