"""What a client says and asks, one method each: the engine's own, made to be blocking.

They return when the line is on its way: at once, or when the connection takes more. What cannot be sent raises a
LocalProtocolError, as :mod:`freeq_proto.client` says: not registered just now, too much that waits, malformed.
"""

import abc
from collections.abc import Callable, Mapping
from typing import TypeVar

from freeq_proto.boundary import Now
from freeq_proto.client import Answer, RequestId
from freeq_proto.client import Client as Engine

T = TypeVar("T")


class ClientCommands(abc.ABC):
    """The part of a client that speaks."""

    @abc.abstractmethod
    def do(self, action: Callable[[Engine, Now], T]) -> T:
        """Have the engine do anything that it can."""

    @abc.abstractmethod
    def ask(self, action: Callable[[Engine, Now], RequestId]) -> Answer:
        """The answer to a request of the engine."""

    # --- asking ------------------------------------------------------------------------------------------------------

    def request(
        self, command: str, *params: str, tags: Mapping[str, str] | None = None, seconds: float | None = None
    ) -> Answer:
        """Send a command, and return what the server answers within ``seconds`` (None: as configured)."""
        return self.ask(lambda engine, now: engine.request(command, *params, now=now, tags=tags, seconds=seconds))

    def history(self, target: str, *, before: str = "", after: str = "", limit: int = 0) -> Answer:
        """Fetch what was said in a conversation: the latest, or between bounds (``msgid=…``, ``timestamp=…``)."""
        return self.ask(lambda engine, now: engine.history(target, now, before=before, after=after, limit=limit))

    # --- saying ------------------------------------------------------------------------------------------------------

    def say(self, target: str, text: str, *, reply_to: str = "", tags: Mapping[str, str] | None = None) -> None:
        """Say ``text`` to a channel or a nick, whatever its length; ``reply_to`` is the msgid of what it answers."""
        self.do(lambda engine, now: engine.say(target, text, now, reply_to=reply_to, tags=tags))

    def notice(self, target: str, text: str, *, reply_to: str = "", tags: Mapping[str, str] | None = None) -> None:
        """Say ``text`` as a notice, to which no program answers."""
        self.do(lambda engine, now: engine.notice(target, text, now, reply_to=reply_to, tags=tags))

    def action(self, target: str, text: str, *, reply_to: str = "", tags: Mapping[str, str] | None = None) -> None:
        """Say what we do."""
        self.do(lambda engine, now: engine.action(target, text, now, reply_to=reply_to, tags=tags))

    def edit(self, target: str, msgid: str, text: str) -> None:
        """Replace the text of a message of ours."""
        self.do(lambda engine, now: engine.edit(target, msgid, text, now))

    def react(self, target: str, msgid: str, reaction: str) -> None:
        """React to a message, with an emoji or a word."""
        self.do(lambda engine, now: engine.react(target, msgid, reaction, now))

    def unreact(self, target: str, msgid: str, reaction: str) -> None:
        """Take a reaction back."""
        self.do(lambda engine, now: engine.unreact(target, msgid, reaction, now))

    def redact(self, target: str, msgid: str, *, reason: str = "") -> None:
        """Take a message back."""
        self.do(lambda engine, now: engine.redact(target, msgid, now, reason=reason))

    def typing(self, target: str, *, state: str = "active") -> None:
        """Tell that we type (``active``, ``paused``, ``done``), if that is due: call it at every key."""
        self.do(lambda engine, now: engine.typing(target, now, state=state))

    # --- channels and ourselves --------------------------------------------------------------------------------------

    def join(self, channel: str, *, key: str = "") -> None:
        """Be in a channel: now, and after every reconnection."""
        self.do(lambda engine, now: engine.join(channel, now, key=key))

    def part(self, channel: str, *, reason: str = "") -> None:
        """Leave a channel, and do not come back by ourselves."""
        self.do(lambda engine, now: engine.part(channel, now, reason=reason))

    def topic(self, channel: str, topic: str) -> None:
        """Set a channel's topic; "" takes it away."""
        self.do(lambda engine, now: engine.topic(channel, topic, now))

    def kick(self, channel: str, nick: str, *, reason: str = "") -> None:
        """Remove somebody from a channel."""
        self.do(lambda engine, now: engine.kick(channel, nick, now, reason=reason))

    def invite(self, channel: str, nick: str) -> None:
        """Invite somebody into a channel."""
        self.do(lambda engine, now: engine.invite(channel, nick, now))

    def mode(self, target: str, changes: str, *arguments: str) -> None:
        """Change modes of a channel or of ourselves: ``mode("#room", "+o-v", "ann", "bob")``."""
        self.do(lambda engine, now: engine.mode(target, changes, *arguments, now=now))

    def away(self, *, message: str = "") -> None:
        """Be away with a message; without one, be back."""
        self.do(lambda engine, now: engine.away(now, message=message))

    def nick(self, nick: str) -> None:
        """Ask for another nick."""
        self.do(lambda engine, now: engine.nick(nick, now))

    def raw(self, line: str) -> None:
        """Send one line as it is, parsed and checked. What comes back is told as events."""
        self.do(lambda engine, now: engine.raw(line, now))
