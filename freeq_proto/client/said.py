"""What is said, as a client tells it: messages, and what is done to them. And who says it."""

from collections.abc import Mapping
from typing import TypeAlias

import attrs


@attrs.frozen
class Source:
    """Who did it: a user, or a server."""

    nick: str
    """A server's name, where ``username`` and ``host`` are empty and the name holds a dot."""
    username: str = ""
    host: str = ""

    def __str__(self) -> str:
        user = f"!{self.username}" if self.username else ""
        return f"{self.nick}{user}@{self.host}" if self.host else self.nick + user

    @property
    def is_server(self) -> bool:
        """Whether it looks like a server: no user or host, and a dot in its name (which no nick can have)."""
        return not self.host and not self.username and "." in self.nick


@attrs.frozen
class MessageReceived:
    """Something was said, by others or (``is_echo``) by ourselves."""

    target: str
    """A channel, our nick, or a channel after a prefix (STATUSMSG) such as ``@#room``."""
    sender: Source
    text: str
    """Without the frame of an action. Lines of a multiline message are joined by line feeds."""
    conversation: str = ""
    """The channel or the nick with whom this is being talked: where an answer goes."""
    is_action: bool = False
    is_notice: bool = False
    """Programs never answer notices."""
    is_echo: bool = False
    is_history: bool = False
    """Said before: while we were away, or fetched."""
    account: str | None = None
    """What the sender is signed in as, if the server tells (account-tag)."""
    msgid: str = ""
    time: int = 0
    """When the server got it; where it does not tell, when we did."""
    reply_to: str = ""
    """The msgid of what this answers."""
    tags: Mapping[str, str] = attrs.field(factory=dict, hash=False)


@attrs.frozen
class CtcpReceived:
    """A CTCP query or (``is_notice``) reply other than ACTION."""

    target: str
    sender: Source
    command: str
    """In upper case."""
    text: str = ""
    is_notice: bool = False


@attrs.frozen
class TypingChanged:
    """Somebody types, pauses or is done."""

    target: str
    sender: Source
    state: str
    """``active``, ``paused`` or ``done``."""


@attrs.frozen
class ReactionAdded:
    """Somebody reacted to a message."""

    target: str
    sender: Source
    msgid: str
    """Of the message reacted to."""
    reaction: str
    is_echo: bool = False
    is_history: bool = False
    time: int = 0


@attrs.frozen
class ReactionRemoved:
    """Somebody took a reaction back."""

    target: str
    sender: Source
    msgid: str
    reaction: str
    is_echo: bool = False
    is_history: bool = False
    time: int = 0


@attrs.frozen
class MessageEdited:
    """Somebody changed what was said. Whether it was theirs to change, the server decided (or did not)."""

    target: str
    sender: Source
    msgid: str
    """Of the message that is changed."""
    text: str
    is_echo: bool = False
    is_history: bool = False
    account: str | None = None
    time: int = 0


@attrs.frozen
class MessageRedacted:
    """A message was taken back."""

    target: str
    sender: Source
    msgid: str
    """Of the message that is gone."""
    reason: str = ""
    is_echo: bool = False
    is_history: bool = False
    time: int = 0


Said: TypeAlias = MessageReceived | ReactionAdded | ReactionRemoved | MessageEdited | MessageRedacted
"""What a conversation consists of, and its history."""
