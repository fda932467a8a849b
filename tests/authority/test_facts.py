"""Facts are a fold over acts: pure, immutable, and each act changes what it names and nothing else."""

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeq_proto.authority import (
    FOUNDER as FOUNDER_ROLE,
)
from freeq_proto.authority import (
    OP,
    SERVER,
    VOICE,
    Act,
    Ban,
    Body,
    ChannelFacts,
    Create,
    End,
    Grant,
    Invite,
    Kick,
    Perform,
    Principal,
    PrincipalId,
    Revoke,
    SetFlag,
    SetKey,
    SetLimit,
    SetTopic,
    Transfer,
    Unban,
    apply,
    judge,
    prefixes,
    rank,
)
from tests.authority.facts import (
    DAY,
    FOUNDER,
    GUEST,
    HALF,
    MEMBER,
    NOW,
    OPERATOR,
    VOICED,
    act,
    after,
    channel,
    stranger,
)


def test_a_create_makes_the_founder_and_the_first_modes() -> None:
    facts = after(None, act(FOUNDER, Create()))
    assert (facts.founder, facts.flags, facts.created_ms) == (FOUNDER.id, "nt", NOW)
    assert facts.roles == {FOUNDER.id: FOUNDER_ROLE}
    assert facts.lives
    assert after(None, act(FOUNDER, Create("tsn"))).flags == "nst"


def test_only_a_create_makes_a_channel() -> None:
    with pytest.raises(AssertionError):
        apply(None, act(FOUNDER, SetFlag("m", True)))


CHANGES: list[tuple[Body, dict[str, Any]]] = [
    (SetFlag("m", True), {"flags": "mnt"}),
    (SetFlag("n", True), {}),
    (SetFlag("n", False), {"flags": "t"}),
    (SetFlag("m", False), {}),
    (SetKey("word"), {"key": "word"}),
    (SetLimit(7), {"limit": 7}),
    (Kick(GUEST.id, "guest"), {}),
    (Unban("b", "nobody"), {"lists": {"b": {}}}),
    (Invite(GUEST.id), {"invitations": {GUEST.id: NOW + DAY}}),
]


@pytest.mark.parametrize(("body", "changed"), CHANGES, ids=lambda value: repr(value)[:40])
def test_an_act_changes_what_it_names_and_nothing_else(body: Body, changed: dict[str, Any]) -> None:
    before = channel()
    assert after(before, act(OPERATOR, body)) == attrs.evolve(before, **changed)


def test_a_topic_says_who_and_when_and_an_empty_one_is_none() -> None:
    facts = channel(act(OPERATOR, SetTopic("words"), at=NOW + 5))
    assert facts.topic is not None
    assert (facts.topic.text, facts.topic.shown, facts.topic.unix_ms) == ("words", OPERATOR.hostmask, NOW + 5)
    assert after(facts, act(OPERATOR, SetTopic(""))).topic is None


def test_an_unban_removes_the_entry_that_means_the_same_and_no_other() -> None:
    facts = channel(Ban("b", "Nick"), Ban("b", "other!*@*"), Ban("q", "nick"))
    left = after(facts, act(OPERATOR, Unban("b", "nICK!*@*")))
    assert list(left.entries("b")) == ["other!*@*"]
    assert list(left.entries("q")) == ["nick!*@*"]
    assert list(facts.entries("b")) == ["nick!*@*", "other!*@*"]


def test_a_second_ban_of_the_same_keeps_the_first_setter() -> None:
    facts = channel(act(OPERATOR, Ban("b", "Nick")), act(FOUNDER, Ban("b", "nick!*@*"), at=NOW + 9))
    (entry,) = facts.entries("b").values()
    assert (entry.pattern.text, entry.shown, entry.unix_ms) == ("Nick!*@*", OPERATOR.hostmask, NOW)


def test_roles_add_up_and_come_off_one_by_one() -> None:
    facts = channel(Grant(VOICED.id, "o"))
    assert facts.roles_of(VOICED.id) == OP | VOICE
    facts = after(facts, act(FOUNDER, Revoke(VOICED.id, "o")))
    assert facts.roles_of(VOICED.id) == VOICE
    assert VOICED.id not in facts.granters
    assert VOICED.id not in after(facts, act(FOUNDER, Revoke(VOICED.id, "v"))).roles


def test_a_transfer_leaves_the_old_founder_an_operator() -> None:
    facts = channel(Transfer(OPERATOR.id))
    assert facts.founder == OPERATOR.id
    assert facts.roles_of(OPERATOR.id) == OP | FOUNDER_ROLE
    assert facts.roles_of(FOUNDER.id) == OP
    assert OPERATOR.id not in facts.granters


def test_an_end_takes_everything_of_one_guest_and_only_of_him() -> None:
    other = stranger("other", 2)
    facts = channel(Grant(GUEST.id, "o"), Grant(other.id, "v"), Invite(GUEST.id), Invite(other.id), Ban("b", "guest"))
    ended = after(facts, act(Principal(SERVER, "irc", None), End(GUEST.id)))
    assert ended == attrs.evolve(
        facts,
        roles={who: roles for who, roles in facts.roles.items() if who != GUEST.id},
        granters={who: by for who, by in facts.granters.items() if who != GUEST.id},
        invitations={other.id: NOW + DAY},
    )
    assert GUEST.id in facts.roles


def test_the_end_of_a_guest_founder_leaves_the_place_empty() -> None:
    facts = after(None, act(GUEST, Create()), act(GUEST, Grant(MEMBER.id, "o")))
    ended = after(facts, act(Principal(SERVER, "irc", None), End(GUEST.id)))
    assert ended.founder is None
    assert ended.lives
    assert not after(ended, act(MEMBER, Revoke(MEMBER.id, "o"))).lives


def test_open_invitations_are_forgotten_when_they_ran_out() -> None:
    late = stranger("late", 9)
    facts = channel(Invite(GUEST.id), act(FOUNDER, Invite(late.id), at=NOW + DAY))
    assert facts.invitations == {late.id: NOW + 2 * DAY}


@pytest.mark.parametrize(
    ("roles", "shown", "level"),
    [(0, "", 0), (1, "+", 1), (2, "%", 2), (4, "@", 3), (8, "@", 4), (12, "@", 4), (7, "@%+", 3), (9, "@+", 4)],
)
def test_roles_as_they_are_shown(roles: int, shown: str, level: int) -> None:
    """multi-prefix: highest first; the founder is shown as an operator, once."""
    assert prefixes(roles) == shown
    assert rank(roles) == level


def test_an_act_is_stored_as_canonical_json_without_what_the_row_says_already() -> None:
    row = act(OPERATOR, Ban("b", "*!*@é"), reason="why").row("#c")
    assert (row.log, row.kind, row.by, row.reason) == ("#c", "ban", OPERATOR.id, "why")
    assert row.body == f'{{"list":"b","member":true,"pattern":"*!*@é","shown":"{OPERATOR.hostmask}"}}'


# --- laws ----------------------------------------------------------------------------------------------------------

people = st.sampled_from([FOUNDER, OPERATOR, HALF, VOICED, MEMBER, GUEST, stranger("second", 2)])
ids = people.map(lambda who: who.id)
masks = st.sampled_from(["a", "A!*@*", "b!*@*", "~a:did:plc:*", "did:plc:x"])
bodies: st.SearchStrategy[Body] = st.one_of(
    st.builds(Create),
    st.builds(Grant, ids, st.sampled_from("ohv")),
    st.builds(Revoke, ids, st.sampled_from("ohv")),
    st.builds(SetFlag, st.sampled_from("imnstCR"), st.booleans()),
    st.builds(SetKey, st.none() | st.just("word")),
    st.builds(SetLimit, st.none() | st.integers(1, 9)),
    st.builds(SetTopic, st.sampled_from(["", "words"])),
    st.builds(Ban, st.sampled_from("beIq"), masks),
    st.builds(Unban, st.sampled_from("beIq"), masks),
    st.builds(Invite, ids),
    st.builds(Kick, ids, st.just("nick")),
    st.builds(Transfer, ids),
    st.builds(End, st.just(GUEST.id)),
)
server = st.just(Principal(SERVER, "irc", None))
attempts = st.lists(st.tuples(people | server, bodies), max_size=30)


def fold(tried: list[tuple[Principal, Body]]) -> tuple[ChannelFacts, list[Act]]:
    """The facts after what the judge allowed of it, and that."""
    facts: ChannelFacts = channel()
    placed = []
    for number, (who, body) in enumerate(tried):
        if judge(facts, who, Perform(body, member=True)).allowed:
            placed.append(act(who, body, at=NOW + number))
            facts = apply(facts, placed[-1])
    return facts, placed


@given(attempts)
def test_the_same_acts_give_the_same_facts_and_no_earlier_ones_are_touched(tried: list[tuple[Principal, Body]]) -> None:
    facts, placed = fold(tried)
    start = channel()
    moments = [start]
    copies = [repr(start)]
    for each in placed:
        moments.append(apply(moments[-1], each))
        copies.append(repr(moments[-1]))
    assert moments[-1] == facts
    assert [repr(moment) for moment in moments] == copies


@given(attempts)
def test_whatever_the_judge_allows_keeps_the_facts_sound(tried: list[tuple[Principal, Body]]) -> None:
    facts, placed = fold(tried)
    founders = [who for who, roles in facts.roles.items() if roles & FOUNDER_ROLE]
    assert founders == ([] if facts.founder is None else [facts.founder])
    assert all(facts.roles.values())
    assert all(facts.roles_of(who) & OP for who in facts.granters)
    assert facts.flags == "".join(sorted(set(facts.flags)))
    transfers = [each for each in placed if isinstance(each.body, Transfer)]
    ends: list[PrincipalId] = [each.body.subject for each in placed if isinstance(each.body, End)]
    if not transfers and FOUNDER.id not in ends:
        assert facts.founder == FOUNDER.id, "only a transfer and an end unseat a founder"


@given(attempts)
def test_what_an_act_is_stored_as_says_it_all(tried: list[tuple[Principal, Body]]) -> None:
    for each in fold(tried)[1]:
        assert Act.from_row(each.row("#c"), each.unix_ms) == each
