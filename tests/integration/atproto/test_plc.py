"""Operations of did:plc, as the real directory takes them, and what they do to whoever signs in."""

import attrs
import pytest

from freeq_proto.boundary import KeyType
from freeq_proto.identity import (
    JsonValue,
    PlcError,
    PlcService,
    PlcState,
    PrivateKey,
    ResolutionError,
    Resolver,
    add_key_by_code,
    add_key_by_rotation_key,
    create_session,
    encode_base64url,
    encode_json,
    genesis_did,
    last_operation,
    parse_did,
    public_key_to_did_key,
    request_operation_code,
    sign_operation,
    submit_operation,
)
from freeq_proto.identity.dag_cbor import encode_dag_cbor
from freeq_proto.sasl import AppPasswordCredentials, KeyCredentials
from tests.integration.atproto.flows import Network, entropy, now, resolver_for
from tests.integration.atproto.meeting import Place
from tests.integration.atproto.servers import Account, Servers
from tests.integration.atproto.web import Json, fetch


@pytest.fixture(params=[KeyType.SECP256K1, KeyType.P256])
def rotation_key(request: pytest.FixtureRequest) -> PrivateKey:
    """One that the user holds."""
    return PrivateKey.derive(request.param, entropy)


@pytest.fixture
def resolver(servers: Servers) -> Resolver:
    return resolver_for(servers)


@pytest.fixture
def place(resolver: Resolver, network: Network) -> Place:
    return Place(resolver, network)


@pytest.fixture
def alice(servers: Servers, rotation_key: PrivateKey) -> Account:
    return servers.pds().create_account("alice", did_key(rotation_key))


def did_key(key: PrivateKey) -> str:
    return str(public_key_to_did_key(key.public_key))


def change(place: Place, account: Account, state: PlcState, rotation_key: PrivateKey) -> None:
    """Publish what the account's user says of the DID now."""
    did = parse_did(account.did)
    last = place.network.run(last_operation(place.resolver, did))
    place.network.run(submit_operation(place.resolver, did, sign_operation(state, last.cid, rotation_key)))


def state_of(place: Place, account: Account) -> PlcState:
    return place.network.run(last_operation(place.resolver, parse_did(account.did))).state


def test_a_did_that_no_pds_knows(servers: Servers, place: Place, rotation_key: PrivateKey) -> None:
    key = PrivateKey.derive(KeyType.SECP256K1, entropy)
    operation = sign_operation(PlcState((did_key(rotation_key),), {"freeq": did_key(key)}), None, rotation_key)
    did = genesis_did(operation)
    place.network.run(submit_operation(place.resolver, did, operation))
    heard = place.sign_in(KeyCredentials(did, key))
    assert (heard.account, heard.method, place.handle_of(heard)) == (did, "crypto", "")


def test_adding_a_key_with_ones_own_rotation_key(place: Place, alice: Account, rotation_key: PrivateKey) -> None:
    did, key = parse_did(alice.did), PrivateKey.derive(KeyType.P256, entropy)
    before = state_of(place, alice)
    stranger = PrivateKey.derive(rotation_key.type, entropy)
    with pytest.raises(PlcError):
        place.network.run(add_key_by_rotation_key(place.resolver, did, "freeq", key.public_key, stranger))
    with pytest.raises(PlcError):  # and the directory itself does not take it
        change(place, alice, before.with_key("freeq", key.public_key), stranger)
    place.network.run(add_key_by_rotation_key(place.resolver, did, "freeq", key.public_key, rotation_key))
    assert state_of(place, alice) == before.with_key("freeq", key.public_key)
    assert place.sign_in(KeyCredentials(did, key)).account == did
    # The PDS has lost nothing by it.
    assert place.sign_in(AppPasswordCredentials(alice.did, alice.password)).account == did


def test_adding_a_key_by_the_code_that_the_pds_mails(servers: Servers, place: Place, alice: Account) -> None:
    did, key = parse_did(alice.did), PrivateKey.derive(KeyType.SECP256K1, entropy)
    session = place.network.run(create_session(place.resolver, alice.pds.url, did, alice.password))
    place.network.run(request_operation_code(session))
    code = servers.mailed_codes(alice.email)[-1]
    place.network.run(add_key_by_code(session, code, "freeq", key.public_key))
    assert place.sign_in(KeyCredentials(did, key)).account == did


def test_an_operation_that_came_second(place: Place, alice: Account, rotation_key: PrivateKey) -> None:
    did = parse_did(alice.did)
    last = place.network.run(last_operation(place.resolver, did))
    operations = [
        sign_operation(last.state.with_key(name, rotation_key.public_key), last.cid, rotation_key)
        for name in ("first", "second")
    ]
    place.network.run(submit_operation(place.resolver, did, operations[0]))
    with pytest.raises(PlcError):
        place.network.run(submit_operation(place.resolver, did, operations[1]))


def test_a_new_signing_key_ends_the_tokens_of_the_old_one(
    place: Place, alice: Account, rotation_key: PrivateKey
) -> None:
    """Also tokens that were made before, and also those that a PDS which knows nothing of it goes on making."""
    credentials = AppPasswordCredentials(alice.did, alice.password)
    connection = place.connection()
    client = place.client(credentials)
    answer = place.network.run(client.receive(place.challenge(connection), now()))
    state = state_of(place, alice)
    methods = {**state.verification_methods, "atproto": did_key(PrivateKey.derive(KeyType.SECP256K1, entropy))}
    place.network.run(place.resolver.document(parse_did(alice.did)))  # so that the old document is remembered
    change(place, alice, attrs.evolve(state, verification_methods=methods), rotation_key)
    assert place.answer(connection, answer).code == "TOKEN_SIGNATURE"
    assert place.sign_in(credentials).code == "TOKEN_SIGNATURE"
    change(place, alice, state, rotation_key)
    assert place.sign_in(credentials).account == alice.did


def test_moving_to_another_pds(servers: Servers, place: Place, alice: Account, rotation_key: PrivateKey) -> None:
    credentials = AppPasswordCredentials(alice.did, alice.password)
    here, there = alice.pds, servers.pds("two.test")
    moved = alice.move_to(there)
    assert place.sign_in(credentials).account == alice.did  # the document still names the old one
    connection = place.connection()
    late = place.network.run(place.client(credentials).receive(place.challenge(connection), now()))
    change(place, alice, recommended(moved, rotation_key), rotation_key)
    moved.post("com.atproto.server.activateAccount")
    alice.deactivate()
    assert place.answer(connection, late).code == "TOKEN_SIGNATURE"
    place.network.requests.clear()
    place.network.hosts[moved.handle] = there.url
    heard = place.sign_in(credentials)
    assert (heard.account, place.handle_of(heard)) == (alice.did, moved.handle)
    assert not [request for request in place.network.requests if request.url.startswith(here.url)]


def recommended(account: Account, rotation_key: PrivateKey) -> PlcState:
    """What a PDS wants the directory to say of an account that has moved there, and a key that the user keeps."""
    said = account.get("com.atproto.identity.getRecommendedDidCredentials")
    keys, names = said.members["rotationKeys"], said.members["alsoKnownAs"]
    assert isinstance(keys, list)
    assert isinstance(names, list)
    service: Json = said.child("services").child("atproto_pds")
    return PlcState(
        (did_key(rotation_key), *keys),
        {"atproto": said.child("verificationMethods").text("atproto")},
        tuple(names),
        {"atproto_pds": PlcService(service.text("type"), service.text("endpoint"))},
    )


def test_a_did_that_was_ended(place: Place, alice: Account, rotation_key: PrivateKey) -> None:
    """A tombstone: https://web.plc.directory/spec/v0.1/did-plc, "DID Deactivation" ("deactivated" there)."""
    did = parse_did(alice.did)
    last = place.network.run(last_operation(place.resolver, did))
    members: dict[str, JsonValue] = {"type": "plc_tombstone", "prev": last.cid}
    signature = encode_base64url(rotation_key.sign(encode_dag_cbor(members)))
    body = encode_json({**members, "sig": signature})
    url = f"{place.resolver.plc_directory}/{did}"
    assert fetch("POST", url, {"Content-Type": "application/json"}, body).status == 200
    with pytest.raises(ResolutionError) as error:
        place.network.run(place.resolver.document(did, issued_after_ms=now().unix_ms))
    assert error.value.gone
    with pytest.raises(PlcError):
        place.network.run(last_operation(place.resolver, did))
