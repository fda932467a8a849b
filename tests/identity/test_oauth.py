"""Signing in by OAuth as AT Protocol profiles it: https://atproto.com/specs/oauth."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeq_proto.boundary import Failed, Fetched
from freeq_proto.identity import OAuthError, PendingAuthorization, code_challenge, encode_json, loopback_client_id
from tests.identity.oauth_server import (
    CLIENT,
    DID,
    DOCUMENT_URL,
    ISSUER,
    METADATA,
    METADATA_URL,
    PDS,
    RESOURCE,
    RESOURCE_URL,
    SCOPE,
    Signing,
)
from tests.identity.support import Answer, page


def test_the_vector_of_pkce() -> None:
    """RFC 7636, appendix B."""
    challenge = code_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_id_of_a_program_without_metadata() -> None:
    assert loopback_client_id("http://127.0.0.1:7777/callback", "atproto transition:generic") == (
        "http://localhost?redirect_uri=http%3A%2F%2F127.0.0.1%3A7777%2Fcallback&scope=atproto%20transition%3Ageneric"
    )


def test_a_user_signs_in() -> None:
    signing = Signing()
    session = signing.session()
    assert (session.did, session.pds, session.issuer, session.scope) == (DID, PDS, ISSUER, SCOPE)
    assert (session.access, session.refresh) == ("tok-1", "ref-1")
    assert session.expires_ms == signing.clock().unix_ms + 3_599_000
    form = signing.server.pushed
    assert (form["client_id"], form["redirect_uri"], form["scope"]) == (CLIENT.client_id, CLIENT.redirect_uri, SCOPE)
    assert form["login_hint"] == DID
    posts = [request.url for request in signing.server.network.requests if request.method == "POST"]
    assert posts == [f"{ISSUER}/oauth/par"] * 2 + [f"{ISSUER}/oauth/token"], "the nonce is learned once"


def test_nothing_secret_is_shown() -> None:
    signing = Signing()
    pending = signing.begin()
    assert pending.verifier not in repr(pending)
    assert "tok-" not in repr(signing.run(signing.oauth.finish(pending, signing.server.consent(pending.url))))


# --- who the servers are ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "resource",
    [
        {"resource": "https://other.example"},
        {"resource": PDS + "/"},
        {"authorization_servers": []},
        {"authorization_servers": [ISSUER, "https://other.example"]},
        {"authorization_servers": [ISSUER + "/"]},
        {"authorization_servers": [ISSUER + "/path"]},
        {"authorization_servers": ["http://auth.example"]},
        {"authorization_servers": [7]},
        {"authorization_servers": ISSUER},
    ],
)
def test_a_pds_names_itself_and_one_server(resource: dict[str, Any]) -> None:
    signing = Signing()
    signing.server.network.pages[RESOURCE_URL] = encode_json(RESOURCE | resource)
    with pytest.raises(OAuthError):
        signing.begin()


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://other.example"},
        {"issuer": ISSUER + "/"},
        {"issuer": None},
        {"authorization_endpoint": "http://auth.example/authorize"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": None},
        {"pushed_authorization_request_endpoint": 7},
        {"revocation_endpoint": "https://user@auth.example/"},
        {"require_pushed_authorization_requests": False},
        {"authorization_response_iss_parameter_supported": "true"},
        {"client_id_metadata_document_supported": None},
        {"code_challenge_methods_supported": ["plain"]},
        {"response_types_supported": "code"},
        {"grant_types_supported": ["authorization_code"]},
        {"scopes_supported": ["openid"]},
        {"token_endpoint_auth_methods_supported": ["client_secret_basic"]},
        {"dpop_signing_alg_values_supported": ["RS256"]},
    ],
)
def test_a_server_must_be_what_it_is_asked_at_and_offer_what_is_needed(metadata: dict[str, Any]) -> None:
    """RFC 8414 §3.3: an issuer that differs from the one in the URL must not be used."""
    signing = Signing()
    signing.server.network.pages[METADATA_URL] = encode_json(METADATA | metadata)
    with pytest.raises(OAuthError):
        signing.begin()


@pytest.mark.parametrize("url", [DOCUMENT_URL, RESOURCE_URL, METADATA_URL])
@pytest.mark.parametrize(
    ("answer", "unavailable"),
    [
        (Failed("down"), True),
        (Fetched(500), True),
        (Fetched(302, (("location", "https://elsewhere.example/"),)), False),
        (Fetched(404), False),
        (b"[]", False),
        (b"x" * 100_000, True),
        (Fetched(201, body=encode_json(dict(METADATA))), False),
    ],
    ids=range(7),
)
def test_documents_that_do_not_come(url: str, answer: Answer, unavailable: bool) -> None:
    signing = Signing()
    signing.server.network.pages[url] = answer
    with pytest.raises(OAuthError) as raised:
        signing.begin()
    assert raised.value.unavailable is unavailable


def test_a_did_without_a_pds() -> None:
    signing = Signing()
    signing.server.network.pages[DOCUMENT_URL] = encode_json({"id": DID})
    with pytest.raises(OAuthError, match="no host"):
        signing.begin()


@pytest.mark.parametrize(
    "answer",
    [
        page({"error": "invalid_scope", "error_description": "<script>"}, 400),
        page({"request_uri": ""}, 201),
        page({"request_uri": "a\nb"}, 201),
        page({}, 201),
        Fetched(201, body=b"[]"),
        Failed("down"),
        Fetched(303, (("location", "https://elsewhere.example/"),)),
    ],
)
def test_a_request_that_is_not_taken(answer: Answer) -> None:
    signing = Signing()
    signing.server.network.pages[f"{ISSUER}/oauth/par"] = answer
    with pytest.raises(OAuthError) as raised:
        signing.begin()
    assert "script" not in str(raised.value)


# --- what comes back ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {"state": "other"},
        {"state": ""},
        {"state": "é"},
        {"iss": "https://other.example"},
        {"iss": ISSUER + "/"},
        {"iss": ""},
        {"code": ""},
        {"code": "a b"},
        {"error": "access_denied"},
        {"error": "<script>"},
    ],
)
def test_answers_of_the_browser_that_are_refused(changed: dict[str, str]) -> None:
    """RFC 6749 §10.12 (state), RFC 9207 §2.4 (iss): no code is sent anywhere before both were found right."""
    signing = Signing()
    pending = signing.begin()
    asked = len(signing.server.network.requests)
    with pytest.raises(OAuthError) as raised:
        signing.run(signing.oauth.finish(pending, signing.server.consent(pending.url, **changed)))
    assert len(signing.server.network.requests) == asked
    assert "script" not in str(raised.value) + raised.value.error


@pytest.mark.parametrize(
    "query", ["", "code=cod-1", "&" * 100, "a=b&" * 100, "code=1&code=2", "x" * 10_000, "\ud800", "%ff%fe"]
)
def test_what_is_no_answer_of_a_browser(query: str) -> None:
    signing = Signing()
    with pytest.raises(OAuthError):
        signing.run(signing.oauth.finish(signing.begin(), query))


def test_a_member_that_comes_twice_is_refused() -> None:
    """RFC 6749 §3.1: parameters are not repeated."""
    signing = Signing()
    pending = signing.begin()
    with pytest.raises(OAuthError):
        signing.run(signing.oauth.finish(pending, signing.server.consent(pending.url) + "&code=cod-1"))


@given(st.text(max_size=60))
def test_any_query_is_refused_as_a_peers(query: str) -> None:
    signing, pending = PENDING
    with pytest.raises(OAuthError):
        signing.run(signing.oauth.finish(pending, query))


def _pending() -> tuple[Signing, PendingAuthorization]:
    signing = Signing()
    return signing, signing.begin()


PENDING = _pending()


# --- tokens -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        {"sub": "did:plc:z72i7hdynmk6r22z27h6tvur"},
        {"sub": "absent"},
        {"sub": ["did:plc:5d7lbx2s6werij52mdwbmvup"]},
        {"token_type": "Bearer"},
        {"token_type": "absent"},
        {"scope": "rpc:blue.irc.auth?aud=*"},
        {"scope": "atprotocol"},
        {"scope": "absent"},
        {"access_token": "a\r\nb"},
        {"access_token": "absent"},
        {"refresh_token": ""},
        {"refresh_token": 7},
    ],
)
def test_tokens_that_are_refused(answer: dict[str, Any]) -> None:
    signing = Signing()
    signing.server.answer = answer
    with pytest.raises(OAuthError):
        signing.session()


@pytest.mark.parametrize("expires_in", ["absent", 0, -1, 1.5, 10**12, "3600", None])
def test_a_lifetime_that_makes_no_sense_is_a_short_one(expires_in: Any) -> None:
    signing = Signing()
    signing.server.answer = {"expires_in": expires_in}
    assert signing.session().expires_ms == signing.clock().unix_ms + 300_000


@pytest.mark.parametrize("url", [DOCUMENT_URL, RESOURCE_URL])
def test_the_account_must_lead_back_to_the_server_that_speaks_for_it(url: str) -> None:
    """ "Identity Authentication": otherwise any authorization server could hand out tokens in anybody's name."""
    signing = Signing()
    pending = signing.begin()
    elsewhere = "https://elsewhere.example"
    service: dict[str, Any] = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": elsewhere}
    other: dict[str, Any] = {"resource": elsewhere, "authorization_servers": [elsewhere]}
    pages = signing.server.network.pages
    pages[f"{elsewhere}/.well-known/oauth-protected-resource"] = encode_json(other)
    pages[DOCUMENT_URL] = encode_json({"id": DID, "service": [service]}) if url == DOCUMENT_URL else pages[DOCUMENT_URL]
    if url == RESOURCE_URL:
        pages[url] = encode_json(RESOURCE | {"authorization_servers": [elsewhere]})
    signing.clock.seconds += 1
    with pytest.raises(OAuthError, match="does not belong"):
        signing.run(signing.oauth.finish(pending, signing.server.consent(pending.url)))


def test_a_code_is_good_once() -> None:
    signing = Signing()
    pending = signing.begin()
    signing.run(signing.oauth.finish(pending, signing.server.consent(pending.url)))
    with pytest.raises(OAuthError) as raised:
        signing.run(signing.oauth.finish(pending, signing.server.consent(pending.url)))
    assert raised.value.error == "invalid_grant"
