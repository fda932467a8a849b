"""One command of one session, from its line to its last answer.

Handlers see the world, ask the judge and speak through their turn. They touch no outbox, no clock and no effect. The
turn knows whether the command carried a label (IRCv3 labeled-response): then what it answers is held until the command
is over, and leaves as one labeled line, one batch, or an ACK. A command that waits lets go of what it has answered: its
batch stays open, so that nothing that others say meanwhile overtakes it.
"""

from freeq_proto.boundary import Now
from freeq_proto.caps import BATCH, LABELED_RESPONSE, STANDARD_REPLIES
from freeq_proto.history import Stamp
from freeq_proto.irc import BODY_LIMIT, Message, Numeric, escape_value, truncate
from freeq_proto.server.channel import Channel
from freeq_proto.server.config import Config
from freeq_proto.server.context import Context
from freeq_proto.server.fanout import Fanout
from freeq_proto.server.session import Session
from freeq_proto.server.speech import Line, Speech
from freeq_proto.server.user import User
from freeq_proto.server.world import World

_LABEL_LIMIT = 64
_LINE_LIMIT = BODY_LIMIT - 2  # without CR LF


class Turn:
    """A command under way."""

    __slots__ = ("_answers", "_label", "_reference", "now", "server", "session")

    def __init__(self, server: Context, session: Session, now: Now, message: Message) -> None:
        self.server = server
        self.session = session
        self.now = now
        """When the command came. A flow that waited asks :attr:`Server.now` for the time after its wait."""
        self._label = ""
        self._answers: list[str] | None = None
        self._reference = ""
        if message.tags and session.caps & LABELED_RESPONSE and session.caps & BATCH:
            label = message.tags.get("label", "")
            if 0 < len(label.encode()) <= _LABEL_LIMIT:
                self._label = "label=" + escape_value(label)
                self._answers = []

    # --- what handlers read ----------------------------------------------------------------------------------------

    @property
    def world(self) -> World:
        """Everything that is."""
        return self.server.world

    @property
    def config(self) -> Config:
        """What the operator decided."""
        return self.server.config

    @property
    def fanout(self) -> Fanout:
        """Speaking to others."""
        return self.server.fanout

    @property
    def user(self) -> User:
        """Who gave the command; only in commands that need registration."""
        user = self.session.user
        assert user is not None, "this command needs registration"
        return user

    def stamp(self) -> Stamp:
        """A fresh message id and time."""
        return self.server.stamp()

    # --- answering -------------------------------------------------------------------------------------------------

    def numeric(self, numeric: Numeric, *params: str, text: str | None = None) -> None:
        """Answer with a numeric: ``params`` after the client's name, then its fixed text or ``text``."""
        words = " ".join([numeric.code, self.session.name, *map(_middle, params)])
        last = numeric.text if text is None else text
        body = f":{self.config.name} {words} :{last}" if last or text is not None else f":{self.config.name} {words}"
        self.hear_line(truncate(body, _LINE_LIMIT))

    def standard(self, kind: str, command: str, code: str, *context: str, text: str) -> None:
        """A standard reply (``FAIL``, ``WARN`` or ``NOTE``); a NOTICE for those who do not know such replies."""
        if self.session.caps & STANDARD_REPLIES:
            words = " ".join([kind, command, code, *map(_middle, context)])
            self.hear_line(truncate(f":{self.config.name} {words} :{text}", _LINE_LIMIT))
        else:
            self.notice(f"{command}: {text}")

    def fail(self, command: str, code: str, *context: str, text: str) -> None:
        """``FAIL``: the command did not happen."""
        self.standard("FAIL", command, code, *context, text=text)

    def notice(self, text: str) -> None:
        """A NOTICE from the server to this session alone."""
        self.hear_line(truncate(f":{self.config.name} NOTICE {self.session.name} :{text}", _LINE_LIMIT))

    def say(self, *words: str, text: str | None = None) -> None:
        """Answer with a command of the server: ``words``, then ``text`` as the last parameter."""
        body = " ".join([f":{self.config.name}", *words])
        self.hear_line(body if text is None else truncate(f"{body} :{text}", _LINE_LIMIT))

    def hear(self, speech: Speech) -> None:
        """Say something to this session as part of the answer: an echo, or its own JOIN."""
        for line in speech.lines(self.session.caps):
            self.hear_line(line)

    def hear_line(self, line: str) -> None:
        """One finished line to this session, as part of the answer."""
        if self._answers is None:
            self.server.fanout.send(self.session, (line,))
        else:
            self._answers.append(line)

    def broadcast(self, channel: Channel, speech: Speech) -> None:
        """Say it to a channel; the copy for this session is part of the answer."""
        self.fanout.to_channel(channel, speech, skip=self.session)
        user = self.session.user
        if user is not None and channel.folded in user.channels:
            self.hear(speech)

    def broadcast_neighbours(self, user: User, speech: Speech) -> None:
        """Say it to everybody who shares a channel with ``user``, and to its sessions; mine is part of the answer."""
        self.fanout.to_neighbours(user, speech, skip=self.session)
        self.hear(speech)

    def source_line(self, *words: str, text: str | None = None, needs: int = 0) -> Line:
        """A line whose source is this user, stamped and tagged: what others are told that it did."""
        return user_line(self.user, self.stamp(), *words, text=text, needs=needs)

    # --- the end ---------------------------------------------------------------------------------------------------

    def defer(self) -> "Turn":
        """Hand the answer over to a turn that ends later: this one has nothing to say any more, not even an ACK."""
        later = Turn(self.server, self.session, self.now, Message(""))
        later._label, later._answers = self._label, self._answers
        self._label, self._answers = "", None
        return later

    def wait(self) -> None:
        """The command waits, and others have a turn: let go of what was answered so far."""
        if self._answers:
            opening = []
            if not self._reference:
                self._reference = self.session.next_batch()
                opening.append(f"@{self._label} :{self.config.name} BATCH +{self._reference} labeled-response")
            self.fanout.send(self.session, [*opening, *_inside(self._answers, self._reference)])
            self._answers = []

    def finish(self) -> None:
        """The command is over: let the labeled answer go."""
        answers = self._answers
        if answers is None:
            return
        session, name = self.session, self.config.name
        if self._reference:
            lines = [*_inside(answers, self._reference), f":{name} BATCH -{self._reference}"]
        elif not answers:
            lines = [f"@{self._label} :{name} ACK"]
        elif len(answers) == 1:
            lines = [_tagged(answers[0], self._label)]
        elif _is_one_batch(answers):
            lines = [_tagged(answers[0], self._label), *answers[1:]]
        else:
            self.wait()
            lines = [f":{name} BATCH -{self._reference}"]
        self._answers = None
        self.fanout.send(session, lines)


def user_line(user: User, stamp: Stamp, *words: str, text: str | None = None, needs: int = 0) -> Line:
    """A line whose source is ``user``: ``words`` are command and middle parameters, ``text`` the last one."""
    body = " ".join((":" + user.hostmask, *words))
    if text is not None:
        body = f"{body} :{text}"
    return Line(body, stamp, account=user.account, bot=user.is_bot, needs=needs)


def _middle(param: str) -> str:
    """A client's word, made fit to stand between others: never empty, with a space, or beginning with a colon."""
    if not param or param[0] == ":" or " " in param:
        return param.partition(" ")[0].lstrip(":") or "*"
    return param


def _tagged(line: str, tag: str) -> str:
    return f"@{tag};{line[1:]}" if line.startswith("@") else f"@{tag} {line}"


def _inside(lines: list[str], reference: str) -> list[str]:
    """Lines as they stand in a batch; those of a batch inside it name that one already."""
    return [line if line.startswith("@batch=") else _tagged(line, f"batch={reference}") for line in lines]


def _is_one_batch(lines: list[str]) -> bool:
    """Whether the lines are one batch from its opening to its end: then that batch carries the label itself."""
    opening, closing = lines[0], lines[-1]
    if opening.startswith("@"):
        opening = opening.partition(" ")[2]
    words = opening.split(" ")
    if len(words) < 3 or words[1] != "BATCH" or words[2][:1] != "+":
        return False
    reference = words[2][1:]
    inside = f"@batch={reference}"
    return closing.endswith(f" BATCH -{reference}") and all(
        line.startswith((inside + " ", inside + ";")) for line in lines[1:-1]
    )
