"""Which acts nobody will ever need again: those of channels that no account was ever given.

Guests found channels all day. A guest is a session, so when the process ends, every guest is gone, and with them
whatever they held; a channel without a holder and without members is no more. So at a start, before anybody can
connect, a log in which no act can have made an account its founder or an operator is the log of a channel that is no
more: who joins under its name founds it anew.

That is read off the acts without a judge. An act that the judge refused stands in the log like one that took effect,
and it keeps the log: the rule may keep too much, never too little. An act of a kind that is unknown here keeps it too.
"""

import json
import sqlite3
from typing import Final

from freeq_proto.authority import KINDS, is_account

_FROM_ITS_ACTOR: Final = "create"
_TO_ITS_SUBJECT: Final = frozenset({"grant", "transfer"})


def may_give_to_an_account(kind: str, principal: str, body: str) -> bool:
    """Whether an act can have made an account the founder or an operator of its channel (or given it less)."""
    if kind == _FROM_ITS_ACTOR:
        return is_account(principal)
    if kind in _TO_ITS_SUBJECT:
        try:
            return is_account(json.loads(body)["subject"])
        except (ValueError, TypeError, LookupError, AttributeError):
            return True
    return kind not in KINDS


def forget_lapsed(connection: sqlite3.Connection) -> None:
    """Drop the acts of channels that no account can hold. Only for a start. Raises ``sqlite3.Error``."""
    connection.create_function("may_give", 3, may_give_to_an_account, deterministic=True)
    connection.execute("DELETE FROM acts WHERE log NOT IN (SELECT log FROM acts WHERE may_give(kind, principal, body))")
