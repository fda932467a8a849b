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
from freeq_proto.irc.graphemes import grapheme_ends, graphemes, split_text
from freeq_proto.irc.isupport import TOKENS_BUDGET, TOKENS_PER_LINE, format_isupport, parse_isupport
from freeq_proto.irc.masks import MASK_LIMIT, Mask, canonical_hostmask, collapse_stars, split_hostmask
from freeq_proto.irc.message import MalformedMessage, Message
from freeq_proto.irc.modes import (
    CHANMODES,
    CHANNEL_MODES,
    MEMBER_PREFIXES,
    PREFIX,
    USER_MODES,
    ModeChange,
    ModeKind,
    format_modes,
    parse_modes,
    takes_argument,
)
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
from freeq_proto.irc.text import truncate
from freeq_proto.irc.timestamps import format_server_time, parse_server_time

__all__ = [
    "AUTHENTICATE_LIMIT",
    "BODY_LIMIT",
    "BY_CODE",
    "CHANMODES",
    "CHANNEL_LIMIT",
    "CHANNEL_MODES",
    "CHANNEL_PREFIX",
    "CLIENT_ONLY_PREFIX",
    "CLIENT_TAGS_LIMIT",
    "HOST_LIMIT",
    "MASK_LIMIT",
    "MAX_LINE",
    "MEMBER_PREFIXES",
    "NICK_LIMIT",
    "OVERLONG",
    "PREFIX",
    "SERVER_TAGS_LIMIT",
    "TOKENS_BUDGET",
    "TOKENS_PER_LINE",
    "USERNAME_LIMIT",
    "USER_MODES",
    "Folded",
    "LineFramer",
    "MalformedMessage",
    "Mask",
    "Message",
    "ModeChange",
    "ModeKind",
    "Numeric",
    "UnrepresentableError",
    "canonical_hostmask",
    "collapse_stars",
    "escape_value",
    "fold",
    "format_isupport",
    "format_modes",
    "format_server_time",
    "format_tags",
    "grapheme_ends",
    "graphemes",
    "is_channel_name",
    "is_client_only",
    "is_nick",
    "is_username",
    "is_valid_key",
    "line_fits",
    "lower_ascii",
    "numerics",
    "parse_isupport",
    "parse_modes",
    "parse_server_time",
    "parse_tags",
    "split_hostmask",
    "split_text",
    "takes_argument",
    "truncate",
    "unescape_value",
]
