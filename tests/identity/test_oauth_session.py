"""A session of OAuth in use: proofs, refreshing (RFC 6749 §6), revoking (RFC 7009), and what a client keeps."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from freeq_proto.boundary import Failed, Fetched, LocalProtocolError, Result
from freeq_proto.identity import (
    OAuthAccess,
    OAuthError,
    OAuthSession,
    PdsError,
    encode_json,
    get_service_auth,
    session_info,
)
from tests.identity.oauth_server import DID, PDS, RESOURCE, RESOURCE_URL, SESSION_URL, Signing
from tests.identity.support import page


def test_the_pds_is_called_with_a_proof_and_its_own_nonce() -> None:
    signing = Signing()
    access = signing.access()
    for _ in range(2):
        info = session_info(signing.run(access.call(access.resolver.request(SESSION_URL))))
        assert info.did == DID
    calls = [request for request in signing.server.network.requests if request.url == SESSION_URL]
    assert len(calls) == 3, "refused once for the nonce, then never again"


def test_nonces_may_change_at_any_time() -> None:
    signing = Signing()
    access = signing.access()
    for number in range(4):
        signing.server.nonces[PDS] = f"rs-{number}"
        signing.run(access.call(access.resolver.request(SESSION_URL)))


def test_an_expired_session_is_refreshed() -> None:
    signing = Signing()
    access = signing.access()
    old = access.session
    signing.clock.seconds += 3590
    signing.run(access.call(access.resolver.request(SESSION_URL)))
    assert (access.session.access, access.session.refresh) == ("tok-2", "ref-2")
    assert access.session.expires_ms == old.expires_ms + 3_590_000
    assert access.session.key == old.key


def test_a_token_that_the_pds_knows_no_more_is_refreshed_once() -> None:
    signing = Signing()
    access = signing.access()
    signing.server.access = "tok-other"
    signing.run(access.call(access.resolver.request(SESSION_URL)))
    assert access.session.access == "tok-2"
    signing.server.network.pages[SESSION_URL] = page({"error": "invalid_token"}, 401)
    with pytest.raises(PdsError) as raised:
        signing.run(access.call(access.resolver.request(SESSION_URL)))
    assert raised.value.error == "invalid_token"


def test_a_session_that_has_ended() -> None:
    signing = Signing()
    access = signing.access()
    signing.run(signing.oauth.revoke(access.session))
    assert signing.server.refresh == ""
    with pytest.raises(OAuthError) as raised:
        signing.run(access.call(access.resolver.request(SESSION_URL)))
    assert raised.value.error == "invalid_grant"


def test_a_session_without_a_refresh_token_ends_with_its_access_token() -> None:
    signing = Signing()
    signing.server.answer = {"refresh_token": "absent"}
    access = signing.access()
    signing.run(access.call(access.resolver.request(SESSION_URL)))
    signing.clock.seconds += 3600
    with pytest.raises(OAuthError, match="sign in again"):
        signing.run(access.call(access.resolver.request(SESSION_URL)))


def test_no_refresh_token_is_used_twice_at_once() -> None:
    """Servers take a refresh token that comes twice for a stolen one, and end the session."""
    signing = Signing()
    access = signing.access()
    signing.clock.seconds += 3600
    first = access.call(access.resolver.request(SESSION_URL))
    request = next(first)
    with pytest.raises(OAuthError) as raised:
        signing.run(access.call(access.resolver.request(SESSION_URL)))
    assert raised.value.unavailable
    first.send(signing.server.network.answer(request))
    first.close()
    signing.run(access.call(access.resolver.request(SESSION_URL)))


def test_a_refresh_is_a_flow_of_its_own() -> None:
    """So that it is not given up together with whatever wanted to call the PDS."""
    signing = Signing()
    access = signing.access()
    dues = []
    for seconds in (0, 3568, 2):
        signing.clock.seconds += seconds
        dues.append(access.due)
    assert dues == [False, False, True]
    signing.run(access.refresh())
    assert (access.due, access.in_doubt, access.session.refresh) == (False, False, "ref-2")
    signing.server.network.requests.clear()
    signing.run(access.call(access.resolver.request(SESSION_URL)))
    assert {request.url for request in signing.server.network.requests} == {SESSION_URL}, "nothing is spent"


def test_a_refresh_that_was_given_up_leaves_the_session_in_doubt() -> None:
    """Given up before the token goes out, it costs nothing; afterwards, only the server knows."""
    signing = Signing()
    access = signing.access()
    before = access.refresh()
    next(before)
    before.close()
    doubts = [access.in_doubt]
    flow, answer = access.refresh(), None
    while access.session.refresh == signing.server.refresh:  # until the server has spent it
        answer = signing.server.network.answer(flow.send(answer))
    flow.close()
    assert [*doubts, access.in_doubt] == [False, True]
    with pytest.raises(OAuthError) as raised:
        signing.run(access.refresh())
    assert (raised.value.error, access.in_doubt) == ("invalid_grant", False)


@pytest.mark.parametrize(
    ("answer", "doubted", "in_doubt"),
    [
        (Failed("no answer in time", timed_out=True), False, True),
        (Fetched(503), False, True),
        (Fetched(200), False, True),
        (Fetched(429), False, False),
        (Fetched(429), True, True),
        (Fetched(400), True, False),
    ],
    ids=range(6),
)
def test_a_refresh_that_was_not_answered_leaves_the_session_in_doubt(
    answer: Result, doubted: bool, in_doubt: bool
) -> None:
    signing = Signing()
    access = signing.access()
    access.in_doubt = doubted
    (url,) = (url for url in signing.server.network.pages if url.endswith("/token"))
    signing.server.network.pages[url] = answer
    with pytest.raises(OAuthError):
        signing.run(access.refresh())
    assert access.in_doubt is in_doubt


def test_a_moved_account_is_not_refreshed_at_its_old_server() -> None:
    signing = Signing()
    session = signing.session()
    signing.server.network.pages[RESOURCE_URL] = encode_json(
        RESOURCE | {"authorization_servers": ["https://b.example"]}
    )
    with pytest.raises(OAuthError, match="does not belong"):
        signing.run(signing.oauth.refresh(session))
    assert signing.server.refresh == session.refresh, "the token was not spent"


def test_a_service_token_by_oauth() -> None:
    signing = Signing()
    access = signing.access()
    query = urlencode({"aud": "did:web:irc.test#irc", "lxm": "blue.irc.auth"})
    url = f"{PDS}/xrpc/com.atproto.server.getServiceAuth?{query}"
    signing.server.network.pages[url] = page({"token": "eyJ.a.b"})
    assert signing.run(get_service_auth(access, "did:web:irc.test#irc", "blue.irc.auth")) == "eyJ.a.b"


# --- what a client keeps ------------------------------------------------------------------------------------------


def test_a_session_is_kept_and_read_again() -> None:
    signing = Signing()
    session = signing.session()
    again = OAuthSession.from_json(session.to_json())
    assert again == session
    signing.run(OAuthAccess(signing.oauth, again).call(signing.oauth.resolver.request(SESSION_URL)))


@pytest.mark.parametrize(
    "changed", [{"did": "alice"}, {"key": ""}, {"key": "é"}, {"key": 7}, {"expires_ms": "1"}, {"access": None}]
)
def test_what_is_no_session(changed: dict[str, Any]) -> None:
    kept = json.loads(Signing().session().to_json())
    for data in (encode_json(kept | changed), b"", b"[]", b"{}"):
        with pytest.raises(LocalProtocolError):
            OAuthSession.from_json(data)
