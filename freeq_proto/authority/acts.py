"""Acts of authority: the only things that change what a channel is.

An act says who (``by``) did what (``body``), why (``reason``) and under which name (``ulid``). A channel is the list of
its acts; everything else about its authority is computed from that list. The kinds and the members of their bodies are
fixed, so that an act reads the same wherever and whenever it is read.
"""

import json
from typing import Final, TypeAlias, get_args

import attrs

from freeq_proto.authority.principals import PrincipalId
from freeq_proto.boundary import ActRow

TOPIC_LIMIT: Final = 390
"""Bytes of a topic."""
KEY_LIMIT: Final = 23
"""Bytes of a channel key."""
REASON_LIMIT: Final = 300
"""Bytes of a reason."""
LIST_LIMIT: Final = 200
"""Entries in one list of a channel."""
INVITATION_LIMIT: Final = 200
"""Open invitations of a channel."""
INVITATION_MS: Final = 24 * 3600 * 1000
"""How long an invitation admits."""


@attrs.frozen
class Create:
    """Found the channel; ``flags`` are its first modes."""

    kind = "create"
    flags: str = "nt"


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
"""Kind, as it is stored and signed, to the class of its body."""


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

    def row(self, log: str) -> ActRow:
        """What a store keeps of it; ``log`` is the folded name of the channel."""
        body = {**attrs.asdict(self.body), "shown": self.shown}
        text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return ActRow(log=log, ulid=self.ulid, kind=self.body.kind, by=self.by, body=text, reason=self.reason)
