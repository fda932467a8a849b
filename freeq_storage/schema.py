"""The schema, as the steps that made it: a file of any age is brought to the newest before it is used.

A step is never edited once it has been released: what needs to change is a step of its own. ``schema`` holds one row,
the number of steps taken; the steps that are due, and that number, are one transaction.
"""

import sqlite3
from typing import Final

from freeq_storage.errors import StorageError

APPLICATION_ID: Final = int.from_bytes(b"freq")
"""In the header of each file of ours (https://sqlite.org/pragma.html#pragma_application_id)."""

OLDEST_SQLITE: Final = (3, 37, 0)
"""The first that knows STRICT tables."""

MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (
    (
        """
        CREATE TABLE acts (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            log TEXT NOT NULL,
            ulid TEXT NOT NULL,
            kind TEXT NOT NULL,
            principal TEXT NOT NULL,
            body TEXT NOT NULL,
            reason TEXT NOT NULL
        ) STRICT
        """,
        "CREATE INDEX acts_of_a_log ON acts (log, seq)",
        """
        CREATE TABLE nicks (
            seq INTEGER PRIMARY KEY,
            folded TEXT NOT NULL UNIQUE,
            nick TEXT NOT NULL,
            account TEXT NOT NULL,
            unix_ms INTEGER NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE accounts (
            account TEXT NOT NULL PRIMARY KEY,
            handle TEXT NOT NULL,
            mechanism TEXT NOT NULL,
            method TEXT NOT NULL,
            unix_ms INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE certificates (
            seq INTEGER PRIMARY KEY,
            fingerprint TEXT NOT NULL UNIQUE,
            account TEXT NOT NULL,
            label TEXT NOT NULL,
            unix_ms INTEGER NOT NULL
        ) STRICT
        """,
        "CREATE INDEX certificates_of_an_account ON certificates (account, seq)",
        """
        CREATE TABLE saved_channels (
            seq INTEGER PRIMARY KEY,
            account TEXT NOT NULL,
            folded TEXT NOT NULL,
            channel TEXT NOT NULL,
            key TEXT NOT NULL,
            UNIQUE (account, folded)
        ) STRICT
        """,
    ),
)
"""Statements by version: the first tuple makes version 1 of nothing."""


def upgrade(connection: sqlite3.Connection, name: str) -> None:
    """Take the steps that the database has not taken yet; ``name`` is what a message calls it.

    Raises StorageError where a newer version of this package wrote it, and ``sqlite3.Error``.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        needed = ".".join(map(str, OLDEST_SQLITE))
        raise StorageError(f"this Python comes with SQLite {sqlite3.sqlite_version}; {needed} or later is needed")
    connection.execute("BEGIN IMMEDIATE")
    try:
        before = _version(connection)
        if before > len(MIGRATIONS):
            raise StorageError(
                f"{name}: was written by a newer version of freeq (its schema is {before}, this version knows up to"
                f" {len(MIGRATIONS)}). It was left as it is: run the newer version, or put back a copy from before"
            )
        for statements in MIGRATIONS[before:]:
            for statement in statements:
                connection.execute(statement)
        if before < len(MIGRATIONS):
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute("UPDATE schema SET version = ?", (len(MIGRATIONS),))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    """The number of steps taken; makes the table that holds it where there is none."""
    if connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'schema'").fetchone() is None:
        connection.execute("CREATE TABLE schema (version INTEGER NOT NULL) STRICT")
        connection.execute("INSERT INTO schema VALUES (0)")
    row = connection.execute("SELECT version FROM schema").fetchone()
    return 0 if row is None else int(row[0])
