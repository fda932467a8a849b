"""Identities that mean harm: PLC directories, PDSs and tokens of liars, against a running server.

Whatever they try, nobody is signed in, a witness who chats meanwhile is served in good time, and the server's log shows
no bug of ours.
"""

import base64
import concurrent.futures
import contextlib
import hashlib
import hmac
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import attrs
import pytest

from freeq_proto.boundary import KeyType
from freeq_proto.identity import JsonValue, PrivateKey, encode_base64url, encode_json, public_key_to_did_key, sign_jwt
from tests.integration.hosts import Answer, Host, document, dripping, host, long, redirect, silent, text, value
from tests.integration.process import SERVER, ServerProcess, serving
from tests.integration.signing_in import SigningIn
from tests.integration.wire import Witness

MEBIBYTE = 1 << 20
ALICE = "did:plc:aliceaaaaaaaaaaaaaaaaaaa"
MALLORY = "did:plc:mallorymallorymallorymal"
SETTINGS = """
[identity]
plc_directory = "{}"
private_network = {}

[sasl]
methods = ["crypto", "service-auth", "pds-session", "pds-oauth"]
plain = true

[limits]
clients_per_address = 1000
"""
GET_SESSION = "/xrpc/com.atproto.server.getSession"
CREATE_SESSION = "/xrpc/com.atproto.server.createSession"


def new_key(type: KeyType = KeyType.SECP256K1) -> PrivateKey:
    return PrivateKey.derive(type, os.urandom)


@attrs.define
class Place:
    """A server, a host that is directory and PDS in one, and a witness."""

    server: ServerProcess
    host: Host
    witness: Witness
    alice_key: PrivateKey
    """The key ``#atproto`` of an honest account."""
    mallory_key: PrivateKey

    @property
    def port(self) -> int:
        return self.server.port("irc")

    def publish(self, did: str, answer: Answer) -> None:
        """What the directory answers when it is asked for a DID."""
        self.host.answers[f"/{did}"] = answer


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with (
        host() as directory,
        serving(tmp_path_factory.mktemp("server"), SETTINGS.format(directory.url, "true")) as server,
        Witness(server.port("irc")) as witness,
    ):
        yield Place(server, directory, witness, new_key(), new_key())


@pytest.fixture
def place(running: Place) -> Iterator[Place]:
    """The one server of all these tests, at a directory that is honest until a test says otherwise."""
    url, answers = running.host.url, running.host.answers
    answers.clear()
    running.host.asked.clear()
    running.publish(ALICE, value(document(ALICE, url, atproto=running.alice_key.public_key)))
    running.publish(MALLORY, value(document(MALLORY, url, atproto=running.mallory_key.public_key)))
    answers["/xrpc/com.atproto.sync.getRepoStatus"] = value({"active": True})
    yield running
    running.witness.check()
    running.server.check()


# --- tokens --------------------------------------------------------------------------------------------------------


def claims_for(challenge: Mapping[str, object], issuer: str = ALICE) -> dict[str, JsonValue]:
    """What a good token says in its weakest form, the one that an attacker has the best chances with."""
    made = challenge["timestamp"]
    assert isinstance(made, int)
    return {
        "iat": made,
        "iss": issuer,
        "aud": f"did:web:{SERVER}#irc",
        "exp": made + 60,
        "lxm": "blue.irc.auth",
        "jti": os.urandom(16).hex(),
    }


def answer_with(token: str, did: str = ALICE) -> dict[str, object]:
    return {"did": did, "method": "service-auth", "signature": token}


def part(members: Mapping[str, JsonValue]) -> str:
    return encode_base64url(encode_json(dict(members)))


@attrs.frozen
class Forge:
    """What an attacker has at hand: the challenge, a key of his own, and good tokens of his own account."""

    place: Place
    challenge: Mapping[str, object]

    @property
    def claims(self) -> dict[str, JsonValue]:
        return claims_for(self.challenge)

    def sign(self, key: PrivateKey, **changes: JsonValue) -> str:
        return sign_jwt({"typ": "JWT"}, {**self.claims, **changes}, key)

    def honest(self, **changes: JsonValue) -> str:
        """Signed by alice's own key, as if her PDS made tokens that it should not."""
        return self.sign(self.place.alice_key, **changes)

    def headed(self, key: PrivateKey, **header: JsonValue) -> str:
        return sign_jwt({"typ": "JWT", **header}, self.claims, key)

    def by_hand(self, header: Mapping[str, JsonValue], signature: bytes, **changes: JsonValue) -> str:
        return f"{part(header)}.{part({**self.claims, **changes})}.{encode_base64url(signature)}"

    def by_password(self) -> str:
        """HS256, with the public key, which everybody knows, as the secret."""
        signed = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(self.claims)}"
        digest = hmac.digest(self.place.alice_key.public_key.data, signed.encode(), hashlib.sha256)
        return f"{signed}.{encode_base64url(digest)}"

    def rewritten(self) -> str:
        """A good token of mallory's whose claims say that it is alice's."""
        header, _, signature = self.sign(self.place.mallory_key, iss=MALLORY).split(".")
        return f"{header}.{part(self.claims)}.{signature}"

    def with_own_key(self) -> str:
        """The key that is to be used comes with the token."""
        x = encode_base64url(self.place.mallory_key.public_key.data[1:])
        jwk: JsonValue = {"kty": "EC", "crv": "secp256k1", "x": x, "y": x}
        return self.headed(self.place.mallory_key, jwk=jwk, jku=f"{self.place.host.url}/jwks")


ATTACKS: dict[str, Callable[[Forge], str]] = {
    "no algorithm, no signature": lambda forge: forge.by_hand({"alg": "none", "typ": "JWT"}, b""),
    "no algorithm, some signature": lambda forge: forge.by_hand({"alg": "none", "typ": "JWT"}, bytes(64)),
    "a signature of zeros": lambda forge: forge.by_hand({"alg": "ES256K", "typ": "JWT"}, bytes(64)),
    "a password": Forge.by_password,
    "another's key": lambda forge: forge.sign(forge.place.mallory_key),
    "a key of its own": Forge.with_own_key,
    "another curve": lambda forge: forge.sign(new_key(KeyType.P256)),
    "another kind of key": lambda forge: forge.sign(new_key(KeyType.ED25519)),
    "another algorithm than the key's": lambda forge: forge.by_hand({"alg": "ES256", "typ": "JWT"}, os.urandom(64)),
    "rewritten claims": Forge.rewritten,
    "another's token": lambda forge: forge.sign(forge.place.mallory_key, iss=MALLORY),
    "another audience": lambda forge: forge.honest(aud="did:web:elsewhere.example#irc"),
    "another service": lambda forge: forge.honest(aud=f"did:web:{SERVER}#other"),
    "two audiences": lambda forge: forge.honest(aud=[f"did:web:{SERVER}#irc", "did:web:elsewhere.example"]),
    "another method": lambda forge: forge.honest(lxm="com.atproto.server.createAccount"),
    "any method": lambda forge: sign_jwt(
        {"typ": "JWT"},
        {name: claim for name, claim in forge.claims.items() if name != "lxm"},
        forge.place.alice_key,
    ),
    "the hash of another challenge": lambda forge: forge.honest(lxm="blue.irc.auth.n" + "a" * 52),
    "expired": lambda forge: forge.honest(iat=1, exp=61),
    "of tomorrow": lambda forge: forge.honest(iat=int(time.time()) + 86_400, exp=int(time.time()) + 86_460),
    "good for a year": lambda forge: forge.honest(exp=int(time.time()) + 31_536_000),
    "older than the challenge": lambda forge: forge.honest(iat=int(time.time()) - 120, exp=int(time.time()) + 60),
    "no name": lambda forge: forge.honest(jti=""),
    "an access token": lambda forge: forge.headed(forge.place.alice_key, typ="at+jwt"),
    "an extension": lambda forge: forge.headed(forge.place.alice_key, crit=["exp"]),
    "the key of something else": lambda forge: forge.headed(forge.place.alice_key, kid="#freeq"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_forged_tokens(place: Place, attack: str) -> None:
    with SigningIn(place.port) as mallory:
        heard = mallory.answer(answer_with(ATTACKS[attack](Forge(place, mallory.challenge()))))
        assert b" 904 " in heard
        # What the token failed for was not that nobody could have signed in.
        honest = mallory.answer(answer_with(Forge(place, mallory.challenge()).honest()))
        assert b" 903 " in honest, honest


def test_a_token_is_good_once(place: Place) -> None:
    with SigningIn(place.port) as alice, SigningIn(place.port) as mallory:
        token = Forge(place, alice.challenge()).honest()
        assert b" 903 " in alice.answer(answer_with(token))
        mallory.challenge()
        heard = mallory.answer(answer_with(token))
        assert b" TOKEN_REPLAYED " in heard
        assert b" 904 " in heard


def test_a_token_is_good_once_however_many_bring_it_at_once(place: Place) -> None:
    """All of them resolve the DID at the same time, and all of them find the token unused."""
    with contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(SigningIn(place.port)) for _ in range(8)]
        challenges = [each.challenge() for each in crowd]
        token = Forge(place, challenges[-1]).honest()
        with concurrent.futures.ThreadPoolExecutor(len(crowd)) as threads:
            heard = list(threads.map(lambda each: each.answer(answer_with(token)), crowd))
    assert sum(b" 903 " in each for each in heard) == 1
    assert sum(b" 904 " in each for each in heard) == len(crowd) - 1


def test_a_challenge_is_for_the_connection_that_it_was_sent_on(place: Place) -> None:
    key = new_key()
    did = str(public_key_to_did_key(key.public_key))
    with SigningIn(place.port) as alice, SigningIn(place.port) as mallory:
        alice.send("AUTHENTICATE ATPROTO-CHALLENGE")
        payload = alice.until(b"AUTHENTICATE ")[-1].rpartition(b" ")[2]
        data = base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4))
        answer = {"did": did, "method": "crypto", "signature": encode_base64url(key.sign(data))}
        assert json.loads(data)["nonce"] != mallory.challenge()["nonce"]
        assert b" 904 " in mallory.answer(answer)
        assert b" 903 " in alice.answer(answer)


# --- hosts ---------------------------------------------------------------------------------------------------------


def try_to_sign_in(place: Place, did: str = MALLORY) -> bytes:
    """With a token that is good as far as a server can tell before it has read the document."""
    with SigningIn(place.port) as mallory:
        claims = claims_for(mallory.challenge(), did)
        return mallory.answer(answer_with(sign_jwt({"typ": "JWT"}, claims, place.mallory_key), did))


def test_somebody_with_nothing_to_hide(place: Place) -> None:
    """What the others do not get to."""
    assert b" 903 " in try_to_sign_in(place)


@pytest.mark.parametrize("method", ["pds-session", "pds-oauth"])
def test_a_pds_that_says_that_its_user_is_another(place: Place, method: str) -> None:
    place.host.answers[GET_SESSION] = value({"did": ALICE, "handle": "alice.test", "active": True})
    with SigningIn(place.port) as mallory:
        challenge = mallory.challenge()
        answer = {
            "did": MALLORY,
            "method": method,
            "signature": "a.b.c",
            "dpop_proof": "a.b.c",
            "pds_url": place.host.url,
            "challenge_nonce": challenge["nonce"],
        }
        assert b" 904 " in mallory.answer(answer)
        place.host.answers[GET_SESSION] = value({"did": MALLORY, "handle": "mallory.test", "active": True})
        answer["challenge_nonce"] = mallory.challenge()["nonce"]
        heard = mallory.answer(answer)
        assert b" 903 " in heard
        assert f" {MALLORY} ".encode() in heard


@pytest.mark.parametrize("method", ["pds-session", "pds-oauth"])
def test_a_pds_that_is_not_the_one_of_the_did(place: Place, method: str) -> None:
    with host() as elsewhere, SigningIn(place.port) as mallory:
        elsewhere.answers[GET_SESSION] = value({"did": ALICE, "handle": "alice.test", "active": True})
        challenge = mallory.challenge()
        answer = {
            "did": ALICE,
            "method": method,
            "signature": "a.b.c",
            "dpop_proof": "a.b.c",
            "pds_url": elsewhere.url,
            "challenge_nonce": challenge["nonce"],
        }
        assert b" 904 " in mallory.answer(answer)
        assert not elsewhere.asked


def test_a_pds_that_says_so_to_a_password(place: Place) -> None:
    def session(did: str) -> Answer:
        return value({"did": did, "handle": "alice.test", "accessJwt": "a.b.c", "refreshJwt": "a.b.c"})

    place.host.answers[CREATE_SESSION] = session(ALICE)
    with SigningIn(place.port) as mallory:
        assert b" 904 " in mallory.plain(MALLORY, "secret")
        place.host.answers[CREATE_SESSION] = session(MALLORY)
        assert b" 903 " in mallory.plain(MALLORY, "secret")


def test_a_document_of_another_did(place: Place) -> None:
    place.publish(MALLORY, value(document(ALICE, place.host.url, atproto=place.mallory_key.public_key)))
    assert b" 904 " in try_to_sign_in(place)


def test_a_key_that_another_controls(place: Place) -> None:
    written = document(MALLORY, place.host.url, atproto=place.mallory_key.public_key)
    place.publish(MALLORY, text(json.dumps(written).replace(f'"controller": "{MALLORY}"', f'"controller": "{ALICE}"')))
    assert b" 904 " in try_to_sign_in(place)


@pytest.mark.parametrize("announced", [True, False])
def test_a_document_of_fifty_megabytes(place: Place, announced: bool) -> None:
    begin = json.dumps(document(MALLORY, place.host.url, atproto=place.mallory_key.public_key)).encode()
    place.publish(MALLORY, long(begin, 50 * MEBIBYTE, announced=announced))
    try_to_sign_in(place, ALICE)  # so that what is allocated once has been
    before = place.server.resident_bytes
    assert b" 904 " in try_to_sign_in(place)
    assert place.server.resident_bytes - before < 8 * MEBIBYTE


def test_a_document_that_is_deep(place: Place) -> None:
    place.publish(MALLORY, text("[" * 30_000 + "]" * 30_000))
    assert b" 904 " in try_to_sign_in(place)


def test_a_redirect_to_a_private_address(place: Place) -> None:
    with host() as inside:
        inside.answers["/secret"] = value(document(MALLORY, inside.url, atproto=place.mallory_key.public_key))
        place.publish(MALLORY, redirect(f"{inside.url}/secret"))
        assert b" 904 " in try_to_sign_in(place)
        assert not inside.asked


@pytest.mark.parametrize(
    "did", ["did:web:localhost", "did:web:localhost%3A{}", "did:web:127.0.0.1", "did:web:a.internal"]
)
def test_documents_on_private_addresses(tmp_path: Path, did: str) -> None:
    """Where the operator does not say otherwise, nobody can have the server ask its neighbours."""
    with host() as inside, serving(tmp_path, SETTINGS.format("https://plc.invalid", "false")) as server:
        did = did.format(inside.port)
        with SigningIn(server.port("irc")) as mallory, Witness(server.port("irc")) as witness:
            token = sign_jwt({"typ": "JWT"}, claims_for(mallory.challenge(), did), new_key())
            assert b" 904 " in mallory.answer(answer_with(token, did))
            witness.check()
        assert not inside.asked


@pytest.mark.parametrize("answers", ["never", "for ever"])
def test_hosts_that_do_not_come_to_an_end(place: Place, answers: str) -> None:
    """Others chat, and sign in, while a crowd waits for its directory; and the crowd is told in the end."""
    begin = json.dumps(document(MALLORY, place.host.url, atproto=place.mallory_key.public_key)).encode()
    place.publish(MALLORY, silent(place.host) if answers == "never" else dripping(place.host, begin))
    key = new_key()
    did = str(public_key_to_did_key(key.public_key))
    with concurrent.futures.ThreadPoolExecutor(6) as threads:
        crowd = [threads.submit(try_to_sign_in, place) for _ in range(6)]
        while len(place.host.asked) < len(crowd):
            place.witness.check()
        with SigningIn(place.port) as other:
            other.send("AUTHENTICATE ATPROTO-CHALLENGE")
            payload = other.until(b"AUTHENTICATE ")[-1].rpartition(b" ")[2]
            data = base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4))
            signature = encode_base64url(key.sign(data))
            assert b" 903 " in other.answer({"did": did, "method": "crypto", "signature": signature})
        assert b" 903 " in try_to_sign_in_as_alice(place)
        place.witness.check()
        for attempt in crowd:
            heard = attempt.result()
            assert b" IDENTITY_UNAVAILABLE " in heard
            assert b" 904 " in heard


def try_to_sign_in_as_alice(place: Place) -> bytes:
    with SigningIn(place.port) as alice:
        return alice.answer(answer_with(Forge(place, alice.challenge()).honest()))


def test_a_pds_that_never_says_how_the_account_is(place: Place) -> None:
    """The proof is complete without it: a PDS that is down keeps nobody out, and a silent one only for a while."""
    place.host.answers["/xrpc/com.atproto.sync.getRepoStatus"] = silent(place.host)
    assert b" 903 " in try_to_sign_in(place)
