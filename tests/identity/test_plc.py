"""https://web.plc.directory/spec/v0.1/did-plc and DAG-CBOR, against operations that the reference library signed."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeq_proto.boundary import Failed, Fetched, HttpRequest, KeyType, LocalProtocolError, Result
from freeq_proto.identity import (
    Did,
    PdsError,
    PdsSession,
    PlcError,
    PlcService,
    PlcState,
    PrivateKey,
    Resolver,
    SignedOperation,
    add_key_by_code,
    add_key_by_rotation_key,
    encode_json,
    genesis_did,
    last_operation,
    parse_operation,
    public_key_to_did_key,
    request_operation_code,
    sign_operation,
    submit_operation,
)
from freeq_proto.identity.dag_cbor import dag_cbor_cid, encode_dag_cbor
from tests.identity.support import Answer, Network, page, resolver

ROTATION = PrivateKey(KeyType.SECP256K1, b"\x07" * 32)
SIGNING = PrivateKey(KeyType.SECP256K1, b"\x08" * 32)
OWN = PrivateKey(KeyType.P256, b"\x09" * 32)
ROTATION_DID, SIGNING_DID, OWN_DID = (public_key_to_did_key(key.public_key) for key in (ROTATION, SIGNING, OWN))

# Made by the reference library, @did-plc/lib, with the keys above.
STATE = PlcState(
    (ROTATION_DID, OWN_DID),
    {"atproto": SIGNING_DID},
    ("at://alice.test",),
    {"atproto_pds": PlcService("AtprotoPersonalDataServer", "https://pds.example")},
)
DID = Did("did:plc:jsl4vmxtohniybfn6cfgsxx7")
GENESIS: dict[str, Any] = {
    "type": "plc_operation",
    "verificationMethods": {"atproto": "did:key:zQ3shwSKk6rLewMh6Vvu7NCXVL1dEZ4FjDdQQZburrjrig52A"},
    "rotationKeys": [
        "did:key:zQ3shXgWjVsCJsv9mBm6kVqFSjAnErMg3zG9CcyvmUCCaFRCr",
        "did:key:zDnaeY3trVxVedZS1deaj8NG4QRMu5yrkGMAmcq4VWMckY7fA",
    ],
    "alsoKnownAs": ["at://alice.test"],
    "services": {"atproto_pds": {"type": "AtprotoPersonalDataServer", "endpoint": "https://pds.example"}},
    "prev": None,
    "sig": "GItD5G_REyzOckTTdnWKP-ca_RhyywZBtN578nASkvMqnWQeP2mgVoeUQ1OYnmV4EdT47_x2n_BzZW85IdnVRg",
}
GENESIS_CID = "bafyreicms7flf43r3kgajlpqrjuv5723dpaoorgd7lhnc6jqnsda2hxfbm"
WITH_KEY_SIGNED_BY = {  # the operation after it that adds #freeq, by either rotation key
    ROTATION: "vZ2DCi1OxPdi8M-0rq_FhvbAWEPydyzBHt2a86wFQr5SSnkiv0Q3Gf09ORYKDMaACX27_DWqH-5je0Mol7BMQA",
    OWN: "_ZtclE56VBG5POHvrEB4CQNOzLhVwhMfcTh0woHakGA9EGVadhxMA5uLo0AD1rxU41NOf3sDP52hXeoLGGumEw",
}
FIRST_FORM: dict[str, Any] = {
    "type": "create",
    "signingKey": "did:key:zQ3shwSKk6rLewMh6Vvu7NCXVL1dEZ4FjDdQQZburrjrig52A",
    "recoveryKey": "did:key:zQ3shXgWjVsCJsv9mBm6kVqFSjAnErMg3zG9CcyvmUCCaFRCr",
    "handle": "bob.test",
    "service": "https://pds.example",
    "prev": None,
    "sig": "rhU6t-wdHJH0fgEgdPNAKHx8EVJZxKUqCn2ZJqx_ZChwssC_pCTDVRJzJnibFNAzlK0YdXYy_ysSF2ck9muAQg",
}
AFTER_FIRST_FORM = (
    "bafyreibatskcwqaksrumrywmwda3htoycgkvefsonkznivycdnh7t3hcg4",
    "9oTPodJMd4iOoj88JpwbwwpJpnOD2tSpsuL8ZYgPgOsHc544sQ42LPa7l1ktEUjJ9-2Sj6tEdecTI0l_n_VrEA",
)


# --- encoding -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "encoded"),
    [  # RFC 8949, appendix A; keys in the order of DAG-CBOR
        (None, "f6"),
        ("", "60"),
        ("IETF", "6449455446"),
        ("\u6c34", "63e6b0b4"),
        ("\U00010151", "64f0908591"),
        ([], "80"),
        (["a"] * 24, "9818" + "6161" * 24),
        ("a" * 23, "77" + "61" * 23),
        ("a" * 24, "7818" + "61" * 24),
        ("a" * 255, "78ff" + "61" * 255),
        ("a" * 256, "790100" + "61" * 256),
        ("a" * 65_536, "7a00010000" + "61" * 65_536),
        ({}, "a0"),
        ({"b": "1", "aa": "2", "a": None}, "a36161f661626131626161" + "6132"),
    ],
    ids=range(14),
)
def test_dag_cbor(value: Any, encoded: str) -> None:
    assert encode_dag_cbor(value).hex() == encoded


@pytest.mark.parametrize("value", [1, 1.5, True, b"", [1], {"a": False}])
def test_nothing_else_is_encoded(value: Any) -> None:
    with pytest.raises(LocalProtocolError):
        encode_dag_cbor(value)


@given(st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=6))
def test_the_order_of_members_makes_no_difference(members: dict[str, Any]) -> None:
    try:
        encoded = encode_dag_cbor(members)
    except UnicodeEncodeError:  # a lone surrogate has no UTF-8
        return
    assert encoded == encode_dag_cbor(dict(reversed(members.items())))


# --- operations ---------------------------------------------------------------------------------------------------


def test_a_first_operation_makes_a_did() -> None:
    operation = sign_operation(STATE, None, ROTATION)
    assert operation.members == GENESIS
    assert operation.cid == dag_cbor_cid(GENESIS) == GENESIS_CID
    assert genesis_did(operation) == DID
    assert parse_operation(GENESIS) == operation


@pytest.mark.parametrize("signer", [ROTATION, OWN])
def test_a_key_is_added(signer: PrivateKey) -> None:
    operation = sign_operation(STATE.with_key("freeq", OWN.public_key), GENESIS_CID, signer)
    assert operation.members["verificationMethods"] == {"atproto": SIGNING_DID, "freeq": OWN_DID}
    assert operation.members["sig"] == WITH_KEY_SIGNED_BY[signer]
    assert operation.members == GENESIS | {
        "verificationMethods": {"atproto": SIGNING_DID, "freeq": OWN_DID},
        "prev": GENESIS_CID,
        "sig": WITH_KEY_SIGNED_BY[signer],
    }
    with pytest.raises(LocalProtocolError):
        genesis_did(operation)


def test_a_key_is_added_after_an_operation_of_the_first_form() -> None:
    first = parse_operation(FIRST_FORM)
    assert first.cid == AFTER_FIRST_FORM[0]
    assert genesis_did(first) == "did:plc:ecojik2abkkgrshczsymdm6n"
    operation = sign_operation(first.state.with_key("freeq", OWN.public_key), first.cid, ROTATION)
    assert operation.members["sig"] == AFTER_FIRST_FORM[1]


@pytest.mark.parametrize("name", ["atproto", "", "a" * 33, "a b", "#a", "é", "a\n"])
def test_names_that_a_key_may_not_have(name: str) -> None:
    with pytest.raises(LocalProtocolError):
        STATE.with_key(name, OWN.public_key)


def test_a_document_has_ten_keys_at_most() -> None:
    state = STATE
    for number in range(9):
        state = state.with_key(f"key-{number}", OWN.public_key)
    assert state.with_key("key-0", ROTATION.public_key).verification_methods["key-0"] == ROTATION_DID
    with pytest.raises(LocalProtocolError):
        state.with_key("key-9", OWN.public_key)


def test_operations_are_not_signed_with_ed25519() -> None:
    with pytest.raises(LocalProtocolError):
        sign_operation(STATE, None, PrivateKey(KeyType.ED25519, b"\x07" * 32))


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        GENESIS | {"type": "other"},
        GENESIS | {"rotationKeys": "did:key:z"},
        GENESIS | {"rotationKeys": [7]},
        GENESIS | {"verificationMethods": ["did:key:z"]},
        GENESIS | {"verificationMethods": {"atproto": 7}},
        GENESIS | {"services": {"atproto_pds": "https://pds.example"}},
        GENESIS | {"services": {"atproto_pds": {"type": "a"}}},
        GENESIS | {"prev": 7},
        GENESIS | {"sig": None},
        GENESIS | {"more": 7},
        GENESIS | {"more": [{"a": True}]},
        {name: value for name, value in GENESIS.items() if name != "alsoKnownAs"},
        FIRST_FORM | {"handle": None},
        {"type": "plc_tombstone", "prev": GENESIS_CID, "sig": "a"},
    ],
    ids=range(17),
)
def test_what_is_no_operation(value: Any) -> None:
    with pytest.raises(PlcError):
        parse_operation(value)


# --- the directory ------------------------------------------------------------------------------------------------

LAST = f"https://plc.example/{DID}/log/last"
SUBMIT = f"https://plc.example/{DID}"
PDS = "https://pds.example"
SIGN = f"{PDS}/xrpc/com.atproto.identity.signPlcOperation"
SUBMIT_AT_PDS = f"{PDS}/xrpc/com.atproto.identity.submitPlcOperation"
REQUEST_CODE = f"{PDS}/xrpc/com.atproto.identity.requestPlcOperationSignature"
WANTED = sign_operation(STATE.with_key("freeq", OWN.public_key), GENESIS_CID, ROTATION)


def session(resolves: Resolver) -> PdsSession:
    return PdsSession(resolves, PDS, DID, "alice.test", "eyJ.access.token", "eyJ.refresh.token")


def test_a_key_is_added_by_ones_own_rotation_key() -> None:
    network = Network({LAST: encode_json(GENESIS), SUBMIT: Fetched(200, body=b"OK")})
    operation = network.run(add_key_by_rotation_key(resolver(), DID, "freeq", OWN.public_key, OWN))
    assert operation.members["sig"] == WITH_KEY_SIGNED_BY[OWN]
    posted = network.requests[-1]
    assert (posted.method, posted.url) == ("POST", SUBMIT)
    assert json.loads(posted.body) == operation.members


def test_a_stranger_has_no_rotation_key() -> None:
    network = Network({LAST: encode_json(GENESIS)})
    with pytest.raises(PlcError, match="not a rotation key"):
        network.run(add_key_by_rotation_key(resolver(), DID, "freeq", OWN.public_key, SIGNING))
    assert len(network.requests) == 1


def test_the_document_is_fetched_anew_afterwards() -> None:
    resolves, document = resolver(), encode_json({"id": DID})
    network = Network({SUBMIT: document, LAST: encode_json(GENESIS)})
    network.run(resolves.document(DID))
    network.run(submit_operation(resolves, DID, WANTED))
    network.requests.clear()
    network.run(resolves.document(DID))
    assert [request.method for request in network.requests] == ["GET"]


def test_a_key_is_added_by_a_code_that_the_host_mailed() -> None:
    network = Network(
        {
            REQUEST_CODE: Fetched(200),
            LAST: encode_json(GENESIS),
            SIGN: page({"operation": WANTED.members}),
            SUBMIT_AT_PDS: Fetched(200),
        }
    )
    access = session(resolver())
    network.run(request_operation_code(access))
    assert network.requests[-1].method == "POST"
    assert network.run(add_key_by_code(access, "F4YPE-GH7T4", "freeq", OWN.public_key)) == WANTED
    asked, submitted = (json.loads(request.body) for request in network.requests[-2:])
    assert asked == {"token": "F4YPE-GH7T4", "verificationMethods": {"atproto": SIGNING_DID, "freeq": OWN_DID}}
    assert submitted == {"operation": WANTED.members}


def changed(**members: Any) -> dict[str, Any]:
    return copy.deepcopy(WANTED.members) | members


@pytest.mark.parametrize(
    "signed",
    [
        changed(rotationKeys=[SIGNING_DID]),
        changed(verificationMethods={"freeq": OWN_DID}),
        changed(verificationMethods={"atproto": SIGNING_DID, "freeq": ROTATION_DID}),
        changed(alsoKnownAs=["at://mallory.test"]),
        changed(services={}),
        changed(prev=None),
        changed(prev=AFTER_FIRST_FORM[0]),
        changed(type="plc_tombstone"),
        None,
    ],
)
def test_a_host_that_signs_something_else_is_not_followed(signed: Any) -> None:
    network = Network({LAST: encode_json(GENESIS), SIGN: page({"operation": signed}), SUBMIT_AT_PDS: Fetched(200)})
    with pytest.raises(PlcError):
        network.run(add_key_by_code(session(resolver()), "F4YPE-GH7T4", "freeq", OWN.public_key))
    assert network.requests[-1].url == SIGN


def test_a_code_that_the_host_does_not_take() -> None:
    network = Network({LAST: encode_json(GENESIS), SIGN: page({"error": "InvalidToken", "message": "Token"}, 400)})
    with pytest.raises(PdsError) as raised:
        network.run(add_key_by_code(session(resolver()), "wrong", "freeq", OWN.public_key))
    assert raised.value.error == "InvalidToken"


@pytest.mark.parametrize(
    ("answer", "unavailable"),
    [
        (Failed("down"), True),
        (Fetched(500), True),
        (Fetched(404), False),
        (Fetched(302, (("location", "https://elsewhere.example"),)), False),
        (b"", False),
        (b"[1]", False),
        (b"x" * 100_000, True),
    ],
    ids=range(7),
)
def test_a_directory_that_does_not_answer(answer: Answer, unavailable: bool) -> None:
    with pytest.raises(PlcError) as raised:
        Network({LAST: answer}).run(last_operation(resolver(), DID))
    assert raised.value.unavailable is unavailable


def test_only_a_did_plc_has_a_directory() -> None:
    network = Network()
    with pytest.raises(PlcError):
        network.run(last_operation(resolver(), Did("did:web:alice.example")))
    assert network.requests == []


def test_an_operation_that_the_directory_refuses() -> None:
    def refuse(request: HttpRequest) -> Result:
        assert request.method == "POST"
        return page({"message": "Invalid signature on op"}, 400)

    with pytest.raises(PlcError, match="400"):
        Network({SUBMIT: refuse}).run(submit_operation(resolver(), DID, WANTED))


@given(st.recursive(st.none() | st.integers() | st.text(max_size=3), lambda inner: st.lists(inner, max_size=3)))
def test_any_value_in_an_operation_is_read_or_refused(value: Any) -> None:
    for name in GENESIS:
        try:
            assert isinstance(parse_operation(GENESIS | {name: value}), SignedOperation)
        except PlcError:
            continue
