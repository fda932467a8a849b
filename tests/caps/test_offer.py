"""What a server offers."""

import pytest

from freeq_proto.boundary import LocalProtocolError
from freeq_proto.caps import BATCH, MULTILINE, SASL, STS, Offer

OFFER = Offer({SASL: "ATPROTO-CHALLENGE,PLAIN", MULTILINE: "max-bytes=40000", BATCH: ""})


def test_the_offered_set_is_that_of_the_values() -> None:
    assert OFFER.caps == SASL | MULTILINE | BATCH
    assert Offer({}).caps == 0


def test_values_are_listed_where_they_are_shown() -> None:
    assert OFFER.listed(OFFER.caps, with_values=True) == [
        "batch",
        "draft/multiline=max-bytes=40000",
        "sasl=ATPROTO-CHALLENGE,PLAIN",
    ]


def test_without_values_a_capability_that_requires_one_is_not_listed() -> None:
    # multiline and sts: "with a REQUIRED value"; sasl's is optional.
    assert OFFER.listed(OFFER.caps, with_values=False) == ["batch", "sasl"]


def test_only_what_is_asked_for_and_offered_is_listed() -> None:
    assert OFFER.listed(SASL | STS, with_values=False) == ["sasl"]


@pytest.mark.parametrize(
    "values",
    [
        {0: ""},
        {BATCH | SASL: ""},
        {1 << 40: ""},
        {MULTILINE: ""},
        {STS: ""},
        {BATCH: "value"},
        {SASL: "PLAIN EXTERNAL"},
        {SASL: "PLAIN\r\nQUIT"},
        {SASL: "PLÄIN"},
        {SASL: "A" * 400},
    ],
)
def test_an_offer_that_no_line_can_carry_is_the_callers_error(values: dict[int, str]) -> None:
    with pytest.raises(LocalProtocolError):
        Offer(values)
