"""A user: whoever is seen under a nick.

A user owns nick, principal, host, memberships and away; sessions own connections. A user has one session, or several
(one account on several devices), or none (it lives on another server).
"""

from typing import TYPE_CHECKING

import attrs

from freeq_proto.authority import Principal, PrincipalId
from freeq_proto.irc import Folded, fold

if TYPE_CHECKING:
    from freeq_proto.server.channel import Channel
    from freeq_proto.server.session import Session


@attrs.define(eq=False)
class User:
    """One user. Nick, host and account change only through :class:`~freeq_proto.server.world.World`."""

    nick: str
    username: str
    realname: str
    host: str
    """The cloak; the real address stays with the sessions."""
    guest_id: PrincipalId
    """What acts are made by while nobody signed in."""
    signed_on_ms: int
    account: str | None = None
    """The DID that was proved, or None for a guest."""
    handle: str = ""
    """The account's handle, once it was verified in both directions."""
    folded: Folded = attrs.field(init=False)
    principal: Principal = attrs.field(init=False)
    sessions: "list[Session]" = attrs.field(factory=list, init=False)
    channels: "dict[Folded, Channel]" = attrs.field(factory=dict, init=False)
    away: str | None = None
    modes: str = ""
    """User modes that are set (B, i, o, w), in alphabetical order."""
    operator: str | None = None
    """The name under which it became a server operator."""
    active_at: float = 0.0
    """When it last said something (seconds, monotonic)."""

    def __attrs_post_init__(self) -> None:
        self.changed()

    def changed(self) -> None:
        """Recompute what depends on nick, host and account."""
        self.folded = fold(self.nick)
        self.principal = Principal(PrincipalId(self.account or self.guest_id), self.hostmask, self.account)

    @property
    def hostmask(self) -> str:
        """``nick!user@host``, the source of its messages."""
        return f"{self.nick}!{self.username}@{self.host}"

    @property
    def is_bot(self) -> bool:
        """Whether it says of itself that it is a bot (user mode B)."""
        return "B" in self.modes

    @property
    def is_invisible(self) -> bool:
        """Whether it is left out of WHO for strangers (user mode i)."""
        return "i" in self.modes

    def set_mode(self, letter: str, *, on: bool) -> bool:
        """Set or clear a user mode; whether that changed anything."""
        if (letter in self.modes) == on:
            return False
        self.modes = "".join(sorted(self.modes + letter)) if on else self.modes.replace(letter, "")
        return True
