"""DID documents: https://www.w3.org/TR/did-1.0/ §5, https://atproto.com/specs/did, and what PLC directories serve."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeq_proto.boundary import KeyType
from freeq_proto.identity import (
    DOCUMENT_LIMIT,
    MAX_METHODS,
    Did,
    InvalidDocumentError,
    PrivateKey,
    Service,
    encode_multibase,
    format_multikey,
    parse_document,
    parse_multikey,
)
from freeq_proto.identity.documents import MAX_ALIASES, MAX_OF_A_SERVICE, MAX_SERVICES

ALICE = Did("did:plc:5d7lbx2s6werij52mdwbmvup")
# As a PLC directory of 2023 served it: a relative id, the uncompressed point, no multicodec.
OLD_SHAPE = """{ "@context": ["https://www.w3.org/ns/did/v1","https://w3id.org/security/suites/secp256k1-2019/v1"],
  "id": "did:plc:5d7lbx2s6werij52mdwbmvup", "alsoKnownAs": ["at://alice.test"],
  "verificationMethod": [{ "id": "#atproto", "type": "EcdsaSecp256k1VerificationKey2019",
     "controller": "did:plc:5d7lbx2s6werij52mdwbmvup",
     "publicKeyMultibase":
       "zPUyNZj8EcPMZgv3mAWv3ddQtCQNydtBM6H6xdLeFnsciPToMPvhbYkpyFCmMKAjGPUCDf9zBGrq1NqkVyQSjR5Mb" }],
  "service": [{ "id": "#atproto_pds", "type": "AtprotoPersonalDataServer",
     "serviceEndpoint": "http://localhost:33207" }] }"""
BSKY = Did("did:plc:z72i7hdynmk6r22z27h6tvur")
# As the directory serves it since: an absolute id and a multikey.
NEW_SHAPE = """{"@context":["https://www.w3.org/ns/did/v1","https://w3id.org/security/multikey/v1",
  "https://w3id.org/security/suites/secp256k1-2019/v1"],"id":"did:plc:z72i7hdynmk6r22z27h6tvur",
  "alsoKnownAs":["at://bsky.app"],"verificationMethod":[{"id":"did:plc:z72i7hdynmk6r22z27h6tvur#atproto",
  "type":"Multikey","controller":"did:plc:z72i7hdynmk6r22z27h6tvur",
  "publicKeyMultibase":"zQ3shXjHeiBuRCKmM36cuYnm7YEMzhGnCmCyW92sRJ9pribSF"}],"service":[{"id":"#atproto_pds",
  "type":"AtprotoPersonalDataServer","serviceEndpoint":"https://puffball.us-east.host.bsky.network"}]}"""

WEB = Did("did:web:alice.example")
ED25519, SECP256K1, P256 = (PrivateKey(key_type, b"\x07" * 32).public_key for key_type in KeyType)
# The uncompressed base points (SEC 2 §2.4), which belong to the scalar 1.
K256_POINT = bytes.fromhex(
    "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
    "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
)
P256_POINT = bytes.fromhex(
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)


def method(id: str, key: str, type: str = "Multikey", controller: str = WEB) -> dict[str, Any]:
    return {"id": id, "type": type, "controller": controller, "publicKeyMultibase": key}


def document(did: Did = WEB, **members: Any) -> bytes:
    return json.dumps({"id": did, **members}).encode()


def test_the_old_shape_of_a_plc_document() -> None:
    read = parse_document(OLD_SHAPE.encode(), ALICE)
    assert read.did == ALICE
    assert read.handle == "alice.test"
    assert read.pds == "http://localhost:33207"
    assert [each.fragment for each in read.methods] == ["atproto"]
    assert read.atproto_key is not None
    assert read.atproto_key.type is KeyType.SECP256K1
    assert read.login_keys == ()


def test_the_new_shape_of_a_plc_document() -> None:
    read = parse_document(NEW_SHAPE.encode(), BSKY)
    assert read.handle == "bsky.app"
    assert read.pds == "https://puffball.us-east.host.bsky.network"
    assert read.atproto_key == parse_multikey("zQ3shXjHeiBuRCKmM36cuYnm7YEMzhGnCmCyW92sRJ9pribSF")
    assert read.services == (
        Service("atproto_pds", "AtprotoPersonalDataServer", ("https://puffball.us-east.host.bsky.network",)),
    )


@pytest.mark.parametrize(
    ("type", "text", "key_type"),
    [
        ("Multikey", format_multikey(ED25519), KeyType.ED25519),
        ("Multikey", format_multikey(SECP256K1), KeyType.SECP256K1),
        ("Multikey", format_multikey(P256), KeyType.P256),
        ("Ed25519VerificationKey2020", format_multikey(ED25519), KeyType.ED25519),
        ("EcdsaSecp256k1VerificationKey2019", encode_multibase(SECP256K1.data), KeyType.SECP256K1),
        ("EcdsaSecp256k1VerificationKey2019", encode_multibase(K256_POINT), KeyType.SECP256K1),
        ("EcdsaSecp256r1VerificationKey2019", encode_multibase(P256.data), KeyType.P256),
        ("EcdsaSecp256r1VerificationKey2019", encode_multibase(P256_POINT), KeyType.P256),
    ],
)
@pytest.mark.parametrize("id", ["#freeq", f"{WEB}#freeq"])
def test_every_suite_and_both_kinds_of_id(type: str, text: str, key_type: KeyType, id: str) -> None:
    read = parse_document(document(verificationMethod=[method(id, text, type)]), WEB)
    assert [key.type for key in read.signing_keys("freeq")] == [key_type]
    assert read.login_keys == read.signing_keys("freeq")
    assert read.atproto_key is None


@pytest.mark.parametrize(
    ("type", "text"),
    [
        ("Multikey", encode_multibase(K256_POINT)),
        ("Multikey", ""),
        ("Multikey", "z"),
        ("Ed25519VerificationKey2020", format_multikey(P256)),
        ("EcdsaSecp256k1VerificationKey2019", format_multikey(SECP256K1)),
        ("EcdsaSecp256k1VerificationKey2019", encode_multibase(P256_POINT)),
        ("EcdsaSecp256k1VerificationKey2019", encode_multibase(P256_POINT[:1] + bytes(64))),
        ("EcdsaSecp256k1VerificationKey2019", encode_multibase(b"\x06" + K256_POINT[1:])),  # hybrid form
        ("EcdsaSecp256k1VerificationKey2019", encode_multibase(b"\x02" + bytes(31) + b"\x05")),
        ("EcdsaSecp256r1VerificationKey2019", encode_multibase(K256_POINT)),
        ("EcdsaSecp256r1VerificationKey2019", encode_multibase(P256_POINT[:64])),
        ("JsonWebKey2020", format_multikey(P256)),
        ("", format_multikey(P256)),
    ],
)
def test_what_is_not_a_key_of_its_suite_is_no_key(type: str, text: str) -> None:
    """And the rest of the document is as good as before."""
    good = method("#freeq", format_multikey(P256))
    read = parse_document(document(verificationMethod=[method("#freeq", text, type), good]), WEB)
    assert [each.key for each in read.methods] == [None, P256]
    assert read.login_keys == (P256,)


def test_sections_refer_to_methods_or_hold_their_own() -> None:
    """DID Core §5.3: a verification relationship holds references and embedded methods."""
    read = parse_document(
        document(
            verificationMethod=[method("#a", format_multikey(ED25519)), method("#atproto", format_multikey(P256))],
            authentication=["#a", f"{WEB}#atproto", "#nothing", "did:web:other.example#a", method("#b", "z")],
            assertionMethod=[f"{WEB}#a", method("#c", format_multikey(SECP256K1))],
        ),
        WEB,
    )
    assert [each.fragment for each in read.authentication] == ["a", "atproto", "b"]
    assert [each.fragment for each in read.assertion] == ["a", "c"]
    assert [each.fragment for each in read.methods] == ["a", "atproto"]
    assert read.login_keys == (ED25519, SECP256K1), "each once, in order, and never the one that the PDS holds"


@pytest.mark.parametrize("controller", ["did:web:mallory.example", "", f"{WEB}#atproto", WEB.upper()])
def test_keys_that_another_controls_are_not_used(controller: str) -> None:
    read = parse_document(
        document(
            verificationMethod=[
                method("#atproto", format_multikey(SECP256K1), controller=controller),
                method("#freeq", format_multikey(P256), controller=controller),
            ],
            authentication=["#freeq"],
        ),
        WEB,
    )
    assert (read.atproto_key, read.login_keys, read.signing_keys("freeq")) == (None, (), ())


def test_the_repository_has_one_key_the_first() -> None:
    """https://atproto.com/specs/did: "the first valid" entry; one of another controller does not pass it on."""
    first = method("#atproto", format_multikey(SECP256K1))
    second = method("#atproto", format_multikey(P256))
    assert parse_document(document(verificationMethod=[first, second]), WEB).atproto_key == SECP256K1
    foreign = method("#atproto", format_multikey(SECP256K1), controller="did:web:mallory.example")
    assert parse_document(document(verificationMethod=[foreign, second]), WEB).atproto_key is None


@pytest.mark.parametrize(
    ("services", "pds"),
    [
        ([{"id": f"{WEB}#atproto_pds"}], "https://pds.example"),
        ([{"id": "#other"}], None),
        ([{"type": "Other"}], None),
        ([{"type": ["Other", "AtprotoPersonalDataServer"]}], "https://pds.example"),
        ([{"serviceEndpoint": ["ftp://a.example", "https://b.example"]}], "https://b.example"),
        ([{"serviceEndpoint": {"uri": "https://pds.example"}}], None),
        ([{"serviceEndpoint": "https://pds.example/path"}], None),
        ([{"serviceEndpoint": "https://user@pds.example"}], None),
        ([{"serviceEndpoint": 7}], None),
        ([], None),
    ],
)
def test_where_the_pds_is(services: list[dict[str, Any]], pds: str | None) -> None:
    usual = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": "https://pds.example"}
    assert parse_document(document(service=[usual | each for each in services]), WEB).pds == pds


def test_the_irc_servers_of_a_did() -> None:
    endpoints = ["ircs://IRC.example.org:6697", "wss://web.example.org/irc", "irc://plain.example.org", "ircs://", 7]
    read = parse_document(document(service=[{"id": "#irc", "type": "IrcServer", "serviceEndpoint": endpoints}]), WEB)
    assert read.irc_hosts == ("irc.example.org", "web.example.org")
    read = parse_document(document(service=[{"id": "#x", "type": "IrcServer", "serviceEndpoint": endpoints}]), WEB)
    assert read.irc_hosts == ()


def test_only_the_first_entries_of_a_list_are_looked_at() -> None:
    """Entries multiply: the types of a service share its endpoints, and each reader goes through all of them."""
    service = {
        "id": "#a",
        "type": ["IrcServer", "IrcServer", *(f"T{number}" for number in range(30))],
        "serviceEndpoint": ["a", "a", *(f"https://{number}.example" for number in range(30))],
    }
    aliases = ["at://a", "at://a", *(f"at://{number}.example" for number in range(30))]
    read = parse_document(document(service=[service] * 30, alsoKnownAs=aliases), WEB)
    assert read.services[0].type == "IrcServer"
    assert len(read.services) == MAX_SERVICES * (MAX_OF_A_SERVICE - 1), "the second of two equal types is not there"
    assert {service.endpoints for service in read.services} == {("a", *(f"https://{n}.example" for n in range(6)))}
    assert read.also_known_as == ("at://a", *(f"at://{number}.example" for number in range(MAX_ALIASES - 2)))


def test_text_that_is_too_long_for_what_it_should_be_is_as_good_as_absent() -> None:
    long, longer = "a" * 257, "a" * 2049
    services = [
        {"id": "#" + long, "type": "T", "serviceEndpoint": "e"},
        {"id": "#a", "type": ["T", long], "serviceEndpoint": ["e", longer]},
    ]
    methods = [
        method("#" + long, format_multikey(P256)),
        method("#a", format_multikey(P256), controller=WEB + longer),
    ]
    read = parse_document(document(service=services, verificationMethod=methods, alsoKnownAs=[longer, "b"]), WEB)
    assert read.services == (Service("a", "T", ("e",)),)
    assert [(each.fragment, each.controller) for each in read.methods] == [("a", "")]
    assert read.also_known_as == ("b",)


def test_the_urls_of_a_document_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("freeq_proto.identity.documents.parse_origin", asked.append)
    monkeypatch.setattr("freeq_proto.identity.documents.parse_url", asked.append)
    pds = {"id": "#atproto_pds", "type": ["AtprotoPersonalDataServer"] * 900, "serviceEndpoint": ["a"] * 900}
    irc = {"id": "#irc", "type": ["IrcServer"] * 900, "serviceEndpoint": ["b"] * 900}
    read = parse_document(document(service=[pds, irc]), WEB)
    for _ in range(3):
        assert (read.pds, read.irc_hosts) == (None, ())
    assert asked == ["a", "b"]


@pytest.mark.parametrize(
    ("aliases", "handle"),
    [
        (["at://Alice.Example.org"], "alice.example.org"),
        (["https://alice.example", "at://not a handle", "at://b.example", "at://c.example"], "b.example"),
        ([7, None, {"at": 1}], None),
        ([], None),
        ("at://alice.example.org", None),
    ],
)
def test_the_handle_that_is_claimed(aliases: Any, handle: str | None) -> None:
    assert parse_document(document(alsoKnownAs=aliases), WEB).handle == handle


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b'{"id": 7}',
        document(Did("did:web:mallory.example")),
        document(Did(WEB + "#atproto")),
        b'{"id":"%s","id":"%s"}' % (WEB.encode(), WEB.encode()),
        b'{"id":"%s","service":[{"a":1,"a":2}]}' % WEB.encode(),
        document(x="a" * DOCUMENT_LIMIT),
        document(x=["[" * 40]) + b"x",
        b'{"id":"%s","x":%s}' % (WEB.encode(), b"[" * 10_000),
        document(verificationMethod=[method("#a", "z")] * (MAX_METHODS + 1)),
        document(verificationMethod=[method("#a", "z")], authentication=["#a"] * MAX_METHODS),
    ],
    ids=range(14),
)
def test_what_is_not_a_document_of_the_did(data: bytes) -> None:
    with pytest.raises(InvalidDocumentError):
        parse_document(data, WEB)


def test_an_error_quotes_nothing() -> None:
    with pytest.raises(InvalidDocumentError) as raised:
        parse_document(b'{"id":"<script>"}', WEB)
    assert "script" not in str(raised.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["#a", "#atproto", WEB, "Multikey", "at://a.b"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from("id type controller publicKeyMultibase serviceEndpoint".split()), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(
        st.sampled_from("verificationMethod authentication assertionMethod service alsoKnownAs".split()), JSON
    )
)
def test_any_members_make_a_document_or_none(members: dict[str, Any]) -> None:
    """Whatever stands in the sections, every view of the document answers."""
    read = parse_document(document(**members), WEB)
    assert (read.login_keys, read.atproto_key) == ((), None)
    assert read.handle in (None, "a.b")
    assert (read.pds, read.irc_hosts) == (None, ())
