"""What the tests of messages share: capabilities, sources and rooms full of clients."""

from typing import Final

from freeq_proto.irc import Message
from tests.server.harness import Client, Net

TAGS: Final = ("message-tags", "server-time", "account-tag", "batch", "labeled-response")
EVERYTHING: Final = (*TAGS, "echo-message", "draft/multiline", "draft/message-redaction", "standard-replies")


def source(net: Net, nick: str) -> str:
    """The ``nick!user@host`` of a user who is here."""
    user = net.engine.server.world.user(nick)
    assert user is not None
    return user.hostmask


def gather(*clients: Client, channel: str = "#room") -> None:
    """Put clients into a channel, the first as its founder; what they heard of it is taken."""
    for client in clients:
        client.send(f"JOIN {channel}")
    for client in clients:
        client.take()


def one(lines: list[str]) -> Message:
    """The only line, parsed."""
    assert len(lines) == 1, lines
    return Message.parse(lines[0])


def parsed(lines: list[str]) -> list[Message]:
    """All lines, parsed."""
    return [Message.parse(line) for line in lines]


def words(message: Message) -> list[str]:
    """Command and parameters."""
    return [message.command, *message.params]
