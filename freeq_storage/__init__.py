"""What a server remembers: the store vocabulary of ``freeq_proto`` in SQLite, in a file or in memory.

This package knows how rows become durable, in which order they come back, and what a file must be for that. It refuses
to know what they mean, with one exception: which channels no account can hold, because their guests' acts would fill
the file for ever (:mod:`freeq_storage.lapsed`). It starts no thread; a store is used by one thread at a time.
"""

from freeq_storage.errors import StorageError
from freeq_storage.stores import MemoryStore, SqliteStore

__all__ = ["MemoryStore", "SqliteStore", "StorageError"]
