"""What a channel is, as far as authority goes: ``facts = apply(facts, act)``, and nothing else writes it.

Facts are immutable, so that holding on to them is holding on to a moment: a verdict stays right for as long as the
facts object and the principal object are the same two.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import attrs

from freeq_proto.authority.acts import (
    INVITATION_MS,
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
)
from freeq_proto.authority.patterns import Pattern
from freeq_proto.authority.principals import PrincipalId
from freeq_proto.authority.roles import FOUNDER, OP, ROLE_OF

K = TypeVar("K")
V = TypeVar("V")


@attrs.frozen
class Entry:
    """One entry of a list mode."""

    pattern: Pattern
    shown: str
    """Who set it, as he was shown then."""
    unix_ms: int


@attrs.frozen
class Topic:
    """A topic that is set."""

    text: str
    shown: str
    unix_ms: int


@attrs.frozen
class ChannelFacts:
    """The authority of one channel; made only by :func:`apply`."""

    created_ms: int
    founder: PrincipalId | None
    roles: Mapping[PrincipalId, int]
    """Bits of :mod:`freeq_proto.authority.roles`; absent is none."""
    granters: Mapping[PrincipalId, PrincipalId]
    """Who made each operator that is one by grant."""
    flags: str
    """Modes without argument that are set, in alphabetical order."""
    key: str | None = None
    limit: int | None = None
    topic: Topic | None = None
    lists: Mapping[str, Mapping[str, Entry]] = attrs.field(factory=dict)
    """List letter to key of the pattern to entry."""
    invitations: Mapping[PrincipalId, int] = attrs.field(factory=dict)
    """Who is invited, and until when (milliseconds)."""

    def roles_of(self, principal: PrincipalId) -> int:
        """The roles that were granted to ``principal``."""
        return self.roles.get(principal, 0)

    def entries(self, letter: str) -> Mapping[str, Entry]:
        """One of the lists b, e, I, q."""
        return self.lists.get(letter, {})

    @property
    def lives(self) -> bool:
        """Whether anybody holds op or founder: then the channel outlasts its last member."""
        return any(roles & (OP | FOUNDER) for roles in self.roles.values())


def _with(mapping: Mapping[K, V], key: K, value: V) -> Mapping[K, V]:
    return {**mapping, key: value}


def _without(mapping: Mapping[K, V], key: K) -> Mapping[K, V]:
    return {each: value for each, value in mapping.items() if each != key}


def _with_roles(facts: ChannelFacts, subject: PrincipalId, roles: int) -> ChannelFacts:
    changed = _with(facts.roles, subject, roles) if roles else _without(facts.roles, subject)
    return attrs.evolve(facts, roles=changed)


def _grant(facts: ChannelFacts, body: Grant, act: Act) -> ChannelFacts:
    before = facts.roles_of(body.subject)
    if ROLE_OF[body.role] == OP and not before & (OP | FOUNDER):
        facts = attrs.evolve(facts, granters=_with(facts.granters, body.subject, act.by))
    return _with_roles(facts, body.subject, before | ROLE_OF[body.role])


def _revoke(facts: ChannelFacts, body: Revoke, _act: Act) -> ChannelFacts:
    if ROLE_OF[body.role] == OP:
        facts = attrs.evolve(facts, granters=_without(facts.granters, body.subject))
    return _with_roles(facts, body.subject, facts.roles_of(body.subject) & ~ROLE_OF[body.role])


def _flag(facts: ChannelFacts, body: SetFlag, _act: Act) -> ChannelFacts:
    flags = {flag for flag in facts.flags if flag != body.flag}
    return attrs.evolve(facts, flags="".join(sorted(flags | {body.flag} if body.on else flags)))


def _key(facts: ChannelFacts, body: SetKey, _act: Act) -> ChannelFacts:
    return attrs.evolve(facts, key=body.key)


def _limit(facts: ChannelFacts, body: SetLimit, _act: Act) -> ChannelFacts:
    return attrs.evolve(facts, limit=body.limit)


def _topic(facts: ChannelFacts, body: SetTopic, act: Act) -> ChannelFacts:
    return attrs.evolve(facts, topic=Topic(body.text, act.shown, act.unix_ms) if body.text else None)


def _ban(facts: ChannelFacts, body: Ban, act: Act) -> ChannelFacts:
    pattern = Pattern.parse(body.pattern)
    if pattern.key in facts.entries(body.list):
        return facts
    entries = _with(facts.entries(body.list), pattern.key, Entry(pattern, act.shown, act.unix_ms))
    return attrs.evolve(facts, lists=_with(facts.lists, body.list, entries))


def _unban(facts: ChannelFacts, body: Unban, _act: Act) -> ChannelFacts:
    entries = _without(facts.entries(body.list), Pattern.parse(body.pattern).key)
    return attrs.evolve(facts, lists=_with(facts.lists, body.list, entries))


def _invite(facts: ChannelFacts, body: Invite, act: Act) -> ChannelFacts:
    open_still = {subject: until for subject, until in facts.invitations.items() if until > act.unix_ms}
    return attrs.evolve(facts, invitations=_with(open_still, body.subject, act.unix_ms + INVITATION_MS))


def _kick(facts: ChannelFacts, body: Kick, _act: Act) -> ChannelFacts:
    return attrs.evolve(facts, invitations=_without(facts.invitations, body.subject))


def _transfer(facts: ChannelFacts, body: Transfer, act: Act) -> ChannelFacts:
    old = _with_roles(facts, act.by, facts.roles_of(act.by) & ~FOUNDER | OP)
    new = _with_roles(old, body.subject, old.roles_of(body.subject) | FOUNDER)
    return attrs.evolve(new, founder=body.subject, granters=_without(new.granters, body.subject))


def _end(facts: ChannelFacts, body: End, _act: Act) -> ChannelFacts:
    return attrs.evolve(
        facts,
        founder=None if facts.founder == body.subject else facts.founder,
        roles=_without(facts.roles, body.subject),
        granters=_without(facts.granters, body.subject),
        invitations=_without(facts.invitations, body.subject),
    )


_CHANGES: Final[dict[type[Body], Callable[..., ChannelFacts]]] = {
    Grant: _grant,
    Revoke: _revoke,
    SetFlag: _flag,
    SetKey: _key,
    SetLimit: _limit,
    SetTopic: _topic,
    Ban: _ban,
    Unban: _unban,
    Invite: _invite,
    Kick: _kick,
    Transfer: _transfer,
    End: _end,
}


def apply(facts: ChannelFacts | None, act: Act) -> ChannelFacts:
    """What the channel is after ``act``, which the judge allowed here; ``facts`` is None where no channel was."""
    body = act.body
    if isinstance(body, Create):
        return ChannelFacts(act.unix_ms, act.by, {act.by: FOUNDER}, {}, "".join(sorted(body.flags)))
    assert facts is not None, "only a create makes a channel"
    return _CHANGES[type(body)](facts, body, act)
