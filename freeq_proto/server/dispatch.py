"""From a line to a handler: what is legal where is data, checked once here."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import attrs

from freeq_proto.boundary import Flow, RemoteProtocolError
from freeq_proto.irc import OVERLONG, Message, line_fits, numerics
from freeq_proto.server.context import Context
from freeq_proto.server.multiline import take_line
from freeq_proto.server.registration import complete_registration, may_register
from freeq_proto.server.session import Session
from freeq_proto.server.turn import Turn

Handler: TypeAlias = Callable[[Turn, Message], Flow[None] | None]


@attrs.frozen
class Command:
    """One command and when it is legal."""

    handler: Handler
    parameters: int = 0
    """Fewer are 461."""
    unregistered: bool = False
    """Also before registration is complete."""
    operator: bool = False
    """Only for server operators (481)."""
    summary: str = ""
    """One line for HELP."""

    @property
    def help(self) -> str:
        """What HELP says of it."""
        return f"{self.summary} (server operators only)" if self.operator else self.summary


def dispatch(server: Context, commands: Mapping[str, Command], session: Session, line: bytes) -> Flow[None] | None:
    """Obey one line of ``session``. Returns the flow to run where the command has to wait for something.

    Whatever the line says, the answer is the protocol's own; nothing raises but a bug.
    """
    turn, message = _read(server, session, line)
    if (session.batch is not None or "batch" in message.tags) and take_line(turn, message):
        turn.finish()
        return None
    command = commands.get(message.command)
    refusal = _refuse(turn, message, command)
    if refusal or command is None:
        turn.finish()
        return None
    flow = command.handler(turn, message)
    if flow is None and not (command.unregistered and may_register(session)):
        turn.finish()
        return None
    return _heard_in_order(turn, _conversation(turn, flow))


def _conversation(turn: Turn, flow: Flow[None] | None) -> Flow[None]:
    """The rest of a command that waits, and registration where the command completed it."""
    if flow is not None:
        yield from flow
    if may_register(turn.session):
        yield from complete_registration(turn)
    turn.finish()


def _heard_in_order(turn: Turn, flow: Flow[None]) -> Flow[None]:
    """``flow``; before each of its waits the client hears what it was answered so far."""
    result = None
    try:
        while True:
            request = flow.send(result)
            turn.wait()
            result = yield request
    except StopIteration:
        return
    finally:
        flow.close()


def _read(server: Context, session: Session, line: bytes) -> tuple[Turn, Message]:
    """The message of a line; a line that is none becomes an empty command, already refused."""
    unregistered = session.user is None
    nothing = Message("")
    if line is OVERLONG or not line_fits(line, from_client=True, authenticating=unregistered):
        turn = Turn(server, session, server.now, nothing)
        turn.numeric(numerics.ERR_INPUTTOOLONG)
        return turn, nothing
    try:
        text = line.decode()
    except UnicodeDecodeError:
        turn = Turn(server, session, server.now, nothing)
        command = line.partition(b" ")[0].decode("ascii", "replace").upper()
        turn.fail(
            command if command.isalpha() and command.isascii() else "*",
            "INVALID_UTF8",
            text="Message rejected: this network accepts UTF-8 only",
        )
        return turn, nothing
    try:
        message = Message.parse(text)
    except RemoteProtocolError as error:
        turn = Turn(server, session, server.now, nothing)
        turn.numeric(numerics.ERR_UNKNOWNERROR, "*", text=str(error))
        return turn, nothing
    return Turn(server, session, server.now, message), message


def _refuse(turn: Turn, message: Message, command: Command | None) -> bool:
    """Whether the command may not be obeyed; the client was told."""
    session = turn.session
    if not message.command:
        return True
    if command is None:
        if session.user is None:
            turn.numeric(numerics.ERR_NOTREGISTERED)
        else:
            turn.numeric(numerics.ERR_UNKNOWNCOMMAND, message.command)
    elif session.user is None and not command.unregistered:
        turn.numeric(numerics.ERR_NOTREGISTERED)
    elif len(message.params) < command.parameters:
        turn.numeric(numerics.ERR_NEEDMOREPARAMS, message.command)
    elif command.operator and (session.user is None or session.user.operator is None):
        turn.numeric(numerics.ERR_NOPRIVILEGES)
    else:
        return False
    return True
