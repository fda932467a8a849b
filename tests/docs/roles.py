"""Who may do what in a channel: the table of ``docs/protocol.md``, made by asking the judge."""

from collections.abc import Mapping
from typing import Final

import attrs

from freeq_proto.authority import (
    ACCOUNT,
    Act,
    Action,
    Ban,
    Body,
    ChannelFacts,
    Create,
    Grant,
    Invite,
    Join,
    Kick,
    Perform,
    Principal,
    PrincipalId,
    Redact,
    Revoke,
    SetFlag,
    SetKey,
    SetLimit,
    SetTopic,
    Speak,
    Transfer,
    Unban,
    apply,
    judge,
)
from tests.docs.protocol_tables import table

_ROLES: Final[Mapping[str, str]] = {
    "outsider": "",
    "member": "",
    "voice": "v",
    "half-operator": "h",
    "operator": "o",
    "founder": "",
}
"""Who asks, and the letter of the role that he was granted. An outsider is not in the channel, all others are."""

_NEWCOMER: Final = PrincipalId("did:web:newcomer.example")
_MEMBER: Final = PrincipalId("did:web:other-member.example")
_VOICE: Final = PrincipalId("did:web:other-voice.example")
_HALFOP: Final = PrincipalId("did:web:other-half-operator.example")
_OP: Final = PrincipalId("did:web:other-operator.example")
_MASK: Final = "*!*@*.example.cloak"


def _id(role: str) -> PrincipalId:
    return PrincipalId(f"did:web:{role}.example")


@attrs.frozen
class _Question:
    """What may be done, where, and what is asked of the judge; ``{}`` of a ban means whoever asks."""

    what: str
    action: Action | Body
    where: tuple[Body, ...] = ()


_JOIN: Final = Join(None, members=5, unix_ms=0)
_QUESTIONS: Final = (
    _Question("join", _JOIN),
    _Question("join with `i` set, not invited", _JOIN, (SetFlag("i", True),)),
    _Question("join with `k` set, without the key", _JOIN, (SetKey("secret"),)),
    _Question("join with `l` set, and the channel full", _JOIN, (SetLimit(5),)),
    _Question("join while banned (`b`)", _JOIN, (Ban("b", ACCOUNT + "{}"),)),
    _Question("speak", Speak(member=True), (SetFlag("n", False),)),
    _Question("speak with `n` set", Speak(member=True)),
    _Question("speak with `m` set", Speak(member=True), (SetFlag("m", True),)),
    _Question("speak while quieted (`q`) or banned", Speak(member=True), (Ban("q", ACCOUNT + "{}"),)),
    _Question("send CTCP with `C` set", Speak(member=True, ctcp=True), (SetFlag("C", True),)),
    _Question("take back an own message", Redact(own=True)),
    _Question("take back somebody's message", Redact(own=False)),
    _Question("set the topic", SetTopic("text"), (SetFlag("t", False),)),
    _Question("set the topic with `t` set", SetTopic("text")),
    _Question("invite", Invite(_NEWCOMER)),
    _Question("invite with `i` set", Invite(_NEWCOMER), (SetFlag("i", True),)),
    _Question("add to the lists `b`, `e`, `I`, `q`", Ban("b", _MASK)),
    _Question("remove from them", Unban("b", _MASK)),
    _Question("change `C`, `R`, `i`, `m`, `n`, `s`, `t`", SetFlag("m", True)),
    _Question("change `k`", SetKey("secret")),
    _Question("change `l`", SetLimit(10)),
    _Question("give and take voice", Grant(_MEMBER, "v")),
    _Question("give half-operator", Grant(_MEMBER, "h")),
    _Question("give operator", Grant(_MEMBER, "o")),
    _Question("take half-operator", Revoke(_HALFOP, "h")),
    _Question("take operator from another operator", Revoke(_OP, "o")),
    _Question("take operator from the founder", Revoke(_id("founder"), "o")),
    _Question("put out a member", Kick(_MEMBER, "nick")),
    _Question("put out a half-operator", Kick(_HALFOP, "nick")),
    _Question("put out an operator", Kick(_OP, "nick")),
    _Question("put out the founder", Kick(_id("founder"), "nick")),
    _Question("make somebody else the founder", Transfer(_MEMBER)),
)


def who_may_do_what() -> str:
    """One row for each question, one column for each role, and the judge's words for those who may not."""
    rows = []
    for question in _QUESTIONS:
        refusals = {role: judge(_facts(question, role), _principal(role), _action(question, role)) for role in _ROLES}
        cells = ["yes" if verdict.allowed else "" for verdict in refusals.values()]
        reasons = dict.fromkeys(verdict.refusal.value for verdict in refusals.values() if verdict.refusal is not None)
        rows.append([question.what, *cells, "; ".join(reasons)])
    return table(["", *_ROLES, "why not"], rows)


def _principal(role: str) -> Principal:
    return Principal(_id(role), f"{role}!~user@host.example.cloak", _id(role))


def _action(question: _Question, role: str) -> Action:
    member = role != "outsider"
    match question.action:
        case Speak():
            return attrs.evolve(question.action, member=member)
        case Join() | Redact() | Perform():
            return question.action
        case body:
            return Perform(body, member)


def _facts(question: _Question, asking: str) -> ChannelFacts:
    """A channel in which each role is held by one, who got it from the founder; ``asking`` is the one who asks."""
    founder = _id("founder")
    grants = [Grant(_id(role), letter) for role, letter in _ROLES.items() if letter]
    others = [Grant(_VOICE, "v"), Grant(_HALFOP, "h"), Grant(_OP, "o")]
    facts = None
    for body in (Create(), *grants, *others, *(_about(body, asking) for body in question.where)):
        facts = apply(facts, Act(body, founder, "01J00000000000000000000000", 0, "founder"))
    assert facts is not None
    return facts


def _about(body: Body, role: str) -> Body:
    return attrs.evolve(body, pattern=body.pattern.format(_id(role))) if isinstance(body, Ban) else body
