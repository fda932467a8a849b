"""From rows to SQL: one table says for each class of rows how it is kept, and what takes it away again."""

import sqlite3
from collections.abc import Sequence
from typing import Final

import attrs

from freeq_proto.boundary import AccountRow, ActRow, CertificateRow, NickRow, Row, SavedChannelRow


@attrs.frozen
class Statement:
    """SQL, and the attributes of a row that it takes, in the order of its question marks."""

    sql: str
    attributes: tuple[str, ...]

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

    def statement(self, row: Row) -> Statement:
        """What is to be done for a row."""
        return self.keep if self.end is None or getattr(row, self.unless) else self.end


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
    # One that another account has bound meanwhile is not taken from that account.
    CertificateRow: Keeping(
        Statement(
            "INSERT OR REPLACE INTO certificates (fingerprint, account, label, unix_ms) VALUES (?, ?, ?, ?)",
            ("fingerprint", "account", "label", "unix_ms"),
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
    ),
}


def write_rows(connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
    """Keep ``rows`` in order, all of them or none, in one transaction.

    Raises ``sqlite3.Error``; for a lone surrogate UnicodeEncodeError, for a number of more than 63 bits OverflowError.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        for row in rows:
            statement = KEEPING[type(row)].statement(row)
            connection.execute(statement.sql, statement.parameters(row))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # some errors end the transaction by themselves
            connection.execute("ROLLBACK")
        raise
