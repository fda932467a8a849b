"""The one judge: ``judge(facts, principal, action) -> Verdict``.

Asked by every path that could change or use a channel: commands of local users, and whatever else comes to speak for
somebody. It reads the channel's facts, the principal and the action, and nothing else: no clock, no configuration, no
presence beyond what the action states. There is no second copy of any rule below.
"""

import enum
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

import attrs

from freeq_proto.authority.acts import (
    INVITATION_LIMIT,
    LIST_LIMIT,
    ROLE_LIMIT,
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
from freeq_proto.authority.facts import ChannelFacts
from freeq_proto.authority.patterns import Pattern
from freeq_proto.authority.principals import SERVER, Principal, PrincipalId
from freeq_proto.authority.roles import FOUNDER, HALFOP, OP, VOICE, rank


@attrs.frozen
class Join:
    """Become a member."""

    key: str | None
    members: int
    """How many there are already."""
    unix_ms: int


@attrs.frozen
class Speak:
    """Say something to the channel."""

    member: bool
    ctcp: bool = False
    """A client-to-client query other than ACTION."""


@attrs.frozen
class Redact:
    """Take back a message of somebody in this channel."""

    own: bool


@attrs.frozen
class Perform:
    """Do something that changes the facts."""

    body: Body
    member: bool
    """Whether the actor is in the channel."""


Action: TypeAlias = Join | Speak | Redact | Perform


class Refusal(enum.Enum):
    """Why not; each has one wording and one numeric in the protocol."""

    EXISTS = "the channel exists already"
    NO_CHANNEL = "there is no such channel"
    NOT_MEMBER = "only members may do this"
    NEEDS_OP = "only channel operators may do this"
    NEEDS_HALFOP = "only half-operators and operators may do this"
    NEEDS_FOUNDER = "only the founder may do this"
    OUTRANKED = "the target's role is above yours"
    IS_FOUNDER = "the founder cannot be deposed"
    IS_GRANTER = "your own role comes from the target"
    BANNED = "banned"
    INVITE_ONLY = "invitation needed"
    WRONG_KEY = "wrong key"
    FULL = "the channel is full"
    NEEDS_ACCOUNT = "only for those who signed in"
    OUTSIDER = "no messages from outside"
    MODERATED = "only voiced members may speak"
    QUIETED = "banned or quieted here"
    NO_CTCP = "no CTCP here"
    LIST_FULL = "the list is full"
    NOT_THE_SERVER = "only the guest's own server may say so"


@attrs.frozen
class Verdict:
    """``refusal`` None: allowed."""

    refusal: Refusal | None = None

    @property
    def allowed(self) -> bool:
        """Whether it may happen."""
        return self.refusal is None


ALLOWED: Final = Verdict()
_REFUSED: Final = {refusal: Verdict(refusal) for refusal in Refusal}


def judge(facts: ChannelFacts | None, principal: Principal, action: Action) -> Verdict:
    """Whether ``principal`` may do ``action`` where ``facts`` hold (None: no channel of that name)."""
    refusal = _ask(facts, principal, action)
    return ALLOWED if refusal is None else _REFUSED[refusal]


def _ask(facts: ChannelFacts | None, principal: Principal, action: Action) -> Refusal | None:
    if isinstance(action, Perform) and isinstance(action.body, Create):
        return None if facts is None else Refusal.EXISTS
    if facts is None:
        return Refusal.NO_CHANNEL
    if isinstance(action, Speak):
        return _speak(facts, principal, action)
    if isinstance(action, Join):
        return _join(facts, principal, action)
    if isinstance(action, Redact):
        return None if action.own else _needs(facts, principal, HALFOP, Refusal.NEEDS_HALFOP)
    return _RULES[type(action.body)](facts, principal, action.body, action.member)


def matched(facts: ChannelFacts, letter: str, principal: Principal) -> bool:
    """Whether an entry of the list ``letter`` means ``principal``."""
    return any(entry.pattern.matches(principal) for entry in facts.entries(letter).values())


def _banned(facts: ChannelFacts, principal: Principal) -> bool:
    return matched(facts, "b", principal) and not matched(facts, "e", principal)


def _join(facts: ChannelFacts, principal: Principal, action: Join) -> Refusal | None:
    """Operators always get in, else nobody could lift what keeps them out. An invitation opens all doors but a ban."""
    if facts.roles_of(principal.id) & (OP | FOUNDER):
        return None
    if _banned(facts, principal):
        return Refusal.BANNED
    if facts.invitations.get(principal.id, 0) > action.unix_ms:
        return None
    if "i" in facts.flags and not matched(facts, "I", principal):
        return Refusal.INVITE_ONLY
    if facts.key is not None and action.key != facts.key:
        return Refusal.WRONG_KEY
    if facts.limit is not None and action.members >= facts.limit:
        return Refusal.FULL
    if "R" in facts.flags and principal.account is None:
        return Refusal.NEEDS_ACCOUNT
    return None


def _speak(facts: ChannelFacts, principal: Principal, action: Speak) -> Refusal | None:
    """Bans silence as well as keep out; whoever holds a role may speak all the same."""
    flags = facts.flags
    if action.ctcp and "C" in flags:
        return Refusal.NO_CTCP
    if not action.member and "n" in flags:
        return Refusal.OUTSIDER
    if action.member and facts.roles_of(principal.id):
        return None
    if "m" in flags:
        return Refusal.MODERATED
    quieted = matched(facts, "b", principal) or matched(facts, "q", principal)
    return Refusal.QUIETED if quieted and not matched(facts, "e", principal) else None


# --- acts ----------------------------------------------------------------------------------------------------------


def _needs(facts: ChannelFacts, principal: Principal, least: int, refusal: Refusal) -> Refusal | None:
    return None if facts.roles_of(principal.id) >= least else refusal


def _operators(facts: ChannelFacts, principal: Principal, _body: Body, _member: bool) -> Refusal | None:
    return _needs(facts, principal, OP, Refusal.NEEDS_OP)


def _grant(facts: ChannelFacts, principal: Principal, body: Grant, _member: bool) -> Refusal | None:
    least, refusal = (HALFOP, Refusal.NEEDS_HALFOP) if body.role == "v" else (OP, Refusal.NEEDS_OP)
    if len(facts.roles) >= ROLE_LIMIT and body.subject not in facts.roles:
        return _needs(facts, principal, least, refusal) or Refusal.LIST_FULL
    return _needs(facts, principal, least, refusal)


def _revoke(facts: ChannelFacts, principal: Principal, body: Revoke, _member: bool) -> Refusal | None:
    """Everybody may step down, but the founder, who transfers. Nobody puts down him from whom his own role descends."""
    if body.role == "o" and facts.roles_of(body.subject) & FOUNDER:
        return Refusal.IS_FOUNDER
    if body.subject == principal.id:
        return None
    if body.role == "v":
        return _needs(facts, principal, HALFOP, Refusal.NEEDS_HALFOP)
    refusal = _needs(facts, principal, OP, Refusal.NEEDS_OP)
    return refusal or (Refusal.IS_GRANTER if body.subject in _granters(facts, principal.id) else None)


def _granters(facts: ChannelFacts, principal: PrincipalId) -> Iterator[PrincipalId]:
    """Who made him, and who made that one; grants after removals can close a ring, so the walk is bounded."""
    for _ in facts.granters:
        above = facts.granters.get(principal)
        if above is None:
            return
        yield above
        principal = above


def _topic(facts: ChannelFacts, principal: Principal, _body: SetTopic, member: bool) -> Refusal | None:
    if "t" not in facts.flags:
        return None if member else Refusal.NOT_MEMBER
    return _needs(facts, principal, OP, Refusal.NEEDS_OP)


def _ban(facts: ChannelFacts, principal: Principal, body: Ban, _member: bool) -> Refusal | None:
    entries = facts.entries(body.list)
    if len(entries) >= LIST_LIMIT and Pattern.parse(body.pattern).key not in entries:
        return _needs(facts, principal, HALFOP, Refusal.NEEDS_HALFOP) or Refusal.LIST_FULL
    return _needs(facts, principal, HALFOP, Refusal.NEEDS_HALFOP)


def _unban(facts: ChannelFacts, principal: Principal, _body: Unban, _member: bool) -> Refusal | None:
    return _needs(facts, principal, HALFOP, Refusal.NEEDS_HALFOP)


def _invite(facts: ChannelFacts, principal: Principal, body: Invite, member: bool) -> Refusal | None:
    """RFC 2812 section 3.2.7: members invite; where an invitation is needed, only operators do."""
    if not member:
        return Refusal.NOT_MEMBER
    if "i" in facts.flags and not facts.roles_of(principal.id) & (OP | FOUNDER):
        return Refusal.NEEDS_OP
    if len(facts.invitations) >= INVITATION_LIMIT and body.subject not in facts.invitations:
        return Refusal.LIST_FULL
    return None


def _kick(facts: ChannelFacts, principal: Principal, body: Kick, _member: bool) -> Refusal | None:
    mine = facts.roles_of(principal.id)
    if mine < HALFOP:
        return Refusal.NEEDS_HALFOP
    theirs = facts.roles_of(body.subject)
    if theirs & FOUNDER and body.subject != principal.id:
        return Refusal.IS_FOUNDER
    return Refusal.OUTRANKED if rank(theirs) > rank(mine) else None


def _transfer(facts: ChannelFacts, principal: Principal, _body: Transfer, _member: bool) -> Refusal | None:
    return _needs(facts, principal, FOUNDER, Refusal.NEEDS_FOUNDER)


def _end(_facts: ChannelFacts, principal: Principal, _body: End, _member: bool) -> Refusal | None:
    return None if principal.id == SERVER else Refusal.NOT_THE_SERVER


_RULES: Final[dict[type[Body], Callable[..., Refusal | None]]] = {
    Grant: _grant,
    Revoke: _revoke,
    SetFlag: _operators,
    SetKey: _operators,
    SetLimit: _operators,
    SetTopic: _topic,
    Ban: _ban,
    Unban: _unban,
    Invite: _invite,
    Kick: _kick,
    Transfer: _transfer,
    End: _end,
}

assert VOICE < HALFOP < OP < FOUNDER, "roles compare as numbers: any higher role outweighs all lower ones together"
