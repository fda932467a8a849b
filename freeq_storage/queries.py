"""From SQL to rows: one table says what answers each query; what a start reads comes as a stream."""

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, Final

import attrs

from freeq_proto.boundary import (
    AccountOf,
    AccountRow,
    ActRow,
    CertificateOf,
    CertificateRow,
    CertificatesOf,
    NickRow,
    Query,
    Row,
    SavedChannelRow,
    SavedChannelsOf,
)
from freeq_storage.rows import MAX_SAVED_CHANNELS


@attrs.frozen
class Answer:
    """How a query is answered."""

    sql: str
    """Takes the query's one attribute; its columns are the first attributes of the row class."""
    row: Callable[..., Row]


ANSWERS: Final[dict[type[Query], Answer]] = {
    CertificateOf: Answer(
        "SELECT fingerprint, account, label, unix_ms FROM certificates WHERE fingerprint = ?", CertificateRow
    ),
    CertificatesOf: Answer(
        "SELECT fingerprint, account, label, unix_ms FROM certificates WHERE account = ? ORDER BY seq", CertificateRow
    ),
    SavedChannelsOf: Answer(
        # A file of an earlier version may hold more than are kept now.
        "SELECT account, folded, channel, key FROM (SELECT * FROM saved_channels WHERE account = ? ORDER BY seq DESC"
        f" LIMIT {MAX_SAVED_CHANNELS}) ORDER BY seq",
        SavedChannelRow,
    ),
    AccountOf: Answer("SELECT account, handle, mechanism, method, unix_ms FROM accounts WHERE account = ?", AccountRow),
}


def answer(connection: sqlite3.Connection, query: Query) -> tuple[Row, ...]:
    """The rows that ``query`` asks for, in the order that it states. Raises ``sqlite3.Error``."""
    known = ANSWERS[type(query)]
    parameters: tuple[Any, ...] = attrs.astuple(query)
    return tuple(known.row(*columns) for columns in connection.execute(known.sql, parameters))


def restored(connection: sqlite3.Connection) -> Iterator[Row]:
    """What is read at the start: every act, then the owner of each nick, each in the order in which it was written.

    Rows come as they are asked for; nothing must be written meanwhile. Raises ``sqlite3.Error``.
    """
    acts = connection.execute("SELECT log, ulid, kind, principal, body, reason FROM acts ORDER BY seq")
    for columns in acts:
        yield ActRow(*columns)
    for columns in connection.execute("SELECT folded, nick, account, unix_ms FROM nicks ORDER BY seq"):
        yield NickRow(*columns)
