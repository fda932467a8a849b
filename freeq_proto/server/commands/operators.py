"""Server operators: OPER, KILL, WALLOPS, REHASH. Everything that they do is an event.

https://modern.ircdocs.horse/#operator-messages. An operator has no authority in channels: the judge does not know him.
"""

from freeq_proto.authority import REASON_LIMIT
from freeq_proto.boundary import Computed, Failed, Flow, OperatorAct, Reload, Reloaded, VerifyPassword, Work
from freeq_proto.irc import Message, numerics, truncate
from freeq_proto.server.commands.status import announce_modes
from freeq_proto.server.config import Operator
from freeq_proto.server.operating import may_operate, operator_named
from freeq_proto.server.turn import Turn


def oper(turn: Turn, message: Message) -> Flow[None] | None:
    """``OPER <name> <password>``."""
    name, password = message.params[:2]
    if not turn.config.operators:
        turn.numeric(numerics.ERR_NOOPERHOST)
        return None
    return _become_operator(turn, name, password)


def _become_operator(turn: Turn, name: str, password: str) -> Flow[None]:
    """An unknown name costs what a known one does: the time of the answer does not tell which names there are."""
    candidate = operator_named(turn.server, name)
    answer = yield Work(VerifyPassword((candidate or turn.config.operators[0]).password, password))
    if isinstance(answer, Failed):
        turn.numeric(numerics.ERR_UNKNOWNERROR, "OPER", text=f"The password could not be checked: {answer.reason}")
    elif candidate is None or answer != Computed(True) or operator_named(turn.server, name) != candidate:
        turn.numeric(numerics.ERR_PASSWDMISMATCH)
        _record(turn, name, f"OPER refused to {turn.user.hostmask}: wrong name or password")
    elif not may_operate(candidate, turn.user):
        turn.numeric(numerics.ERR_NOOPERHOST)
        _record(turn, name, f"OPER refused to {turn.user.hostmask}: wrong host")
    else:
        _promote(turn, candidate)


def _promote(turn: Turn, operator: Operator) -> None:
    user = turn.user
    before = user.modes
    user.operator = operator.name
    turn.world.set_mode(user, "o", on=True)
    turn.numeric(numerics.RPL_YOUREOPER)
    announce_modes(turn, user, before)
    _record(turn, operator.name, f"OPER by {user.hostmask}")


def kill(turn: Turn, message: Message) -> None:
    """``KILL <nick> :<reason>``: end all sessions of a user."""
    victim = turn.world.user(message.params[0])
    if victim is None:
        turn.numeric(numerics.ERR_NOSUCHNICK, message.params[0])
        return
    killer, reason = turn.user, truncate(message.params[1], REASON_LIMIT)
    turn.fanout.to_user(victim, turn.source_line("KILL", victim.nick, text=reason))
    _record(turn, killer.operator, f"KILL {victim.hostmask}: {reason}")
    if victim is killer:
        turn.finish()  # nothing can be answered after that
    for session in tuple(victim.sessions):
        turn.server.close(session, f"Killed ({killer.nick} ({reason}))")


def wallops(turn: Turn, message: Message) -> None:
    """``WALLOPS :<text>``: to all who want it (user mode w), and to server operators."""
    text = message.params[0]
    if not text:
        turn.numeric(numerics.ERR_NEEDMOREPARAMS, "WALLOPS")
        return
    line = turn.source_line("WALLOPS", text=text)
    for user in turn.world.users.values():
        if "w" in user.modes or user.operator is not None:
            turn.fanout.to_user(user, line, skip=turn.session)
    turn.hear(line)
    _record(turn, turn.user.operator, f"WALLOPS: {text}")


def rehash(turn: Turn, _message: Message) -> Flow[None]:
    """``REHASH``: read the configuration again."""
    operator = turn.user.operator
    answer = yield Reload()
    if isinstance(answer, Reloaded):
        turn.numeric(numerics.RPL_REHASHING, "configuration")
        for note in answer.notes:
            turn.notice(note)
        _record(turn, operator, "REHASH")
    else:
        reason = answer.reason if isinstance(answer, Failed) else "no answer"
        turn.numeric(numerics.ERR_UNKNOWNERROR, "REHASH", text=f"The configuration stays as it was: {reason}")
        _record(turn, operator, f"REHASH failed: {reason}")


def _record(turn: Turn, operator: str | None, act: str) -> None:
    turn.server.emit_event(OperatorAct(operator or "", act))
