"""https://ircv3.net/specs/extensions/sasl-3.1 and sasl-3.2, the server's side, and what real clients do beside them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freeq_proto.boundary import LocalProtocolError, Now, Work
from freeq_proto.engine.compute import perform
from freeq_proto.identity import PrivateKey, encode_base64url, encode_json
from freeq_proto.sasl import (
    CHUNK_LENGTH,
    EXCHANGE_SECONDS,
    MAX_FAILURES,
    Continue,
    Refusal,
    Refused,
    ServerExchange,
    SignedIn,
    Wait,
    sasl_value,
    split_payload,
)
from tests.sasl.support import KEY, NOW, Session, at, context, failed, response_to, signed_in


def fresh_payload(session: Session) -> str:
    return encode_base64url(encode_json(response_to(session.challenge())))


def test_the_value_of_the_capability() -> None:
    """sasl-3.2, "Mechanism list in CAP LS": separated by commas."""
    assert sasl_value() == "ATPROTO-CHALLENGE"
    everything = {"plain": True, "external": True, "confidential": True, "certificate": "00" * 32}
    assert sasl_value(**everything) == "ATPROTO-CHALLENGE,EXTERNAL,PLAIN"  # type: ignore[arg-type]  # each has its own


@pytest.mark.parametrize("name", ["ATPROTO-CHALLENGE", "atproto-challenge", "Atproto-Challenge"])
def test_mechanism_names_in_any_case(name: str) -> None:
    reply = Session().send(name)
    assert isinstance(reply, Continue)
    (line,) = reply.lines
    assert 0 < len(line) < CHUNK_LENGTH


@pytest.mark.parametrize(
    "name", ["PLAIN", "", "ATPROTO", "ATPROTO-CHALLENGE ", "atproto\u2010challenge", "x" * 1_000_000, "\0", "\udcff"]
)
def test_an_unknown_mechanism_gets_the_list(name: str) -> None:
    """sasl-3.1, numeric 908; and 904, since the exchange failed before it began."""
    session = Session()
    for _ in range(2 * MAX_FAILURES):
        assert failed(session.send(name), Refusal.MECHANISMS) == "SASL authentication failed (unsupported mechanism)"
    signed_in(session.sign_in())


def test_abort() -> None:
    """sasl-3.1: an asterisk is answered with 906, and another mechanism may follow."""
    session = Session()
    session.challenge()
    assert failed(session.send("*"), Refusal.ABORTED) == "SASL authentication aborted"
    assert session.exchange.deadline is None
    signed_in(session.sign_in())


def test_abort_in_the_middle_of_an_answer() -> None:
    session = Session()
    session.challenge()
    assert session.send("x" * CHUNK_LENGTH) == Wait()
    failed(session.send("*"), Refusal.ABORTED)
    signed_in(session.sign_in())


def test_abort_of_nothing() -> None:
    """sasl-3.1 gives no other answer to an asterisk."""
    session = Session()
    for _ in range(2 * MAX_FAILURES):
        assert failed(session.send("*"), Refusal.ABORTED)


def test_an_aborted_challenge_cannot_be_answered() -> None:
    session = Session()
    payload = fresh_payload(session)
    session.send("*")
    session.challenge()
    assert "not one of this DID" in failed(session.send_all(payload))


def test_registration_ends_an_exchange() -> None:
    """sasl-3.1: completing registration SHOULD abort with 906."""
    session = Session()
    assert session.exchange.abort() is None
    payload = fresh_payload(session)
    reply = session.exchange.abort()
    assert reply is not None
    failed(reply, Refusal.ABORTED)
    assert session.exchange.abort() is None
    failed(session.send_all(payload), Refusal.MECHANISMS)


# --- what real clients do -------------------------------------------------------------------------------------------


def test_a_stray_plus_after_the_answer_is_ignored() -> None:
    """Clients cut at 400 characters and always send a final ``+``, though a short chunk has ended the answer."""
    session = Session()
    payload = fresh_payload(session)
    signed_in(session.send_all(payload))
    assert session.send("+") == Wait()


def test_a_stray_plus_after_a_failure_is_ignored() -> None:
    session = Session()
    session.challenge()
    failed(session.send("AAAA"))
    assert session.send("+") == Wait()
    signed_in(session.sign_in())


def test_an_answer_on_one_long_line() -> None:
    session = Session()
    payload = encode_base64url(encode_json(response_to(session.challenge()) | {"pds_url": "x" * 5_000}))
    assert len(payload) > CHUNK_LENGTH
    signed_in(session.send(payload))


def test_an_answer_that_fills_its_last_chunk() -> None:
    """sasl-3.1: then ``+`` is the end."""
    session = Session()
    response = response_to(session.challenge()) | {"filler": ""}
    response["filler"] = "x" * (600 - len(encode_json(response)))
    first, second, end = split_payload(encode_base64url(encode_json(response)))
    assert [session.send(first), session.send(second)] == [Wait(), Wait()]
    assert end == "+"
    signed_in(session.send(end))


def test_a_stray_plus_is_no_answer_to_a_challenge() -> None:
    """It may belong to the answer before, and no answer of this mechanism is empty."""
    session = Session()
    payload = fresh_payload(session)
    for _ in range(2 * MAX_FAILURES):
        assert session.send("+") == Wait()
    signed_in(session.send_all(payload))


# --- limits ---------------------------------------------------------------------------------------------------------


def test_an_answer_that_is_too_long() -> None:
    """sasl-3.1, numeric 905; all of the answer is read, so none of it becomes a mechanism's name."""
    session = Session()
    session.challenge()
    *first, last = split_payload("x" * 60_001)
    assert [session.send(chunk) for chunk in first] == [Wait()] * len(first)
    assert failed(session.send(last), Refusal.TOO_LONG) == "SASL message too long"
    signed_in(session.sign_in())


def test_a_huge_line() -> None:
    session = Session()
    session.challenge()
    failed(session.send("x" * 100_000_000), Refusal.TOO_LONG)


@pytest.mark.parametrize(
    "answer", ["%%%%", "AAA", "AAA=", "A", "AA=A", "AAAA====", "\udcff\udcff", "AAAA\x00", "ATPROTO-CHALLENGE"]
)
def test_base64_is_strict(answer: str) -> None:
    session = Session()
    session.challenge()
    assert failed(session.send(answer)).startswith("SASL authentication failed (")


def test_the_third_failure_is_the_last() -> None:
    """sasl-3.2, last example: a server may disconnect after failures, with the reason said before."""
    session = Session()
    replies = []
    for _ in range(MAX_FAILURES):
        session.challenge()
        replies.append(session.send("AAAA"))
    assert [isinstance(reply, Refused) and reply.final for reply in replies] == [False, False, True]


def test_every_kind_of_failed_attempt_counts() -> None:
    session = Session()
    session.challenge()
    failed(session.send("x" * 50_000), Refusal.TOO_LONG)
    session.challenge()
    session.exchange.handle_timeout(at(EXCHANGE_SECONDS))
    other = PrivateKey(KEY.type, bytes([9]) * 32)
    reply = session.answer(
        response_to(session.challenge(), other, did="did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK")
    )
    assert isinstance(reply, Refused)
    assert reply.final


def test_success_takes_no_failure_back() -> None:
    """Else somebody with an account of his own would try another's for ever."""
    session = Session()
    for number in range(MAX_FAILURES):
        session.challenge()
        reply = session.send("AAAA")
        assert isinstance(reply, Refused)
        assert reply.final is (number == MAX_FAILURES - 1)
        signed_in(session.sign_in())


# --- time -----------------------------------------------------------------------------------------------------------


def test_an_answer_in_time() -> None:
    session = Session()
    payload = fresh_payload(session)
    assert session.exchange.deadline == NOW.mono + EXCHANGE_SECONDS
    signed_in(session.send_all(payload, at(EXCHANGE_SECONDS - 0.1)))
    assert session.exchange.deadline is None


def test_an_answer_too_late() -> None:
    session = Session()
    payload = fresh_payload(session)
    assert failed(session.send_all(payload, at(EXCHANGE_SECONDS))) == (
        "SASL authentication failed (the challenge has expired)"
    )


def test_a_wall_clock_that_jumps_neither_expires_nor_revives() -> None:
    session = Session()
    payload = fresh_payload(session)
    signed_in(session.send_all(payload, Now(NOW.mono + 1, NOW.unix_ms + 10**9)))
    payload = fresh_payload(session)
    failed(session.send_all(payload, Now(NOW.mono + EXCHANGE_SECONDS, NOW.unix_ms)))


def test_the_timer() -> None:
    session = Session()
    assert session.exchange.handle_timeout(at(10**6)) is None
    session.challenge()
    assert session.exchange.handle_timeout(at(EXCHANGE_SECONDS - 0.1)) is None
    reply = session.exchange.handle_timeout(at(EXCHANGE_SECONDS))
    assert reply is not None
    assert failed(reply) == "SASL authentication failed (the challenge has expired)"
    assert session.exchange.deadline is None
    assert session.exchange.handle_timeout(at(EXCHANGE_SECONDS)) is None


# --- reauthentication -----------------------------------------------------------------------------------------------


def test_signing_in_again() -> None:
    """sasl-3.2, "SASL Reauthentication": allowed at any time, also with another account."""
    session = Session()
    first = signed_in(session.sign_in())
    other = PrivateKey(KEY.type, bytes([9]) * 32)
    second = signed_in(session.answer(response_to(session.challenge(), other)))
    assert first.success.account != second.success.account


def test_signing_in_again_where_it_is_forbidden() -> None:
    """sasl-3.2: where reauthentication is not available, 907 says so."""
    session = Session(ServerExchange(context(reauthentication=False)))
    session.challenge()
    failed(session.send("AAAA"))
    signed_in(session.sign_in())
    for _ in range(2 * MAX_FAILURES):
        assert session.send("+") == Wait()
        assert failed(session.send("PLAIN"), Refusal.ALREADY) == "You have already authenticated using SASL"
        failed(session.send("ATPROTO-CHALLENGE"), Refusal.ALREADY)


# --- flows ----------------------------------------------------------------------------------------------------------


def test_while_a_signature_is_checked() -> None:
    session = Session()
    *_, last = split_payload(fresh_payload(session))
    flow = session.exchange.receive(last, NOW)
    request = next(flow)
    assert isinstance(request, Work)
    assert session.exchange.deadline is None
    assert session.exchange.abort() is None
    assert session.exchange.handle_timeout(at(10**6)) is None
    with pytest.raises(LocalProtocolError):
        next(session.exchange.receive("*", NOW))
    with pytest.raises(StopIteration) as end:
        flow.send(perform(request.job))
    assert isinstance(end.value.value, SignedIn)


def test_a_flow_that_is_closed_ends_the_exchange() -> None:
    session = Session()
    flow = session.exchange.receive(fresh_payload(session), NOW)
    next(flow)
    flow.close()
    signed_in(session.sign_in())


_ARGUMENTS = (
    st.sampled_from(
        ["ATPROTO-CHALLENGE", "atproto-challenge", "+", "*", "", "PLAIN", "x" * 400, "A" * 400, "e30", "A" * 399]
    )
    | st.text(max_size=30)
    | st.binary(max_size=40).map(encode_base64url)
    | st.integers(0, 60).map(lambda count: "A" * (count * 400))
)


@settings(max_examples=60)
@given(st.lists(st.tuples(_ARGUMENTS, st.sampled_from([0.0, 0.1, 30.0, 61.0])), max_size=40))
def test_arbitrary_arguments_never_raise_and_are_not_hoarded(arguments: list[tuple[str, float]]) -> None:
    session, now = Session(), NOW
    for argument, seconds in arguments:
        now = Now(now.mono + seconds, now.unix_ms + int(seconds * 1000))
        reply = session.send(argument, now)
        assert isinstance(reply, Continue | Wait | Refused)
        if isinstance(reply, Refused):
            failed(reply, reply.kind)
            assert session.exchange.deadline is None
        attempt = session.exchange._attempt
        if attempt is not None:
            assert sum(map(len, attempt.reassembler._chunks)) <= 21_848


def test_the_same_inputs_give_the_same_replies() -> None:
    assert Session().sign_in() == Session().sign_in()
