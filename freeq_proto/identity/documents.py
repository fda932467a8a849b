"""DID documents, in both shapes that exist in the wild.

https://www.w3.org/TR/did-1.0/ §5, as https://atproto.com/specs/did profiles it. Ids are absolute
(``did:plc:…#atproto``) or relative (``#atproto``), keys are multikeys or the bare points of the suites of 2019, and a
did:plc document never has an ``authentication`` section. What is read is what sign-in needs. An entry that makes no
sense is as good as absent, so that one bad entry does not lock its owner out; only a document that is none, or not of
this DID, is refused. However its bytes are spent, a document is small: each of its lists is read so far and no further.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import islice
from typing import Final

import attrs

from freeq_proto.boundary import KeyType, RemoteProtocolError
from freeq_proto.identity.did import MAX_DID_LENGTH, Did
from freeq_proto.identity.encoding import InvalidEncodingError, JsonValue, decode_multibase, parse_json
from freeq_proto.identity.handles import Handle, InvalidHandleError, parse_handle
from freeq_proto.identity.keys import InvalidKeyError, PublicKey, parse_multikey, public_key_of_point
from freeq_proto.identity.urls import MAX_URL_LENGTH, parse_origin, parse_url

DOCUMENT_LIMIT: Final = 65_536
"""Bytes of a document; the largest that the PLC directory makes are far smaller."""

MAX_METHODS: Final = 20
"""Verification methods of a document, in all its sections: each key costs a check that it lies on its curve."""

MAX_ALIASES: Final = 20
"""Entries of ``alsoKnownAs`` that are looked at, from the first on."""

MAX_SERVICES: Final = 20
"""Services that are looked at, from the first on."""

MAX_OF_A_SERVICE: Final = 8
"""Types of a service that are looked at, and endpoints."""

MAX_NAME_LENGTH: Final = 256
"""Characters of a fragment, and of a type; what is longer is none that anybody asks for."""

ATPROTO: Final = "atproto"
"""The fragment of the key that signs a repository. It is held by the PDS, not by the user."""

LOGIN: Final = "freeq"
"""The fragment of a key that its user put into a document, and holds."""


class InvalidDocumentError(RemoteProtocolError):
    """What was served is not a document of the DID that was asked for. The message never quotes it."""


@attrs.frozen
class VerificationMethod:
    """One key of a document."""

    fragment: str
    """Its id within the document, without ``#``."""
    controller: str
    """A DID, or empty where none is stated."""
    key: PublicKey | None
    """None for a type or an encoding that this library does not know, and for what is not a key at all."""


@attrs.frozen
class Service:
    """One service of a document; one with several types is several."""

    fragment: str
    """Its id within the document, without ``#``."""
    type: str
    endpoints: tuple[str, ...]
    """As written; see :func:`freeq_proto.identity.urls.parse_url`."""


@attrs.frozen
class DidDocument:
    """What a DID's owner has published of it."""

    did: Did
    also_known_as: tuple[str, ...] = ()
    methods: tuple[VerificationMethod, ...] = ()
    authentication: tuple[VerificationMethod, ...] = ()
    """With references resolved; what refers to nothing is left out. The same for ``assertion``."""
    assertion: tuple[VerificationMethod, ...] = ()
    services: tuple[Service, ...] = ()

    def signing_keys(self, fragment: str) -> tuple[PublicKey, ...]:
        """The keys of the methods with this fragment that the DID controls itself."""
        return tuple(self._keys(method for method in self.methods if method.fragment == fragment))

    @property
    def atproto_key(self) -> PublicKey | None:
        """The key of the repository: the first ``#atproto`` and no other (https://atproto.com/specs/did)."""
        first = next((method for method in self.methods if method.fragment == ATPROTO), None)
        return next(self._keys([first]), None) if first is not None else None

    @property
    def login_keys(self) -> tuple[PublicKey, ...]:
        """The keys that the user holds; never ``#atproto``.

        Those of ``authentication`` come first, then those of ``assertionMethod``, then the methods ``#freeq``.
        """
        own = (method for method in self.methods if method.fragment == LOGIN)
        listed = (*self.authentication, *self.assertion, *own)
        return tuple(dict.fromkeys(self._keys(method for method in listed if method.fragment != ATPROTO)))

    @cached_property
    def pds(self) -> str | None:
        """The origin of the Personal Data Server, ``https://host``; None if the document names no usable one."""
        endpoints = self._endpoints("atproto_pds", "AtprotoPersonalDataServer")
        return next((origin for endpoint in endpoints if (origin := parse_origin(endpoint))), None)

    @property
    def handle(self) -> Handle | None:
        """The handle that the document claims: the first valid one. Nothing but a claim; see ``verified_handle``."""
        return next(_handles(self.also_known_as), None)

    @cached_property
    def irc_hosts(self) -> tuple[str, ...]:
        """The hosts, in lower case, of the IRC server that this DID names as its own."""
        urls = (parse_url(endpoint) for endpoint in self._endpoints("irc", "IrcServer"))
        return tuple(dict.fromkeys(url.host for url in urls if url is not None and url.scheme in ("ircs", "wss")))

    def _keys(self, methods: Iterable[VerificationMethod]) -> Iterator[PublicKey]:
        return (method.key for method in methods if method.key is not None and method.controller == self.did)

    def _endpoints(self, fragment: str, type: str) -> Iterator[str]:
        for service in self.services:
            if (service.fragment, service.type) == (fragment, type):
                yield from service.endpoints


def parse_document(data: bytes, did: Did) -> DidDocument:
    """Read the document of ``did``: JSON of at most :data:`DOCUMENT_LIMIT` bytes. Raises InvalidDocumentError."""
    try:
        members = parse_json(data, DOCUMENT_LIMIT)
    except InvalidEncodingError as error:
        raise InvalidDocumentError(f"the DID document is not valid: {error}") from None
    if not isinstance(members, dict):
        raise InvalidDocumentError("the DID document is not a JSON object")
    if members.get("id") != did:
        raise InvalidDocumentError("the DID document is that of another DID")
    return _Reader(did).document(members)


def did_key_document(did: Did, key: PublicKey) -> DidDocument:
    """The document that a did:key stands for.

    https://w3c-ccg.github.io/did-key-spec/, "Document Creation Algorithm".
    """
    methods = (VerificationMethod(did.removeprefix("did:key:"), did, key),)
    return DidDocument(did, methods=methods, authentication=methods, assertion=methods)


def _handles(aliases: tuple[str, ...]) -> Iterator[Handle]:
    for alias in aliases:
        if alias.startswith("at://"):
            try:
                yield parse_handle(alias.removeprefix("at://"))
            except InvalidHandleError:
                continue


class _Reader:
    """Reads one document, and counts its verification methods."""

    def __init__(self, did: Did) -> None:
        self._did = did
        self._left = MAX_METHODS

    def document(self, members: dict[str, JsonValue]) -> DidDocument:
        methods = tuple(self._methods(members.get("verificationMethod")))
        return DidDocument(
            self._did,
            also_known_as=_texts(_items(members.get("alsoKnownAs")), MAX_ALIASES, MAX_URL_LENGTH),
            methods=methods,
            authentication=tuple(self._methods(members.get("authentication"), methods)),
            assertion=tuple(self._methods(members.get("assertionMethod"), methods)),
            services=tuple(self._services(members.get("service"))),
        )

    def _methods(self, section: JsonValue, known: tuple[VerificationMethod, ...] = ()) -> Iterator[VerificationMethod]:
        """Methods of a section: written out, or (in those that come after) named by id."""
        for item in _items(section):
            self._left -= 1
            if self._left < 0:
                raise InvalidDocumentError(f"the DID document has more than {MAX_METHODS} verification methods")
            if isinstance(item, dict):
                fragment = self._fragment(item.get("id"))
                if fragment is not None:
                    yield VerificationMethod(fragment, self._controller(item), _key(item))
            elif (reference := self._fragment(item)) is not None:
                yield from (method for method in known if method.fragment == reference)

    def _controller(self, item: dict[str, JsonValue]) -> str:
        controller = _text(item.get("controller"))
        if controller == self._did:
            return self._did  # one text, however often it is written
        return controller if len(controller) <= MAX_DID_LENGTH else ""

    def _services(self, section: JsonValue) -> Iterator[Service]:
        for item in islice(_items(section), MAX_SERVICES):
            if isinstance(item, dict) and (fragment := self._fragment(item.get("id"))) is not None:
                endpoints = _texts(_one_or_more(item.get("serviceEndpoint")), MAX_OF_A_SERVICE, MAX_URL_LENGTH)
                for type in _texts(_one_or_more(item.get("type")), MAX_OF_A_SERVICE, MAX_NAME_LENGTH):
                    yield Service(fragment, type, endpoints)

    def _fragment(self, id: JsonValue) -> str | None:
        """The fragment of an id in this document, relative or absolute; None for any other id."""
        if not isinstance(id, str):
            return None
        subject, _, fragment = id.partition("#")
        return fragment if 0 < len(fragment) <= MAX_NAME_LENGTH and subject in ("", self._did) else None


def _items(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _one_or_more(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else [value]


def _texts(items: list[JsonValue], number: int, length: int) -> tuple[str, ...]:
    """Those of the first ``number`` items that are text of at most ``length`` characters, each once."""
    texts = (item for item in islice(items, number) if isinstance(item, str) and len(item) <= length)
    return tuple(dict.fromkeys(texts))


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""


# --- keys -----------------------------------------------------------------------------------------------------------


def _key(method: dict[str, JsonValue]) -> PublicKey | None:
    decode = _SUITES.get(_text(method.get("type")))
    if decode is None:
        return None
    try:
        return decode(_text(method.get("publicKeyMultibase")))
    except (InvalidKeyError, InvalidEncodingError):
        return None


def _bare_point(key_type: KeyType) -> Callable[[str], PublicKey]:
    return lambda text: public_key_of_point(key_type, decode_multibase(text))


def _ed25519(text: str) -> PublicKey:
    key = parse_multikey(text)
    if key.type is not KeyType.ED25519:
        raise InvalidKeyError("a key of another type than its suite")
    return key


_SUITES: Final[dict[str, Callable[[str], PublicKey]]] = {
    "Multikey": parse_multikey,
    "Ed25519VerificationKey2020": _ed25519,
    "EcdsaSecp256k1VerificationKey2019": _bare_point(KeyType.SECP256K1),
    "EcdsaSecp256r1VerificationKey2019": _bare_point(KeyType.P256),
}
"""Type of a verification method: how its ``publicKeyMultibase`` is read."""
