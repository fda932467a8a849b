"""RFC 9449 with its examples, RFC 7638, and nonces for each origin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeq_proto.boundary import Failed, Fetched, HttpRequest, KeyType, LocalProtocolError, Result
from freeq_proto.identity import (
    Dpop,
    Nonces,
    PdsError,
    PrivateKey,
    PublicKey,
    decode_base64url,
    dpop_proof,
    parse_jwt,
    public_jwk,
    public_key_of_point,
    thumbprint,
    verify,
    verify_job,
    wants_nonce,
)
from freeq_proto.identity.dpop import MAX_ORIGINS
from tests.identity.support import Clock, Counting, Network, page, resolver

KEY = PrivateKey(KeyType.P256, b"\x07" * 32)
NOW = Clock()()
URL = "https://server.example.com/token"

# RFC 9449 §4.1 and §6.1: a proof, the key in it, and the key's thumbprint.
RFC_X = "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs"
RFC_Y = "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"
RFC_KEY = public_key_of_point(KeyType.P256, b"\x04" + decode_base64url(RFC_X) + decode_base64url(RFC_Y))
RFC_PROOF = (
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJo"
    "RjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19"
    ".eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0"
    "IjoxNTYyMjYyNjE2fQ"
    ".2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
)


def entropy(length: int) -> bytes:
    return b"\x05" * length


def proof(url: str = URL, nonce: str | None = None, access_token: str | None = None) -> dict[str, object]:
    text = dpop_proof(KEY, "POST", url, NOW, entropy, nonce=nonce, access_token=access_token)
    return dict(parse_jwt(text).claims)


def test_the_example_of_the_rfc() -> None:
    jwt = parse_jwt(RFC_PROOF)
    assert jwt.header["jwk"] == public_jwk(RFC_KEY) == {"kty": "EC", "crv": "P-256", "x": RFC_X, "y": RFC_Y}
    assert thumbprint(RFC_KEY) == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
    job = verify_job(jwt, RFC_KEY)
    assert verify(PublicKey(*job.keys[0]), job.signature, job.message)
    text = dpop_proof(KEY, "POST", URL, NOW, entropy)
    assert parse_jwt(text).header.keys() == jwt.header.keys()
    assert parse_jwt(text).claims.keys() == jwt.claims.keys()


def test_the_token_is_named_as_in_the_rfc() -> None:
    """RFC 9449 §7.1."""
    claims = proof(access_token="Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU")
    assert claims["ath"] == "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"


def test_what_a_proof_says() -> None:
    text = dpop_proof(KEY, "GET", URL, NOW, entropy, nonce="n-1", access_token="abc")
    jwt = parse_jwt(text)
    assert jwt.header == {"typ": "dpop+jwt", "jwk": public_jwk(KEY.public_key), "alg": "ES256"}
    assert {name: jwt.claims[name] for name in ("htm", "htu", "iat", "nonce")} == {
        "htm": "GET",
        "htu": URL,
        "iat": NOW.unix_ms // 1000,
        "nonce": "n-1",
    }
    assert len(decode_base64url(str(jwt.claims["jti"]))) == 16
    job = verify_job(jwt, KEY.public_key)
    assert verify(PublicKey(*job.keys[0]), job.signature, job.message)
    assert "nonce" not in proof()
    assert "ath" not in proof()


@pytest.mark.parametrize(
    ("url", "htu"),
    [
        (URL + "?aud=did%3Aweb%3Airc.test%23irc&lxm=x", URL),
        ("HTTPS://Server.Example.com:443/token", URL),
        ("http://localhost:2583/xrpc/a.b.c?d=/e?f", "http://localhost:2583/xrpc/a.b.c"),
    ],
)
def test_a_proof_is_for_the_url_without_its_query(url: str, htu: str) -> None:
    """RFC 9449 §4.2: "htu ... without query and fragment parts"."""
    assert proof(url)["htu"] == htu


def test_proofs_are_made_with_p256_and_for_the_web() -> None:
    with pytest.raises(LocalProtocolError):
        dpop_proof(PrivateKey(KeyType.SECP256K1, b"\x07" * 32), "GET", URL, NOW, entropy)
    with pytest.raises(LocalProtocolError):
        dpop_proof(KEY, "GET", "ircs://irc.example", NOW, entropy)


# --- nonces -------------------------------------------------------------------------------------------------------


def nonce(value: str, status: int = 200) -> Fetched:
    return Fetched(status, (("dpop-nonce", value),))


def test_nonces_are_kept_for_each_origin() -> None:
    nonces = Nonces()
    assert nonces.learn("https://a.example/par", nonce("one"))
    assert nonces.learn("https://b.example/xrpc/x", nonce("two"))
    assert nonces.get("https://A.example:443/token?x") == "one"
    assert nonces.get("https://b.example") == "two"
    assert nonces.get("https://a.example:8443") is None
    assert nonces.get("http://a.example") is None
    assert nonces.learn("https://a.example", nonce("three"))
    assert nonces.get("https://a.example") == "three"


@pytest.mark.parametrize("value", ["", "a b", 'a"b', "a\\b", "é", "a\r\nb: c", "a" * 257])
def test_what_is_no_nonce(value: str) -> None:
    """RFC 9449 §8.1: NQCHAR."""
    nonces = Nonces()
    assert not nonces.learn(URL, nonce(value))
    assert not nonces.learn(URL, Fetched(200))
    assert nonces.get(URL) is None


def test_nonces_are_bounded() -> None:
    nonces = Nonces()
    for number in range(MAX_ORIGINS + 1):
        nonces.learn("https://keep.example", nonce("kept"))
        nonces.learn(f"https://a{number}.example", nonce("x"))
    assert nonces.get("https://keep.example") == "kept"
    assert nonces.get("https://a0.example") is None
    assert nonces.get(f"https://a{MAX_ORIGINS}.example") == "x"


REFUSED_BY_AS = page({"error": "use_dpop_nonce", "error_description": "…"}, 400, dpop_nonce="fresh")
CHALLENGE = 'DPoP algs="ES256", error="use_dpop_nonce", error_description="…"'
REFUSED_BY_RS = Fetched(401, (("www-authenticate", CHALLENGE), ("dpop-nonce", "fresh")), b"")
REFUSED_BY_PDS = page({"error": "use_dpop_nonce", "message": "…"}, 401, dpop_nonce="fresh")


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (REFUSED_BY_AS, True),
        (REFUSED_BY_RS, True),
        (REFUSED_BY_PDS, True),
        (page({"error": "use_dpop_nonce"}, 200), False),
        (page({"error": "invalid_dpop_proof"}, 400), False),
        (page({"error": "invalid_token"}, 401), False),
        (Fetched(400, (("www-authenticate", CHALLENGE),)), False),
        (Fetched(500, body=b"use_dpop_nonce"), False),
    ],
)
def test_who_wants_another_nonce(answer: Fetched, wanted: bool) -> None:
    assert wants_nonce(answer) is wanted


def nonce_of(request: HttpRequest) -> object:
    return parse_jwt(dict(request.headers)["dpop"]).claims.get("nonce")


@pytest.mark.parametrize("refusal", [REFUSED_BY_AS, REFUSED_BY_RS, REFUSED_BY_PDS])
def test_a_request_is_made_again_with_the_nonce_that_is_wanted(refusal: Fetched) -> None:
    def answer(request: HttpRequest) -> Result:
        return nonce("next") if nonce_of(request) == "fresh" else refusal

    network, dpop = Network({URL: answer}), Dpop(KEY, Clock(), Counting())
    assert network.run(dpop.fetch(resolver().request(URL), "abc")) == nonce("next")
    assert [nonce_of(request) for request in network.requests] == [None, "fresh"]
    proofs = [parse_jwt(dict(request.headers)["dpop"]).claims["jti"] for request in network.requests]
    assert len(set(proofs)) == 2, "a proof is used once"
    assert [dict(request.headers)["authorization"] for request in network.requests] == ["DPoP abc"] * 2
    assert dpop.nonces.get(URL) == "next", "the next request begins with what the last answer brought"


def test_a_server_that_is_never_content_is_asked_twice() -> None:
    network = Network({URL: REFUSED_BY_AS})
    assert network.run(Dpop(KEY, Clock(), entropy).fetch(resolver().request(URL))) == REFUSED_BY_AS
    assert len(network.requests) == 2


@pytest.mark.parametrize(
    "answer", [Failed("down"), Fetched(200), page({"error": "use_dpop_nonce"}, 400), nonce("fresh", 401)]
)
def test_other_answers_are_the_answer(answer: Fetched | Failed) -> None:
    network = Network({URL: answer})
    assert network.run(Dpop(KEY, Clock(), entropy).fetch(resolver().request(URL))) == answer
    assert len(network.requests) == 1


def test_what_is_no_token_is_not_presented() -> None:
    network = Network({URL: Fetched(200)})
    with pytest.raises(PdsError):
        network.run(Dpop(KEY, Clock(), entropy).fetch(resolver().request(URL), "a\r\nb: c"))
    assert network.requests == []


def test_a_key_is_derived_from_random_bytes() -> None:
    """FIPS 186-5 §A.2.1: any bytes make a key, and the whole range is reached."""
    assert PrivateKey.derive(KeyType.P256, lambda length: bytes(length)).data == bytes(31) + b"\x01"


@given(st.binary(min_size=48, max_size=48) | st.sampled_from([bytes(48), b"\xff" * 48, b"\x80" + bytes(47)]))
def test_every_draw_is_a_key(drawn: bytes) -> None:
    for key_type in KeyType:
        key = PrivateKey.derive(key_type, lambda length: drawn[:length])
        assert verify(key.public_key, key.sign(b"message"), b"message")
