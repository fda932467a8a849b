"""Nicks that belong to accounts: claimed by use, kept from others, and given back to their owner when he asks.

A nick that belongs to nobody becomes the account's that uses it, as long as that has few. It is reserved at once, which
nobody can tell, since its owner is there; and stays his if the store could write it down. Nobody else can take a nick
that belongs to an account; and when its owner asks for it, whoever holds it is renamed.
"""

import itertools
import re
from typing import Final

from freeq_proto.boundary import Failed, Flow, NickRow, Stored, Write
from freeq_proto.irc import Folded, fold
from freeq_proto.server.background import Task, Unfinished
from freeq_proto.server.context import Context
from freeq_proto.server.presence import rename
from freeq_proto.server.user import User
from freeq_proto.server.world import Claim

OWNED_LIMIT: Final = 10
"""Nicks that one account may own."""
_GUEST: Final = re.compile(rb"guest[0-9]{5,}\Z")
"""Folded nicks that belong to nobody for long."""


def belongs_to_other(server: Context, nick: str, account: str | None) -> bool:
    """Whether a nick belongs to an account other than this one."""
    owner = server.world.owner(nick)
    return owner is not None and owner != account


def claim_nick(server: Context, user: User) -> None:
    """A user goes by his nick from now on: if he has an account and the nick is nobody's, it becomes the account's."""
    world, account = server.world, user.account
    if (
        account is None
        or world.owner(user.nick) is not None
        or len(world.claims_of(account)) >= OWNED_LIMIT
        or _GUEST.match(user.folded)
    ):
        return
    claim = Claim(user.nick, account, server.now.unix_ms)
    world.claim(claim)
    server.background.start(Task.CLAIM, f"{user.folded.decode()} {account}", _write_down(server, claim))


def _write_down(server: Context, claim: Claim) -> Flow[None]:
    """A store that is slow may write it down all the same: then the claim stands."""
    folded = fold(claim.nick)
    result = yield Write((NickRow(folded.decode(), claim.nick, claim.account, claim.unix_ms),))
    failed = isinstance(result, Failed) and not result.timed_out
    if failed and server.world.claim_on(folded) is claim:
        server.world.disclaim(folded)


def give_up(server: Context, folded: Folded) -> Flow[str | None]:
    """Have a nick belong to nobody any more; why not, if it could not be written down."""
    claim = server.world.claim_on(folded)
    if claim is None:
        return "it belongs to nobody"
    stored = yield from server.background.carry_out(f"nick {folded.decode()}", _strike_off(server, claim))
    if isinstance(stored, Unfinished):
        return stored.value
    return None if stored else "the server could not record this"


def _strike_off(server: Context, claim: Claim) -> Flow[bool]:
    folded = fold(claim.nick)
    result = yield Write((NickRow(folded.decode(), claim.nick, "", server.now.unix_ms),))
    stored = isinstance(result, Stored)
    if stored and server.world.claim_on(folded) is claim:
        server.world.disclaim(folded)
    return stored


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
    """A user is not the account any more that his nick belongs to: he may keep it for a while, and is told so."""
    if not belongs_to_other(server, user.nick, user.account):
        return
    folded, seconds = user.folded, server.config.identity.nick_seconds
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
