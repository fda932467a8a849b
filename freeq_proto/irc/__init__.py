"""The grammar of IRC, as values and tables.

This room knows what a line, a message, a tag, a name, a mask, a mode change, a numeric and an ISUPPORT token look like,
how long each may be, and how each is written and read. It refuses to know what any of them does: it has no server, no
session, no channel, no clock, and judges nobody.
"""

from freeq_proto.irc import numerics
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
from freeq_proto.irc.framing import (
    AUTHENTICATE_LIMIT,
    BODY_LIMIT,
    CLIENT_TAGS_LIMIT,
    MAX_LINE,
    OVERLONG,
    SERVER_TAGS_LIMIT,
    LineFramer,
    line_fits,
)
from freeq_proto.irc.message import MalformedMessage, Message
from freeq_proto.irc.numerics import BY_CODE, Numeric
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
    "AUTHENTICATE_LIMIT",
    "BODY_LIMIT",
    "BY_CODE",
    "CHANNEL_LIMIT",
    "CHANNEL_PREFIX",
    "CLIENT_ONLY_PREFIX",
    "CLIENT_TAGS_LIMIT",
    "HOST_LIMIT",
    "MAX_LINE",
    "NICK_LIMIT",
    "OVERLONG",
    "SERVER_TAGS_LIMIT",
    "USERNAME_LIMIT",
    "Folded",
    "LineFramer",
    "MalformedMessage",
    "Message",
    "Numeric",
    "UnrepresentableError",
    "escape_value",
    "fold",
    "format_tags",
    "is_channel_name",
    "is_client_only",
    "is_nick",
    "is_username",
    "is_valid_key",
    "line_fits",
    "lower_ascii",
    "numerics",
    "parse_tags",
    "unescape_value",
]
