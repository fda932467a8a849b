"""The challenge of ATPROTO-CHALLENGE: what a server mints, and what a client may sign."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeq_proto.boundary import LocalProtocolError
from freeq_proto.identity import encode_base64url, encode_json
from freeq_proto.sasl import (
    CHUNK_LENGTH,
    DEFAULT_FORMS,
    MAX_CHALLENGE_LENGTH,
    MAX_CLOCK_DIFFERENCE,
    Challenge,
    UnacceptableChallengeError,
    parse_challenge,
)
from tests.sasl.support import NOW, SERVER, at, counting_entropy


def mint(
    session_id: str = "session-1",
    server: str = SERVER,
    server_id: str | None = None,
    origin: str | None = None,
    network: str | None = None,
    scope: str | None = None,
    methods: tuple[str, ...] = (),
    bind: tuple[str, ...] = DEFAULT_FORMS,
    cb: str | None = None,
) -> Challenge:
    return Challenge.mint(
        session_id=session_id,
        server=server,
        now=NOW,
        entropy=counting_entropy(),
        server_id=server_id,
        origin=origin,
        network=network,
        scope=scope,
        methods=methods,
        bind=bind,
        cb=cb,
    )


def test_the_bytes_of_a_challenge() -> None:
    nonce = encode_base64url((1).to_bytes(32, "big"))
    assert mint().data == (
        f'{{"session_id":"session-1","nonce":"{nonce}","timestamp":1750000000,"server":"irc.example.org"}}'.encode()
    )


def test_optional_members_come_last() -> None:
    challenge = mint(server_id="did:web:irc.example.org", origin="z6Mk", network="abcd", scope="signin")
    assert list(json.loads(challenge.data)) == [
        *("session_id", "nonce", "timestamp", "server"),
        *("server_id", "origin", "network", "scope"),
    ]
    assert parse_challenge(challenge.data, SERVER, NOW) == challenge


def test_a_client_reads_back_what_a_server_minted() -> None:
    challenge = mint()
    assert parse_challenge(challenge.data, SERVER, NOW) == challenge
    assert parse_challenge(challenge.data, "IRC.Example.ORG", NOW) == challenge


@given(
    lengths=st.tuples(*[st.integers(1, 200)] * 4),
    absent=st.tuples(*[st.booleans()] * 4),
)
def test_a_challenge_fits_one_line_that_is_not_full(lengths: tuple[int, ...], absent: tuple[bool, ...]) -> None:
    """A full line would have to be followed by ``+`` (sasl-3.1), which clients of this mechanism do not expect."""
    texts = [None if leave else "o" * length for length, leave in zip(lengths, absent, strict=True)]
    challenge = mint(server_id=texts[0], origin=texts[1], network=texts[2], scope=texts[3])
    assert len(encode_base64url(challenge.data)) < CHUNK_LENGTH
    assert parse_challenge(challenge.data, SERVER, NOW) == challenge


def test_members_that_do_not_fit_are_dropped_the_last_first() -> None:
    challenge = mint(server_id="d" * 60, origin="o" * 60, network="n" * 10, scope="s" * 200)
    assert (challenge.server_id, challenge.origin, challenge.network) == ("d" * 60, "o" * 60, None)
    challenge = mint(server_id="d" * 300, scope="s")
    assert (challenge.server_id, challenge.scope) == (None, None)


FOUR = ("crypto", "service-auth", "pds-session", "pds-oauth")


def test_what_a_client_knows_anyway_is_dropped_first() -> None:
    """All that a server of ours says fits, because its DID follows from its name."""
    challenge = mint(
        session_id="3.1000000", server_id=f"did:web:{SERVER}", origin="z" * 48, methods=FOUR, cb="tls-server-end-point"
    )
    assert (challenge.server_id, challenge.origin, challenge.methods) == (None, "z" * 48, FOUR)
    assert challenge.cb == "tls-server-end-point"
    challenge = mint(server_id=f"did:web:{SERVER}", methods=FOUR)
    assert challenge.server_id == f"did:web:{SERVER}"


def test_a_did_that_does_not_follow_from_the_name_is_dropped_last() -> None:
    challenge = mint(
        server_id="did:plc:" + "s" * 24, origin="z" * 48, network="n" * 22, scope="login", methods=FOUR, bind=("none",)
    )
    assert challenge.server_id == "did:plc:" + "s" * 24
    assert (challenge.bind, challenge.methods, challenge.network) == (DEFAULT_FORMS, (), "n" * 22)


def test_forms_are_said_where_they_are_not_the_usual_ones() -> None:
    assert b"bind" not in mint(bind=DEFAULT_FORMS).data
    assert mint(bind=("lxm",)).data.endswith(b',"bind":["lxm"]}')


def test_the_name_may_stand_in_the_did_alone() -> None:
    data = mint(server_id=f"did:web:{SERVER}").data.replace(f'"server":"{SERVER}",'.encode(), b"")
    assert parse_challenge(data, SERVER.upper(), NOW).server is None
    for other in ("evil.example", f"{SERVER}:a", ""):
        with pytest.raises(UnacceptableChallengeError):
            parse_challenge(data, other, NOW)
    plc = data.replace(f"did:web:{SERVER}".encode(), b"did:plc:aaaaaaaaaaaaaaaaaaaaaaaa")
    with pytest.raises(UnacceptableChallengeError):
        parse_challenge(plc, SERVER, NOW)


def test_required_members_are_never_dropped() -> None:
    with pytest.raises(LocalProtocolError):
        mint(server="s" * 300)


def test_each_challenge_has_its_own_nonce() -> None:
    entropy = counting_entropy()
    minted = [Challenge.mint(session_id="s", server=SERVER, now=NOW, entropy=entropy).data for _ in range(10)]
    assert len(dict.fromkeys(minted)) == 10


# --- what a client refuses to sign ----------------------------------------------------------------------------------


def test_a_challenge_for_another_server_is_not_signed() -> None:
    """A hostile server passes on the challenge of the one that it wants to sign in to."""
    with pytest.raises(
        UnacceptableChallengeError, match=r"for the server 'irc\.example\.org', not for 'evil\.example'"
    ):
        parse_challenge(mint().data, "evil.example", NOW)


@pytest.mark.parametrize(
    "server", ["irc.example.org.", "irc.example.or", "rc.example.org", "ırc.example.org", " irc.example.org"]
)
def test_names_that_are_nearly_the_same_differ(server: str) -> None:
    with pytest.raises(UnacceptableChallengeError):
        parse_challenge(mint(server=server).data, SERVER, NOW)


@pytest.mark.parametrize("seconds", [-MAX_CLOCK_DIFFERENCE - 2, MAX_CLOCK_DIFFERENCE + 2, 1e9, -1e9])
def test_a_challenge_of_another_time_is_not_signed(seconds: float) -> None:
    with pytest.raises(UnacceptableChallengeError, match="fresh"):
        parse_challenge(mint().data, SERVER, at(seconds))


@pytest.mark.parametrize("seconds", [-MAX_CLOCK_DIFFERENCE, -1, 0, 60, MAX_CLOCK_DIFFERENCE])
def test_clocks_may_differ_a_little(seconds: float) -> None:
    assert parse_challenge(mint().data, SERVER, at(seconds)).timestamp == NOW.unix_ms // 1000


def test_an_unbound_challenge_is_signed_only_on_request() -> None:
    data = encode_json({"session_id": "s", "nonce": encode_base64url(bytes(32)), "timestamp": NOW.unix_ms // 1000})
    with pytest.raises(UnacceptableChallengeError, match="which server"):
        parse_challenge(data, SERVER, NOW)
    assert parse_challenge(data, SERVER, NOW, allow_unbound=True).server is None


def test_allowing_unbound_challenges_allows_no_others() -> None:
    with pytest.raises(UnacceptableChallengeError):
        parse_challenge(mint().data, "evil.example", NOW, allow_unbound=True)


GOOD = mint().data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'"challenge"',
        GOOD[:-1],
        GOOD + b"x",
        GOOD + GOOD,
        GOOD.replace(b'"server"', b'"sErver"'),
        GOOD.replace(b"{", b'{"extra":1,'),
        GOOD.replace(b"{", b'{"server":"evil.example",'),
        GOOD.replace(b'"irc.example.org"', b"null"),
        GOOD.replace(b'"irc.example.org"', b'["irc.example.org"]'),
        GOOD.replace(b"1750000000", b'"1750000000"'),
        GOOD.replace(b"1750000000", b"1750000000.0"),
        GOOD.replace(b"1750000000", b"true"),
        GOOD.replace(b"1750000000", b"99999999999999999999"),
        GOOD.replace(b'"session-1"', b"1"),
        GOOD.replace(b'"session_id":"session-1",', b""),
        GOOD.replace(b"AAAAAAAAE", b"AAAAAAAAF"),  # trailing bits of the nonce
        GOOD.replace(b"AAAAAAAAE", b"AAAAAAAAE="),
        GOOD.replace(b"AAAAAAAAE", b"AAAAE"),
        GOOD.replace(b"AAAAAAAAE", b"AAAA\\u0000AAAE"),
        GOOD.replace(b'"nonce"', b'"n0nce"'),
        GOOD.replace(b"{", b'{"methods":"crypto",'),
        GOOD.replace(b"{", b'{"methods":["crypto",1],'),
        GOOD.replace(b"{", b'{"bind":{},'),
        GOOD.replace(b"{", b'{"cb":["none"],'),
        GOOD.replace(b"session-1", b"\xff"),
        b" " * (MAX_CHALLENGE_LENGTH - len(GOOD) + 1) + GOOD,
        b"eyJhbGciOiJFUzI1NiJ9.e30",  # what is signed for a JWT
        b"[" * 200,
    ],
    ids=range(32),
)
def test_what_is_not_exactly_a_challenge_is_not_signed(data: bytes) -> None:
    assert data != GOOD
    with pytest.raises(UnacceptableChallengeError):
        parse_challenge(data, SERVER, NOW, allow_unbound=True)


@given(st.binary(max_size=400))
def test_arbitrary_bytes_are_not_signed(data: bytes) -> None:
    with pytest.raises(UnacceptableChallengeError):
        parse_challenge(data, SERVER, NOW)
