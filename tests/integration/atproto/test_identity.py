"""Documents, handles, sessions and service tokens, as the reference servers really write them."""

import contextlib
from collections.abc import Iterator

import pytest

from freeq_proto.boundary import Computed, Work
from freeq_proto.identity import (
    Did,
    PdsError,
    RepoStatus,
    ResolutionError,
    Resolver,
    create_session,
    format_multikey,
    get_service_auth,
    get_session,
    parse_did,
    parse_handle,
    parse_jwt,
    parse_multikey,
    refresh_session,
    repo_status,
    verify_job,
)
from tests.integration.atproto.flows import Network, now, resolver_for
from tests.integration.atproto.servers import Account, Servers

K256_KEY = "zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme"
P256_KEY = "zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"
UNKNOWN = parse_did("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa")


@pytest.fixture
def resolver(servers: Servers) -> Resolver:
    return resolver_for(servers)


@pytest.fixture(params=["relative", "absolute"])
def shaped(request: pytest.FixtureRequest, servers: Servers) -> Iterator[None]:
    """Both shapes of documents, one after the other."""
    with servers.modern_documents() if request.param == "absolute" else contextlib.nullcontext():
        yield


@pytest.mark.usefixtures("shaped")
def test_documents_in_both_shapes(servers: Servers, network: Network, resolver: Resolver) -> None:
    account = servers.pds().create_account("alice")
    account.set_keys(freeq=f"did:key:{K256_KEY}", other=f"did:key:{P256_KEY}")
    document = network.run(resolver.document(parse_did(account.did)))
    assert document.did == account.did
    assert document.handle == account.handle
    assert document.pds == servers.pds().url
    assert document.atproto_key is not None
    held = account.plc_data().child("verificationMethods").text("atproto")
    assert format_multikey(document.atproto_key) == held.removeprefix("did:key:")
    assert document.login_keys == (parse_multikey(K256_KEY),)
    assert document.signing_keys("other") == (parse_multikey(P256_KEY),)


def test_a_document_is_fetched_once_until_it_is_forgotten(
    servers: Servers, network: Network, resolver: Resolver
) -> None:
    account = servers.pds().create_account("alice")
    did = parse_did(account.did)
    first = network.run(resolver.document(did))
    assert network.run(resolver.document(did)) is first
    assert len(network.requests) == 1
    account = account.change_handle("anna")
    assert network.run(resolver.document(did)).handle != account.handle
    # What was issued at a time is checked with a document that is no older.
    changed = network.run(resolver.document(did, issued_after_ms=now().unix_ms))
    assert changed.handle == account.handle
    resolver.forget(did)
    network.run(resolver.document(did))
    assert len(network.requests) == 3


def test_a_did_that_nobody_has_is_gone_and_a_directory_that_is_silent_is_unavailable(
    servers: Servers, network: Network, resolver: Resolver
) -> None:
    with pytest.raises(ResolutionError) as unknown:
        network.run(resolver.document(UNKNOWN))
    assert (unknown.value.gone, unknown.value.unavailable) == (True, False)
    silent = Resolver(plc_directory="http://localhost:1", private_network=True, clock=now, document_seconds=600.0)
    with pytest.raises(ResolutionError) as failed:
        network.run(silent.document(UNKNOWN))
    assert (failed.value.gone, failed.value.unavailable) == (False, True)


def test_handles_are_verified_in_both_directions(servers: Servers, network: Network, resolver: Resolver) -> None:
    account = servers.pds().create_account("alice")
    did, handle = parse_did(account.did), parse_handle(account.handle)
    document = network.run(resolver.document(did))
    with pytest.raises(ResolutionError) as error:  # no host of that name is known yet
        network.run(resolver.verified_handle(document))
    assert error.value.unavailable
    network.hosts[handle] = servers.pds().url
    assert network.run(resolver.did_of_handle(handle)) == did
    assert network.run(resolver.verified_handle(document)) == handle
    # DNS is asked first, and what it says decides.
    network.texts[f"_atproto.{handle}"] = ("v=spf1 -all", f"did={UNKNOWN}")
    assert network.run(resolver.did_of_handle(handle)) == UNKNOWN
    assert network.run(resolver.verified_handle(document)) is None
    network.texts[f"_atproto.{handle}"] = (f"did={did}",)
    assert network.run(resolver.verified_handle(document)) == handle


def test_a_handle_that_was_given_up_is_gone(servers: Servers, network: Network, resolver: Resolver) -> None:
    account = servers.pds().create_account("alice")
    changed = account.change_handle("anna")
    network.hosts.update({account.handle: servers.pds().url, changed.handle: servers.pds().url})
    with pytest.raises(ResolutionError) as error:
        network.run(resolver.did_of_handle(parse_handle(account.handle)))
    assert error.value.gone
    document = network.run(resolver.document(parse_did(account.did)))
    assert network.run(resolver.verified_handle(document)) == changed.handle


@pytest.mark.parametrize("by", ["handle", "did"])
def test_sessions_with_an_app_password(servers: Servers, network: Network, resolver: Resolver, by: str) -> None:
    account = servers.pds().create_account("alice")
    identifier = account.did if by == "did" else account.handle
    password = account.create_app_password()
    session = network.run(create_session(resolver, account.pds.url, identifier, password))
    assert (session.did, session.handle, session.active) == (account.did, account.handle, True)
    info = network.run(get_session(resolver, account.pds.url, session.access))
    assert (info.did, info.active) == (account.did, True)
    fresh = network.run(refresh_session(session))
    assert network.run(get_session(resolver, account.pds.url, fresh.access)).did == account.did
    for wrong in ("", "aaaa-bbbb-cccc-dddd"):
        with pytest.raises(PdsError) as error:
            network.run(create_session(resolver, account.pds.url, identifier, wrong))
        assert not error.value.unavailable
    with pytest.raises(PdsError) as refused:
        network.run(get_session(resolver, account.pds.url, "a.b.c"))
    assert refused.value.status in (400, 401)


def test_states_of_accounts(servers: Servers, network: Network, resolver: Resolver) -> None:
    pds = servers.pds()
    present, away, down, deleted = (pds.create_account(name) for name in ("alice", "bob", "mallory", "dave"))
    away.deactivate()
    pds.take_down(down)
    pds.delete(deleted)

    def status(account: Account) -> RepoStatus:
        return network.run(repo_status(resolver, pds.url, parse_did(account.did)))

    assert [status(account) for account in (present, away, down, deleted)] == [
        RepoStatus.ACTIVE,
        RepoStatus.DEACTIVATED,
        RepoStatus.TAKEN_DOWN,
        RepoStatus.NOT_FOUND,
    ]
    with pytest.raises(PdsError) as error:
        network.run(create_session(resolver, pds.url, down.did, down.password))
    assert error.value.error == "AccountTakedown"


@pytest.mark.usefixtures("shaped")
def test_service_tokens_verify_with_the_key_of_the_document(
    servers: Servers, network: Network, resolver: Resolver
) -> None:
    alice, bob = servers.pds().create_account("alice"), servers.pds().create_account("bob")
    password = alice.create_app_password()
    session = network.run(create_session(resolver, alice.pds.url, alice.did, password))
    text = network.run(get_service_auth(session, "did:web:irc.test", "blue.irc.auth"))
    token = parse_jwt(text)
    assert token.algorithm == "ES256K"
    assert token.claims["iss"] == alice.did
    assert token.claims["aud"] == "did:web:irc.test"
    assert token.claims["lxm"] == "blue.irc.auth"
    made, ends = token.claims["iat"], token.claims["exp"]
    assert isinstance(made, int)
    assert isinstance(ends, int)
    assert ends - made == 60

    def verified(did: str) -> bool:
        key = network.run(resolver.document(Did(did))).atproto_key
        assert key is not None
        answer = network.perform(Work(verify_job(token, key)))
        assert isinstance(answer, Computed)
        return bool(answer.value)

    assert verified(alice.did)
    assert not verified(bob.did)


def test_only_a_new_pds_names_the_service_of_an_audience(old: Servers, new: Servers, network: Network) -> None:
    """The error of the old one is a 500: that is how a client learns to ask for the bare DID."""
    audience = "did:web:irc.test#irc"
    for servers, works in ((old, False), (new, True)):
        account = servers.pds().create_account("alice")
        session = network.run(create_session(resolver_for(servers), account.pds.url, account.did, account.password))
        if works:
            token = network.run(get_service_auth(session, audience, "blue.irc.auth"))
            assert parse_jwt(token).claims["aud"] == audience
        else:
            with pytest.raises(PdsError) as error:
                network.run(get_service_auth(session, audience, "blue.irc.auth"))
            assert error.value.status == 500
