"""The method ``service-auth``, server side: used once, signed by the key of the DID, and the account active."""

import pytest

from freeq_proto.boundary import Fetched, KeyType
from freeq_proto.identity import JsonValue, PrivateKey, encode_base64url, encode_json
from freeq_proto.sasl import (
    TokenMemory,
)
from tests.sasl.support import NOW, Clock, at, signed_in
from tests.sasl.tokens import AUDIENCE, METHOD, SECONDS, Case, refused, rewritten, signed
from tests.sasl.world import ALICE, ATPROTO_KEY, BOB, PDS, PLC, Pds, World, document_of

# --- step 6: now, and once -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "ends", "code"),
    [
        (-31, 29, "TOKEN_CLOCK"),  # made before the challenge
        (31, 91, "TOKEN_CLOCK"),  # made in the future
        (-100, -31, "TOKEN_EXPIRED"),
        (-330, -31, "TOKEN_EXPIRED"),
    ],
)
def test_times(made: int, ends: int, code: str) -> None:
    case = Case()
    detail = refused(case.answer(case.token(iat=SECONDS + made, exp=SECONDS + ends)))
    assert (detail.code, detail.context) == (code, ("service-auth", str(SECONDS)))
    assert case.world.requests == []


def test_a_bound_token_may_be_older_than_the_challenge() -> None:
    """The hash already says that it was not."""
    case = Case()
    token = case.token(method=f"{METHOD}.{case.tag()}", iat=SECONDS - 100, exp=SECONDS + 100)
    signed_in(case.answer(token))


def test_an_unbound_token_signs_in_once() -> None:
    memory = TokenMemory()
    world = World(Clock())
    first, second = (Case(world, settings={"tokens": memory}) for _ in range(2))
    token = first.token()
    signed_in(first.answer(token))
    asked = len(world.requests)
    assert refused(second.answer(token)).code == "TOKEN_REPLAYED"
    assert len(world.requests) == asked


def test_two_connections_that_use_one_token_at_the_same_time() -> None:
    """Both pass the look into the memory; only one takes the token."""
    memory = TokenMemory()
    world = World(Clock())
    first, second = (Case(world, settings={"tokens": memory}) for _ in range(2))
    token = first.token()
    answer = encode_base64url(encode_json({"did": ALICE, "method": "service-auth", "signature": token}))
    *lines, last = [answer[at : at + 400] for at in range(0, len(answer), 400)]
    for line in lines:
        first.session.send(line)
    flow = first.session.exchange.receive(last, NOW)
    request = next(flow)  # it waits for the document
    signed_in(second.answer(token))
    assert refused(world.finish(flow, request)).code == "TOKEN_REPLAYED"


def test_a_full_memory_refuses_unbound_tokens_only() -> None:
    memory = TokenMemory(limit=1)
    memory.spend(BOB, "0" * 32, 10**15, NOW)
    case = Case(settings={"tokens": memory})
    assert refused(case.answer(case.token())).code == "SERVER_BUSY"
    case.challenge = case.session.challenge()
    signed_in(case.answer(case.token(method=f"{METHOD}.{case.tag()}")))


def test_a_token_that_fails_is_not_remembered() -> None:
    """Or anybody could use up the names of others' tokens."""
    memory = TokenMemory()
    case = Case(settings={"tokens": memory})
    token = case.token()
    forged = token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")
    assert refused(case.answer(forged)).code in ("TOKEN_SIGNATURE", "TOKEN_MALFORMED")
    assert len(memory) == 0


# --- steps 7 and 8: signed by the key of the DID, as it is now -------------------------------------------------------


def test_swapped_keys() -> None:
    case = Case()
    case.pds.key = PrivateKey(KeyType.SECP256K1, bytes([4]) * 32)
    assert refused(case.answer(case.token())).code == "TOKEN_SIGNATURE"


def test_the_wrong_curve() -> None:
    case = Case()
    case.pds.key = PrivateKey(KeyType.P256, bytes([3]) * 32)
    assert refused(case.answer(case.token())).code == "TOKEN_SIGNATURE"
    case.challenge = case.session.challenge()
    relabelled = signed({"typ": "JWT", "alg": "ES256K"}, key=case.pds.key)
    assert refused(case.answer(relabelled)).code == "TOKEN_SIGNATURE"


def test_rewritten_claims() -> None:
    case = Case(did=BOB)
    token = Pds(case.world, ALICE).token(AUDIENCE, METHOD)
    claims: dict[str, JsonValue] = {
        "iss": BOB,
        "aud": AUDIENCE,
        "lxm": METHOD,
        "iat": SECONDS,
        "exp": SECONDS + 60,
        "jti": "0" * 32,
    }
    case.world.publish(document_of(BOB, keys={"atproto": PrivateKey(KeyType.SECP256K1, bytes([8]) * 32)}))
    assert refused(case.answer(rewritten(token, **claims))).code == "TOKEN_SIGNATURE"


@pytest.mark.parametrize("alike", ["0" * 64, "f" * 128])
def test_numbers_that_no_signature_has(alike: str) -> None:
    """r and s are between one and the order of the curve."""
    case = Case()
    signing_input = case.token().rpartition(".")[0]
    signature = bytes.fromhex(alike.ljust(128, "0"))
    assert refused(case.answer(f"{signing_input}.{encode_base64url(signature)}")).code == "TOKEN_SIGNATURE"


def test_a_key_that_was_rotated_after_a_document_was_remembered() -> None:
    case = Case()
    signed_in(case.answer(case.token()))
    case.world.publish(document_of(ALICE, keys={"atproto": PrivateKey(KeyType.SECP256K1, bytes([4]) * 32)}))
    later = at(5)
    case.challenge = case.session.challenge(later)
    assert refused(case.answer(case.token(), now=later)).code == "TOKEN_SIGNATURE"


@pytest.mark.parametrize(
    "document",
    [
        document_of(ALICE, keys={"freeq": ATPROTO_KEY}),
        document_of(ALICE, keys={}),
        document_of(ALICE, keys={}) | {"verificationMethod": [{"id": f"{ALICE}#atproto", "type": "Multikey"}]},
    ],
    ids=["#freeq only", "none", "not a key"],
)
def test_a_document_without_the_key(document: dict[str, JsonValue]) -> None:
    case = Case()
    case.world.publish(document)
    assert refused(case.answer(case.token())).code == "TOKEN_SIGNATURE"


def test_a_document_of_another_did() -> None:
    case = Case()
    case.world.publish(document_of(BOB))
    case.world.web[f"{PLC}/{ALICE}"] = case.world.web[f"{PLC}/{BOB}"]
    assert refused(case.answer(case.token())).code == "TOKEN_SIGNATURE"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (None, "IDENTITY_UNAVAILABLE"),
        (Fetched(503), "IDENTITY_UNAVAILABLE"),
        (Fetched(404), "TOKEN_SIGNATURE"),
        (Fetched(302, (("location", "http://127.0.0.1/"),)), "TOKEN_SIGNATURE"),
    ],
    ids=["no answer", "503", "404", "redirect"],
)
def test_a_directory_that_does_not_help(answer: Fetched | None, code: str) -> None:
    case = Case()
    del case.world.web[f"{PLC}/{ALICE}"]
    if answer is not None:
        case.world.web[f"{PLC}/{ALICE}"] = answer
    assert refused(case.answer(case.token())).code == code


# --- step 10 ---------------------------------------------------------------------------------------------------------


def test_an_account_that_was_taken_down() -> None:
    case = Case()
    case.pds.active = False
    assert refused(case.answer(case.token())).code == "ACCOUNT_INACTIVE"


def test_a_deleted_account() -> None:
    case = Case()
    case.world.web[f"{PDS}/xrpc/com.atproto.sync.getRepoStatus"] = Fetched(400, (), b'{"error":"RepoNotFound"}')
    assert refused(case.answer(case.token())).code == "ACCOUNT_INACTIVE"


def test_a_host_that_does_not_answer_stops_nobody() -> None:
    case = Case()
    del case.world.web[f"{PDS}/xrpc/com.atproto.sync.getRepoStatus"]
    signed_in(case.answer(case.token()))
