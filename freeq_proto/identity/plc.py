"""Operations of did:plc: what a DID is made of, and how its owner changes it.

https://web.plc.directory/spec/v0.1/did-plc. A DID is the hash of its first operation, and every operation says anew all
that the document holds, names the one before it by its CID, and is signed by one of the rotation keys that stood there.
So whoever signs one must have read the last: what is left out is gone.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Final

import attrs

from freeq_proto.boundary import KeyType, LocalProtocolError, RemoteProtocolError
from freeq_proto.identity.dag_cbor import base32, dag_cbor_cid, encode_dag_cbor
from freeq_proto.identity.did import Did, parse_did
from freeq_proto.identity.documents import ATPROTO
from freeq_proto.identity.encoding import JsonValue, encode_base64url
from freeq_proto.identity.keys import PrivateKey, PublicKey, public_key_to_did_key

MAX_METHOD_NAME_LENGTH: Final = 32
"""Characters of the name of a verification method, as the directory has it."""

MAX_PLC_METHODS: Final = 10
"""Verification methods of a document, as the directory has it."""

_NAME: Final = re.compile(rf"[A-Za-z0-9_-]{{1,{MAX_METHOD_NAME_LENGTH}}}")
_NOT_ONE: Final = "not an operation of did:plc"


class PlcError(RemoteProtocolError):
    """The directory, or the account's host, did not do what it was asked. Quotes nobody."""

    def __init__(self, text: str, *, unavailable: bool = False) -> None:
        super().__init__(text)
        self.unavailable = unavailable
        """Nobody answered, or not usefully: it may work later."""


@attrs.frozen
class PlcService:
    """One entry of ``services``."""

    type: str
    endpoint: str


@attrs.frozen
class PlcState:
    """All that an operation says of a DID."""

    rotation_keys: tuple[str, ...]
    """did:keys that may sign the next operation, the strongest first."""
    verification_methods: Mapping[str, str]
    """Name: did:key."""
    also_known_as: tuple[str, ...] = ()
    services: Mapping[str, PlcService] = attrs.field(factory=dict)

    def with_key(self, name: str, key: PublicKey) -> "PlcState":
        """The same with one verification method more, or another one of that name.

        Raises LocalProtocolError for a name that the directory would not take, and for ``atproto``: that key is the
        PDS's, and whoever replaced it would cut the account off from its repository.
        """
        if not _NAME.fullmatch(name) or name == ATPROTO:
            raise LocalProtocolError(f"not a name for a key: 1 to {MAX_METHOD_NAME_LENGTH} letters, digits, - and _")
        methods = {**self.verification_methods, name: str(public_key_to_did_key(key))}
        if len(methods) > MAX_PLC_METHODS:
            raise LocalProtocolError(f"a did:plc has at most {MAX_PLC_METHODS} keys")
        return attrs.evolve(self, verification_methods=methods)


@attrs.frozen
class SignedOperation:
    """An operation as the directory keeps it, and what it says."""

    members: dict[str, JsonValue]
    """As it is written, the signature included."""
    state: PlcState
    prev: str | None
    """The CID of the operation before; None for the first one."""

    @property
    def cid(self) -> str:
        """What the next operation names it by."""
        return dag_cbor_cid(self.members)


def sign_operation(state: PlcState, prev: str | None, key: PrivateKey) -> SignedOperation:
    """Make an operation after ``prev``, signed by a rotation key: secp256k1 or P-256, with a low S."""
    if key.type is KeyType.ED25519:
        raise LocalProtocolError("operations of did:plc are signed with secp256k1 or P-256")
    unsigned: dict[str, JsonValue] = {
        "type": "plc_operation",
        "rotationKeys": list(state.rotation_keys),
        "verificationMethods": dict(state.verification_methods),
        "alsoKnownAs": list(state.also_known_as),
        "services": {name: attrs.asdict(service) for name, service in state.services.items()},
        "prev": prev,
    }
    signature = encode_base64url(key.sign(encode_dag_cbor(unsigned)))
    return SignedOperation({**unsigned, "sig": signature}, state, prev)


def genesis_did(operation: SignedOperation) -> Did:
    """The DID that a first operation makes: 24 characters of the hash of its bytes, the signature included."""
    if operation.prev is not None:
        raise LocalProtocolError("only a first operation makes a DID")
    digest = hashlib.sha256(encode_dag_cbor(operation.members)).digest()
    return parse_did(f"did:plc:{base32(digest)[:24]}")


# --- reading --------------------------------------------------------------------------------------------------------


def parse_operation(value: JsonValue) -> SignedOperation:
    """Read an operation, also one of the first form (``create``); its signature is not verified.

    Raises PlcError, also for a tombstone: a DID that has ended has no state.
    """
    if not isinstance(value, dict):
        raise PlcError(_NOT_ONE)
    match value.get("type"):
        case "plc_operation":
            state = _state(value)
        case "create":
            state = _first_form(value)
        case "plc_tombstone":
            raise PlcError("the DID has ended")
        case _:
            raise PlcError(_NOT_ONE)
    prev = value.get("prev")
    if not isinstance(prev, str | None):
        raise PlcError(_NOT_ONE)
    _text(value, "sig")
    _check(value)
    return SignedOperation(value, state, prev)


def _state(members: dict[str, JsonValue]) -> PlcState:
    services = {name: _object(service) for name, service in _object(members.get("services")).items()}
    methods = _object(members.get("verificationMethods"))
    return PlcState(
        _texts(members, "rotationKeys"),
        {name: _text(methods, name) for name in methods},
        _texts(members, "alsoKnownAs"),
        {name: PlcService(_text(service, "type"), _text(service, "endpoint")) for name, service in services.items()},
    )


def _first_form(members: dict[str, JsonValue]) -> PlcState:
    """What an operation of the first form says, in the words of the present one ("Legacy Genesis")."""
    endpoint = _text(members, "service")
    if not endpoint.startswith(("http://", "https://")):
        endpoint = f"https://{endpoint}"
    handle = _text(members, "handle").removeprefix("http://").removeprefix("https://").removeprefix("at://")
    signing_key = _text(members, "signingKey")
    return PlcState(
        (_text(members, "recoveryKey"), signing_key),
        {ATPROTO: signing_key},
        (f"at://{handle}",),
        {"atproto_pds": PlcService("AtprotoPersonalDataServer", endpoint)},
    )


def _object(value: JsonValue) -> dict[str, JsonValue]:
    if not isinstance(value, dict):
        raise PlcError(_NOT_ONE)
    return value


def _text(members: Mapping[str, JsonValue], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str):
        raise PlcError(_NOT_ONE)
    return value


def _texts(members: Mapping[str, JsonValue], name: str) -> tuple[str, ...]:
    values = members.get(name)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise PlcError(_NOT_ONE)
    return tuple(value for value in values if isinstance(value, str))


def _check(value: JsonValue) -> None:
    """Refuse what operations are not made of: it would have no bytes to be signed."""
    match value:
        case str() | None:
            pass
        case list():
            for item in value:
                _check(item)
        case dict():
            for member in value.values():
                _check(member)
        case _:
            raise PlcError(_NOT_ONE)
