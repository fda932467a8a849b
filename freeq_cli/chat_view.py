"""How ``freeq chat`` shows what happens: one event, some lines of plain text.

Everything here was written by strangers and goes to a terminal, so nothing but printable characters passes.
"""

import re
from collections.abc import Iterator
from typing import Final

from freeq_proto.client import (
    AwayChanged,
    ClientEvent,
    Connected,
    Connecting,
    CtcpReceived,
    Disconnected,
    ErrorReply,
    Invited,
    Joined,
    JoinFailed,
    Kicked,
    MessageEdited,
    MessageReceived,
    MessageRedacted,
    ModeChanged,
    NickChanged,
    Parted,
    Quit,
    ReactionAdded,
    Registered,
    ServerNotice,
    SignedIn,
    SignInFailed,
    StandardReply,
    Stopped,
    TopicChanged,
    Unhandled,
)
from freeq_proto.irc import Message

_FORMATTING: Final = re.compile(
    "[\x02\x0f\x11\x16\x1d\x1e\x1f]|\x03(?:[0-9]{1,2}(?:,[0-9]{1,2})?)?|\x04[0-9A-Fa-f]{0,6}"
)
_BOOKKEEPING: Final = frozenset(
    {"001", "002", "003", "004", "005", "251", "252", "253", "254", "255", "265", "266", "422"}
)


def plain(text: str) -> str:
    """Text without colours and bold type, in which nothing can command a terminal."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in _FORMATTING.sub("", text)
    )


def shown(event: ClientEvent) -> Iterator[str]:
    """The lines that an event is worth; none for most."""
    for line in _said(event) or _happened(event):
        yield plain(line)


def reply(message: Message) -> str:
    """A message of the server as a line: its parameters, without our nick in front."""
    params = message.params[1:] if message.command.isdigit() else message.params
    return plain(" ".join([message.command, *params]))


def _said(event: ClientEvent) -> list[str]:
    match event:
        case MessageReceived(is_action=True):
            return [f"{event.conversation} * {event.sender.nick} {event.text}"]
        case MessageReceived():
            mark = "-{}-" if event.is_notice else "<{}>"
            return [f"{event.target} {mark.format(event.sender.nick)} {line}" for line in event.text.split("\n")]
        case MessageEdited(target, sender, _, text):
            return [f"{target} {sender.nick} corrects: {text}"]
        case MessageRedacted(target, sender, _, reason):
            return [f"{target} {sender.nick} takes a message back {reason}".rstrip(" ")]
        case ReactionAdded(target, sender, _, reaction):
            return [f"{target} {sender.nick} reacts: {reaction}"]
        case CtcpReceived(target, sender, command, text):
            return [f"{target} {sender.nick} asks by CTCP: {command} {text}".rstrip(" ")]
        case ServerNotice(text):
            return [f"-- {text}"]
        case _:
            return []


def _happened(event: ClientEvent) -> list[str]:
    match event:
        case Connecting(destination):
            return [f"-- connecting to {destination}"]
        case Connected(address=address, authenticated=authenticated):
            return [f"-- connected to {address}{', whose certificate is verified' if authenticated else ''}"]
        case Registered(nick, server, network, account):
            return [f"-- you are {nick} on {server}{f' ({network})' if network else ''}, {account or 'a guest'}"]
        case SignedIn(account, mechanism):
            return [f"-- signed in as {account}{f' by {mechanism}' if mechanism else ''}"]
        case SignInFailed(reason):
            return [f"-- not signed in: {reason}"]
        case Disconnected(reason, retry):
            again = "" if retry is None else f"; trying again in {retry:.0f} seconds"
            return [f"-- disconnected: {reason}{again}"]
        case Stopped(reason):
            return [f"-- the end: {reason}"]
        case StandardReply(kind, command, code, context, text):
            return [f"-- {kind} {' '.join((command, code, *context))}: {text}"]
        case ErrorReply(code, params, text):
            return [f"-- {' '.join((code, *params))}: {text}"]
        case Unhandled(message) if message.command not in _BOOKKEEPING:
            return [f"-- {reply(message)}"]
        case _:
            return _moved(event)


def _moved(event: ClientEvent) -> list[str]:
    match event:
        case Joined(channel, who, account):
            return [f"{channel} -- {who.nick} came{f' ({account})' if account else ''}"]
        case JoinFailed(channel, _, text):
            return [f"{channel} -- not joined: {text}"]
        case Parted(channel, who, reason):
            return [f"{channel} -- {who.nick} left {reason}".rstrip(" ")]
        case Kicked(channel, nick, by, reason):
            return [f"{channel} -- {by.nick} removed {nick} {reason}".rstrip(" ")]
        case Quit(who, channels, reason):
            return [f"{','.join(channels)} -- {who.nick} left the network {reason}".rstrip(" ")]
        case TopicChanged(channel, topic):
            return [f"{channel} -- topic: {topic}"]
        case ModeChanged(target, changes, by):
            words = [
                f"{'+' if each.adding else '-'}{each.letter} {each.argument or ''}".rstrip(" ") for each in changes
            ]
            return [f"{target} -- {by.nick} sets {', '.join(words)}"]
        case Invited(channel, nick, by):
            return [f"{channel} -- {by.nick} invites {nick}"]
        case NickChanged(who, nick):
            return [f"-- {who.nick} is {nick} now"]
        case AwayChanged(who, message):
            return [f"-- {who.nick} is {'back' if message is None else f'away: {message}'}"]
        case _:
            return []
