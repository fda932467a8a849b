"""The servers that the other tests of this folder rely on: they do what is set, so that those tests prove something."""

import time

import pytest

from tests.integration.atproto.servers import Servers
from tests.integration.atproto.web import AnswerError, Json, call, fetch

KEY = "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme"


def test_documents_have_the_old_shape_or_the_modern_one(servers: Servers) -> None:
    """Relative ids and the suites of 2019, or absolute ids and Multikey."""
    account = servers.pds().create_account("alice")
    account.set_keys(freeq=KEY)

    def methods() -> dict[str, tuple[str, str]]:
        document = call("GET", f"{servers.plc}/{account.did}")
        listed = document.members["verificationMethod"]
        assert isinstance(listed, list)
        keys = [Json(method) for method in listed]
        return {key.text("id"): (key.text("type"), key.text("publicKeyMultibase")) for key in keys}

    old = methods()
    assert set(old) == {"#atproto", "#freeq"}
    assert old["#freeq"][0] == "EcdsaSecp256k1VerificationKey2019"
    with servers.modern_documents():
        modern = methods()
    assert set(modern) == {f"{account.did}#atproto", f"{account.did}#freeq"}
    assert modern[f"{account.did}#freeq"] == ("Multikey", KEY.removeprefix("did:key:"))
    assert methods() == old


def test_only_the_new_one_takes_the_service_of_an_audience(old: Servers, new: Servers) -> None:
    old_account, new_account = old.pds().create_account("alice"), new.pds().create_account("alice")
    assert old_account.service_auth("did:web:irc.test", "blue.irc.auth").count(".") == 2
    with pytest.raises(AnswerError, match=" 500 "):
        old_account.service_auth("did:web:irc.test#irc", "blue.irc.auth")
    assert new_account.service_auth("did:web:irc.test#irc", "blue.irc.auth").count(".") == 2


def test_nonces_rotate_every_second(servers: Servers) -> None:
    """By default they live for minutes."""

    def nonce() -> str | None:
        return fetch("POST", f"{servers.pds().url}/oauth/par").header("dpop-nonce")

    with servers.rotating_nonces():
        first = nonce()
        assert first is not None
        deadline = time.monotonic() + 10
        while nonce() == first:
            assert time.monotonic() < deadline, "the nonce does not change"
            time.sleep(0.1)


def test_a_second_pds_publishes_to_the_same_directory(new: Servers) -> None:
    account = new.pds("two.test").create_account("bob")
    assert account.handle.endswith(".two.test")
    service = account.plc_data().child("services").child("atproto_pds")
    assert service.text("endpoint") == new.pds("two.test").url != new.pds().url


def test_states_of_an_account(servers: Servers) -> None:
    pds = servers.pds()

    def status(did: str) -> object:
        return call("GET", f"{pds.xrpc('com.atproto.sync.getRepoStatus')}?did={did}").members.get("status")

    gone, away, present = (pds.create_account(name) for name in ("mallory", "carol", "dave"))
    pds.take_down(gone)
    away.deactivate()
    assert [status(account.did) for account in (gone, away, present)] == ["takendown", "deactivated", None]
    pds.take_down(gone, applied=False)
    assert status(gone.did) is None
    pds.delete(present)
    with pytest.raises(AnswerError, match="RepoNotFound"):
        status(present.did)
