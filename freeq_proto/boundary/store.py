"""The store vocabulary: what the core writes down, and what it asks for.

One row class per thing kept. A store maps them to whatever it has; this room knows no storage engine. Rows of authority
(:class:`ActRow`, :class:`NickRow`) are read back once, at the start, in the order in which they were written; the rest
is asked for with queries when it is needed.
"""

from typing import TypeAlias

import attrs


@attrs.frozen
class ActRow:
    """One act of authority, appended to the list of the channel ``log``."""

    log: str
    """The channel's folded name."""
    ulid: str
    kind: str
    by: str
    """The acting principal: a DID, ``guest:<origin>/<epoch>.<n>``, or "" for the server itself."""
    body: str
    """Canonical JSON (sorted keys, no spaces) of what the kind needs."""
    reason: str


@attrs.frozen
class NickRow:
    """A nick belongs to an account, or (``account`` "") to nobody any more. The last row of a nick counts."""

    folded: str
    nick: str
    """As its owner writes it."""
    account: str
    unix_ms: int


@attrs.frozen
class AccountRow:
    """An account signed in. The last row of an account counts."""

    account: str
    """The DID."""
    handle: str
    """The handle that was verified in both directions, or ""."""
    mechanism: str
    method: str
    unix_ms: int


@attrs.frozen
class CertificateRow:
    """A TLS client certificate signs an account in, from now on or (``bound`` False) no more."""

    fingerprint: str
    """SHA-256 of the certificate (DER), 64 lower-case hexadecimal digits."""
    account: str
    label: str
    """What its owner calls it."""
    unix_ms: int
    bound: bool = True


@attrs.frozen
class SavedChannelRow:
    """A channel to which an account is brought back when it signs in, or (``saved`` False) no more."""

    account: str
    folded: str
    channel: str
    """Its name as it is shown."""
    key: str = attrs.field(default="", repr=False)
    saved: bool = True


Row: TypeAlias = ActRow | NickRow | AccountRow | CertificateRow | SavedChannelRow


# --- queries: each is answered with Found(rows) ----------------------------------------------------------------------


@attrs.frozen
class CertificateOf:
    """The bound certificate of a fingerprint: none or one :class:`CertificateRow`."""

    fingerprint: str


@attrs.frozen
class CertificatesOf:
    """The bound certificates of an account, oldest first: :class:`CertificateRow`."""

    account: str


@attrs.frozen
class SavedChannelsOf:
    """The saved channels of an account, in the order in which they were saved: :class:`SavedChannelRow`."""

    account: str


@attrs.frozen
class AccountOf:
    """How an account signed in last: none or one :class:`AccountRow`."""

    account: str


Query: TypeAlias = CertificateOf | CertificatesOf | SavedChannelsOf | AccountOf
