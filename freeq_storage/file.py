"""A database file: locked, recognised, checked, brought to the newest schema and rid of what lapsed, before it is used.

The lock is a file of its own beside the database: SQLite's own exclusive mode would keep out the operator's backup
too, and a process that opens a database file a second time loses SQLite's locks on it when it closes it again
(https://sqlite.org/howtocorrupt.html, section 2.2).
"""

import fcntl
import os
import sqlite3
from pathlib import Path
from typing import Final

from freeq_storage.errors import StorageError, primary_code
from freeq_storage.lapsed import forget_lapsed
from freeq_storage.schema import APPLICATION_ID, upgrade

BUSY_SECONDS: Final = 5.0
"""How long a write waits for another program, such as a backup, that holds the database."""

_MAGIC: Final = b"SQLite format 3\0"
"""How a database begins (https://sqlite.org/fileformat.html, section 1.3)."""

_LEFT: Final = (
    "It was left as it is: put back a copy of it; or move it away, and the server will start without the channels,"
    " nicks and certificates that were in it"
)


def lock(path: Path) -> int:
    """Lock the file beside ``path``, until the answer is closed or the process ends in whatever way.

    Makes the folder, for its owner alone, where there is none. Raises StorageError.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise StorageError(f"{error.filename or path}: cannot keep a database here: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            raise StorageError(
                f"{path}: another server keeps its data in this database; stop it, or give this one a database of its"
                " own"
            ) from error
        raise StorageError(f"{path}: cannot be locked: {error.strerror}") from error
    return descriptor


def open_database(path: Path) -> sqlite3.Connection:
    """Open the database ``path``, which is locked already, or make it. Raises StorageError."""
    try:
        head = _make(path)
    except OSError as error:
        raise StorageError(f"{path}: cannot be opened: {error.strerror}") from error
    if head not in (b"", _MAGIC):  # SQLite itself would take a very short file for an empty one
        raise StorageError(f"{path}: is damaged, or no database. {_LEFT}")
    connection = connect(str(path), timeout=BUSY_SECONDS)
    try:
        _prepare(connection, path)
    except sqlite3.Error as error:
        connection.close()
        raise _unusable(path, error) from error
    except BaseException:
        connection.close()
        raise
    return connection


def connect(name: str, *, timeout: float = 0.0) -> sqlite3.Connection:
    """A connection whose transactions are begun and ended by name, for use by one thread after another."""
    return sqlite3.connect(name, timeout=timeout, isolation_level=None, check_same_thread=False)


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    _recognise(connection, path)
    connection.execute("PRAGMA journal_mode = WAL")
    # A commit returns when its bytes are on the disk: what was acknowledged survives a loss of power.
    connection.execute("PRAGMA synchronous = FULL")
    problems = [str(row[0]) for row in connection.execute("PRAGMA quick_check(1)")]
    if problems != ["ok"]:
        raise StorageError(f"{path}: is damaged ({problems[0]}). {_LEFT}")
    upgrade(connection, str(path))
    forget_lapsed(connection)


def _recognise(connection: sqlite3.Connection, path: Path) -> None:
    """Leave alone what is not ours: a new database is empty, and ours says so in its header."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if application != APPLICATION_ID and (application or tables):
        raise StorageError(f"{path}: is the database of another program. It was left as it is: name another file")


def _unusable(path: Path, error: sqlite3.Error) -> StorageError:
    if primary_code(error) in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return StorageError(f"{path}: is damaged ({error}). {_LEFT}")
    if primary_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StorageError(f"{path}: another program holds it and does not let go of it")
    return StorageError(f"{path}: cannot be used: {error}")


def _make(path: Path) -> bytes:
    """Have the file, for its owner alone, and its name on the disk; how it begins."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "rb") as file:
        head = file.read(len(_MAGIC))
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return head
