"""An account's own things: LOGOUT, and NICKS, which lists and gives up the nicks that belong to it.

docs/protocol.md, "Nicks of an account". Signing in is AUTHENTICATE, and certificates have a file of their own.
"""

from collections.abc import Callable
from typing import Final

from freeq_proto.boundary import Flow, OperatorAct
from freeq_proto.irc import Message, fold, numerics
from freeq_proto.server.nicks import claims_of, give_up, owner_of
from freeq_proto.server.packing import pack
from freeq_proto.server.signing_out import sign_out
from freeq_proto.server.turn import Turn


def logout(turn: Turn, _message: Message) -> None:
    """``LOGOUT``: be a guest again. This connection keeps the nick; the others that share it are closed."""
    if account_of(turn, "LOGOUT") is not None:
        sign_out(turn.server, turn.user, "by your own wish", turn)


def account_of(turn: Turn, command: str) -> str | None:
    """The account of the turn's user; a guest is told that he needs one."""
    account = turn.user.account
    if account is None:
        turn.fail(command, "ACCOUNT_REQUIRED", text="You need to be signed in for this")
    return account


def nicks(turn: Turn, message: Message) -> Flow[None] | None:
    """``NICKS LIST`` or ``NICKS DROP <nick>``; server operators drop anybody's."""
    subcommand = message.params[0].upper()
    obey = _SUBCOMMANDS.get(subcommand)
    if obey is None:
        known = " and ".join(_SUBCOMMANDS)
        turn.fail("NICKS", "UNKNOWN_SUBCOMMAND", message.params[0], text=f"There are {known}")
        return None
    return obey(turn, message.params[1:])


def _list(turn: Turn, _params: list[str]) -> None:
    account = account_of(turn, "NICKS")
    if account is None:
        return
    claims = claims_of(turn.server, account)
    for names in pack(claim.nick for claim in claims):
        turn.standard("NOTE", "NICKS", "NICKS_OWNED", text=f"Your nicks: {names}")
    if not claims:
        turn.standard("NOTE", "NICKS", "NO_NICKS", text="No nick belongs to you")


def _drop(turn: Turn, params: list[str]) -> Flow[None] | None:
    if not params:
        turn.numeric(numerics.ERR_NEEDMOREPARAMS, "NICKS")
        return None
    return _drop_one(turn, params[0])


def _drop_one(turn: Turn, nick: str) -> Flow[None]:
    user = turn.user
    owner, operator = owner_of(turn.server, nick), user.operator
    if owner is None or (owner != user.account and operator is None):
        turn.fail("NICKS", "NOT_YOURS", nick, text="This nick does not belong to you")
        return
    act = None
    if owner != user.account:
        act = OperatorAct(operator or "", f"NICKS DROP {nick}, which belonged to {owner}")
    refusal = yield from give_up(turn.server, fold(nick), act)
    if refusal is None:
        turn.standard("NOTE", "NICKS", "NICK_DROPPED", nick, text=f"The nick {nick} belongs to nobody now")
    else:
        code = "STORE_SLOW" if refusal.may_come else "NOT_DROPPED"
        turn.fail("NICKS", code, nick, text=refusal.text)


_SUBCOMMANDS: Final[dict[str, Callable[[Turn, list[str]], Flow[None] | None]]] = {"LIST": _list, "DROP": _drop}
