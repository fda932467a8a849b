"""The capabilities this library speaks, one row each.

A set of capabilities is one ``int``. The capabilities that tag every chat line have the lowest bits, so that what a set
means for rendering is a small number.
"""

import enum
from collections.abc import Mapping
from typing import Final, TypeAlias

import attrs

CapSet: TypeAlias = int
"""A set of capabilities: the bits below, joined with ``|``."""

MESSAGE_TAGS: Final[int] = 1 << 0
SERVER_TIME: Final[int] = 1 << 1
ACCOUNT_TAG: Final[int] = 1 << 2
ACCOUNT_NOTIFY: Final[int] = 1 << 3
AWAY_NOTIFY: Final[int] = 1 << 4
EXTENDED_JOIN: Final[int] = 1 << 5
MULTI_PREFIX: Final[int] = 1 << 6
USERHOST_IN_NAMES: Final[int] = 1 << 7
ECHO_MESSAGE: Final[int] = 1 << 8
BATCH: Final[int] = 1 << 9
LABELED_RESPONSE: Final[int] = 1 << 10
CAP_NOTIFY: Final[int] = 1 << 11
CHGHOST: Final[int] = 1 << 12
SETNAME: Final[int] = 1 << 13
INVITE_NOTIFY: Final[int] = 1 << 14
STANDARD_REPLIES: Final[int] = 1 << 15
EXTENDED_MONITOR: Final[int] = 1 << 16
NO_IMPLICIT_NAMES: Final[int] = 1 << 17
EXTENDED_ISUPPORT: Final[int] = 1 << 18
MULTILINE: Final[int] = 1 << 19
MESSAGE_REDACTION: Final[int] = 1 << 20
SASL: Final[int] = 1 << 21
STS: Final[int] = 1 << 22


class ValueKind(enum.Enum):
    """What may follow a name as ``=value`` where values are shown (``CAP LS 302`` and ``CAP NEW``)."""

    NONE = enum.auto()
    OPTIONAL = enum.auto()
    REQUIRED = enum.auto()
    """Advertised with a value or not at all, so never to a client that is shown no values."""


@attrs.frozen
class Capability:
    """One row: a name of the wire, its bit here, and what its specification says about negotiating it."""

    name: str
    bit: int
    specification: str
    """URL."""
    value: ValueKind = ValueKind.NONE
    needs: CapSet = 0
    """Capabilities without which this one may be requested, in any order, but has no effect; see :func:`effective`."""
    requestable: bool = True
    """False: a client reads it and must not request it."""


_IRCV3: Final = "https://ircv3.net/specs/extensions/"

CAPABILITIES: Final[tuple[Capability, ...]] = (
    Capability("message-tags", MESSAGE_TAGS, _IRCV3 + "message-tags"),
    Capability("server-time", SERVER_TIME, _IRCV3 + "server-time"),
    Capability("account-tag", ACCOUNT_TAG, _IRCV3 + "account-tag"),
    Capability("account-notify", ACCOUNT_NOTIFY, _IRCV3 + "account-notify"),
    Capability("away-notify", AWAY_NOTIFY, _IRCV3 + "away-notify"),
    Capability("extended-join", EXTENDED_JOIN, _IRCV3 + "extended-join"),
    Capability("multi-prefix", MULTI_PREFIX, _IRCV3 + "multi-prefix"),
    Capability("userhost-in-names", USERHOST_IN_NAMES, _IRCV3 + "userhost-in-names"),
    Capability("echo-message", ECHO_MESSAGE, _IRCV3 + "echo-message"),
    Capability("batch", BATCH, _IRCV3 + "batch"),
    Capability("labeled-response", LABELED_RESPONSE, _IRCV3 + "labeled-response", needs=BATCH),
    Capability("cap-notify", CAP_NOTIFY, _IRCV3 + "capability-negotiation#cap-notify"),
    Capability("chghost", CHGHOST, _IRCV3 + "chghost"),
    Capability("setname", SETNAME, _IRCV3 + "setname"),
    Capability("invite-notify", INVITE_NOTIFY, _IRCV3 + "invite-notify"),
    Capability("standard-replies", STANDARD_REPLIES, _IRCV3 + "standard-replies"),
    Capability("extended-monitor", EXTENDED_MONITOR, _IRCV3 + "extended-monitor"),
    Capability("no-implicit-names", NO_IMPLICIT_NAMES, _IRCV3 + "no-implicit-names"),
    Capability("draft/extended-isupport", EXTENDED_ISUPPORT, _IRCV3 + "extended-isupport"),
    Capability("draft/multiline", MULTILINE, _IRCV3 + "multiline", ValueKind.REQUIRED, needs=BATCH),
    Capability("draft/message-redaction", MESSAGE_REDACTION, _IRCV3 + "message-redaction", needs=MESSAGE_TAGS),
    Capability("sasl", SASL, _IRCV3 + "sasl-3.2", ValueKind.OPTIONAL),
    Capability("sts", STS, _IRCV3 + "sts", ValueKind.REQUIRED, requestable=False),
)

BY_NAME: Final[Mapping[str, Capability]] = {capability.name: capability for capability in CAPABILITIES}
"""The same rows by their names, which are opaque and case-sensitive."""

REQUESTABLE: Final[CapSet] = sum(capability.bit for capability in CAPABILITIES if capability.requestable)
"""What a client may name in ``CAP REQ``."""

_DEPENDENT: Final = tuple(capability for capability in CAPABILITIES if capability.needs)


def names(caps: CapSet) -> list[str]:
    """The names of a set, in the order of the table."""
    return [capability.name for capability in CAPABILITIES if caps & capability.bit]


def effective(enabled: CapSet) -> CapSet:
    """The part of ``enabled`` that changes behaviour: whatever lacks a capability that it needs is left out.

    Specifications forbid enforcing an order of negotiation, so a capability is acknowledged before the one it
    needs, and starts to work when that one comes.
    """
    for capability in _DEPENDENT:
        if capability.needs & ~enabled:
            enabled &= ~capability.bit
    return enabled
