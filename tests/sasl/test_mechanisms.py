"""The table of mechanisms."""

import re

from freeq_proto.sasl import ATPROTO_CHALLENGE, MECHANISMS, find_mechanism
from tests.sasl.support import context


def test_names_are_names() -> None:
    """RFC 4422 §3.1: 1 to 20 characters of upper-case letters, digits, hyphen and underscore."""
    for name, mechanism in MECHANISMS.items():
        assert mechanism.name == name
        assert re.fullmatch(r"[A-Z0-9_-]{1,20}", name)


def test_find() -> None:
    assert find_mechanism("atproto-Challenge", context()) is ATPROTO_CHALLENGE
    assert find_mechanism("ATPROTO-CHALLENGE\n", context()) is None
    assert find_mechanism("atproto-challeñge", context()) is None
