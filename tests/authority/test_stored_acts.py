"""Acts that are read back from a store: what was written comes back, and what makes no sense is refused."""

import attrs
import pytest

from freeq_proto.authority import (
    KINDS,
    Act,
    Ban,
    Body,
    Create,
    End,
    Grant,
    Invite,
    Kick,
    Revoke,
    SetFlag,
    SetKey,
    SetLimit,
    SetTopic,
    Transfer,
    Unban,
    UnreadableActError,
)
from freeq_proto.boundary import ActRow
from tests.authority.facts import MEMBER, NOW, OPERATOR, act

BODIES: list[Body] = [
    Create("nt", "#Caf\N{LATIN SMALL LETTER E WITH ACUTE}"),
    Grant(MEMBER.id, "o"),
    Revoke(MEMBER.id, "v"),
    SetFlag("m", True),
    SetKey("secret"),
    SetKey(None),
    SetLimit(7),
    SetLimit(None),
    SetTopic("hello"),
    Ban("b", "*!*@host"),
    Unban("q", "*!*@host"),
    Invite(MEMBER.id),
    Kick(MEMBER.id, "member"),
    Transfer(MEMBER.id),
    End(MEMBER.id),
]


def test_every_kind_is_tried() -> None:
    assert {type(body) for body in BODIES} == set(KINDS.values())


@pytest.mark.parametrize("body", BODIES, ids=lambda body: f"{body.kind}-{BODIES.index(body)}")
@pytest.mark.parametrize("member", [True, False])
def test_an_act_comes_back_as_it_was_written(body: Body, member: bool) -> None:
    written = attrs.evolve(act(OPERATOR, body, reason="why"), member=member)
    assert Act.from_row(written.row("#c"), NOW) == written


def row(kind: str, body: str) -> ActRow:
    return ActRow("#c", "01K742SG00SM3JSP5YDYFP42E5", kind, OPERATOR.id, body, "")


def test_what_older_rows_do_not_say_has_its_default() -> None:
    assert Act.from_row(row("create", '{"flags":"nt","shown":"a!b@c"}'), NOW).body == Create("nt", "")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("dance", "{}"),
        ("create", "{"),
        ("create", "[" * 100_000),
        ("create", "[]"),
        ("create", '{"flags":7}'),
        ("create", '{"flags":"n!"}'),
        ("limit", '{"limit":-5}'),
        ("topic", '{"text":"a\\r\\nERROR :x"}'),
        ("topic", '{"text":"\\ud800"}'),
        ("topic", '{"text":"a","shown":"a\\u0000b"}'),
        ("create", '{"shown":7}'),
        ("create", '{"member":1}'),
        ("create", '{"colour":"red"}'),
        ("grant", '{"subject":"did:plc:x"}'),
        ("grant", '{"subject":"did:plc:x","role":"q"}'),
        ("grant", '{"subject":null,"role":"o"}'),
        ("mode", '{"flag":"m","on":1}'),
        ("mode", '{"flag":"b","on":true}'),
        ("limit", '{"limit":true}'),
        ("limit", '{"limit":1.5}'),
        ("ban", '{"list":"x","pattern":"*!*@*"}'),
    ],
)
def test_what_is_no_act_is_refused(kind: str, body: str) -> None:
    with pytest.raises(UnreadableActError):
        Act.from_row(row(kind, body), NOW)
