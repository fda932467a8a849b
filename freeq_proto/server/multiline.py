"""Messages of several lines, as one: what a client sends between ``BATCH +ref draft/multiline`` and ``BATCH -ref``.

Theory of operation. The opening makes an :class:`OpenBatch`, and the turn of the opening is deferred to it: a label on
the opening is answered when the batch is over. Each line of the batch is collected and says nothing. The closing
delivers it, like any other message. A batch that goes wrong says so once, forgets its lines, and then swallows what
still comes of it, because a message that lost a part must not leave as scattered lines. Whatever else comes in between
ends the batch like this too, and is obeyed.

https://ircv3.net/specs/extensions/multiline and https://ircv3.net/specs/extensions/client-batch
"""

from typing import Final

import attrs

from freeq_proto.caps import BATCH, MULTILINE, SERVER_TIME
from freeq_proto.history import Stamp
from freeq_proto.irc import Message, fold, format_server_time
from freeq_proto.server.delivery import deliver
from freeq_proto.server.offer import MULTILINE_BYTES, MULTILINE_LINES
from freeq_proto.server.saying import PRIVMSG, Kind, client_only_tags, is_query, said
from freeq_proto.server.session import Session
from freeq_proto.server.speech import Either, Line, Several, Speech
from freeq_proto.server.turn import Turn
from freeq_proto.server.user import User

TYPE: Final = "draft/multiline"
CONCAT: Final = "draft/multiline-concat"
CONCAT_SPELLINGS: Final = (CONCAT, "+" + CONCAT)
"""The specification's, and the one that freeq's older clients send and expect."""
REPEATED_TAGS_LIMIT: Final = 255
"""Bytes of client-only tags that every fallback line carries; longer ones go with the first line alone."""

# What a client says by itself while its user's batch is on its way.
_BETWEEN: Final = frozenset({"BATCH", "PING", "PONG", "QUIT"})


@attrs.frozen
class BatchLine:
    """One line of a multiline message."""

    text: str
    joined: bool
    """Whether it continues the line before without a line feed."""


@attrs.define
class OpenBatch:
    """A batch that a client has opened and not closed."""

    reference: str
    """As the client calls it."""
    target: str
    client_tags: str
    turn: Turn
    """Answers the batch as a whole; it carries the opening's label."""
    lines: list[BatchLine] = attrs.field(factory=list, init=False)
    size: int = attrs.field(default=0, init=False)
    """Bytes of the combined message so far."""
    failed: bool = attrs.field(default=False, init=False)

    def fail(self, code: str, *context: str, text: str) -> None:
        """Say what is wrong, once, and forget the lines."""
        if not self.failed:
            self.failed = True
            self.lines = []
            self.turn.fail("BATCH", code, *context, text=text)
            self.turn.finish()

    def add(self, text: str, *, joined: bool) -> None:
        """Collect one more line, or fail."""
        if joined and not text:
            self.fail("MULTILINE_INVALID", text="A blank line cannot continue another")
            return
        joined = joined and bool(self.lines)
        size = self.size + len(text.encode()) + (0 if joined or not self.lines else 1)
        if size > MULTILINE_BYTES:
            limit = str(MULTILINE_BYTES)
            self.fail("MULTILINE_MAX_BYTES", limit, text=f"A multiline message has at most {limit} bytes")
        elif len(self.lines) >= MULTILINE_LINES:
            limit = str(MULTILINE_LINES)
            self.fail("MULTILINE_MAX_LINES", limit, text=f"A multiline message has at most {limit} lines")
        else:
            self.lines.append(BatchLine(text, joined))
            self.size = size


@attrs.frozen
class MultilineWords:
    """A whole multiline message, of at least one line that is not blank."""

    lines: tuple[BatchLine, ...]
    client_tags: str

    @property
    def kind(self) -> Kind:
        """Always PRIVMSG."""
        return PRIVMSG

    @property
    def is_query(self) -> bool:
        """Whether any line would be a query to those who get the lines one by one."""
        return any(is_query(line.text) for line in self.lines)

    def speech(self, speaker: User, stamp: Stamp, target: str) -> Speech:
        """A batch, or its lines one by one; the reference tag is the message id, unique for every recipient."""
        return Either(
            MULTILINE | BATCH,
            self._batch(speaker, stamp, target),
            self._fallback(speaker, stamp, target),
        )

    def _batch(self, speaker: User, stamp: Stamp, target: str) -> Speech:
        reference = stamp.msgid
        opening = said(speaker, "BATCH", f"+{reference} {TYPE} {target}", None)
        inside = f"batch={reference}"
        continuing = ";".join([inside, *CONCAT_SPELLINGS])
        parts = [Line(opening, stamp, speaker.account, self.client_tags, speaker.is_bot)]
        for line in self.lines:
            body = said(speaker, "PRIVMSG", target, line.text)
            parts.append(Line(body, extra=continuing if line.joined else inside))
        parts.append(Line(said(speaker, "BATCH", f"-{reference}", None)))
        return Several(parts)

    def _fallback(self, speaker: User, stamp: Stamp, target: str) -> Speech:
        """Only the first line has the message id; the rest of what is true of the message is true of every line."""
        repeated = self.client_tags if len(self.client_tags.encode()) <= REPEATED_TAGS_LIMIT else ""
        time = "time=" + format_server_time(stamp.unix_ms)
        bodies = [said(speaker, "PRIVMSG", target, line.text) for line in self.lines if line.text]
        parts: list[Speech] = [Line(bodies[0], stamp, speaker.account, self.client_tags, speaker.is_bot)]
        for body in bodies[1:]:
            plain = Line(body, None, speaker.account, repeated, speaker.is_bot)
            parts.append(Either(SERVER_TIME, attrs.evolve(plain, extra=time), plain))
        return Several(parts)


# --- commands ------------------------------------------------------------------------------------------------------


def batch(turn: Turn, message: Message) -> None:
    """``BATCH +<reference> draft/multiline <target>`` and ``BATCH -<reference>``."""
    sign, reference = message.params[0][:1], message.params[0][1:]
    if sign == "+" and reference:
        _open(turn, message, reference)
    elif sign == "-" and (closed := _open_of(turn.session)) is not None and closed.reference == reference:
        _close(turn, closed)
    else:
        _invalid(turn, "No such batch is open")


def take_line(turn: Turn, message: Message) -> bool:
    """Look at a line that has a ``batch`` tag, or that comes while a batch is open. True: it is dealt with.

    To be asked before anything else about a line, one that could not be read (an empty command) included.
    """
    open_batch = _open_of(turn.session)
    reference = message.tags.get("batch")
    if open_batch is not None and reference == open_batch.reference:
        _collect(open_batch, message)
        return True
    if open_batch is not None and not open_batch.failed and message.command not in _BETWEEN:
        open_batch.fail("MULTILINE_INVALID", text="Something else came before the end of the batch")
    elif reference is not None:
        _invalid(turn, "No such batch is open")
    return reference is not None


def _open_of(session: Session) -> OpenBatch | None:
    batch = session.batch
    assert batch is None or isinstance(batch, OpenBatch), "no other kind of batch is opened"
    return batch


def _open(turn: Turn, message: Message, reference: str) -> None:
    params = message.params
    if (before := _open_of(turn.session)) is not None:
        before.fail("MULTILINE_INVALID", text="Another batch was opened before the end of this one")
    target = params[2] if len(params) > 2 else ""
    opened = OpenBatch(reference, target, client_only_tags(message), turn.defer())
    turn.session.batch = opened
    if not turn.session.caps & MULTILINE:
        opened.fail("MULTILINE_INVALID", text=f"This needs the capability {TYPE}")
    elif len(params) < 2 or params[1] != TYPE:
        opened.fail("MULTILINE_INVALID", text=f"A client's batch has the type {TYPE}")
    elif not target or "," in target or " " in target:
        opened.fail("MULTILINE_INVALID", text="A multiline message has one target")


def _collect(open_batch: OpenBatch, message: Message) -> None:
    params = message.params
    if open_batch.failed:
        return
    if message.command != "PRIVMSG" or len(params) < 2:
        open_batch.fail("MULTILINE_INVALID", text="A multiline batch holds nothing but PRIVMSG")
    elif fold(params[0]) != fold(open_batch.target):
        text = "The target is not that of the batch"
        open_batch.fail("MULTILINE_INVALID_TARGET", open_batch.target, params[0], text=text)
    else:
        open_batch.add(params[1], joined=any(spelling in message.tags for spelling in CONCAT_SPELLINGS))


def _close(turn: Turn, closed: OpenBatch) -> None:
    turn.session.batch = None
    if closed.failed:
        return
    if not any(line.text for line in closed.lines):
        closed.fail("MULTILINE_INVALID", text="The message is empty")
        return
    turn.user.active_at = turn.now.mono
    deliver(closed.turn, MultilineWords(tuple(closed.lines), closed.client_tags), closed.target)
    closed.turn.finish()


def _invalid(turn: Turn, text: str) -> None:
    turn.fail("BATCH", "MULTILINE_INVALID", text=text)
