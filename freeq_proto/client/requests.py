"""Questions and their answers.

Theory of operation. With labeled-response the server says which message answers which request: one message, a batch,
or ACK. Without it we ask one question at a time, and know the end of its answer in one of two ways: by the numeric that
ends the answers of that command (``SHAPES``), or, for commands that have none, by the PONG of a PING sent right
behind it, since a server obeys in order. Either way every request ends: with its answer, with its connection, or with
its time.

An answer that comes after its time must not be taken for that of the next question. So after a request without a label
has timed out nothing is asked until a PONG shows that the server is past it; requests that wait for that do so within
their own time.
"""

import functools
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import attrs

from freeq_proto.boundary import LocalProtocolError
from freeq_proto.client.answers import Answer, Answered, RequestId
from freeq_proto.client.core import Core
from freeq_proto.client.outgoing import Parcel, QueueFullError
from freeq_proto.client.said import Said
from freeq_proto.irc import Message


class TooManyRequestsError(LocalProtocolError):
    """More requests wait for their answers than the configuration allows."""


@attrs.frozen
class Shape:
    """What the answer of a command looks like on a server without labels."""

    replies: frozenset[str]
    """Numerics that are part of it."""
    ends: frozenset[str]
    """Those that end it."""


def _shape(replies: str, ends: str) -> Shape:
    return Shape(frozenset(f"{replies} {ends}".split(" ")) - {""}, frozenset(ends.split(" ")))


SHAPES: Final[Mapping[str, Shape]] = {
    "WHOIS": _shape(
        "276 301 307 308 309 310 311 312 313 316 317 319 320 326 327 330 335 337 338 343 344 378 379 401 406 569 615 "
        "616 617 671 672 673 716 725 741 760",
        "318 402 431",
    ),
    "WHOWAS": _shape("312 314 330 338 378 379 406", "369 431"),
    "WHO": _shape("352 354", "315 402 522"),
    "NAMES": _shape("353", "366"),
    "LIST": _shape("321 322", "323"),
    "LINKS": _shape("364", "365 402"),
    "MOTD": _shape("372 375", "376 422 402"),
    "INFO": _shape("371 373", "374 402"),
    "ADMIN": _shape("256 257 258", "259 423 402"),
    "TIME": _shape("", "391 402"),
    "USERHOST": _shape("", "302"),
    "ISON": _shape("", "303"),
    "STATS": _shape("210 211 212 213 214 215 216 217 218 240 241 242 243 244 247 249 250", "219 402 481"),
}
_GENERIC_ENDS: Final = frozenset({"263", "421", "451", "461", "481"})
"""Refusals of any command; most name it as their first parameter."""

_NOT_ERRORS: Final = frozenset({"422"})
_ERRORS: Final = frozenset({"263", "696", "723", "734", "902", "904", "905", "906", "907"})
_STANDARD_REPLIES: Final = frozenset({"FAIL", "WARN", "NOTE"})


def is_error(message: Message) -> bool:
    """Whether a message says that something was refused: FAIL, or an error numeric."""
    code = message.command
    if code == "FAIL" or code in _ERRORS:
        return True
    return len(code) == 3 and code[0] in "45" and code.isdigit() and code not in _NOT_ERRORS


TOO_LONG: Final = "the answer was too long"
_OVERHEAD: Final = 200


def cost_of(message: Message) -> int:
    """About how many bytes a message takes to keep."""
    return _OVERHEAD + sum(map(len, message.params)) + sum(len(key) + len(value) for key, value in message.tags.items())


def text_of(message: Message) -> str:
    """What a refusal says to people."""
    return message.params[-1] if message.params else message.command


Then: TypeAlias = Callable[[Answer, list[Message]], None]
"""Is given an answer, and the messages of its history."""


@attrs.define(eq=False)
class Pending:
    """One request that has no answer yet."""

    number: RequestId
    command: str
    params: tuple[str, ...]
    seconds: float
    parcel: bytes
    label: str = ""
    """"" on a server without labels."""
    barrier: str = ""
    """What the PONG behind it says; "" where a numeric ends the answer."""
    then: Then | None = None
    """Who gets the answer, if not the program."""
    messages: list[Message] = attrs.field(factory=list, init=False)
    size: int = attrs.field(default=0, init=False)
    lost: bool = attrs.field(default=False, init=False)
    """Too long: the rest of the answer is not kept."""
    error: Message | None = attrs.field(default=None, init=False)
    history: list[Said] = attrs.field(factory=list, init=False)
    past: list[Message] = attrs.field(factory=list, init=False)
    """What the history was read from; a multiline message is one."""
    targets: list[tuple[str, int]] = attrs.field(factory=list, init=False)


class Requests:
    """The requests of one client."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._count = 0
        self._pending: dict[RequestId, Pending] = {}
        self._labels: dict[str, Pending] = {}
        self._size = 0
        """Bytes of all answers that are not complete."""
        self._queue: deque[Pending] = deque()
        self._asked: Pending | None = None
        """The one whose answer comes, on a server without labels."""
        self._late = ""
        """What the PONG says behind the last that timed out, until it comes."""

    # --- asking ----------------------------------------------------------------------------------------------------

    def ask(
        self,
        command: str,
        params: tuple[str, ...],
        *,
        tags: Mapping[str, str] | None = None,
        seconds: float | None = None,
        then: Then | None = None,
    ) -> RequestId:
        """Send a command, and see to its answer. Raises LocalProtocolError where it cannot be sent."""
        core = self._core
        core.require_registered()
        if len(self._pending) >= core.config.bounds.requests:
            raise TooManyRequestsError(f"{len(self._pending)} requests wait for their answers already")
        number = RequestId(self._count + 1)
        command = command.upper()
        sent = core.permitted(dict(tags or {}))
        label = str(number) if core.has("labeled-response") and core.has("batch") else ""
        if label:
            sent = {"label": label, **{key: value for key, value in sent.items() if key != "label"}}
        line = core.render(command, params, sent)
        lasts = core.config.times.request if seconds is None else seconds
        pending = Pending(number, command, params, lasts, line, label, then=then)
        if not label and command not in SHAPES:
            pending.barrier = f"{_BARRIER}{number}"
        if label:
            self._send(pending)
            self._labels[label] = pending
        elif self._asked is None and not self._queue and not self._late:
            self._send(pending)
            self._asked = pending
        else:
            self._queue.append(pending)
            if self._late:
                core.arm("request", lasts, number)
        self._count = number
        self._pending[number] = pending
        return number

    def resume(self) -> None:
        """Ask what is next, on a server without labels; called again when lines have left."""
        if self._asked is None and self._queue and not self._late and self._core.registered:
            try:
                self._send(self._queue[0])
            except QueueFullError:
                return
            self._asked = self._queue.popleft()

    def _send(self, pending: Pending) -> None:
        core, data, lines = self._core, pending.parcel, 1
        if pending.barrier:
            data, lines = data + core.render("PING", (pending.barrier,)), 2
        sent = functools.partial(core.arm, "request", pending.seconds, pending.number)
        core.outgoing.put(Parcel(data, lines, sent, owed=pending.then is not None))

    # --- answers with labels ---------------------------------------------------------------------------------------

    def labeled(self, message: Message) -> Pending | None:
        """Whose answer a message begins, by its label."""
        label = message.tags.get("label")
        return self._labels.get(label) if label else None

    def collect(self, pending: Pending, message: Message) -> None:
        """A message is part of an answer; one that comes after its end is not kept."""
        if pending.number not in self._pending:
            return
        size = cost_of(message)
        if self._size + size > self._core.config.bounds.answer_bytes:
            pending.lost = True
        else:
            self._size += size
            pending.size += size
            pending.messages.append(message)
        if pending.error is None and is_error(message):
            pending.error = message

    # --- answers without labels ------------------------------------------------------------------------------------

    def claim(self, message: Message) -> Pending | None:
        """The request that a message without a label answers; to be asked before the message changes what we know."""
        pending = self._asked
        if pending is None:
            return None
        return pending if self._is_barrier(pending, message) or self._belongs(pending, message) else None

    def take(self, pending: Pending, message: Message) -> None:
        """A claimed message was obeyed: it is part of the answer, and may end it."""
        if pending is not self._asked:  # the connection was lost over it
            return
        if self._is_barrier(pending, message):
            self.finish(pending)
            return
        self.collect(pending, message)
        shape = SHAPES.get(pending.command)
        if shape is not None and (message.command in shape.ends or is_generic_end(pending, message)):
            self.finish(pending)

    def _is_barrier(self, pending: Pending, message: Message) -> bool:
        return bool(pending.barrier) and message.command == "PONG" and message.params[-1:] == [pending.barrier]

    def asked_for(self, command: str) -> Pending | None:
        """The request whose answer comes, if it is this command."""
        return self._asked if self._asked is not None and self._asked.command == command else None

    def _belongs(self, pending: Pending, message: Message) -> bool:
        command = message.command
        if command in _STANDARD_REPLIES:
            return message.params[:1] == [pending.command]
        if not (len(command) == 3 and command.isdigit()):
            source = self._core.source(message)
            return command == pending.command and self._core.is_me(source.nick)
        if is_generic_end(pending, message):
            return True
        shape = SHAPES.get(pending.command)
        if shape is not None and command not in shape.replies:
            return False
        return not (is_error(message) or (shape is not None and command in shape.ends)) or self._names(pending, message)

    def _names(self, pending: Pending, message: Message) -> bool:
        """Whether a numeric is about what was asked for: its first parameter after our nick was in the request."""
        if len(message.params) < 3 or not pending.params:
            return True
        fold = self._core.features.fold
        about = fold(message.params[1])
        words = {fold(word) for param in pending.params for word in (param, *param.split(","))}
        return about in words or about in ("*", fold(pending.command), fold(pending.params[-1]))

    # --- ends ------------------------------------------------------------------------------------------------------

    def finish(self, pending: Pending, reason: str = "") -> None:
        """An answer is complete, or (``reason``) will not come."""
        if self._pending.pop(pending.number, None) is None:
            return
        core, error = self._core, pending.error
        self._size -= pending.size
        reason = reason or (TOO_LONG if pending.lost else "")
        core.disarm("request", pending.number)
        self._labels.pop(pending.label, None)
        answer = Answer(
            tuple(pending.messages),
            bool(reason) or error is not None,
            reason or (text_of(error) if error is not None else ""),
            error,
            tuple(pending.history),
            tuple(pending.targets),
        )
        if pending is self._asked:
            self._asked = None
        if pending.then is not None:
            pending.then(answer, pending.past)
        else:
            core.emit(Answered(pending.number, answer))
        self.resume()

    def expired(self, number: int) -> None:
        """The time of a request is over."""
        pending = self._pending.get(RequestId(number))
        if pending is not None:
            if pending is self._asked:
                self._wait_until_caught_up(pending)
            elif not pending.label and pending in self._queue:
                self._queue.remove(pending)
            self.finish(pending, "no answer in time")

    def _wait_until_caught_up(self, pending: Pending) -> None:
        self._late = pending.barrier
        if not self._late:
            self._late = f"{_BARRIER}{pending.number}"
            self._core.urgent("PING", self._late)
        for each in self._queue:
            self._core.arm("request", each.seconds, each.number)

    def caught_up(self, pong: Message) -> None:
        """A PONG that answers no request: the server may be past what timed out."""
        if self._late and pong.params[-1:] == [self._late]:
            self._late = ""
            for each in self._queue:
                self._core.disarm("request", each.number)
            self.resume()

    def fail_all(self, reason: str) -> None:
        """The connection is gone, and all answers with it."""
        self._queue.clear()
        self._late = ""
        self._asked = None
        for pending in tuple(self._pending.values()):
            self.finish(pending, reason)


_BARRIER: Final = "freeq-answered-"


def is_generic_end(pending: Pending, message: Message) -> bool:
    """Whether a numeric refuses the command of a request as such."""
    return message.command in _GENERIC_ENDS and len(message.params) > 1 and message.params[1].upper() == pending.command
