"""Acts of authority: the only things that change what a channel is.

An act says who (``by``) did what (``body``), why (``reason``) and under which name (``ulid``). A channel is the list of
its acts; everything else about its authority is computed from that list. The kinds and the members of their bodies are
fixed, so that an act reads the same wherever and whenever it is read.
"""

import json
from collections.abc import Callable
from typing import Any, Final, Self, TypeAlias, get_args

import attrs

from freeq_proto.authority.principals import PrincipalId
from freeq_proto.authority.roles import ROLE_OF
from freeq_proto.boundary import ActRow, LocalProtocolError
from freeq_proto.irc import CHANMODES

TOPIC_LIMIT: Final = 390
"""Bytes of a topic."""
KEY_LIMIT: Final = 23
"""Bytes of a channel key."""
REASON_LIMIT: Final = 300
"""Bytes of a reason."""
LIST_LIMIT: Final = 200
"""Entries in one list of a channel."""
ROLE_LIMIT: Final = 1000
"""Principals that hold a role in one channel, here or not."""
INVITATION_LIMIT: Final = 200
"""Open invitations of a channel."""
INVITATION_MS: Final = 24 * 3600 * 1000
"""How long an invitation admits."""


@attrs.frozen
class Create:
    """Found the channel; ``flags`` are its first modes, ``name`` is how its founder wrote its name."""

    kind = "create"
    flags: str = "nt"
    name: str = ""


@attrs.frozen
class Grant:
    """Give ``subject`` the role of a mode letter (o, h or v)."""

    kind = "grant"
    subject: PrincipalId
    role: str


@attrs.frozen
class Revoke:
    """Take that role from ``subject``."""

    kind = "revoke"
    subject: PrincipalId
    role: str


@attrs.frozen
class SetFlag:
    """Set or clear a mode without argument."""

    kind = "mode"
    flag: str
    on: bool


@attrs.frozen
class SetKey:
    """Set the key that a joiner must give, or remove it (None)."""

    kind = "key"
    key: str | None


@attrs.frozen
class SetLimit:
    """Set how many members there may be, or remove that limit (None)."""

    kind = "limit"
    limit: int | None


@attrs.frozen
class SetTopic:
    """Set the topic; "" clears it."""

    kind = "topic"
    text: str


@attrs.frozen
class Ban:
    """Put a pattern on one of the lists: b (bans), e (exempt), I (invited), q (quiet)."""

    kind = "ban"
    list: str
    pattern: str


@attrs.frozen
class Unban:
    """Take a pattern off a list."""

    kind = "unban"
    list: str
    pattern: str


@attrs.frozen
class Invite:
    """Admit ``subject`` for a day, or until he is kicked. Joining does not use it up."""

    kind = "invite"
    subject: PrincipalId


@attrs.frozen
class Kick:
    """Put one presence of ``subject`` out, the one called ``nick``; he may come back if the channel lets him."""

    kind = "kick"
    subject: PrincipalId
    nick: str


@attrs.frozen
class Transfer:
    """Make ``subject`` the founder; the old one stays op."""

    kind = "transfer"
    subject: PrincipalId


@attrs.frozen
class End:
    """The guest session ``subject`` is over, and with it what was granted to it. Said by its server."""

    kind = "end"
    subject: PrincipalId


Body: TypeAlias = (
    Create | Grant | Revoke | SetFlag | SetKey | SetLimit | SetTopic | Ban | Unban | Invite | Kick | Transfer | End
)

KINDS: Final[dict[str, type[Body]]] = {body.kind: body for body in get_args(Body)}
"""Kind, as it is stored and signed, to the class of its body.

A new kind, or a new member of one, comes with a new schema version of every store: an older program that left out what
it cannot read would give back powers that were taken.
"""

_LISTS, _, _, _FLAGS = CHANMODES.split(",")
_LAWS: Final[dict[str, Callable[[Any], bool]]] = {
    "role": lambda letter: letter in ROLE_OF,
    "list": frozenset(_LISTS).__contains__,
    "flag": frozenset(_FLAGS).__contains__,
    "flags": frozenset(_FLAGS).issuperset,
    "limit": lambda limit: limit is None or limit > 0,
}
"""What a member of its type may be, by its name."""
_TYPES: Final[dict[object, tuple[type, ...]]] = {
    bool: (bool,),
    str: (str,),
    PrincipalId: (str,),
    str | None: (str, type(None)),
    int | None: (int, type(None)),
}
"""The type of a member of a body, to what it is in JSON; exactly, since True is an int, too."""


class UnreadableActError(LocalProtocolError):
    """A stored row that is not an act of this version; the message says why."""


@attrs.frozen
class Act:
    """One entry of a channel's list."""

    body: Body
    by: PrincipalId
    ulid: str
    unix_ms: int
    """The time inside ``ulid``, milliseconds."""
    shown: str
    """``nick!user@host`` of the actor when he acted. For people to read; the judge never does."""
    reason: str = ""
    member: bool = True
    """Whether the actor was in the channel when he acted: the word of the server that he was on."""

    def row(self, log: str) -> ActRow:
        """What a store keeps of it; ``log`` is the folded name of the channel."""
        body = {**attrs.asdict(self.body), "shown": self.shown, "member": self.member}
        text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return ActRow(log=log, ulid=self.ulid, kind=self.body.kind, by=self.by, body=text, reason=self.reason)

    @classmethod
    def from_row(cls, row: ActRow, unix_ms: int) -> Self:
        """Read back what :meth:`row` wrote; ``unix_ms`` is the time inside its ULID.

        A member that is missing has its default, as in rows from before there was one. Raises
        :class:`UnreadableActError`.
        """
        kind = KINDS.get(row.kind)
        if kind is None:
            raise UnreadableActError(f"there is no kind of act called {row.kind!a}")
        try:
            members = json.loads(row.body)
        except (ValueError, RecursionError):
            raise UnreadableActError("the body is not JSON") from None
        if not isinstance(members, dict):
            raise UnreadableActError("the body is not a JSON object")
        shown, member = members.pop("shown", ""), members.pop("member", True)
        if type(shown) is not str or type(member) is not bool:
            raise UnreadableActError("a member is of a wrong type")
        if not all(map(_is_text, (shown, row.reason, row.by))):
            raise UnreadableActError("a member holds what no line can carry")
        return cls(_read_body(kind, members), PrincipalId(row.by), row.ulid, unix_ms, shown, row.reason, member)


def _read_body(kind: type[Body], members: dict[str, object]) -> Body:
    for field in attrs.fields(kind):
        value = members.get(field.name, field.default)
        if type(value) not in _TYPES[field.type] or not _LAWS.get(field.name, lambda _: True)(value):
            raise UnreadableActError(f"the member {field.name} of a {kind.kind} is missing or makes no sense")
        if isinstance(value, str) and not _is_text(value):
            raise UnreadableActError(f"the member {field.name} of a {kind.kind} holds what no line can carry")
    if unknown := members.keys() - {field.name for field in attrs.fields(kind)}:
        raise UnreadableActError(f"a {kind.kind} has no member {min(unknown)!a}")
    return kind(**members)  # type: ignore[arg-type]  # every member was compared with its type


def _is_text(text: str) -> bool:
    """Whether a line can carry ``text``: what was read from a client always is, a damaged store's may not be."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return _UNSAYABLE.isdisjoint(text)


_UNSAYABLE: Final = frozenset("\0\r\n")
