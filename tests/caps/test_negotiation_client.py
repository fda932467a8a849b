"""Capability negotiation, the client's role.

https://ircv3.net/specs/extensions/capability-negotiation, which the comments quote.
"""

import pytest

from freeq_proto.caps import (
    AWAY_NOTIFY,
    BATCH,
    CAP_NOTIFY,
    LABELED_RESPONSE,
    MULTI_PREFIX,
    SASL,
    STS,
    CapMessage,
    ClientNegotiation,
)


def listing(wanted: int, *lines: list[str]) -> tuple[ClientNegotiation, list[CapMessage]]:
    """A client that asked for the list and got these lines; and what it sent after them."""
    client = ClientNegotiation(wanted)
    assert client.start() == [["LS", "302"]]
    return client, [message for line in lines for message in client.receive(line)]


def test_a_client_requests_what_it_wants_and_is_offered() -> None:
    client, sent = listing(SASL | BATCH, ["LS", "multi-prefix sasl=PLAIN vendor.example/other"])
    assert sent == [["REQ", "sasl"]]
    assert (client.done, client.enabled) == (False, 0)
    assert client.receive(["ACK", "sasl "]) == []
    assert (client.done, client.enabled) == (True, SASL)
    assert client.offered == {MULTI_PREFIX: "", SASL: "PLAIN"}


def test_a_client_waits_for_the_whole_list() -> None:
    client, sent = listing(SASL | BATCH, ["LS", "*", "batch"], ["LS", "*", ""])
    assert sent == []
    assert not client.done
    assert client.receive(["LS", "sasl=PLAIN"]) == [["REQ", "batch sasl"]]


@pytest.mark.parametrize("last", [["LS", ""], ["LS"], ["LS", "unknown"], ["LS", "sts=port=6697"]])
def test_a_client_that_is_offered_nothing_it_wants_is_done(last: list[str]) -> None:
    client, sent = listing(SASL | STS, last)
    assert sent == []
    assert client.done


def test_a_client_of_302_has_cap_notify_without_asking() -> None:
    client, sent = listing(CAP_NOTIFY, ["LS", "cap-notify"])
    assert sent == []
    assert client.enabled == CAP_NOTIFY


def test_a_refused_group_is_asked_for_one_by_one() -> None:
    client, sent = listing(SASL | BATCH | AWAY_NOTIFY, ["LS", "sasl batch away-notify"])
    assert sent == [["REQ", "away-notify batch sasl"]]
    again = client.receive(["NAK", "away-notify batch sasl"])
    assert again == [["REQ", "sasl"], ["REQ", "batch"], ["REQ", "away-notify"]]
    assert client.receive(["ACK", "sasl"]) == []
    assert client.receive(["NAK", "batch"]) == []
    assert (client.done, client.enabled) == (False, SASL)
    assert client.receive(["ACK", "away-notify"]) == []
    assert (client.done, client.enabled) == (True, SASL | AWAY_NOTIFY)


def test_a_refusal_without_names_is_of_the_oldest_request() -> None:
    client, _ = listing(SASL, ["LS", "sasl"])
    assert client.receive(["NAK", ""]) == []
    assert client.done
    assert client.enabled == 0


def test_an_acknowledgement_over_several_lines_takes_effect_with_the_last() -> None:
    # "a client MUST NOT change capabilities until the last ACK of the set is received"
    client, _ = listing(SASL | BATCH, ["LS", "sasl batch"])
    client.receive(["ACK", "batch"])
    assert (client.done, client.enabled) == (False, 0)
    client.receive(["ACK", "sasl"])
    assert (client.done, client.enabled) == (True, SASL | BATCH)


def test_a_refusal_belongs_to_the_request_that_it_names() -> None:
    client, _ = listing(SASL | BATCH | AWAY_NOTIFY, ["LS", "away-notify batch"])
    client.receive(["NEW", "sasl"])
    assert client.receive(["NAK", "sasl"]) == []
    client.receive(["ACK", "away-notify batch"])
    assert (client.done, client.enabled) == (True, AWAY_NOTIFY | BATCH)


def test_a_part_of_an_acknowledgement_ends_with_a_refusal() -> None:
    client, _ = listing(SASL | BATCH, ["LS", "batch sasl"])
    client.receive(["ACK", "batch"])
    assert client.receive(["NAK", "batch sasl"]) == [["REQ", "batch"], ["REQ", "sasl"]]
    client.receive(["ACK", "sasl"])
    assert (client.done, client.enabled) == (False, SASL)


def test_an_acknowledgement_of_nothing_asked_for_counts_for_no_later_request() -> None:
    client, _ = listing(SASL | BATCH, ["LS", ""])
    client.receive(["ACK", "batch"])
    assert client.receive(["NEW", "batch sasl"]) == [["REQ", "batch sasl"]]
    client.receive(["ACK", "sasl"])
    assert (client.done, client.enabled) == (False, 0)


def test_what_is_offered_later_is_requested_then() -> None:
    client, _ = listing(SASL | LABELED_RESPONSE, ["LS", ""])
    assert client.receive(["NEW", "sasl=PLAIN batch"]) == [["REQ", "sasl"]]
    assert client.receive(["NEW", "sasl=EXTERNAL labeled-response"]) == [["REQ", "labeled-response"]]
    assert client.offered[SASL] == "EXTERNAL"
    client.receive(["ACK", "sasl"])
    client.receive(["ACK", "labeled-response"])
    assert client.enabled == SASL | LABELED_RESPONSE


def test_what_is_deleted_is_neither_enabled_nor_offered() -> None:
    # "the client MUST treat the listed capabilities as cancelled and no longer available"
    client, _ = listing(SASL | BATCH, ["LS", "sasl batch sts=duration=60"])
    client.receive(["ACK", "sasl batch"])
    client.receive(["DEL", "sasl sts"])
    assert client.enabled == BATCH
    assert client.offered == {BATCH: "", STS: "duration=60"}  # sts: "clients MUST ignore any attempts to do so"


def test_what_changes_while_the_list_comes_is_part_of_it() -> None:
    client, sent = listing(
        SASL | BATCH | AWAY_NOTIFY, ["LS", "*", "sasl batch"], ["DEL", "batch"], ["NEW", "away-notify"], ["LS", ""]
    )
    assert sent == [["REQ", "away-notify sasl"]]
    assert client.offered == {SASL: "", AWAY_NOTIFY: ""}


def test_a_server_that_disables_on_its_own_is_believed() -> None:
    client, _ = listing(SASL, ["LS", "sasl"])
    client.receive(["ACK", "sasl"])
    client.receive(["ACK", "-sasl"])
    assert client.enabled == 0


@pytest.mark.parametrize(
    "message",
    [
        [],
        [""],
        ["FOO", "sasl"],
        ["ACK"],
        ["ACK", "batch unknown"],
        ["NAK", "batch"],
        ["LIST", "batch"],
        ["END"],
        ["NEW", "=sasl -sasl unknown=1"],
        ["DEL", "unknown"],
        ["ACK", "\ud800"],
    ],
)
def test_what_makes_no_sense_is_ignored(message: list[str]) -> None:
    client, _ = listing(SASL, ["LS", "sasl"])
    client.receive(["ACK", "sasl"])
    assert client.receive(message) == []
    assert client.enabled == SASL
    assert client.done


def test_nothing_is_taken_in_before_the_start() -> None:
    client = ClientNegotiation(SASL)
    assert client.receive(["LS", "sasl"]) == []
    assert client.offered == {}
