"""The table of mechanisms, and what of it a connection is offered."""

import re

import pytest

from freeq_proto.sasl import ATPROTO_CHALLENGE, MECHANISMS, find_mechanism, mechanisms_for, sasl_value
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


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("external", [False, True])
@pytest.mark.parametrize("confidential", [False, True])
@pytest.mark.parametrize("certificate", ["", "ab" * 32])
def test_what_is_offered_can_be_used(plain: bool, external: bool, confidential: bool, certificate: str) -> None:
    """The capability's value, numeric 908 and what is accepted come from one table."""
    offered = mechanisms_for(plain=plain, external=external, confidential=confidential, certificate=certificate)
    server = context(plain=plain, external=external, confidential=confidential, certificate=certificate)
    assert [name for name in MECHANISMS if find_mechanism(name, server)] == list(offered)
    assert ("PLAIN" in offered) == (plain and confidential)
    assert ("EXTERNAL" in offered) == (external and certificate != "")
    value = sasl_value(plain=plain, external=external, confidential=confidential, certificate=certificate)
    assert value.split(",") == list(offered)
