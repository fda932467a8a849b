"""From rows to SQL: one table says for each class of rows how it is kept, and what takes it away again."""

import sqlite3
from collections.abc import Sequence
from typing import Final

import attrs

from freeq_proto.boundary import AccountRow, ActRow, CertificateRow, NickRow, Row, SavedChannelRow
from freeq_storage.errors import StorageError

MAX_SAVED_CHANNELS: Final = 200
"""Channels that are kept for one account: with one more, the one that was saved first goes."""


@attrs.frozen
class Statement:
    """SQL, and the attributes of a row that it takes, in the order of its question marks."""

    sql: str
    attributes: tuple[str, ...]
    refusal: str = ""
    """Why it is that it changed nothing: the write fails with these words."""

    def parameters(self, row: Row) -> tuple[str | int, ...]:
        """The values of a row."""
        return tuple(getattr(row, name) for name in self.attributes)


@attrs.frozen
class Keeping:
    """How rows of one class are kept."""

    keep: Statement
    end: Statement | None = None
    """For rows that say that something is no more: what takes it away."""
    unless: str = ""
    """The attribute that is empty or false in such rows."""
    afterwards: Statement | None = None
    """What is done after each row that is kept: it drops what is too much."""

    def statements(self, row: Row) -> tuple[Statement, ...]:
        """What is to be done for a row."""
        if self.end is not None and not getattr(row, self.unless):
            return (self.end,)
        return (self.keep,) if self.afterwards is None else (self.keep, self.afterwards)


KEEPING: Final[dict[type[Row], Keeping]] = {
    ActRow: Keeping(
        Statement(
            "INSERT INTO acts (log, ulid, kind, principal, body, reason) VALUES (?, ?, ?, ?, ?, ?)",
            ("log", "ulid", "kind", "by", "body", "reason"),
        )
    ),
    # A nick comes back at the place of its last row, so it is replaced, not updated.
    NickRow: Keeping(
        Statement(
            "INSERT OR REPLACE INTO nicks (folded, nick, account, unix_ms) VALUES (?, ?, ?, ?)",
            ("folded", "nick", "account", "unix_ms"),
        ),
        Statement("DELETE FROM nicks WHERE folded = ?", ("folded",)),
        unless="account",
    ),
    AccountRow: Keeping(
        Statement(
            "INSERT OR REPLACE INTO accounts (account, handle, mechanism, method, unix_ms) VALUES (?, ?, ?, ?, ?)",
            ("account", "handle", "mechanism", "method", "unix_ms"),
        )
    ),
    # One that another account has bound is not taken from that account: two who bind it at once both found it free.
    CertificateRow: Keeping(
        Statement(
            "INSERT INTO certificates (fingerprint, account, label, unix_ms) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (fingerprint) DO UPDATE SET label = excluded.label, unix_ms = excluded.unix_ms"
            " WHERE account = excluded.account",
            ("fingerprint", "account", "label", "unix_ms"),
            refusal="the certificate belongs to another account",
        ),
        Statement("DELETE FROM certificates WHERE fingerprint = ? AND account = ?", ("fingerprint", "account")),
        unless="bound",
    ),
    # Saved again, with another key or spelling, a channel keeps its place among those of the account.
    SavedChannelRow: Keeping(
        Statement(
            "INSERT INTO saved_channels (account, folded, channel, key) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (account, folded) DO UPDATE SET channel = excluded.channel, key = excluded.key",
            ("account", "folded", "channel", "key"),
        ),
        Statement("DELETE FROM saved_channels WHERE account = ? AND folded = ?", ("account", "folded")),
        unless="saved",
        afterwards=Statement(
            "DELETE FROM saved_channels WHERE account = ?1 AND seq <= (SELECT seq FROM saved_channels"
            f" WHERE account = ?1 ORDER BY seq DESC LIMIT 1 OFFSET {MAX_SAVED_CHANNELS})",
            ("account",),
        ),
    ),
}


def write_rows(connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
    """Keep ``rows`` in order, all of them or none, in one transaction.

    Raises ``sqlite3.Error``; for a lone surrogate UnicodeEncodeError, for a number of more than 63 bits OverflowError;
    StorageError where a row may not be kept.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        for row in rows:
            for statement in KEEPING[type(row)].statements(row):
                done = connection.execute(statement.sql, statement.parameters(row))
                if statement.refusal and done.rowcount == 0:
                    raise StorageError(statement.refusal)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # some errors end the transaction by themselves
            connection.execute("ROLLBACK")
        raise
