"""What a message is called and remembered by.

This room knows how ids and times of messages are minted, together and strictly increasing, how a ULID is written and
read, and which messages are recent enough to be redacted. It refuses to know what a message says, who may read it, and
where anything is stored.
"""

from freeq_proto.history.mint import Mint, Stamp
from freeq_proto.history.ulid import format_ulid, parse_ulid
from freeq_proto.history.window import RecentMessages, Remembered

__all__ = ["Mint", "RecentMessages", "Remembered", "Stamp", "format_ulid", "parse_ulid"]
