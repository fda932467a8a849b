"""Nicks that belong to accounts: claimed by use, kept from others, and given back to their owner when he asks.

A nick that belongs to nobody becomes the account's that registers under it, or goes by it for a while, as long as that
has few. It is reserved at once, which nobody can tell, since its owner is there; and stays his if the store could write
it down. Nobody else can take a nick that belongs to an account; and when its owner asks for it, whoever holds it is
renamed.

Accounts are free, so claims are not: few from one address in an hour, and one lapses when its owner has not been here
for long. Claims lie in the order of their times, so that what has lapsed is found at the front, whenever somebody asks.
"""

import itertools
import re
from typing import Final

import attrs

from freeq_proto.authority import PrincipalId
from freeq_proto.boundary import Failed, Flow, NickRow, OperatorAct, Stored, Write
from freeq_proto.irc import Folded, fold
from freeq_proto.server.background import Task, Unfinished
from freeq_proto.server.cloak import neighbourhood
from freeq_proto.server.context import Context
from freeq_proto.server.presence import rename
from freeq_proto.server.user import User
from freeq_proto.server.world import Claim

OWNED_LIMIT: Final = 10
"""Nicks that one account may own."""
CLAIM_SECONDS: Final = 600.0
"""How long an account goes by a nick, under which it did not register, before it owns that."""
_DAY_MS: Final = 86_400_000
_GUEST: Final = re.compile(rb"guest[0-9]{5,}\Z")
"""Folded nicks that belong to nobody for long."""


# --- whose a nick is -----------------------------------------------------------------------------------------------


def owner_of(server: Context, nick: str) -> str | None:
    """The account that a nick belongs to."""
    lapse(server)
    return server.world.owner(nick)


def claims_of(server: Context, account: str) -> tuple[Claim, ...]:
    """The nicks of an account, oldest first."""
    lapse(server)
    return server.world.claims_of(account)


def belongs_to_other(server: Context, nick: str, account: str | None) -> bool:
    """Whether a nick belongs to an account other than this one."""
    owner = owner_of(server, nick)
    return owner is not None and owner != account


def lapse(server: Context) -> None:
    """End the claims of those who have not been here for ``identity.nick_days``."""
    world = server.world
    before = server.now.unix_ms - server.config.identity.nick_days * _DAY_MS
    while (claim := world.oldest_claim()) is not None and claim.unix_ms < before:
        if any(world.users_of(PrincipalId(claim.account))):
            _renew(server, claim)
        else:
            world.disclaim(fold(claim.nick))
            server.keep(_row(attrs.evolve(claim, account="")))


def _renew_all(server: Context, account: str) -> None:
    """An account is here: what it owns stays its own, which is written down once a day."""
    claims, now = claims_of(server, account), server.now.unix_ms
    if any(claim.unix_ms + _DAY_MS <= now for claim in claims):
        for claim in claims:
            _renew(server, claim)


def _renew(server: Context, claim: Claim) -> None:
    renewed = attrs.evolve(claim, unix_ms=server.now.unix_ms)
    server.world.claim(renewed)
    if not server.background.is_running(Task.WRITE, _giving_up(fold(claim.nick))):
        server.keep(_row(renewed))


def _row(claim: Claim) -> NickRow:
    return NickRow(fold(claim.nick).decode(), claim.nick, claim.account, claim.unix_ms)


# --- coming to own one, and ceasing to -------------------------------------------------------------------------------


def claim_nick(server: Context, user: User, *, registering: bool = False) -> None:
    """A user goes by his nick from now on: if he has an account and the nick is nobody's, it becomes the account's.

    It does so at once if he is ``registering`` under it, and after :data:`CLAIM_SECONDS` if not.
    """
    server.background.forget(Task.CLAIM, user.guest_id)
    if user.account is not None:
        _renew_all(server, user.account)
    if registering:
        _claim(server, user)
    else:
        _claim_later(server, user)


def gone(server: Context, user: User) -> None:
    """A user has left: nothing is planned for him any more, and his account was here until now."""
    server.background.forget(Task.CLAIM, user.guest_id)
    server.background.forget(Task.NICK, user.folded.decode())
    if user.account is not None:
        _renew_all(server, user.account)


def _claim_later(server: Context, user: User) -> None:
    if _may_claim(server, user):
        server.background.plan(Task.CLAIM, user.guest_id, CLAIM_SECONDS, lambda: _claim(server, user))


def _claim(server: Context, user: User) -> None:
    """Make a user's nick his account's, if it can be; it waits while too many were claimed from his address."""
    if not _may_claim(server, user):
        return
    if not server.claims.take(neighbourhood(user.sessions[0].peer.address), server.now.mono):
        _claim_later(server, user)
        return
    assert user.account is not None
    claim = Claim(user.nick, user.account, server.now.unix_ms)
    server.world.claim(claim)
    server.background.start(Task.CLAIM, str(server.next_ticket()), _write_down(server, claim))


def _may_claim(server: Context, user: User) -> bool:
    return (
        user.account is not None
        and owner_of(server, user.nick) is None
        and len(claims_of(server, user.account)) < OWNED_LIMIT
        and not _GUEST.match(user.folded)
    )


def _write_down(server: Context, claim: Claim) -> Flow[None]:
    result = yield Write((_row(claim),))
    if isinstance(result, Failed) and server.world.claim_on(fold(claim.nick)) is claim:
        server.world.disclaim(fold(claim.nick))


@attrs.frozen
class NotGivenUp:
    """Why a nick still belongs to its owner."""

    text: str
    may_come: bool = False
    """Whether it is given up all the same once it is recorded."""


def give_up(server: Context, folded: Folded, act: OperatorAct | None = None) -> Flow[NotGivenUp | None]:
    """Have a nick belong to nobody any more; why not, if it could not be written down, or not in time.

    ``act`` is told of when it happens, however late: who did it, if that is not the owner.
    """
    claim = server.world.claim_on(folded)
    if claim is None:
        return NotGivenUp("This nick belongs to nobody")
    stored = yield from server.background.carry_out(_giving_up(folded), _strike_off(server, claim, act))
    if isinstance(stored, Unfinished):
        return NotGivenUp(stored.value, may_come=stored is Unfinished.SLOW)
    return None if stored else NotGivenUp("The server could not record this")


def _giving_up(folded: Folded) -> str:
    return f"nick {folded.decode()}"


def _strike_off(server: Context, claim: Claim, act: OperatorAct | None) -> Flow[bool]:
    folded, world = fold(claim.nick), server.world
    result = yield Write((_row(attrs.evolve(claim, account="", unix_ms=server.now.unix_ms)),))
    if not isinstance(result, Stored):
        return False
    if world.owner(claim.nick) == claim.account:
        world.disclaim(folded)
    if act is not None:
        server.emit_event(act)
    return True


# --- who holds one that is not his -----------------------------------------------------------------------------------


def take_nick(server: Context, user: User | None, nick: str) -> None:
    """``user`` (None: somebody new) is about to have this nick, which is his: whoever else holds it is renamed."""
    holder = server.world.user(nick)
    if holder is not None and holder is not user:
        displace(server, holder, f"The owner of the nick {holder.nick} is here and wants it")


def displace(server: Context, user: User, why: str) -> None:
    """Give a user who may not keep his nick another one, and tell him why."""
    for session in user.sessions:
        server.fanout.send(session, (f":{server.config.name} NOTICE {user.nick} :{why}",))
    rename(server, user, _guest_nick(server), lambda line: server.fanout.to_neighbours(user, line))


def watch_over(server: Context, user: User) -> None:
    """A user is another account than before, or none: while his nick belongs to another, he may keep it for a while.

    He is told so. Signing in as yet another account does not prolong it.
    """
    folded, seconds = user.folded, server.config.identity.nick_seconds
    if not belongs_to_other(server, user.nick, user.account):
        server.background.forget(Task.NICK, folded.decode())
        return
    if server.background.is_planned(Task.NICK, folded.decode()):
        return
    server.background.plan(Task.NICK, folded.decode(), seconds, lambda: _reclaim(server, folded))
    text = f"The nick {user.nick} belongs to an account: sign in as its owner, or lose it in {seconds:g} seconds"
    for session in user.sessions:
        server.fanout.send(session, (f":{server.config.name} NOTICE {user.nick} :{text}",))


def _reclaim(server: Context, folded: Folded) -> None:
    user = server.world.users.get(folded)
    if user is not None and belongs_to_other(server, user.nick, user.account):
        displace(server, user, f"The nick {user.nick} belongs to an account that you are not signed in as")


def _guest_nick(server: Context) -> str:
    """A nick that is free: a random one, or the next after it that is."""
    first = int.from_bytes(server.entropy(4), "big") % 100_000
    nicks = (f"Guest{number:05}" for number in itertools.count(first))
    return next(nick for nick in nicks if server.world.user(nick) is None)
