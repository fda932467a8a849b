"""What somebody says, before it is known to whom: the kinds of message, one line of words, the tags that go with it."""

from typing import Final, Protocol

import attrs

from freeq_proto.caps import MESSAGE_TAGS, CapSet
from freeq_proto.history import Stamp
from freeq_proto.irc import BODY_LIMIT, Message, format_tags, is_client_only, is_valid_key, truncate
from freeq_proto.server.speech import Line, Speech
from freeq_proto.server.user import User

_LINE_LIMIT: Final = BODY_LIMIT - 2  # without CR LF
_CTCP: Final = "\x01"


@attrs.frozen
class Kind:
    """What tells PRIVMSG, NOTICE and TAGMSG from one another."""

    command: str
    needs: CapSet = 0
    """Capabilities without which it is not heard."""
    answered: bool = True
    """Whether what goes wrong is said; never to a NOTICE, so that machines do not answer each other for ever."""
    reports_away: bool = False
    """Whether an absent recipient's away message comes back (301)."""


PRIVMSG: Final = Kind("PRIVMSG", reports_away=True)
NOTICE: Final = Kind("NOTICE", answered=False)
TAGMSG: Final = Kind("TAGMSG", needs=MESSAGE_TAGS)


class Saying(Protocol):
    """Something to say, to any target."""

    @property
    def kind(self) -> Kind:
        """The command that it came by."""

    @property
    def is_query(self) -> bool:
        """Whether it is a CTCP message other than ACTION, which mode C keeps out."""

    def speech(self, speaker: User, stamp: Stamp, target: str) -> Speech:
        """It, said by ``speaker``; ``target`` is what recipients read there."""


@attrs.define
class Words:
    """One PRIVMSG, NOTICE or TAGMSG."""

    kind: Kind
    text: str | None
    """None: it has tags only."""
    client_tags: str = ""
    is_query: bool = False

    def speech(self, speaker: User, stamp: Stamp, target: str) -> Line:
        """One line, cut where the source made it too long."""
        kind = self.kind
        return Line(
            said(speaker, kind.command, target, self.text),
            stamp,
            speaker.account,
            self.client_tags,
            speaker.is_bot,
            kind.needs,
        )


def said(speaker: User, command: str, target: str, text: str | None) -> str:
    """A line of ``speaker`` without its tags, cut to the 510 bytes that it may have before CR LF."""
    body = f":{speaker.principal.hostmask} {command} {target}"
    if text is not None:
        body = f"{body} :{text}"
    if len(body) <= _LINE_LIMIT and body.isascii():
        return body
    return truncate(body, _LINE_LIMIT)


def client_only_tags(message: Message) -> str:
    """The client-only tags of a message as they are relayed. All others are a server's to give, and are dropped."""
    tags = {key: value for key, value in message.tags.items() if is_client_only(key) and is_valid_key(key)}
    return format_tags(tags) if tags else ""


def is_query(text: str) -> bool:
    """Whether ``text`` is a CTCP message other than ACTION (https://modern.ircdocs.horse/ctcp)."""
    return text.startswith(_CTCP) and text[1:].partition(" ")[0].rstrip(_CTCP).upper() != "ACTION"
