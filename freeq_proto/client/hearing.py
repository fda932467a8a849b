"""What is said: PRIVMSG, NOTICE, TAGMSG and REDACT as typed events, live or out of history.

Nothing is believed about who may edit or redact what: a server that enforces it does not relay what is wrong.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from freeq_proto.client.core import Core
from freeq_proto.client.events import ClientEvent, ServerNotice
from freeq_proto.client.said import (
    CtcpReceived,
    MessageEdited,
    MessageReceived,
    MessageRedacted,
    ReactionAdded,
    ReactionRemoved,
    Source,
    TypingChanged,
)
from freeq_proto.client.tracking import account_of
from freeq_proto.irc import Message, parse_server_time

EARLIEST_MS: Final = 365 * 86_400_000
"""The year 1971: nothing was said before it, and any clock can tell the times around it."""
AHEAD_MS: Final = 86_400_000
"""By how much a server's clock may be ahead of ours."""
CTCP: Final = "\x01"
MULTILINE: Final = "draft/multiline"
CONCAT: Final = (MULTILINE + "-concat", f"+{MULTILINE}-concat")
"""The tag of a line that continues the one before. The second is what some clients of the past send."""

REPLY: Final = ("+reply", "+draft/reply")
REACT: Final = ("+react", "+draft/react")
UNREACT: Final = ("+draft/unreact", "+freeq.at/unreact")
EDIT: Final = ("+draft/edit",)
DELETE: Final = ("+draft/delete",)
TYPING: Final = ("+typing", "+draft/typing")
TYPING_STATES: Final = ("active", "paused", "done")


def _tag(tags: Mapping[str, str], names: tuple[str, ...]) -> str:
    for name in names:
        if name in tags:
            return tags[name]
    return ""


def hear(core: Core, message: Message, *, is_history: bool) -> list[ClientEvent]:
    """The events that a message is; none if it means nothing to us."""
    reader = READERS.get(message.command)
    return [] if reader is None else reader(core, message, is_history)


def time_of(core: Core, message: Message) -> int:
    """When the server got a message: server-time, as far as that can be true, else now."""
    stamp = message.tags.get("time")
    known = parse_server_time(stamp) if stamp else None
    return core.now.unix_ms if known is None else max(EARLIEST_MS, min(known, core.now.unix_ms + AHEAD_MS))


def _account(message: Message) -> str | None:
    return account_of(message.tags.get("account", ""))


def _is_echo(core: Core, source: Source, message: Message, is_history: bool) -> bool:
    if core.is_me(source.nick):
        return True
    # In the past we may have had another nick.
    account = core.world.me.account
    return is_history and account is not None and _account(message) == account


def conversation_of(core: Core, target: str, source: Source, is_echo: bool) -> str:
    """The channel, or the other party."""
    channel = core.features.channel_of(target)
    if channel is not None:
        return channel
    return target if is_echo else source.nick


def _said(core: Core, message: Message, is_history: bool) -> list[ClientEvent]:
    """PRIVMSG and NOTICE."""
    if len(message.params) < 2:
        return []
    target, text = message.params[0], message.params[1]
    source, tags = core.source(message), message.tags
    is_notice = message.command == "NOTICE"
    if is_notice and core.is_server(source) and not core.features.is_channel(target):
        return [ServerNotice(text, source)]
    user = core.world.user(source.nick)
    if user is not None and source.host and not is_history:
        user.username, user.host = source.username, source.host
    is_echo = _is_echo(core, source, message, is_history)
    edited = _tag(tags, EDIT)
    if edited:
        when = time_of(core, message)
        return [MessageEdited(target, source, edited, text, is_echo, is_history, _account(message), when)]
    is_action = False
    if text[:1] == CTCP:
        command, _, rest = text.strip(CTCP).partition(" ")
        if command.upper() != "ACTION" or is_notice:
            return [] if is_history else [CtcpReceived(target, source, command.upper(), rest, is_notice)]
        is_action, text = True, rest
    return [
        MessageReceived(
            target,
            source,
            text,
            conversation_of(core, target, source, is_echo),
            is_action,
            is_notice,
            is_echo,
            is_history,
            _account(message) if tags else None,
            tags.get("msgid", ""),
            time_of(core, message),
            _tag(tags, REPLY) if tags else "",
            tags,
        ),
        *(_reactions(core, message, is_history) if tags else ()),
    ]


def _tagged(core: Core, message: Message, is_history: bool) -> list[ClientEvent]:
    """TAGMSG."""
    if not message.params:
        return []
    target, source = message.params[0], core.source(message)
    deleted = _tag(message.tags, DELETE)
    if deleted:
        is_echo = _is_echo(core, source, message, is_history)
        return [MessageRedacted(target, source, deleted, "", is_echo, is_history, time_of(core, message))]
    state = _tag(message.tags, TYPING)
    if state in TYPING_STATES and not is_history and not core.is_me(source.nick):
        return [TypingChanged(target, source, state)]
    return _reactions(core, message, is_history)


def _reactions(core: Core, message: Message, is_history: bool) -> list[ClientEvent]:
    subject = _tag(message.tags, REPLY)
    events: list[ClientEvent] = []
    if subject:
        for names, kind in ((REACT, ReactionAdded), (UNREACT, ReactionRemoved)):
            reaction = _tag(message.tags, names)
            if reaction:
                source = core.source(message)
                is_echo = _is_echo(core, source, message, is_history)
                when = time_of(core, message)
                events.append(kind(message.params[0], source, subject, reaction, is_echo, is_history, when))
    return events


def _redacted(core: Core, message: Message, is_history: bool) -> list[ClientEvent]:
    """REDACT (draft/message-redaction)."""
    if len(message.params) < 2:
        return []
    target, msgid, *reason = message.params
    source = core.source(message)
    is_echo = _is_echo(core, source, message, is_history)
    when = time_of(core, message)
    return [MessageRedacted(target, source, msgid, "".join(reason[:1]), is_echo, is_history, when)]


_Reader: TypeAlias = Callable[[Core, Message, bool], list[ClientEvent]]
READERS: Final[Mapping[str, _Reader]] = {
    "PRIVMSG": _said,
    "NOTICE": _said,
    "TAGMSG": _tagged,
    "REDACT": _redacted,
}


def joined_lines(opening: Message, lines: list[Message]) -> Message | None:
    """The one message that a multiline batch is (draft/multiline), or None for an empty one.

    Tags are those of the opening; who says it, too, or else the first line tells.
    """
    said = [line for line in lines if line.command in ("PRIVMSG", "NOTICE") and len(line.params) > 1]
    if not said:
        return None
    first = said[0]
    text = first.params[1]
    for line in said[1:]:
        continues = any(tag in line.tags for tag in CONCAT)
        text += line.params[1] if continues else "\n" + line.params[1]
    own = {key: value for key, value in first.tags.items() if key != "batch" and key not in CONCAT}
    tags = own | {key: value for key, value in opening.tags.items() if key not in ("batch", "label")}
    return Message(first.command, [first.params[0], text], opening.source or first.source, tags)
