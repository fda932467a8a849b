"""Calls of ``com.atproto.server`` and ``com.atproto.sync``, answered as the reference PDS answers them."""

from typing import Any

import pytest

from freeq_proto.boundary import Failed, Fetched, HttpRequest, Result
from freeq_proto.identity import (
    Did,
    PdsError,
    PdsSession,
    RepoStatus,
    SessionInfo,
    create_session,
    delete_session,
    get_service_auth,
    get_session,
    parse_json,
    refresh_session,
    repo_status,
)
from tests.identity.support import Answer, Network, page, resolver

PDS = "https://pds.example"
DID = Did("did:plc:5d7lbx2s6werij52mdwbmvup")
CREATED: dict[str, Any] = {
    "accessJwt": "eyJ.access.token",
    "refreshJwt": "eyJ.refresh.token",
    "did": DID,
    "handle": "alice.test",
    "email": "alice@example.com",
    "emailConfirmed": False,
    "active": True,
}
RESOLVER = resolver()
SESSION = PdsSession(RESOLVER, PDS, DID, "alice.test", "eyJ.access.token", "eyJ.refresh.token")


def xrpc(method: str) -> str:
    return f"{PDS}/xrpc/{method}"


CREATE, REFRESH, GET = (xrpc(f"com.atproto.server.{verb}Session") for verb in ("create", "refresh", "get"))


def header(request: HttpRequest, name: str) -> str | None:
    return dict(request.headers).get(name)


def test_a_session_is_made_with_a_password() -> None:
    network = Network({CREATE: page(CREATED)})
    session = network.run(create_session(RESOLVER, PDS, "alice.test", 'pass"word é'))
    assert session == SESSION
    (request,) = network.requests
    assert (request.method, header(request, "content-type")) == ("POST", "application/json")
    assert parse_json(request.body, 1000) == {"identifier": "alice.test", "password": 'pass"word é'}
    assert header(request, "authorization") is None


def test_nothing_secret_is_shown() -> None:
    network = Network({CREATE: page(CREATED)})
    session = network.run(create_session(RESOLVER, PDS, "alice.test", "secret"))
    assert "eyJ" not in repr(session)
    assert "secret" not in repr(network.requests[0])


def test_a_session_is_refreshed_with_the_other_token() -> None:
    network = Network({REFRESH: page(CREATED | {"accessJwt": "eyJ.new.access", "refreshJwt": "eyJ.new.refresh"})})
    fresh = network.run(refresh_session(SESSION))
    assert (fresh.access, fresh.refresh, fresh.did) == ("eyJ.new.access", "eyJ.new.refresh", DID)
    (request,) = network.requests
    assert (request.method, header(request, "authorization")) == ("POST", "Bearer eyJ.refresh.token")
    network.pages[REFRESH] = page(CREATED | {"did": "did:web:mallory.example"})
    with pytest.raises(PdsError, match="another account"):
        network.run(refresh_session(SESSION))


def test_a_session_is_ended_with_the_token_that_would_refresh_it() -> None:
    url = xrpc("com.atproto.server.deleteSession")
    network = Network({url: Fetched(200)})
    network.run(delete_session(SESSION))
    (request,) = network.requests
    assert (request.method, header(request, "authorization")) == ("POST", "Bearer eyJ.refresh.token")
    network.pages[url] = page({"error": "ExpiredToken"}, 400)
    with pytest.raises(PdsError):
        network.run(delete_session(SESSION))


@pytest.mark.parametrize(("members", "active"), [({}, True), ({"active": True}, True), ({"active": False}, False)])
def test_a_token_belongs_to_somebody(members: dict[str, Any], active: bool) -> None:
    network = Network({GET: page({"did": DID, "handle": "alice.test", **members})})
    assert network.run(get_session(RESOLVER, PDS, "eyJ.a.b")) == SessionInfo(DID, "alice.test", active)
    assert header(network.requests[0], "authorization") == "Bearer eyJ.a.b"


@pytest.mark.parametrize("token", ["", "a b", "a\r\nx: y", "é", "a\n", "a" * 10_000])
def test_what_is_no_token_is_not_sent(token: str) -> None:
    """A server is handed tokens by its clients: nothing in one may begin a header of its own."""
    network = Network({GET: page({"did": DID, "handle": "alice.test"})})
    if token:
        with pytest.raises(PdsError):
            network.run(get_session(RESOLVER, PDS, token))
        assert network.requests == []
    else:
        network.run(get_session(RESOLVER, PDS, token))
        assert header(network.requests[0], "authorization") is None


@pytest.mark.parametrize(
    ("answer", "status", "error", "unavailable"),
    [
        (page({"error": "AuthenticationRequired", "message": "Invalid"}, 401), 401, "AuthenticationRequired", False),
        (page({"error": "AccountTakedown"}, 401), 401, "AccountTakedown", False),
        (page({"error": "InvalidToken"}, 400), 400, "InvalidToken", False),
        (page({"error": "<script>"}, 400), 400, "", False),
        (page({"error": 7}, 400), 400, "", False),
        (page({"error": "RateLimitExceeded"}, 429), 429, "RateLimitExceeded", True),
        (page({"error": "InternalServerError"}, 500), 500, "InternalServerError", True),
        (Fetched(502, body=b"<html>"), 502, "", True),
        (Fetched(301, (("location", "https://elsewhere.example/"),)), 301, "", False),
        (Failed("no answer in time", timed_out=True), 0, "", True),
        (Fetched(200, body=b"[]"), 200, "", False),
        (Fetched(200, body=b"x" * 100_000), 0, "", True),
        (page({}), 200, "", False),
        (page(CREATED | {"did": "alice"}), 200, "", False),
        (page(CREATED | {"did": ["alice"]}), 200, "", False),
        (page(CREATED | {"accessJwt": ""}), 200, "", False),
        (page(CREATED | {"refreshJwt": "a\r\nb: c"}), 200, "", False),
    ],
    ids=range(17),
)
def test_what_a_pds_answers_instead(answer: Answer, status: int, error: str, unavailable: bool) -> None:
    with pytest.raises(PdsError) as raised:
        Network({CREATE: answer}).run(create_session(RESOLVER, PDS, "alice.test", "x"))
    found = raised.value
    assert (found.status, found.error, found.unavailable) == (status, error, unavailable)
    assert "script" not in str(found)


def test_a_pds_that_may_not_be_asked() -> None:
    network = Network()
    with pytest.raises(PdsError, match="https"):
        network.run(create_session(RESOLVER, "http://pds.example", "alice.test", "x"))
    assert network.requests == []


def test_a_service_token_is_asked_for() -> None:
    url = xrpc("com.atproto.server.getServiceAuth") + "?aud=did%3Aweb%3Airc.test%23irc&lxm=blue.irc.auth"
    network = Network({url: page({"token": "eyJ.service.token"})})
    assert network.run(get_service_auth(SESSION, "did:web:irc.test#irc", "blue.irc.auth")) == "eyJ.service.token"
    assert header(network.requests[0], "authorization") == "Bearer eyJ.access.token"


def test_a_service_token_beyond_the_scope() -> None:
    message = 'Missing required scope "rpc:blue.irc.auth?aud=did:web:irc.test%23irc"'
    url = xrpc("com.atproto.server.getServiceAuth") + "?aud=did%3Aweb%3Airc.test&lxm=blue.irc.auth"
    network = Network({url: page({"error": "ScopeMissingError", "message": message}, 403)})
    with pytest.raises(PdsError) as raised:
        network.run(get_service_auth(SESSION, "did:web:irc.test", "blue.irc.auth"))
    assert raised.value.error == "ScopeMissingError"
    assert "rpc:" not in str(raised.value)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (page({"did": DID, "active": True, "rev": "3"}), RepoStatus.ACTIVE),
        (page({"did": DID, "active": False, "status": "deactivated"}), RepoStatus.DEACTIVATED),
        (page({"did": DID, "active": False, "status": "takendown"}), RepoStatus.TAKEN_DOWN),
        (page({"did": DID, "active": False, "status": "suspended"}), RepoStatus.INACTIVE),
        (page({"did": DID, "active": False, "status": ["takendown"]}), RepoStatus.INACTIVE),
        (page({"did": DID}), RepoStatus.INACTIVE),
        (page({"error": "RepoNotFound", "message": "Could not find repo"}, 400), RepoStatus.NOT_FOUND),
    ],
)
def test_the_state_of_an_account(answer: Result, status: RepoStatus) -> None:
    url = xrpc("com.atproto.sync.getRepoStatus") + "?did=did%3Aplc%3A5d7lbx2s6werij52mdwbmvup"
    assert Network({url: answer}).run(repo_status(RESOLVER, PDS, DID)) is status


def test_the_state_of_an_account_whose_pds_is_silent() -> None:
    with pytest.raises(PdsError) as raised:
        Network().run(repo_status(RESOLVER, PDS, DID))
    assert raised.value.unavailable
