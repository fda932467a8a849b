"""From the rows of a store to the channels and the nicks that they are about, once, when a server starts.

A channel is the list of its acts, and the judge decides here as it did when each was placed: what it refused then, it
refuses again. One thing is not in the list: a channel that nobody held ended with its last member. Nobody founds a
channel that there is, so a founding over facts that nobody holds says that it had ended.

Guests of earlier runs are gone, and their end was perhaps not recorded: it is recorded now. A row that makes no sense
is left out; what was left out is reported as one :class:`~freeq_proto.boundary.Fault`.
"""

from collections.abc import Iterable

import attrs

from freeq_proto.authority import (
    Act,
    ChannelFacts,
    Create,
    Perform,
    Principal,
    PrincipalId,
    UnreadableActError,
    apply,
    is_account,
    is_guest,
    judge,
)
from freeq_proto.boundary import ActRow, Fault, LocalProtocolError, NickRow, Row
from freeq_proto.history import parse_ulid
from freeq_proto.irc import Folded, fold, is_channel_name, is_nick
from freeq_proto.server.context import Context
from freeq_proto.server.nicks import lapse
from freeq_proto.server.world import Claim, World


class UnreadableRowsError(LocalProtocolError):
    """Rows of the store were left out at the start; the message says how many, and why the first."""


@attrs.define
class _Log:
    """The list of one channel as far as it was read."""

    folded: str
    name: str
    """As its founder wrote it."""
    facts: ChannelFacts | None = None


@attrs.define
class _Reader:
    logs: dict[str, _Log] = attrs.field(factory=dict)
    claims: dict[Folded, Claim] = attrs.field(factory=dict)
    skipped: list[str] = attrs.field(factory=list)
    """Why each row that was left out makes no sense."""

    def read(self, row: Row) -> None:
        try:
            match row:
                case ActRow():
                    self._act(row)
                case NickRow():
                    self._nick(row)
                case _:
                    raise UnreadableActError(f"a {type(row).__name__} is not read at the start")
        except UnreadableActError as error:
            self.skipped.append(str(error))

    def _act(self, row: ActRow) -> None:
        time = parse_ulid(row.ulid)
        if time is None:
            raise UnreadableActError(f"in {row.log!a}: the ULID is none")
        log = self.logs.get(row.log)
        if log is None:
            if not is_channel_name(row.log) or fold(row.log).decode() != row.log:
                raise UnreadableActError(f"{row.log!a} is not the folded name of a channel")
            log = self.logs[row.log] = _Log(row.log, row.log)
        try:
            act = Act.from_row(row, time[0])
        except UnreadableActError as error:
            raise UnreadableActError(f"in {row.log!a}: {error}") from None
        if isinstance(act.body, Create):
            self._found(log, act.body)
        principal = Principal(act.by, act.shown, act.by if is_account(act.by) else None)
        if judge(log.facts, principal, Perform(act.body, act.member)).allowed:
            log.facts = apply(log.facts, act)

    @staticmethod
    def _found(log: _Log, body: Create) -> None:
        if log.facts is None or not log.facts.lives:
            log.facts = None
            is_its_name = is_channel_name(body.name) and fold(body.name).decode() == log.folded
            log.name = body.name if is_its_name else log.folded

    def _nick(self, row: NickRow) -> None:
        folded = fold(row.nick)
        if not is_nick(row.nick) or folded.decode() != row.folded:
            raise UnreadableActError(f"{row.folded!a} is not the folded form of a nick")
        if row.account:
            self.claims[folded] = Claim(row.nick, row.account, row.unix_ms)
        else:
            self.claims.pop(folded, None)


def restore(server: Context, rows: Iterable[Row]) -> None:
    """Bring back what ``rows`` say (:class:`ActRow` and :class:`NickRow` in the order in which they were written)."""
    reader = _Reader()
    for row in rows:
        reader.read(row)
    for claim in sorted(reader.claims.values(), key=lambda claim: claim.unix_ms):
        server.world.claim(claim)
    lapse(server)
    guests: dict[PrincipalId, None] = {}
    for log in reader.logs.values():
        if log.facts is not None and log.facts.lives:
            given = (*log.facts.roles, *log.facts.invitations)
            guests |= dict.fromkeys(filter(is_guest, given))
            _bring_back(server.world, log.name, log.facts, given)
    for guest in guests:
        server.ledger.guest_ended(guest)
    if skipped := reader.skipped:
        error = UnreadableRowsError(f"{len(skipped)} rows of the store were left out, the first because {skipped[0]}")
        server.emit_event(Fault(None, error))


def _bring_back(world: World, name: str, facts: ChannelFacts, given: Iterable[PrincipalId]) -> None:
    channel = world.add_channel(name, facts)
    for principal in given:
        world.hold(principal, channel.folded)
