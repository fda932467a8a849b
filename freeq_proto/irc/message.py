"""One message: the grammar of a line, both ways.

``parse`` partitions, and does nothing that the line does not ask for: most lines have no tag, no escape and no doubled
space. It forgives what the Modern document forgives (spaces in a row, more than fifteen parameters) and refuses the
rest. What ``parse`` returns, ``format`` can say again, and parsing that gives an equal message: a relay never fails on
what a peer sent.
"""

from typing import Final, Self

import attrs

from freeq_proto.boundary import RemoteProtocolError
from freeq_proto.irc.numerics import BY_CODE
from freeq_proto.irc.tags import UnrepresentableError, format_tags, parse_tags

# The words with which nearly all lines begin need no look at their letters.
_COMMON: Final = {
    word: word
    for word in (
        *"PRIVMSG NOTICE TAGMSG JOIN PART QUIT NICK MODE TOPIC KICK PING PONG AWAY ACCOUNT BATCH".split(" "),
        *BY_CODE,
    )
}


class MalformedMessage(RemoteProtocolError):  # noqa: N818 - its name is the finding, as it stands in sentences
    """A line of a peer that is no IRC message."""


@attrs.define
class Message:
    """One message (Modern IRC, "Message Format"). All text is unescaped; the last parameter is one like the others."""

    command: str
    """Upper-case ASCII letters, or three digits."""
    params: list[str] = attrs.field(factory=list)
    source: str | None = None
    """A server's name or ``nick!user@host``; without its colon."""
    tags: dict[str, str] = attrs.field(factory=dict)
    """A tag without a value has the value ``""``."""

    @classmethod
    def parse(cls, line: str | bytes) -> Self:
        """Parse one line; one CR LF or LF at its end is dropped. Bytes must be UTF-8.

        Length is not judged here (``framing.line_fits`` does). Raises ``MalformedMessage``, and nothing else.
        """
        if isinstance(line, bytes):
            try:
                text = line.decode()
            except UnicodeDecodeError:
                raise MalformedMessage("not UTF-8") from None
        else:
            text = line
            if not _is_unicode(text):
                raise MalformedMessage("not Unicode")
        if "\n" in text or "\r" in text or "\0" in text:
            text = _without_terminator(text)
        tags: dict[str, str] = {}
        source = None
        first = text[:1]
        if first == " ":
            text = text.lstrip(" ")
            first = text[:1]
        if first == "@":
            section, _, text = text.partition(" ")
            text = text.lstrip(" ")
            first = text[:1]
            tags = parse_tags(section[1:])
        if first == ":":
            source, _, text = text.partition(" ")
            source = source[1:] or None
        head, has_trailing, trailing = text.partition(" :")
        params = head.split(" ")
        if "" in params:  # spaces in a row, at the end, or nothing at all
            params = [word for word in params if word]
        if not params:
            raise MalformedMessage("no command")
        word = params.pop(0)
        command = _COMMON.get(word) or _command(word)
        if has_trailing:
            params.append(trailing)
        message = cls.__new__(cls)  # __init__ would look for defaults: a tenth of all the work here
        message.command = command
        message.params = params
        message.source = source
        message.tags = tags
        return message

    def format(self) -> str:
        """Write the message as a line, without CR LF; the last parameter gets its colon only where it needs one.

        Raises ``UnrepresentableError`` for what no line can carry: a command that is not upper-case letters or three
        digits; a parameter before the last that is empty, holds SPACE or starts with a colon; an empty source or one
        with SPACE; a bad tag key; NUL, CR or LF (tag values escape CR and LF); a lone surrogate.
        """
        command, params, source = self.command, self.params, self.source
        if not (command.isalpha() and command.isascii() and command.isupper()) and not _is_numeric(command):
            raise UnrepresentableError("a command is upper-case ASCII letters or three digits")
        words = []
        if self.tags:
            words.append("@" + format_tags(self.tags))
        if source is not None:
            if not source or " " in source:
                raise UnrepresentableError("a source is not empty and holds no space")
            words.append(":" + source)
        words.append(command)
        if params:
            for middle in params[:-1]:
                if not middle or " " in middle or middle[0] == ":":
                    raise UnrepresentableError(
                        "only the last parameter may be empty, hold spaces or start with a colon"
                    )
                words.append(middle)
            last = params[-1]
            words.append(":" + last if not last or " " in last or last[0] == ":" else last)
        line = " ".join(words)
        if "\0" in line or "\r" in line or "\n" in line:
            raise UnrepresentableError("NUL, CR or LF")
        if not _is_unicode(line):
            raise UnrepresentableError("a lone surrogate")
        return line


def _without_terminator(text: str) -> str:
    """Drop the CR LF or LF that ends ``text``, and refuse any other NUL, CR or LF."""
    if text.endswith("\n"):
        text = text.removesuffix("\n").removesuffix("\r")
    if "\n" in text or "\r" in text or "\0" in text:
        raise MalformedMessage("NUL, CR or LF inside a line")
    return text


def _command(word: str) -> str:
    if not (word.isalpha() and word.isascii()) and not _is_numeric(word):
        raise MalformedMessage("a command is ASCII letters or three digits")
    return word.upper()


def _is_numeric(word: str) -> bool:
    return len(word) == 3 and word.isascii() and word.isdigit()


def _is_unicode(text: str) -> bool:
    """Whether UTF-8 can carry ``text``: a ``str`` may hold lone surrogates."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
