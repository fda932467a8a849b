"""What a program may have a client do: one method for each, all of them returning at once.

Each takes the present time. Each raises LocalProtocolError for what cannot be sent: while there is no registered
connection (``NotRegisteredError``), where too much waits already (``QueueFullError``, see ``client.room``), for a text
with CR or NUL (``UnsayableError``), for a line that is too long (``TooLongError``) or malformed
(``UnrepresentableError``).
"""

from collections.abc import Mapping
from typing import Final

from freeq_proto.boundary import LocalProtocolError, Now
from freeq_proto.client.answers import RequestId
from freeq_proto.client.composing import (
    Line,
    budget,
    check_text,
    lines_of,
    multiline_limits,
    multiline_messages,
)
from freeq_proto.client.core import Core
from freeq_proto.client.hearing import CONCAT, DELETE, EDIT, MULTILINE, REACT, REPLY, TYPING_STATES, UNREACT
from freeq_proto.client.outgoing import Parcel
from freeq_proto.client.session import Session
from freeq_proto.client.typing_notices import TypingNotices
from freeq_proto.client.words import UnsayableError, check_word, is_channel_word
from freeq_proto.irc import MalformedMessage, Message, format_server_time, takes_argument

_DRAFT_REPLY: Final = REPLY[1]
_DRAFT_REACT: Final = REACT[1]
NEWEST: Final = "*"
"""The bound of history that is now."""


class MissingCapabilityError(LocalProtocolError):
    """The server does not know what was asked of it; see ``client.has``."""


class Commands:
    """The part of a client that sends."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._session = Session(core)
        self._typing = TypingNotices()
        self._batches = 0

    # --- asking ----------------------------------------------------------------------------------------------------

    def request(
        self,
        command: str,
        *params: str,
        now: Now,
        tags: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> RequestId:
        """Send a command and learn what comes back: an ``Answered`` event with this id, within ``seconds``.

        On a server without labeled-response, requests are asked one after the other. WHOIS, WHO, NAMES, LIST and
        their like are then told by their numerics; for others, what comes up to the PONG behind them is the answer.
        """
        self._core.now = now
        return self._session.requests.ask(command, params, tags=tags, seconds=seconds)

    def history(
        self, target: str, now: Now, *, before: str = "", after: str = "", limit: int = 0, seconds: float | None = None
    ) -> RequestId:
        """Ask for what was said in a conversation; the ``Answer`` holds it as typed events, oldest first.

        Without bounds the latest, with ``before`` what led up to it, with ``after`` what followed, with both what lies
        between. A bound is ``msgid=…`` or ``timestamp=…`` (IRCv3 chathistory). ``limit`` is at most what the server
        allows, which is the default. Raises MissingCapabilityError without draft/chathistory.
        """
        self._core.now = now
        count = str(limit if 0 < limit < self._history_page() else self._history_page())
        if before and after:
            params: tuple[str, ...] = ("BETWEEN", target, after, before, count)
        elif before or after:
            params = ("BEFORE" if before else "AFTER", target, before or after, count)
        else:
            params = ("LATEST", target, NEWEST, count)
        return self._session.requests.ask("CHATHISTORY", params, seconds=seconds)

    def history_targets(self, after_unix_ms: int, before_unix_ms: int, now: Now, *, limit: int = 0) -> RequestId:
        """Ask in which conversations something was said between two times; the ``Answer`` holds ``targets``."""
        self._core.now = now
        bounds = [f"timestamp={format_server_time(each)}" for each in (after_unix_ms, before_unix_ms)]
        return self._session.requests.ask("CHATHISTORY", ("TARGETS", *bounds, str(limit or self._history_page())))

    def _history_page(self) -> int:
        self._core.require_registered()
        if not self._session.conversations.available:
            raise MissingCapabilityError("the server keeps no history that can be asked for (draft/chathistory)")
        return self._session.conversations.page

    # --- saying ----------------------------------------------------------------------------------------------------

    def say(
        self, target: str, text: str, now: Now, *, reply_to: str = "", tags: Mapping[str, str] | None = None
    ) -> None:
        """Say ``text`` to a channel or a nick, whatever its length; ``reply_to`` is the msgid of what it answers.

        One line where it fits, else one multiline message where the server takes those, else as many lines as it
        takes, cut where a reader sees a boundary. Line feeds begin new lines. Raises UnsayableError for more than
        256 KiB.
        """
        self._core.now = now
        self._say(target, text, _with_reply(tags, reply_to))

    def _say(self, target: str, text: str, tags: dict[str, str]) -> None:
        core = self._core
        core.require_registered()
        check_text(text)
        limits = multiline_limits(core, core.capabilities.get(MULTILINE, ""))
        is_long = "\n" in text or len(text.encode()) > budget(core, "PRIVMSG", target)
        if limits is not None and is_long:
            parcels: list[Parcel] = []
            for lines in multiline_messages(core, target, text, limits):
                parcels += self._multiline(target, lines, tags)
                tags = {key: value for key, value in tags.items() if key not in REPLY}
            core.outgoing.put(*parcels)
        else:
            self._send_lines("PRIVMSG", target, lines_of(core, "PRIVMSG", target, text), tags)
        self._typing.said(core.features.fold(target))

    def _multiline(self, target: str, lines: list[Line], tags: dict[str, str]) -> list[Parcel]:
        """One multiline message. It leaves as a whole, since nothing else may be said while its batch is open."""
        core = self._core
        if len(lines) == 1:
            return _parcels(core, "PRIVMSG", target, [lines[0].text], tags)
        self._batches += 1
        reference = f"m{self._batches}"
        chunks = [core.render("BATCH", (f"+{reference}", MULTILINE, target), core.permitted(tags))]
        for line in lines:
            inside = {"batch": reference, **({CONCAT[0]: ""} if line.continues else {})}
            chunks.append(core.render("PRIVMSG", (target, line.text), inside))
        chunks.append(core.render("BATCH", (f"-{reference}",)))
        return [Parcel(b"".join(chunks), len(chunks))]

    def _send_lines(self, command: str, target: str, lines: list[str], tags: dict[str, str]) -> None:
        self._core.require_registered()
        self._core.outgoing.put(*_parcels(self._core, command, target, lines, tags))

    def notice(
        self, target: str, text: str, now: Now, *, reply_to: str = "", tags: Mapping[str, str] | None = None
    ) -> None:
        """Say ``text`` as a notice, to which no program answers."""
        self._core.now = now
        lines = lines_of(self._core, "NOTICE", target, text)
        self._send_lines("NOTICE", target, lines, _with_reply(tags, reply_to))

    def action(
        self, target: str, text: str, now: Now, *, reply_to: str = "", tags: Mapping[str, str] | None = None
    ) -> None:
        """Say what we do (CTCP ACTION)."""
        self._core.now = now
        lines = lines_of(self._core, "PRIVMSG", target, text, action=True)
        self._send_lines("PRIVMSG", target, lines, _with_reply(tags, reply_to))

    def reply(self, target: str, msgid: str, text: str, now: Now) -> None:
        """Say ``text`` in answer to a message."""
        self.say(target, text, now, reply_to=msgid)

    def edit(self, target: str, msgid: str, text: str, now: Now) -> None:
        """Replace the text of a message of ours. Raises UnsayableError for one that does not fit one line."""
        self._core.now = now
        lines = lines_of(self._core, "PRIVMSG", target, text)
        if len(lines) != 1:
            raise UnsayableError("an edited message has one line")
        self._tagged()
        self._core.send("PRIVMSG", target, lines[0], tags={EDIT[0]: msgid})

    def react(self, target: str, msgid: str, reaction: str, now: Now) -> None:
        """React to a message, with an emoji or a word."""
        self._react(target, msgid, _DRAFT_REACT, reaction, now)

    def unreact(self, target: str, msgid: str, reaction: str, now: Now) -> None:
        """Take a reaction back."""
        self._react(target, msgid, UNREACT[0], reaction, now)

    def _react(self, target: str, msgid: str, tag: str, reaction: str, now: Now) -> None:
        self._core.now = now
        if not reaction:
            raise UnsayableError("a reaction is not empty")
        self._tagged()
        self._core.send("TAGMSG", target, tags={_DRAFT_REPLY: msgid, tag: reaction})

    def redact(self, target: str, msgid: str, now: Now, *, reason: str = "") -> None:
        """Take a message back: REDACT where the server knows it, else a tag that says so."""
        self._core.now = now
        if self._core.has("draft/message-redaction"):
            self._core.send("REDACT", target, msgid, *([reason] if reason else []))
            return
        self._tagged()
        self._core.send("TAGMSG", target, tags={DELETE[0]: msgid})

    def typing(self, target: str, now: Now, *, state: str = "active") -> bool:
        """Tell that we type (``active``, ``paused``, ``done``), if that is due; call it at every key. Whether it was.

        Never raises for the state of the connection: it is then not due.
        """
        self._core.now = now
        if state not in TYPING_STATES:
            raise UnsayableError(f"typing is {', '.join(TYPING_STATES)}")
        core = self._core
        if not core.registered or not core.has("message-tags") or not core.outgoing.room:
            return False
        if not self._typing.is_due(core.features.fold(target), state, now.mono):
            return False
        core.send("TAGMSG", target, tags={"+typing": state})
        return True

    def _tagged(self) -> None:
        self._core.require_registered()
        if not self._core.has("message-tags"):
            raise MissingCapabilityError("the server relays no tags (message-tags)")

    # --- channels and ourselves ------------------------------------------------------------------------------------

    def join(self, channel: str, now: Now, *, key: str = "") -> None:
        """Be in a channel: now if we are registered, and after every reconnection. May be called at any time."""
        self._core.now = now
        params = (channel, key) if key else (channel,)
        if not is_channel_word(channel) or (key and not is_channel_word(key)):
            raise UnsayableError("a channel is one word without comma, and so is its key")
        if self._core.registered and self._core.world.channel(channel) is None:
            self._core.send("JOIN", *params)
        self._session.wanted.add(channel, key)

    def part(self, channel: str, now: Now, *, reason: str = "") -> None:
        """Leave a channel, and do not come back by ourselves. May be called at any time."""
        self._core.now = now
        check_word(channel, "a channel")
        if self._core.registered:
            self._core.send("PART", channel, *([reason] if reason else []))
        self._session.wanted.remove(channel)

    def topic(self, channel: str, topic: str, now: Now) -> None:
        """Set a channel's topic; "" takes it away."""
        self._send(now, "TOPIC", channel, topic)

    def kick(self, channel: str, nick: str, now: Now, *, reason: str = "") -> None:
        """Remove somebody from a channel."""
        self._send(now, "KICK", channel, nick, *([reason] if reason else []))

    def invite(self, channel: str, nick: str, now: Now) -> None:
        """Invite somebody into a channel."""
        check_word(channel, "a channel")
        self._send(now, "INVITE", nick, channel)

    def mode(self, target: str, changes: str, *arguments: str, now: Now) -> None:
        """Change modes of a channel or of ourselves: ``mode("#room", "+o-v", "ann", "bob", now=now)``.

        More arguments than the server takes at once (MODES) are sent as several commands. Our own modes are set again
        after a reconnection, but for those with arguments. Raises UnsayableError for what would have to be cut and
        holds a mode that the server does not list, or more arguments than modes that take one.
        """
        core = self._core
        core.now = now
        core.require_registered()
        core.outgoing.put(
            *(Parcel(core.render("MODE", (target, *params))) for params in _mode_commands(core, changes, arguments))
        )
        if core.is_me(target) and not arguments:
            self._session.ourselves.mode(changes)

    def away(self, now: Now, *, message: str = "") -> None:
        """Be away with a message, after every reconnection too; without one, be back. May be called at any time."""
        core = self._core
        core.now = now
        params = (message,) if message else ()
        core.render("AWAY", params)  # raises for what cannot be said
        if core.registered:
            core.send("AWAY", *params)
        self._session.ourselves.away(message)

    def nick(self, nick: str, now: Now) -> None:
        """Have another nick, and want it from now on unless the server refuses it. May be called at any time."""
        self._core.now = now
        check_word(nick, "a nick")
        self._session.nicks.want(nick)

    def realname(self, realname: str, now: Now) -> None:
        """Change our realname (setname)."""
        self._send(now, "SETNAME", realname)

    def raw(self, line: str, now: Now) -> None:
        """Send one line as it is, parsed and checked. What comes back is told as events, not as an answer.

        QUIT is :meth:`quit`: the client comes to its end.
        """
        self._core.now = now
        if "\r" in line or "\n" in line or "\0" in line:
            raise UnsayableError("a line holds CR, LF or NUL")
        try:
            message = Message.parse(line)
        except MalformedMessage as error:
            raise UnsayableError(f"not an IRC message: {error}") from None
        if message.command.upper() == "QUIT":
            self._core.require_registered()
            self._session.stop("".join(message.params[:1]))
            return
        self._core.send(message.command, *message.params, tags=dict(message.tags))

    def quit(self, now: Now, *, reason: str = "") -> None:
        """Say goodbye and stop, after everything that was said before: ``Disconnected`` and ``Stopped`` follow.

        What waits to be sent leaves first, within the send budget and ``config.times.flush``; what does not make it is
        counted in ``Disconnected``. Nothing more can be said meanwhile. The same as ``stop``.
        """
        self._core.now = now
        self._session.stop(reason)

    def _send(self, now: Now, command: str, *params: str) -> None:
        self._core.now = now
        self._core.send(command, *params)


def _parcels(core: Core, command: str, target: str, lines: list[str], tags: dict[str, str]) -> list[Parcel]:
    """One for each line. The first carries the tags of the whole."""
    rendered = [core.render(command, (target, lines[0]), core.permitted(tags))]
    rendered += [core.render(command, (target, line)) for line in lines[1:]]
    return [Parcel(data) for data in rendered]


def _with_reply(tags: Mapping[str, str] | None, reply_to: str) -> dict[str, str]:
    return {**(tags or {}), **({_DRAFT_REPLY: reply_to} if reply_to else {})}


def _mode_commands(core: Core, changes: str, arguments: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The changes in as few commands as the server takes; one as it stands where nothing has to be cut."""
    limit = core.features.number("MODES") or (3 if not core.features.has("MODES") else len(arguments))
    if len(arguments) <= limit:
        return [(changes, *arguments)]
    kinds = core.features.channel_modes
    given = iter(arguments)
    commands: list[tuple[list[str], list[str]]] = [([], [])]
    sign = "+"
    for letter in changes:
        if letter in "+-":
            sign = letter
            continue
        if letter not in kinds:
            raise UnsayableError(f"the server knows no mode {letter}, so it is not known where to cut the command")
        argument = next(given, None) if takes_argument(kinds[letter], adding=sign == "+") else None
        if argument is not None and len(commands[-1][1]) >= limit:
            commands.append(([], []))
        commands[-1][0].append(sign + letter)
        commands[-1][1].extend([] if argument is None else [argument])
    if next(given, None) is not None:
        raise UnsayableError("there are more arguments than modes that take one")
    return [("".join(letters), *args) for letters, args in commands if letters]
