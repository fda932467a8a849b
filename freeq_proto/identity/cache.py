"""DID documents that were fetched lately: bounded in number and in memory, the oldest going first.

A document is counted as what it takes in memory, not as what came over the wire: in JSON an object of 100 bytes takes
five. The count is an estimate that errs upwards; a test holds it against the allocator.
"""

from collections.abc import Iterator
from typing import Final

import attrs

from freeq_proto.boundary import Now
from freeq_proto.identity.did import Did
from freeq_proto.identity.documents import DidDocument

MAX_DOCUMENTS: Final = 10_000
"""Documents that are remembered at once."""

MAX_BYTES: Final = 32 * 1024 * 1024
"""Bytes of memory that remembered documents take at once, by :func:`footprint`."""

_ENTRY: Final = 1024  # bytes of a document without anything in it, and of its place here
_OBJECT: Final = 128  # bytes of a text, or of any other object, with the reference to it and its share of the headers
_KEY: Final = 256  # bytes of a method that has a key


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

    def put(self, document: DidDocument, asked: Now) -> None:
        """Remember a document, unless one that was asked for later is there already."""
        held = self._entries.get(document.did)
        if held is not None and held.asked.mono > asked.mono:
            return
        self.forget(document.did)
        size = footprint(document)
        self._entries[document.did] = _Entry(document, size, asked)
        self._bytes += size
        while len(self._entries) > MAX_DOCUMENTS or self._bytes > MAX_BYTES:
            self.forget(next(iter(self._entries)))

    def forget(self, did: Did) -> None:
        """Drop the document of ``did``, if there is one."""
        entry = self._entries.pop(did, None)
        if entry is not None:
            self._bytes -= entry.size


def footprint(document: DidDocument) -> int:
    """About how many bytes a document takes in memory, with what it computes of itself."""
    methods = (*document.methods, *document.authentication, *document.assertion)
    keys = sum(method.key is not None for method in methods)
    objects = len(methods) + len(document.services)
    return _ENTRY + _OBJECT * objects + _KEY * keys + sum(map(_bytes_of, _texts(document)))


def _texts(document: DidDocument) -> Iterator[str]:
    yield document.did
    yield from document.also_known_as
    for method in (*document.methods, *document.authentication, *document.assertion):
        yield method.fragment
        yield method.controller
    for service in document.services:
        yield service.fragment
        yield service.type
        for endpoint in service.endpoints:
            yield endpoint
            yield endpoint  # its host, once somebody has asked for that


def _bytes_of(text: str) -> int:
    return _OBJECT + len(text) * (1 if text.isascii() else 4)
