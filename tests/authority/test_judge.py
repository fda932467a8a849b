"""The one judge, as tables: who may do what, and why not."""

import pytest

from freeq_proto.authority import (
    LIST_LIMIT,
    ROLE_LIMIT,
    ROLE_OF,
    SERVER,
    Ban,
    Body,
    ChannelFacts,
    Create,
    End,
    Grant,
    Invite,
    Join,
    Kick,
    Perform,
    Principal,
    Redact,
    Refusal,
    Revoke,
    SetFlag,
    SetKey,
    SetLimit,
    SetTopic,
    Speak,
    Transfer,
    Unban,
    judge,
)
from tests.authority.facts import (
    DAY,
    FOUNDER,
    GUEST,
    HALF,
    JUNIOR,
    MEMBER,
    NOW,
    OPERATOR,
    VOICED,
    account,
    act,
    after,
    channel,
    stranger,
)

EVERYBODY = {
    "founder": FOUNDER,
    "operator": OPERATOR,
    "junior": JUNIOR,
    "half": HALF,
    "voiced": VOICED,
    "member": MEMBER,
    "guest": GUEST,
}
OP, HALFOP = Refusal.NEEDS_OP, Refusal.NEEDS_HALFOP
EVEN, GRANTER, ABOVE = Refusal.IS_FOUNDER, Refusal.IS_GRANTER, Refusal.OUTRANKED

# One column each for: founder, operator (made by the founder), junior (an operator made by that one), half, voiced,
# member, guest; None is allowed.
Row = tuple[Refusal | None, ...]
OPERATORS: Row = (None, None, None, OP, OP, OP, OP)
HALVES: Row = (None, None, None, None, HALFOP, HALFOP, HALFOP)
FOUNDERS: Row = (None, *[Refusal.NEEDS_FOUNDER] * 6)

ACTS: list[tuple[Body, Row]] = [
    (Grant(MEMBER.id, "o"), OPERATORS),
    (Grant(MEMBER.id, "h"), OPERATORS),
    (Grant(MEMBER.id, "v"), HALVES),
    (Revoke(FOUNDER.id, "o"), (EVEN,) * 7),
    (Revoke(OPERATOR.id, "o"), (None, None, GRANTER, OP, OP, OP, OP)),
    (Revoke(JUNIOR.id, "o"), OPERATORS),
    (Revoke(HALF.id, "h"), (None, None, None, None, OP, OP, OP)),
    (Revoke(VOICED.id, "v"), (None, None, None, None, None, HALFOP, HALFOP)),
    (SetFlag("m", True), OPERATORS),
    (SetFlag("t", False), OPERATORS),
    (SetKey("key"), OPERATORS),
    (SetKey(None), OPERATORS),
    (SetLimit(5), OPERATORS),
    (SetTopic("words"), OPERATORS),
    (Ban("b", "*!*@bad"), HALVES),
    (Ban("q", "*!*@bad"), HALVES),
    (Unban("b", "*!*@bad"), HALVES),
    (Kick(FOUNDER.id, "founder"), (None, EVEN, EVEN, EVEN, HALFOP, HALFOP, HALFOP)),
    (Kick(OPERATOR.id, "operator"), (None, None, None, ABOVE, HALFOP, HALFOP, HALFOP)),
    (Kick(HALF.id, "half"), HALVES),
    (Kick(MEMBER.id, "member"), HALVES),
    (Invite(GUEST.id), (None,) * 7),
    (Transfer(MEMBER.id), FOUNDERS),
    (End(GUEST.id), (Refusal.NOT_THE_SERVER,) * 7),
    (Create(), (Refusal.EXISTS,) * 7),
]


@pytest.mark.parametrize(("body", "row"), ACTS, ids=lambda value: type(value).kind if hasattr(value, "kind") else "")
def test_who_may_act(body: Body, row: Row) -> None:
    """Founder, operator, half-operator, voice, none: each may do what those below him may."""
    facts = channel()
    said = tuple(judge(facts, who, Perform(body, member=True)).refusal for who in EVERYBODY.values())
    assert dict(zip(EVERYBODY, said, strict=True)) == dict(zip(EVERYBODY, row, strict=True))


@pytest.mark.parametrize("body", [body for body, _ in ACTS if not isinstance(body, Create)])
def test_where_there_is_no_channel_only_a_create_is_allowed(body: Body) -> None:
    assert judge(None, FOUNDER, Perform(body, member=True)).refusal is Refusal.NO_CHANNEL
    assert judge(None, GUEST, Perform(Create(), member=False)).allowed


def test_everybody_may_step_down_but_the_founder() -> None:
    facts = channel()
    for who, role in ((OPERATOR, "o"), (JUNIOR, "o"), (HALF, "h"), (VOICED, "v")):
        assert judge(facts, who, Perform(Revoke(who.id, role), member=False)).allowed
    assert judge(facts, FOUNDER, Perform(Revoke(FOUNDER.id, "o"), member=True)).refusal is Refusal.IS_FOUNDER


def test_nobody_puts_down_anybody_above_him_in_the_chain() -> None:
    grandchild = account("grandchild")
    facts = channel(act(JUNIOR, Grant(grandchild.id, "o")))
    for above in (OPERATOR, JUNIOR):
        assert judge(facts, grandchild, Perform(Revoke(above.id, "o"), True)).refusal is Refusal.IS_GRANTER
    assert judge(facts, OPERATOR, Perform(Revoke(grandchild.id, "o"), True)).allowed


def test_being_granted_again_by_somebody_else_changes_no_descent() -> None:
    facts = channel(act(JUNIOR, Grant(OPERATOR.id, "o")))
    assert judge(facts, OPERATOR, Perform(Revoke(JUNIOR.id, "o"), True)).allowed
    assert judge(facts, JUNIOR, Perform(Revoke(OPERATOR.id, "o"), True)).refusal is Refusal.IS_GRANTER


def test_a_ring_of_granters_ends() -> None:
    """One who was removed can be made op again by somebody that descends from him."""
    facts = channel(Revoke(OPERATOR.id, "o"), act(JUNIOR, Grant(OPERATOR.id, "o")))
    assert facts.granters[OPERATOR.id] == JUNIOR.id
    assert facts.granters[JUNIOR.id] == OPERATOR.id
    for who, other in ((JUNIOR, OPERATOR), (OPERATOR, JUNIOR)):
        assert judge(facts, who, Perform(Revoke(other.id, "o"), True)).refusal is Refusal.IS_GRANTER
        assert judge(facts, FOUNDER, Perform(Revoke(other.id, "o"), True)).allowed


def test_the_topic_is_any_members_where_it_is_not_protected() -> None:
    facts = channel(SetFlag("t", False))
    assert judge(facts, GUEST, Perform(SetTopic("x"), member=True)).allowed
    assert judge(facts, GUEST, Perform(SetTopic("x"), member=False)).refusal is Refusal.NOT_MEMBER


def test_who_invites() -> None:
    """RFC 2812 section 3.2.7: members; only operators where an invitation is needed."""
    open_channel, closed = channel(), channel(SetFlag("i", True))
    assert judge(open_channel, MEMBER, Perform(Invite(GUEST.id), member=False)).refusal is Refusal.NOT_MEMBER
    assert judge(closed, MEMBER, Perform(Invite(GUEST.id), member=True)).refusal is Refusal.NEEDS_OP
    assert judge(closed, HALF, Perform(Invite(GUEST.id), member=True)).refusal is Refusal.NEEDS_OP
    assert judge(closed, OPERATOR, Perform(Invite(GUEST.id), member=True)).allowed


def test_lists_are_bounded_but_for_what_they_hold_already() -> None:
    facts = channel(*(Ban("b", f"nick{number}!*@*") for number in range(LIST_LIMIT)))
    assert judge(facts, FOUNDER, Perform(Ban("b", "more!*@*"), True)).refusal is Refusal.LIST_FULL
    assert judge(facts, FOUNDER, Perform(Ban("b", "NICK7"), True)).allowed
    assert judge(facts, FOUNDER, Perform(Ban("e", "more!*@*"), True)).allowed
    assert judge(facts, MEMBER, Perform(Ban("b", "more!*@*"), True)).refusal is Refusal.NEEDS_HALFOP
    many = channel(*(Invite(stranger("g", number).id) for number in range(200)))
    assert judge(many, FOUNDER, Perform(Invite(stranger("g", 777).id), True)).refusal is Refusal.LIST_FULL
    assert judge(many, FOUNDER, Perform(Invite(stranger("g", 7).id), True)).allowed


def test_roles_are_bounded_but_for_those_who_hold_one() -> None:
    facts = channel(*(Grant(stranger("g", number).id, "v") for number in range(ROLE_LIMIT)))
    assert len(facts.roles) >= ROLE_LIMIT
    held = next(who for who, roles in facts.roles.items() if roles == ROLE_OF["v"])
    assert judge(facts, FOUNDER, Perform(Grant(stranger("g", 99_999).id, "v"), True)).refusal is Refusal.LIST_FULL
    assert judge(facts, MEMBER, Perform(Grant(stranger("g", 99_999).id, "o"), True)).refusal is Refusal.NEEDS_OP
    assert judge(facts, FOUNDER, Perform(Grant(held, "o"), True)).allowed


def test_only_the_server_ends_a_guest() -> None:
    server = Principal(SERVER, "irc.example.org", None)
    assert judge(channel(), server, Perform(End(GUEST.id), member=False)).allowed


# --- joining -------------------------------------------------------------------------------------------------------

BANNED = Ban("b", "guest!*@*")
JOINS: list[tuple[str, list[Body], Refusal | None]] = [
    ("an open channel", [], None),
    ("banned", [BANNED], Refusal.BANNED),
    ("banned and exempt", [BANNED, Ban("e", "*!*@guest.cloak")], None),
    ("banned and invited", [BANNED, Invite(GUEST.id)], Refusal.BANNED),
    ("quieted", [Ban("q", "guest!*@*")], None),
    ("invite only", [SetFlag("i", True)], Refusal.INVITE_ONLY),
    ("invite exception", [SetFlag("i", True), Ban("I", "guest")], None),
    ("invited", [SetFlag("i", True), Invite(GUEST.id)], None),
    ("key", [SetKey("word")], Refusal.WRONG_KEY),
    ("key and invited", [SetKey("word"), Invite(GUEST.id)], None),
    ("full", [SetLimit(5)], Refusal.FULL),
    ("full and invited", [SetLimit(5), Invite(GUEST.id)], None),
    ("room", [SetLimit(6)], None),
    ("accounts only", [SetFlag("R", True)], Refusal.NEEDS_ACCOUNT),
    ("accounts only, invited", [SetFlag("R", True), Invite(GUEST.id)], None),
]


@pytest.mark.parametrize(("bodies", "refusal"), [case[1:] for case in JOINS], ids=[case[0] for case in JOINS])
def test_who_may_join(bodies: list[Body], refusal: Refusal | None) -> None:
    assert judge(channel(*bodies), GUEST, Join(None, 5, NOW)).refusal is refusal


@pytest.mark.parametrize(("key", "refusal"), [("word", None), ("Word", Refusal.WRONG_KEY), ("", Refusal.WRONG_KEY)])
def test_a_key_is_compared_exactly(key: str, refusal: Refusal | None) -> None:
    assert judge(channel(SetKey("word")), GUEST, Join(key, 5, NOW)).refusal is refusal


def test_an_invitation_is_for_a_day_and_ends_with_a_kick() -> None:
    facts = channel(SetFlag("i", True), Invite(GUEST.id))
    assert judge(facts, GUEST, Join(None, 5, NOW + DAY - 1)).allowed
    assert judge(facts, GUEST, Join(None, 5, NOW + DAY)).refusal is Refusal.INVITE_ONLY
    kicked = after(facts, act(FOUNDER, Kick(GUEST.id, "guest")))
    assert judge(kicked, GUEST, Join(None, 5, NOW)).refusal is Refusal.INVITE_ONLY


def test_operators_always_get_in() -> None:
    facts = channel(
        Ban("b", "*!*@*"), SetFlag("i", True), SetKey("word"), SetLimit(1), Ban("b", f"~a:{OPERATOR.account}")
    )
    assert judge(facts, OPERATOR, Join(None, 5, NOW)).allowed
    assert judge(facts, FOUNDER, Join(None, 5, NOW)).allowed
    assert judge(facts, HALF, Join(None, 5, NOW)).refusal is Refusal.BANNED


# --- speaking ------------------------------------------------------------------------------------------------------

IN, OUT = Speak(member=True), Speak(member=False)
QUERY = Speak(member=True, ctcp=True)
SPEECHES: list[tuple[str, list[Body], Principal, Speak, Refusal | None]] = [
    ("member", [], GUEST, IN, None),
    ("outside +n", [], GUEST, OUT, Refusal.OUTSIDER),
    ("outside -n", [SetFlag("n", False)], GUEST, OUT, None),
    ("operator outside +n", [], OPERATOR, OUT, Refusal.OUTSIDER),
    ("moderated", [SetFlag("m", True)], GUEST, IN, Refusal.MODERATED),
    ("moderated, voiced", [SetFlag("m", True)], VOICED, IN, None),
    ("moderated, exempt", [SetFlag("m", True), Ban("e", "*!*@*")], GUEST, IN, Refusal.MODERATED),
    ("banned", [Ban("b", "guest")], GUEST, IN, Refusal.QUIETED),
    ("quieted", [Ban("q", "guest")], GUEST, IN, Refusal.QUIETED),
    ("quieted, exempt", [Ban("q", "guest"), Ban("e", "guest")], GUEST, IN, None),
    ("quieted, voiced", [Ban("q", "*")], VOICED, IN, None),
    ("quieted outside", [SetFlag("n", False), Ban("q", "guest")], GUEST, OUT, Refusal.QUIETED),
    ("query", [], GUEST, QUERY, None),
    ("no query", [SetFlag("C", True)], GUEST, QUERY, Refusal.NO_CTCP),
    ("no query, operator", [SetFlag("C", True)], OPERATOR, QUERY, Refusal.NO_CTCP),
    ("words under +C", [SetFlag("C", True)], GUEST, IN, None),
]


@pytest.mark.parametrize(
    ("bodies", "who", "speak", "refusal"), [case[1:] for case in SPEECHES], ids=[case[0] for case in SPEECHES]
)
def test_who_may_speak(bodies: list[Body], who: Principal, speak: Speak, refusal: Refusal | None) -> None:
    assert judge(channel(*bodies), who, speak).refusal is refusal


@pytest.mark.parametrize(("who", "own", "allowed"), [(GUEST, True, True), (VOICED, False, False), (HALF, False, True)])
def test_who_may_redact(who: Principal, own: bool, allowed: bool) -> None:
    assert judge(channel(), who, Redact(own)).allowed is allowed


def test_a_verdict_depends_on_nothing_but_its_arguments() -> None:
    facts: ChannelFacts = channel(BANNED)
    assert [judge(facts, GUEST, Join(None, 0, NOW)) for _ in range(3)] == [judge(facts, GUEST, Join(None, 0, NOW))] * 3
