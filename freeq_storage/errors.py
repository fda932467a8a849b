"""The one error of a store, and what SQLite's many mean to whoever has to do something about them."""

import contextlib
import sqlite3
from collections.abc import Iterator
from typing import Final


class StorageError(Exception):
    """A store cannot do what was asked, and did none of it.

    Raised while a store is opened, the message names the file and says what to do. Raised later, it may be told to a
    user of the server: it names no file. ``__cause__`` is the error underneath.
    """


# SQLite's primary result codes (https://sqlite.org/rescode.html), in words for anybody.
_WORDS: Final = {
    sqlite3.SQLITE_FULL: "there is no room left",
    sqlite3.SQLITE_BUSY: "another program holds the database",
    sqlite3.SQLITE_LOCKED: "another program holds the database",
    sqlite3.SQLITE_READONLY: "the database cannot be written to",
    sqlite3.SQLITE_PERM: "the database cannot be written to",
    sqlite3.SQLITE_CORRUPT: "the database is damaged",
    sqlite3.SQLITE_NOTADB: "the database is damaged",
    sqlite3.SQLITE_IOERR: "the disk does not work",
    sqlite3.SQLITE_TOOBIG: "it is too long",
}


def primary_code(error: sqlite3.Error) -> int | None:
    """SQLite's primary result code, or None where the error is of Python's module itself."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


@contextlib.contextmanager
def told_to_users() -> Iterator[None]:
    """Turn what SQLite raises in the block into a :class:`StorageError` in words that name no file."""
    try:
        yield
    except (UnicodeEncodeError, OverflowError) as error:
        raise StorageError("it holds what cannot be stored") from error
    except sqlite3.Error as error:
        raise StorageError(_WORDS.get(primary_code(error) or 0, "the database does not work")) from error
