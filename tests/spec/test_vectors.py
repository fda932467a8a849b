"""The vectors of the specification, against our server and our client: what is printed is what the code does."""

import json
from typing import Any, Final

import pytest

from freeq_proto.boundary import Fetched, HttpRequest, Now, RemoteProtocolError
from freeq_proto.identity import (
    Did,
    PdsSession,
    PrivateKey,
    decode_base64url,
    encode_base64url,
    parse_did,
    public_key_to_did_key,
)
from freeq_proto.sasl import (
    Binding,
    ClientExchange,
    Continue,
    Credentials,
    KeyCredentials,
    OAuthCredentials,
    Reassembler,
    Refused,
    SaslContext,
    ServerExchange,
    SignedIn,
    TokenMemory,
    Wait,
    binding_hash,
    split_payload,
)
from tests.sasl.support import Clock
from tests.sasl.world import World, json_answer
from tests.spec.parts import DOCUMENTS, KEYS, PDS, nonce_of
from tests.spec.vectors import FILE, text

Vector = dict[str, Any]  # JSON, read as a stranger would
VECTORS: Final[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))


def named(section: str) -> dict[str, Vector]:
    """The vectors of a section by their names, which are unique."""
    found = {vector["name"]: vector for vector in VECTORS[section]}
    assert len(found) == len(VECTORS[section])
    return found


CHALLENGES: Final = named("challenges")
ANSWERS: Final = named("answers")
TOKENS: Final = named("tokens")


def at(seconds: int) -> Now:
    return Now(float(seconds), seconds * 1000)


def world_at(seconds: int) -> World:
    world = World(Clock(at(seconds)))
    for document in VECTORS["documents"].values():
        world.publish(document)
    return world


def test_the_file_is_as_it_is_made() -> None:
    """Run ``python -m tests.spec.vectors``."""
    assert FILE.read_text(encoding="utf-8") == text()


def test_keys() -> None:
    for name, vector in VECTORS["keys"].items():
        assert KEYS[name] == PrivateKey(KEYS[name].type, bytes.fromhex(vector["private"]))
        assert public_key_to_did_key(KEYS[name].public_key) == vector["did"] == f"did:key:{vector['public']}"
    assert VECTORS["documents"] == DOCUMENTS


@pytest.mark.parametrize("vector", VECTORS["framing"], ids=lambda vector: len(vector["payload"]))
def test_framing(vector: Vector) -> None:
    assert list(split_payload(vector["payload"])) == vector["arguments"]
    reassembler = Reassembler()
    *first, last = [reassembler.push(argument) for argument in vector["arguments"]]
    assert (first, last) == ([None] * len(first), vector["payload"])


@pytest.mark.parametrize("number", range(len(VECTORS["hashes"])))
def test_hashes(number: int) -> None:
    vector = VECTORS["hashes"][number]
    binding = Binding(vector["type"], bytes.fromhex(vector["data"]))
    assert binding_hash(decode_base64url(vector["challenge"]), binding) == vector["hash"]


# --- client ---------------------------------------------------------------------------------------------------------


def client(credentials: Credentials, vector: Vector, world: World) -> ClientExchange:
    return ClientExchange(
        credentials,
        expected_server=vector["dialled"],
        authenticated=True,
        resolver=world.resolver(),
        clock=world.clock,
        entropy=bytes,
        end_point=bytes.fromhex(vector.get("end_point", "")),
    )


@pytest.mark.parametrize("name", CHALLENGES)
def test_what_a_client_may_answer(name: str) -> None:
    vector = CHALLENGES[name]
    key = KEYS["alice"]
    world = world_at(vector["now"])
    exchange = client(KeyCredentials(public_key_to_did_key(key.public_key), key), vector, world)
    flow = exchange.receive(vector["challenge"] or "+", world.clock())
    if vector["valid"]:
        (line,) = world.run(flow)
        answer = json.loads(decode_base64url(line))
        assert answer["signature"] == encode_base64url(key.sign(decode_base64url(vector["challenge"])))
    else:
        with pytest.raises(RemoteProtocolError):
            world.run(flow)


@pytest.mark.parametrize("name", [name for name, vector in ANSWERS.items() if "signer" in vector])
def test_our_client_makes_the_printed_answer(name: str) -> None:
    vector = ANSWERS[name]
    world = world_at(vector["answered"])
    did = parse_did(json.loads(decode_base64url(vector["answer"]))["did"])
    exchange = client(
        KeyCredentials(did, KEYS[vector["signer"]]), {**vector, "dialled": vector["server"]["name"]}, world
    )
    assert "".join(world.run(exchange.receive(vector["challenge"], world.clock()))) == vector["answer"]


@pytest.mark.parametrize("name", TOKENS)
def test_whom_a_client_asks_for_a_token(name: str) -> None:
    vector = TOKENS[name]
    world = world_at(vector["now"])
    left = list(vector["calls"])

    def get_service_auth(request: HttpRequest) -> Fetched:
        call = left.pop(0)
        query = request.url.partition("?")[2].replace("%3A", ":").replace("%23", "#")
        assert query == f"aud={call['aud']}&lxm={call['lxm']}"
        return json_answer({"token": vector["token"]} if call["status"] == 200 else {"error": "x"}, call["status"])

    world.web[f"{PDS}/xrpc/com.atproto.server.getServiceAuth"] = get_service_auth
    session = PdsSession(world.resolver(), PDS, Did(vector["did"]), "alice.example.net", "access", "refresh")
    flow = client(OAuthCredentials(session), vector, world).receive(vector["challenge"], world.clock())
    if vector["valid"]:
        assert world.run(flow) == split_payload(vector["answer"])
    else:
        with pytest.raises(RemoteProtocolError):
            world.run(flow)
    assert left == []


# --- server ---------------------------------------------------------------------------------------------------------


def server(vector: Vector, world: World) -> ServerExchange:
    settings = vector["server"]
    tokens = TokenMemory()
    for issuer, name in vector.get("used", ()):
        tokens.spend(issuer, name, (vector["answered"] + 60) * 1000, world.clock())
    return ServerExchange(
        SaslContext(
            session_id="1.7",
            server_name=settings["name"],
            server_id=settings["server_id"],
            entropy=lambda _count: nonce_of(vector["name"]),
            clock=world.clock,
            resolver=world.resolver(),
            methods=tuple(settings["methods"]),
            bindings=tuple(settings["bind"]),
            legacy_audience=settings["legacy_audience"],
            end_point=bytes.fromhex(settings["end_point"]),
            confidential="service-auth" in settings["methods"],
            tokens=tokens,
        )
    )


@pytest.mark.parametrize("name", ANSWERS)
def test_what_a_server_makes_of_an_answer(name: str) -> None:
    vector = ANSWERS[name]
    clock = Clock(at(vector["issued"]))
    world = world_at(vector["issued"])
    world.clock = clock
    if vector.get("inactive"):
        world.web[f"{PDS}/xrpc/com.atproto.sync.getRepoStatus"] = json_answer({"active": False, "status": "takendown"})
    exchange = server(vector, world)
    assert world.run(exchange.receive("ATPROTO-CHALLENGE", clock())) == Continue((vector["challenge"],))
    clock.now = at(vector["answered"])
    replies = [world.run(exchange.receive(argument, clock())) for argument in split_payload(vector["answer"])]
    reply = next(reply for reply in replies if not isinstance(reply, Wait))
    if vector["valid"]:
        assert isinstance(reply, SignedIn)
        assert reply.success.account == json.loads(decode_base64url(vector["answer"]))["did"]
    else:
        assert isinstance(reply, Refused)
        assert (reply.detail.code if reply.detail is not None else None) == vector.get("code")


# --- coverage -------------------------------------------------------------------------------------------------------


def test_the_document_names_every_code_and_every_section() -> None:
    page = FILE.with_name("atproto-challenge.md").read_text(encoding="utf-8")
    codes = {vector["code"] for vector in ANSWERS.values() if "code" in vector}
    assert codes == {code for code in CODES if code != "SERVER_BUSY"}
    assert [code for code in CODES if f"| `{code}` |" not in page] == []
    assert [section for section in VECTORS if f"`{section}`" not in page and section != "specification"] == []


CODES: Final = (
    "TOKEN_MALFORMED",
    "TOKEN_BINDING",
    "TOKEN_AUDIENCE",
    "TOKEN_METHOD",
    "TOKEN_EXPIRED",
    "TOKEN_CLOCK",
    "TOKEN_REPLAYED",
    "IDENTITY_UNAVAILABLE",
    "TOKEN_SIGNATURE",
    "SERVER_BUSY",
    "ACCOUNT_INACTIVE",
)


def test_every_invalid_vector_says_why() -> None:
    for vector in (*CHALLENGES.values(), *ANSWERS.values(), *TOKENS.values()):
        assert vector["valid"] is ("reason" not in vector)
