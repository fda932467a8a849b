"""OAuth with the authorization servers of real PDSs: our client, and a user who consents."""

import contextlib
import time
from urllib.parse import urlsplit

import pytest

from freeq_proto.boundary import Fetched
from freeq_proto.identity import (
    JsonValue,
    OAuth,
    OAuthAccess,
    OAuthClient,
    OAuthError,
    OAuthSession,
    PdsError,
    loopback_client_id,
    parse_did,
    session_info,
    xrpc_request,
)
from freeq_proto.sasl import NoTokenError, OAuthCredentials
from tests.integration.atproto.consent import consent
from tests.integration.atproto.flows import Network, entropy, now, resolver_for
from tests.integration.atproto.meeting import Place
from tests.integration.atproto.servers import Account, Servers
from tests.integration.atproto.web import fetch

PATH = "/callback"
NARROW = "atproto rpc:blue.irc.auth?aud=did:web:irc.test%23irc"
"""What signing in to one IRC server needs, and nothing else."""


def client_for(scope: str) -> OAuthClient:
    return OAuthClient(loopback_client_id(f"http://127.0.0.1{PATH}", scope), f"http://127.0.0.1:7777{PATH}", scope)


class User:
    """Somebody with a browser, and a program on his machine that has him consent."""

    def __init__(self, servers: Servers, network: Network, name: str = "alice") -> None:
        self.account: Account = servers.pds().create_account(name)
        self.network = network
        self.oauth = OAuth(resolver_for(servers), now, entropy)

    def sign_in(self, scope: str) -> OAuthAccess:
        pending = self.network.run(self.oauth.begin(client_for(scope), parse_did(self.account.did)))
        back = urlsplit(consent(pending.url, self.account))
        assert f"{back.scheme}://{back.netloc}{back.path}" == pending.client.redirect_uri
        return OAuthAccess(self.oauth, self.network.run(self.oauth.finish(pending, back.query)))

    def call(self, access: OAuthAccess) -> Fetched:
        """Have the PDS say whose session it is."""
        request = xrpc_request(access.resolver, access.pds, "com.atproto.server.getSession")
        return self.network.run(access.call(request))


@pytest.fixture
def user(servers: Servers, network: Network) -> User:
    return User(servers, network)


def test_from_consent_to_a_session_that_is_kept(user: User) -> None:
    access = user.sign_in("atproto")
    assert (access.session.did, access.session.pds) == (user.account.did, user.account.pds.url)
    assert access.session.scope == "atproto"
    info = session_info(user.call(access))
    assert (info.did, info.handle, info.active) == (user.account.did, user.account.handle, True)
    kept = OAuthSession.from_json(access.session.to_json())
    assert kept == access.session
    assert session_info(user.call(OAuthAccess(user.oauth, kept))).did == user.account.did


def test_the_token_is_worth_nothing_without_its_key(user: User) -> None:
    """Shown as a bearer token, or with the proof of another key."""
    session = user.sign_in("atproto").session
    url = f"{session.pds}/xrpc/com.atproto.server.getSession"
    assert fetch("GET", url, {"Authorization": f"Bearer {session.access}"}).status == 400
    assert fetch("GET", url, {"Authorization": f"DPoP {session.access}"}).status == 401


def test_refreshing_ends_the_tokens_that_were(user: User) -> None:
    access = user.sign_in("atproto")
    first = access.session
    access.session = user.network.run(user.oauth.refresh(first))
    assert access.session.refresh != first.refresh
    assert session_info(user.call(access)).did == user.account.did
    # A token that was refreshed and is used again looks like a stolen one: the server ends the whole session.
    with pytest.raises(OAuthError) as replayed:
        user.network.run(user.oauth.refresh(first))
    assert replayed.value.error == "invalid_grant"
    with pytest.raises(PdsError):
        user.call(access)


def test_a_session_that_has_expired_refreshes_itself(user: User) -> None:
    access = user.sign_in("atproto")
    first = access.session
    fetched = user.network.run(user.oauth.refresh(first))  # so that the access token of `first` is dead
    access.session = OAuthSession.from_json(first.to_json().replace(first.refresh.encode(), fetched.refresh.encode()))
    assert session_info(user.call(access)).did == user.account.did
    assert access.session.access not in (first.access, fetched.access)


def test_revoking(user: User) -> None:
    access = user.sign_in("atproto")
    user.network.run(user.oauth.revoke(access.session))
    with pytest.raises(PdsError):
        user.call(access)


def test_a_user_who_refuses(user: User) -> None:
    pending = user.network.run(user.oauth.begin(client_for("atproto"), parse_did(user.account.did)))
    query = urlsplit(consent(pending.url, user.account, refuse=True)).query
    with pytest.raises(OAuthError) as refused:
        user.network.run(user.oauth.finish(pending, query))
    assert refused.value.error == "access_denied"


def test_the_answer_to_another_request(user: User) -> None:
    """Of somebody who was lured to the callback of a program that waits for its own user."""
    pending, other = (
        user.network.run(user.oauth.begin(client_for("atproto"), parse_did(user.account.did))) for _ in range(2)
    )
    query = urlsplit(consent(other.url, user.account)).query
    before = len(user.network.requests)
    with pytest.raises(OAuthError, match="another request"):
        user.network.run(user.oauth.finish(pending, query))
    assert len(user.network.requests) == before
    assert user.network.run(user.oauth.finish(other, query)).did == user.account.did


def test_another_account_than_expected(servers: Servers, network: Network, user: User) -> None:
    """The user consents as somebody else than the program asked for."""
    mallory = User(servers, network, "mallory")
    pending = network.run(user.oauth.begin(client_for("atproto"), parse_did(user.account.did)))
    query = urlsplit(consent(pending.url, mallory.account)).query
    with pytest.raises(OAuthError, match="another account"):
        network.run(user.oauth.finish(pending, query))


def test_nonces_that_live_for_seconds(servers: Servers, user: User) -> None:
    """RFC 9449 section 8: the server refuses a proof with a nonce that is too old, and gives the next one."""
    access = user.sign_in("atproto")
    with servers.rotating_nonces():
        user.call(access)
        deadline = time.monotonic() + 20
        while True:
            before = len(user.network.requests)
            time.sleep(3.1)  # a nonce is good for two to three periods
            assert session_info(user.call(access)).did == user.account.did
            if len(user.network.requests) - before == 2:
                break
            assert time.monotonic() < deadline, "no proof was ever refused"
        access.session = user.network.run(user.oauth.refresh(access.session))
        assert session_info(user.call(access)).did == user.account.did


# --- signing in to IRC ---------------------------------------------------------------------------------------------


def test_a_session_for_one_irc_server_signs_in_there_and_nowhere_else(new: Servers, network: Network) -> None:
    """The scope allows the PDS to vouch for the user to that server, and allows nothing else."""
    user = User(new, network)
    access = user.sign_in(NARROW)
    assert access.session.scope == NARROW
    place = Place(access.resolver, network)
    heard = place.sign_in(OAuthCredentials(access))
    assert (heard.account, heard.method) == (user.account.did, "service-auth")
    assert (heard.claims["aud"], heard.claims["lxm"]) == ("did:web:irc.test#irc", "blue.irc.auth")
    elsewhere = Place(access.resolver, network, name="mallory.test")
    with pytest.raises(NoTokenError, match=r"rpc:blue\.irc\.auth\?aud=did:web:mallory\.test%23irc"):
        elsewhere.sign_in(elsewhere.client(OAuthCredentials(access), server="mallory.test"))
    record: dict[str, JsonValue] = {
        "repo": access.did,
        "collection": "blue.irc.note",
        "record": {"$type": "blue.irc.note"},
    }
    request = xrpc_request(access.resolver, access.pds, "com.atproto.repo.createRecord", body=record)
    with pytest.raises(PdsError) as forbidden:
        network.run(access.call(request))
    assert forbidden.value.status == 403


def test_a_session_for_any_server_signs_in_bound_on_a_pds_of_today(new: Servers, network: Network) -> None:
    """``aud=*``: what a client of many servers declares. The bound method is another than the scope's, so it is not."""
    user = User(new, network)
    access = user.sign_in("atproto rpc:blue.irc.auth?aud=*")
    heard = Place(access.resolver, network).sign_in(OAuthCredentials(access))
    assert (heard.account, heard.claims["lxm"]) == (user.account.did, "blue.irc.auth")


def test_a_session_that_may_do_everything_signs_in_bound(servers: Servers, user: User) -> None:
    access = user.sign_in("atproto transition:generic")
    heard = Place(access.resolver, user.network).sign_in(OAuthCredentials(access))
    assert heard.account == user.account.did
    assert str(heard.claims["lxm"]).startswith("blue.irc.auth.n")


def test_a_session_that_may_do_nothing_is_told_what_it_lacks(user: User) -> None:
    access = user.sign_in("atproto")
    with pytest.raises(NoTokenError, match=r"it needs the scope rpc:blue\.irc\.auth\?aud=did:web:irc\.test%23irc"):
        Place(access.resolver, user.network).sign_in(OAuthCredentials(access))


# --- pds-oauth: the IRC server shows the token and a proof to the PDS itself --------------------------------------


@pytest.mark.parametrize("rotating", [False, True])
def test_pds_oauth_with_the_nonce_that_the_server_was_told(servers: Servers, user: User, rotating: bool) -> None:
    """The first proof is refused for its nonce; the server passes the one to use on, and asks again."""
    access = user.sign_in("atproto")
    place = Place(access.resolver, user.network)
    credentials = OAuthCredentials(access, methods=("pds-oauth",))
    with servers.rotating_nonces() if rotating else contextlib.nullcontext():
        for attempt in range(2 if rotating else 1):
            if attempt:
                time.sleep(3.1)  # whatever nonce anybody remembers is too old now
            heard = place.sign_in(credentials)
            assert (heard.account, heard.method) == (user.account.did, "pds-oauth")
            assert 1 <= len(heard.notices) <= 3
            assert all(notice.startswith("DPOP_NONCE ") for notice in heard.notices)
