"""Who may be a server operator: he who knows the password, for as long as all his connections come from where he may.

An operator block may name hosts and accounts. What was true when he said OPER can end: his account is taken from him,
or another device comes to share his nick. Then he is an ordinary user again, until he says OPER anew.
"""

from freeq_proto.authority import Pattern, Principal
from freeq_proto.boundary import OperatorAct
from freeq_proto.server.config import Operator
from freeq_proto.server.context import Context
from freeq_proto.server.turn import user_line
from freeq_proto.server.user import User


def operator_named(server: Context, name: str) -> Operator | None:
    """The operator of that name in the configuration."""
    return next((operator for operator in server.config.operators if operator.name == name), None)


def may_operate(operator: Operator, user: User) -> bool:
    """Whether each of a user's connections comes from where this operator does."""
    patterns = [Pattern.parse(host) for host in operator.hosts]
    places = [
        Principal(user.principal.id, f"{user.nick}!{user.username}@{session.host}", user.account)
        for session in user.sessions
    ]
    return not patterns or all(any(pattern.matches(place) for pattern in patterns) for place in places)


def review_operator(server: Context, user: User) -> None:
    """Another account, or another connection: who may not be an operator with it is none any more, and is told."""
    if user.operator is None:
        return
    operator = operator_named(server, user.operator)
    if operator is not None and may_operate(operator, user):
        return
    server.emit_event(OperatorAct(user.operator, f"{user.hostmask} is no operator any more: wrong host or account"))
    user.operator = None
    if server.world.set_mode(user, "o", on=False):
        server.fanout.to_user(user, user_line(user, server.stamp(), "MODE", user.nick, text="-o"))
