"""How a user loses its account: by its own wish, or because the identity behind it changed. It stays, as a guest.

It is told (901, and why), and so are those who see it: ``ACCOUNT *``, and the roles that were the account's.
"""

from collections.abc import Mapping

from freeq_proto.boundary import SignedOut
from freeq_proto.caps import ACCOUNT_NOTIFY
from freeq_proto.irc import Message, numerics
from freeq_proto.server.context import Context
from freeq_proto.server.monitoring import tell_watchers
from freeq_proto.server.nicks import watch_over
from freeq_proto.server.operating import review_operator
from freeq_proto.server.presence import roles_changed
from freeq_proto.server.session import Session
from freeq_proto.server.turn import Turn, user_line
from freeq_proto.server.user import User


def withdraw(server: Context, user: User, reasons: Mapping[Session, str]) -> None:
    """Take the account from those sessions of ``user`` that have a reason; one that shares the nick is closed."""
    lost = {session: reason for session, reason in reasons.items() if reason}
    if len(lost) == len(user.sessions):
        sign_out(server, user, next(iter(lost.values())))
        return
    for session, reason in lost.items():
        server.close(session, f"Signed out: {reason}")


def sign_out(server: Context, user: User, reason: str, turn: Turn | None = None) -> None:
    """Make ``user``, who has an account, a guest; ``turn`` is his command, if he wished it.

    Sharing a nick is for those who proved one account, so one connection keeps the nick, his who wished it, and the
    others are closed: else none of them could sign in again, since that would speak for all.
    """
    account = user.account
    assert account is not None, "a guest has nothing to lose"
    kept = user.sessions[0] if turn is None else turn.session
    for other in [session for session in user.sessions if session is not kept]:
        server.emit_event(SignedOut(other.conn, account, reason))
        server.close(other, f"Signed out: {reason}")
    before = {folded: channel.facts.roles_of(user.principal.id) for folded, channel in user.channels.items()}
    server.world.sign_in(user, None)
    kept.login = None
    mine = turn or Turn(server, kept, server.now, Message(""))
    mine.numeric(numerics.RPL_LOGGEDOUT, user.hostmask)
    if turn is None:
        mine.standard("NOTE", "*", "SIGNED_OUT", text=f"You were signed out: {reason}")
    server.emit_event(SignedOut(kept.conn, account, reason))
    review_operator(server, user)
    line = user_line(user, server.stamp(), "ACCOUNT", "*", needs=ACCOUNT_NOTIFY)
    if turn is None:
        server.fanout.to_neighbours(user, line)
    else:
        turn.broadcast_neighbours(user, line)
    tell_watchers(server, user, line, ACCOUNT_NOTIFY)
    for folded, channel in user.channels.items():
        roles = channel.facts.roles_of(user.principal.id)
        shown = roles_changed(server, user, channel, before[folded], roles)
        if shown is not None:
            (server.fanout.to_channel if turn is None else turn.broadcast)(channel, shown)
    watch_over(server, user)
