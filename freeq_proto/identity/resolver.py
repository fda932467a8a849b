"""From a DID to its document, and between handles and DIDs: https://atproto.com/specs/did and /specs/handle.

Everything that is read here was written by strangers, and many of the hosts that are asked belong to them. So requests
are bounded, a redirect is as wrong an answer as any other, and whoever performs the requests keeps them away from
addresses that are not public unless ``private_network`` allows those.
"""

from collections.abc import Callable
from typing import Final

from freeq_proto.boundary import (
    HTTP_LIMIT,
    HTTP_SECONDS,
    Fetch,
    Fetched,
    Flow,
    HttpRequest,
    LookUp,
    Now,
    RemoteProtocolError,
    TxtRecords,
)
from freeq_proto.identity.cache import DocumentCache
from freeq_proto.identity.did import MAX_DID_LENGTH, Did, InvalidDidError, did_method, did_web_url, parse_did
from freeq_proto.identity.documents import (
    DOCUMENT_LIMIT,
    DidDocument,
    InvalidDocumentError,
    did_key_document,
    parse_document,
)
from freeq_proto.identity.handles import Handle, may_resolve
from freeq_proto.identity.keys import InvalidKeyError, did_key_to_public_key
from freeq_proto.identity.urls import parse_http_url

_GONE: Final = (404, 410)
_WHITE_SPACE: Final = b" \t\r\n"


class ResolutionError(RemoteProtocolError):
    """A DID or a handle could not be resolved. The text is fit to be shown to anybody, and quotes nobody."""

    def __init__(self, text: str, *, gone: bool = False, unavailable: bool = False) -> None:
        super().__init__(text)
        self.gone = gone
        """There is no such DID, or no longer: an answer, not a failure."""
        self.unavailable = unavailable
        """Nobody answered, or not usefully: it may work later."""


class Resolver:
    """Resolves DIDs and handles, and remembers documents for a while.

    ``plc_directory`` is the URL of the directory of did:plc. ``private_network`` allows plain HTTP, addresses that are
    not public, and handles that only a closed network knows. ``clock`` is read when a document is asked for, and
    ``document_seconds`` is how long one is remembered.
    """

    def __init__(
        self, *, plc_directory: str, private_network: bool, clock: Callable[[], Now], document_seconds: float
    ) -> None:
        self.private_network = private_network
        self.plc_directory = plc_directory.rstrip("/")
        self._clock = clock
        self._cache = DocumentCache(document_seconds)

    def document(self, did: Did, *, issued_after_ms: int | None = None) -> Flow[DidDocument]:
        """Return the document of ``did``; with ``issued_after_ms`` one that was asked for no earlier than that time.

        Raises ResolutionError. did:key is computed, did:plc and did:web are fetched; there are no other methods.
        """
        if did_method(did) == "key":
            return _computed(did)
        now = self._clock()
        remembered = self._cache.get(did, now, issued_after_ms)
        if remembered is not None:
            return remembered
        document = yield from self._fetched(did, now)
        return document

    def forget(self, did: Did) -> None:
        """Drop what is remembered of ``did``: something says that it has changed."""
        self._cache.forget(did)

    def verified_handle(self, document: DidDocument) -> Flow[Handle | None]:
        """Return the handle that the document claims, if it resolves to the document's DID; None if it does not.

        Raises ResolutionError, which is ``unavailable``, if nobody answered: then nothing is known of it.
        """
        claimed = document.handle
        if claimed is None:
            return None
        try:
            did = yield from self.did_of_handle(claimed)
        except ResolutionError as error:
            if error.unavailable:
                raise
            return None
        return claimed if did == document.did else None

    def did_of_handle(self, handle: Handle) -> Flow[Did]:
        """Return the DID that a handle names: by DNS, then by HTTPS. Whether that DID claims it is not asked.

        Raises ResolutionError: ``gone`` if both answered and neither names a DID, or if DNS names several;
        ``unavailable`` if one that did not answer could have named it.
        """
        if not may_resolve(handle, private_network=self.private_network):
            raise ResolutionError("the handle is under a top-level domain that nobody can own", gone=True)
        records = yield LookUp(f"_atproto.{handle}")
        dids = _dids_of_records(records.texts) if isinstance(records, TxtRecords) else ()
        if len(dids) > 1:
            raise ResolutionError("the handle has TXT records for several DIDs", gone=True)
        if dids:
            return dids[0]
        return (yield from self._well_known_did(handle, dns_answered=isinstance(records, TxtRecords)))

    def request(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: tuple[tuple[str, str], ...] = (),
        body: bytes = b"",
        limit: int = HTTP_LIMIT,
        seconds: float = HTTP_SECONDS,
    ) -> HttpRequest:
        """Make a request to a host that a stranger may have named. Raises ResolutionError for what may not be asked."""
        parsed = parse_http_url(url)
        if parsed is None:
            raise ResolutionError("not an URL of the web")
        if parsed.scheme != "https" and not self.private_network:
            raise ResolutionError("an URL that is not https")
        return HttpRequest(
            str(parsed), method, headers, body, limit=limit, seconds=seconds, private=self.private_network
        )

    def _fetched(self, did: Did, now: Now) -> Flow[DidDocument]:
        try:
            answer = yield Fetch(self.request(self._url(did), limit=DOCUMENT_LIMIT))
            document = parse_document(_body(answer, "the DID document"), did)
        except InvalidDocumentError as error:
            self._cache.forget(did)
            raise ResolutionError(str(error)) from None
        except ResolutionError as error:
            if error.gone:
                self._cache.forget(did)
            raise
        self._cache.put(document, now)
        return document

    def _url(self, did: Did) -> str:
        match did_method(did):
            case "plc":
                return f"{self.plc_directory}/{did}"
            case "web":
                try:
                    return did_web_url(did)
                except InvalidDidError as error:
                    raise ResolutionError(str(error), gone=True) from None
            case _:
                raise ResolutionError("a DID of a method other than plc, web and key", gone=True)

    def _well_known_did(self, handle: Handle, *, dns_answered: bool) -> Flow[Did]:
        try:
            answer = yield Fetch(self.request(f"https://{handle}/.well-known/atproto-did", limit=MAX_DID_LENGTH + 64))
            return _did_served(_body(answer, "the DID of the handle"))
        except ResolutionError as error:
            # Many hosts answer any path with some page: that is no answer in the place of DNS.
            if not dns_answered and not error.unavailable:
                raise ResolutionError("the DID of the handle could not be looked up", unavailable=True) from None
            raise


def _did_served(body: bytes) -> Did:
    try:
        return parse_did(body.strip(_WHITE_SPACE).decode("ascii"))
    except (UnicodeError, InvalidDidError):
        raise ResolutionError("what the handle's host serves is not a DID", gone=True) from None


def _computed(did: Did) -> DidDocument:
    try:
        return did_key_document(did, did_key_to_public_key(did))
    except InvalidKeyError as error:
        raise ResolutionError(f"not a usable did:key: {error}", gone=True) from None


def _body(answer: object, what: str) -> bytes:
    """The body of an answer that is a success; redirects were not followed, and are none."""
    match answer:
        case Fetched(status=200, body=body):
            return body
        case Fetched(status=status) if status in _GONE:
            raise ResolutionError(f"{what} does not exist", gone=True)
        case Fetched(status=status):
            busy = status >= 500 or status == 429  # Too Many Requests (RFC 6585 section 4)
            raise ResolutionError(f"{what} could not be fetched: status {status}", unavailable=busy)
        case _:
            raise ResolutionError(f"{what} could not be fetched", unavailable=True)


def _dids_of_records(texts: tuple[str, ...]) -> tuple[Did, ...]:
    """The distinct DIDs of TXT records; those for anything else, and those that name no DID, are not looked at."""
    dids: dict[Did, None] = {}
    for text in texts:
        if text.startswith("did="):
            try:
                dids[parse_did(text.removeprefix("did="))] = None
            except InvalidDidError:
                continue
    return tuple(dids)
