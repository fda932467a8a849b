"""DID documents that were fetched lately: bounded in number and in bytes, the oldest going first."""

from typing import Final

import attrs

from freeq_proto.boundary import Now
from freeq_proto.identity.did import Did
from freeq_proto.identity.documents import DidDocument

MAX_DOCUMENTS: Final = 10_000
"""Documents that are remembered at once."""

MAX_BYTES: Final = 32 * 1024 * 1024
"""Bytes of documents, as they were fetched, that are remembered at once."""


@attrs.frozen
class _Entry:
    document: DidDocument
    size: int
    asked: Now
    """When it was asked for: the document is at least as new as that."""


class DocumentCache:
    """What was fetched, for ``seconds`` each."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._entries: dict[Did, _Entry] = {}
        self._bytes = 0

    def get(self, did: Did, now: Now, issued_after_ms: int | None) -> DidDocument | None:
        """The document, unless it has expired or was asked for before ``issued_after_ms``."""
        entry = self._entries.get(did)
        if entry is None:
            return None
        if now.mono - entry.asked.mono >= self._seconds:
            self.forget(did)
            return None
        # Nor is a copy trusted that comes from the future: the clock was set back since.
        if issued_after_ms is not None and not issued_after_ms <= entry.asked.unix_ms <= now.unix_ms:
            return None
        return entry.document

    def put(self, document: DidDocument, size: int, asked: Now) -> None:
        """Remember a document of ``size`` bytes, unless one that was asked for later is there already."""
        held = self._entries.get(document.did)
        if held is not None and held.asked.mono > asked.mono:
            return
        self.forget(document.did)
        self._entries[document.did] = _Entry(document, size, asked)
        self._bytes += size
        while len(self._entries) > MAX_DOCUMENTS or self._bytes > MAX_BYTES:
            self.forget(next(iter(self._entries)))

    def forget(self, did: Did) -> None:
        """Drop the document of ``did``, if there is one."""
        entry = self._entries.pop(did, None)
        if entry is not None:
            self._bytes -= entry.size
