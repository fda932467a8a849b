"""A channel as this server sees it: the facts of its authority, and who is present.

Presence is not authority: :attr:`Channel.facts` come from acts alone, and :attr:`Channel.members` from joins and parts.
The audience is an index of the members' sessions by wire class, kept by :class:`~freeq_proto.server.world.World`, so
that the fan-out loop meets each class once and nothing but outboxes inside it.
"""

import attrs

from freeq_proto.authority import ChannelFacts, Principal, Speak, Verdict, judge, prefixes
from freeq_proto.boundary import Audience
from freeq_proto.irc import Folded
from freeq_proto.server.user import User

_PLAIN = Speak(member=True)


@attrs.define(eq=False)
class Member:
    """One user's presence in one channel."""

    joined_ms: int
    _facts: ChannelFacts | None = None
    _principal: Principal | None = None
    _verdict: Verdict | None = None

    def may_speak(self, facts: ChannelFacts, principal: Principal) -> Verdict:
        """The judge's word on a plain message, asked again only when the facts or the principal are others."""
        verdict = self._verdict
        if verdict is None or self._facts is not facts or self._principal is not principal:
            verdict = self._verdict = judge(facts, principal, _PLAIN)
            self._facts = facts
            self._principal = principal
        return verdict


@attrs.define(eq=False)
class Channel:
    """One channel. Members and audience change only through the world, facts only through the ledger."""

    name: str
    """As its founder wrote it."""
    folded: Folded
    facts: ChannelFacts
    members: dict[User, Member] = attrs.field(factory=dict, init=False)
    audience: Audience = attrs.field(factory=Audience, init=False)
    """The members' sessions, in groups of one wire class."""

    def prefixes_of(self, user: User) -> str:
        """All prefixes of a member, highest first."""
        return prefixes(self.facts.roles_of(user.principal.id))

    @property
    def is_secret(self) -> bool:
        """Whether strangers are not told that it exists."""
        return "s" in self.facts.flags
