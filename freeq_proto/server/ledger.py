"""Acts, from being proposed to taking effect.

Theory of operation. A handler asks the judge, then proposes acts and waits. What is proposed during a turn leaves as
one ``StoreWrite``: one transaction. When the store answers, the acts are *placed*, in the order in which they were
proposed: the judge is asked again, because the channel changed meanwhile; an act that it refuses stays in the log
without effect; an act that it allows changes the facts, and is announced to the channel by one function, whoever made
it. Only then does the handler go on. So nothing that anybody saw can be lost with the process, placing does not depend
on the proposer still being connected, and two founders of one channel are simply the first and the second entry of one
list.

Answers of a store that overtake one another are placed in the order of the writes all the same.
"""

from collections import deque
from collections.abc import Callable, Generator, Sequence
from typing import Final

import attrs

from freeq_proto.authority import (
    FOUNDER,
    OP,
    SERVER,
    Act,
    Body,
    ChannelFacts,
    End,
    Perform,
    Principal,
    PrincipalId,
    Verdict,
    apply,
    is_guest,
    judge,
)
from freeq_proto.boundary import Await, Failed, Request, Result, StoreWrite, Ticket
from freeq_proto.irc import Folded, fold
from freeq_proto.server.announce import announce
from freeq_proto.server.channel import Channel
from freeq_proto.server.context import Context, Proposer

_NOT_STORED: Final = "The server could not record this, so it did not happen: "
_SLOW: Final = "The server has not recorded this yet: it happens once it is recorded, or not at all"


@attrs.define
class Proposal:
    """Acts of one principal in one channel, placed together and announced together."""

    ticket: Ticket
    name: str
    """The channel, as the proposer wrote it."""
    principal: Principal
    acts: tuple[Act, ...]
    turn: Proposer | None
    """The command that proposed them, while its session may still hear of it."""
    names_absent: bool = True
    """Whether roles of somebody who is not in the channel are told, under his DID."""
    verdicts: list[Verdict] = attrs.field(factory=list, init=False)

    @property
    def folded(self) -> Folded:
        """The channel's log."""
        return fold(self.name)


@attrs.define
class _Write:
    proposals: list[Proposal]
    result: Result | None = None


class Ledger:
    """The one writer of facts."""

    def __init__(self, server: Context, settled: Callable[[Ticket, Result], None]) -> None:
        self._server = server
        self._settled = settled
        self._proposed: list[Proposal] = []
        self._writes: deque[tuple[Ticket, _Write]] = deque()
        self._ending: dict[Folded, None] = {}
        self._not_lapsed: dict[Folded, None] = {}
        self._not_ended: dict[tuple[Folded, PrincipalId], None] = {}

    # --- proposing -------------------------------------------------------------------------------------------------

    def commit(
        self, proposer: Proposer, name: str, bodies: Sequence[Body], reason: str = "", *, names_absent: bool = True
    ) -> Generator[Request, Result | None, list[Verdict] | None]:
        """Propose acts of the turn's user and wait until they are placed.

        Returns the verdict on each, or None if they were not stored, or not in time (then they may take effect later):
        the user was told.
        """
        proposal = self._propose(name, proposer.user.principal, bodies, reason, proposer)
        proposal.names_absent = names_absent
        result = yield Await(proposal.ticket)
        if isinstance(result, Failed):
            code, text = ("STORE_SLOW", _SLOW) if result.timed_out else ("NOT_STORED", _NOT_STORED + result.reason)
            proposer.fail("*", code, name, text=text)
            return None
        return proposal.verdicts

    def record(self, name: str, bodies: Sequence[Body]) -> None:
        """Propose acts of the server itself; nobody waits for them."""
        self._propose(name, Principal(SERVER, self._server.config.name, None), bodies, "", None)

    def _propose(
        self, name: str, principal: Principal, bodies: Sequence[Body], reason: str, turn: Proposer | None
    ) -> Proposal:
        stamps = [self._server.stamp() for _ in bodies]
        member = self._is_member(name, principal)
        acts = tuple(
            Act(body, principal.id, stamp.msgid, stamp.unix_ms, principal.hostmask, reason, member)
            for body, stamp in zip(bodies, stamps, strict=True)
        )
        proposal = Proposal(self._server.next_ticket(), name, principal, acts, turn)
        self._proposed.append(proposal)
        return proposal

    def _is_member(self, name: str, principal: Principal) -> bool:
        channel = self._server.world.channel(name)
        return channel is not None and any(
            user in channel.members for user in self._server.world.users_of(principal.id)
        )

    # --- storing ---------------------------------------------------------------------------------------------------

    def flush(self) -> StoreWrite | None:
        """What was proposed since the last flush, and the other rows of the turn, as one write."""
        proposals, self._proposed = self._proposed, []
        rows, self._server.rows = self._server.rows, []
        if not proposals and not rows:
            return None
        ticket = self._server.next_ticket()
        if proposals:
            self._writes.append((ticket, _Write(proposals)))
        acts = [act.row(each.folded.decode()) for each in proposals for act in each.acts]
        return StoreWrite(ticket, (*acts, *rows))

    def completed(self, ticket: Ticket, result: Result) -> None:
        """The store answered; unknown and repeated tickets change nothing."""
        for each, write in self._writes:
            if each == ticket and write.result is None:
                write.result = result
        while self._writes and (result_of_first := self._writes[0][1].result) is not None:
            for proposal in self._writes.popleft()[1].proposals:
                self._answered(proposal, result_of_first)

    def _answered(self, proposal: Proposal, result: Result) -> None:
        folded, channels = proposal.folded, self._server.world.channels
        if proposal.turn is None:
            self._ending.pop(folded, None)
        if isinstance(result, Failed):
            self._remember_ends(proposal)
            self._settled(proposal.ticket, result)
            return
        self._place(proposal)
        self._end_the_gone(proposal)
        self._settled(proposal.ticket, result)
        if (channel := channels.get(folded)) is not None:
            self.left(channel)
        self._end_again()

    # --- placing ---------------------------------------------------------------------------------------------------

    def _place(self, proposal: Proposal) -> None:
        world = self._server.world
        placed: list[tuple[Act, ChannelFacts | None]] = []
        for act in proposal.acts:
            channel = world.channels.get(proposal.folded)
            before = None if channel is None else channel.facts
            verdict = judge(before, proposal.principal, Perform(act.body, act.member))
            proposal.verdicts.append(verdict)
            if verdict.allowed:
                self._enact(proposal, channel, apply(before, act), act)
                placed.append((act, before))
        channel = world.channels.get(proposal.folded)
        if channel is not None and placed:
            announce(self._server, channel, placed, proposal.turn, names_absent=proposal.names_absent)

    def _enact(self, proposal: Proposal, channel: Channel | None, facts: ChannelFacts, act: Act) -> None:
        world = self._server.world
        if channel is None:
            channel = world.add_channel(proposal.name, facts)
        forgotten = [who for who in channel.facts.invitations if who not in facts.invitations]
        channel.facts = facts
        for principal in (act.by, getattr(act.body, "subject", None), *forgotten):
            if principal:
                holds = principal in facts.roles or principal in facts.invitations
                (world.hold if holds else world.release)(principal, channel.folded)

    # --- ending ----------------------------------------------------------------------------------------------------

    def guest_ended(self, guest: PrincipalId) -> None:
        """A guest's session is over: so is what it was given, everywhere."""
        for folded in self._server.world.holdings(guest):
            self.record(self._server.world.channels[folded].name, [End(guest)])

    def _remember_ends(self, proposal: Proposal) -> None:
        """What the server itself could not record is tried again when the store works: at once would be for ever."""
        if proposal.turn is not None:
            return
        self._not_lapsed[proposal.folded] = None
        for act in proposal.acts:
            if isinstance(act.body, End) and not any(self._server.world.users_of(act.body.subject)):
                self._not_ended[proposal.folded, act.body.subject] = None

    def _end_again(self) -> None:
        world = self._server.world
        ended, self._not_ended = self._not_ended, {}
        lapsed, self._not_lapsed = self._not_lapsed, {}
        for folded, who in ended:
            channel = world.channels.get(folded)
            if channel is not None and not self.is_lapsing(channel) and folded in world.holdings(who):
                self.record(channel.name, [End(who)])
        for folded in lapsed:
            if (channel := world.channels.get(folded)) is not None:
                self.left(channel)

    def _end_the_gone(self, proposal: Proposal) -> None:
        """End what was given to guests who left while it was being stored: nobody else would."""
        world = self._server.world
        for who in dict.fromkeys(PrincipalId(getattr(act.body, "subject", "")) for act in proposal.acts):
            if is_guest(who) and proposal.folded in world.holdings(who) and not any(world.users_of(who)):
                self.record(proposal.name, [End(who)])

    def left(self, channel: Channel, gone: PrincipalId | None = None) -> None:
        """Look after a channel that somebody left (``gone``: whose session ended as well).

        One that only guests hold lapses with its last member, as channels always did; an account's channel stays.
        """
        if channel.members or channel.folded in self._ending:
            return
        if self.is_lapsing(channel):
            ending = [End(who) for who in _holders(channel.facts) if who != gone]
            if ending:
                self._ending[channel.folded] = None
                self.record(channel.name, ending)
        elif not channel.facts.lives:
            self._server.world.remove_channel(channel)

    @staticmethod
    def is_lapsing(channel: Channel) -> bool:
        """Whether only the end of guests' sessions, recorded already, stands between this channel and its end."""
        holders = _holders(channel.facts)
        return not channel.members and bool(holders) and all(map(is_guest, holders))


def _holders(facts: ChannelFacts) -> list[PrincipalId]:
    return [who for who, roles in facts.roles.items() if roles & (OP | FOUNDER)]
