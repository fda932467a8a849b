"""The stores: one in a file and one in memory, the same statements behind both."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Final

from freeq_proto.boundary import Found, Query, Row, Stored
from freeq_storage.errors import StorageError, told_to_users
from freeq_storage.file import connect, lock, open_database
from freeq_storage.queries import answer, restored
from freeq_storage.rows import write_rows
from freeq_storage.schema import upgrade

_CLOSED: Final = "the store is closed"


class _Store:
    """What both have: everything after opening."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection: sqlite3.Connection | None = connection

    def write(self, rows: Sequence[Row]) -> Stored:
        """Keep ``rows`` in order, in one transaction. Raises StorageError, and then none of them is kept.

        That is also the answer to a certificate that another account has bound: nobody takes it from there.
        """
        with told_to_users():
            write_rows(self._opened, rows)
        return Stored()

    def query(self, query: Query) -> Found:
        """The rows that ``query`` asks for. Raises StorageError."""
        with told_to_users():
            return Found(answer(self._opened, query))

    def restore(self) -> Iterator[Row]:
        """Every act and then the owner of every nick, each in the order in which it was written, as a stream.

        For the start, before anything is written. Raises StorageError.
        """
        with told_to_users():
            yield from restored(self._opened)

    def close(self) -> None:
        """Give everything back. What was written stays written. Idempotent."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    @property
    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            raise StorageError(_CLOSED)
        return self._connection


class SqliteStore(_Store):
    """Keeps rows in a database file, which it alone uses.

    ``write`` returns when the rows are on the disk: they survive the end of the process and a loss of power. A store
    may be made by one thread and used by another, by one at a time. At the start it forgets the acts of channels that
    no account can hold (:mod:`freeq_storage.lapsed`). Raises StorageError where the file cannot be used: the message
    names it and says what to do, and the file is as it was.
    """

    blocking: ClassVar[bool] = True
    """It waits for the disk: a thread of its own calls it."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path: Final = Path(os.path.realpath(path))
        """The file. Beside it are ``.lock``, and while it is open ``-wal`` and ``-shm``, which belong to it."""
        self._lock = lock(self.path)
        try:
            super().__init__(open_database(self.path))
        except BaseException:
            os.close(self._lock)
            raise

    def restore(self) -> Iterator[Row]:
        """As of every store; the error names the file, because nobody but the operator is there to be told."""
        try:
            yield from super().restore()
        except StorageError as error:
            raise StorageError(f"{self.path}: {error}") from error

    def close(self) -> None:
        """Give everything back, the lock last. What was written stays written. Idempotent."""
        super().close()
        descriptor, self._lock = self._lock, -1
        if descriptor >= 0:
            os.close(descriptor)


class MemoryStore(_Store):
    """Keeps rows as long as it lives itself, and forgets none: for tests, and for servers that keep nothing."""

    blocking: ClassVar[bool] = False
    """It answers at once: whoever drives the engine may call it."""

    def __init__(self) -> None:
        connection = connect(":memory:")
        upgrade(connection, "memory")
        super().__init__(connection)
