"""The grammar of IRC, as values and tables.

This room knows what a line, a message, a tag, a name, a mask, a mode change, a numeric and an ISUPPORT token look like,
how long each may be, and how each is written and read. It refuses to know what any of them does: it has no server, no
session, no channel, no clock, and judges nobody.
"""

from freeq_proto.irc.folding import (
    CHANNEL_LIMIT,
    CHANNEL_PREFIX,
    HOST_LIMIT,
    NICK_LIMIT,
    USERNAME_LIMIT,
    Folded,
    fold,
    is_channel_name,
    is_nick,
    is_username,
    lower_ascii,
)
from freeq_proto.irc.message import MalformedMessage, Message
from freeq_proto.irc.tags import (
    CLIENT_ONLY_PREFIX,
    UnrepresentableError,
    escape_value,
    format_tags,
    is_client_only,
    is_valid_key,
    parse_tags,
    unescape_value,
)

__all__ = [
    "CHANNEL_LIMIT",
    "CHANNEL_PREFIX",
    "CLIENT_ONLY_PREFIX",
    "HOST_LIMIT",
    "NICK_LIMIT",
    "USERNAME_LIMIT",
    "Folded",
    "MalformedMessage",
    "Message",
    "UnrepresentableError",
    "escape_value",
    "fold",
    "format_tags",
    "is_channel_name",
    "is_client_only",
    "is_nick",
    "is_username",
    "is_valid_key",
    "lower_ascii",
    "parse_tags",
    "unescape_value",
]
