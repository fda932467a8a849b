"""The server's side of AUTHENTICATE: one per session, from the first mechanism name to the last failure.

https://ircv3.net/specs/extensions/sasl-3.1 and sasl-3.2. :meth:`ServerExchange.receive` takes the argument of each
AUTHENTICATE command and says what to answer. While it waits for work, the session's later lines must wait, too.

Real clients end every answer with ``AUTHENTICATE +``, needed or not, and without waiting for a reply. After an answer
that was complete without it the exchange is over, so a ``+`` outside an exchange means nothing and is ignored; or a
second challenge is outstanding, and there it is ignored because no empty message can answer that.
"""

import enum
from typing import Final, TypeAlias

import attrs

from freeq_proto.boundary import Flow, LocalProtocolError, Now, RemoteProtocolError
from freeq_proto.identity import InvalidEncodingError, decode_base64_any
from freeq_proto.sasl.authenticate import ABORT, EMPTY, PayloadTooLongError, Reassembler, split_payload
from freeq_proto.sasl.exchange import (
    Detail,
    DetailedError,
    Failure,
    Mechanism,
    Outcome,
    SaslContext,
    Send,
    Steps,
    Success,
)
from freeq_proto.sasl.mechanisms import find_mechanism
from freeq_proto.sasl.standing import converse

EXCHANGE_SECONDS: Final = 60.0
"""How long a client may take to answer a challenge; after that it is worth nothing."""

MAX_FAILURES: Final = 3
"""Failed attempts that end a connection, whatever succeeds between them."""


class Refusal(enum.Enum):
    """The numeric that refuses."""

    FAILED = "904"
    TOO_LONG = "905"
    ABORTED = "906"
    ALREADY = "907"
    MECHANISMS = "908"
    """Send 908 with the mechanisms (:func:`~freeq_proto.sasl.mechanisms.sasl_value`), then 904 with the reason."""


@attrs.frozen
class Continue:
    """Send each of ``lines`` as the argument of an AUTHENTICATE command."""

    lines: tuple[str, ...]
    notice: str = ""
    """Text to send with a NOTICE before them, unless empty."""


@attrs.frozen
class Wait:
    """Send nothing: the rest of an answer is to come, or what came meant nothing."""


@attrs.frozen
class SignedIn:
    """Send 900 and 903: the session has an account now (perhaps instead of another)."""

    mechanism: str
    success: Success


@attrs.frozen
class Refused:
    """Send the numeric of ``kind``; the exchange is over, and another may begin."""

    kind: Refusal
    reason: str
    """The text of the numeric: printable ASCII, never what the client sent."""
    final: bool = False
    """Whether it was one failure too many: then send ERROR and close the connection."""
    detail: Detail | None = None
    """The same for programs: send it as ``FAIL AUTHENTICATE`` before the numeric."""


Reply: TypeAlias = Continue | Wait | SignedIn | Refused


@attrs.define
class _Attempt:
    """An exchange that has begun."""

    mechanism: Mechanism
    steps: Steps[Outcome]
    deadline: float = 0.0
    reassembler: Reassembler = attrs.field(factory=Reassembler)


@attrs.define
class ServerExchange:
    """The SASL state of one session."""

    context: SaslContext
    _failures: int = attrs.field(default=0, init=False)
    _signed_in: bool = attrs.field(default=False, init=False)
    _working: bool = attrs.field(default=False, init=False)
    _attempt: _Attempt | None = attrs.field(default=None, init=False)

    @property
    def deadline(self) -> float | None:
        """When to call :meth:`handle_timeout` (``Now.mono``, seconds), or None: no client's answer is awaited."""
        return None if self._attempt is None else self._attempt.deadline

    def receive(self, argument: str, now: Now) -> Flow[Reply]:
        """Take the argument of one AUTHENTICATE command, of any content; return what to answer.

        A flow. Must run to its end before the next begins. An argument that comes
        after the deadline is refused whether or not :meth:`handle_timeout` was called.
        """
        if self._working:
            raise LocalProtocolError("the previous AUTHENTICATE command has not been answered")
        attempt = self._attempt
        if argument == ABORT:
            # Also where nothing has begun: sasl-3.1 says without condition that 906 answers an asterisk.
            self._attempt = None
            return Refused(Refusal.ABORTED, "SASL authentication aborted")
        if attempt is None:
            return (yield from self._begin(argument))
        if now.mono >= attempt.deadline:
            return self._expired()
        return (yield from self._continue(attempt, argument))

    def handle_timeout(self, now: Now) -> Reply | None:
        """End an exchange whose answer is overdue; return what to tell the client, or None if none is."""
        deadline = self.deadline
        return self._expired() if deadline is not None and now.mono >= deadline else None

    def abort(self) -> Reply | None:
        """End the exchange that is in progress, if one is, because registration completed without it (sasl-3.1)."""
        if self._attempt is None:
            return None
        self._attempt = None
        return Refused(Refusal.ABORTED, "SASL authentication aborted")

    def _begin(self, argument: str) -> Flow[Reply]:
        if argument == EMPTY:
            return Wait()
        if self._signed_in and not self.context.reauthentication:
            return Refused(Refusal.ALREADY, "You have already authenticated using SASL")
        mechanism = find_mechanism(argument, self.context)
        if mechanism is None:
            # Not counted: nothing was tried, and clients find a mechanism in this way where CAP has no values.
            return Refused(Refusal.MECHANISMS, _failed("unsupported mechanism"))
        return (yield from self._step(_Attempt(mechanism, converse(mechanism, self.context)), None))

    def _continue(self, attempt: _Attempt, argument: str) -> Flow[Reply]:
        try:
            payload = attempt.reassembler.push(argument)
            answer = None if payload is None else decode_base64_any(payload)
        except PayloadTooLongError as error:
            return self._failure(Refusal.TOO_LONG, str(error))
        except InvalidEncodingError as error:
            return self._failure(Refusal.FAILED, _failed(f"bad response: {error}"))
        if answer is None or not (answer or attempt.mechanism.empty_answers):
            return Wait()
        return (yield from self._step(attempt, answer))

    def _step(self, attempt: _Attempt, answer: bytes | None) -> Flow[Reply]:
        """Run the mechanism until it wants something of the client, or is done."""
        self._attempt, self._working = None, True
        try:
            step = attempt.steps.send(answer)
            while not isinstance(step, Send):
                result = yield step
                step = attempt.steps.send(result)
        except StopIteration as end:
            return self._end(attempt.mechanism, end.value)
        except DetailedError as error:
            return self._end(attempt.mechanism, Failure(str(error), error.detail))
        except RemoteProtocolError as error:
            return self._end(attempt.mechanism, Failure(str(error)))
        finally:
            self._working = False
        attempt.deadline = self.context.clock().mono + EXCHANGE_SECONDS
        self._attempt = attempt
        return Continue(split_payload(attempt.mechanism.encode(step.data)), step.notice)

    def _end(self, mechanism: Mechanism, outcome: Outcome) -> Reply:
        match outcome:
            case Success():
                self._signed_in = True
                return SignedIn(mechanism.name, outcome)
            case Failure(reason, detail):
                return self._failure(Refusal.FAILED, _failed(reason), detail)

    def _expired(self) -> Reply:
        return self._failure(Refusal.FAILED, _failed("the challenge has expired"))

    def _failure(self, kind: Refusal, reason: str, detail: Detail | None = None) -> Reply:
        self._attempt = None
        self._failures += 1
        return Refused(kind, reason, final=self._failures >= MAX_FAILURES, detail=detail)


def _failed(why: str) -> str:
    return f"SASL authentication failed ({why})"
