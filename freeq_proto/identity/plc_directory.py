"""Putting a key of the user's own into a did:plc document.

Two people can sign the operation: the account's host, whom a code convinces that it mailed to the user, and a user who
holds a rotation key. Either way the last operation is read first, everything in it is said again, and what a host has
signed is compared with what it was asked for before it is sent on.
"""

from typing import Final

import attrs

from freeq_proto.boundary import Fetch, Fetched, Flow
from freeq_proto.identity.did import Did, did_method
from freeq_proto.identity.encoding import InvalidEncodingError, JsonValue, encode_json, parse_json
from freeq_proto.identity.keys import PrivateKey, PublicKey, public_key_to_did_key
from freeq_proto.identity.pds import PdsAccess
from freeq_proto.identity.plc import PlcError, PlcState, SignedOperation, parse_operation, sign_operation
from freeq_proto.identity.resolver import ResolutionError, Resolver
from freeq_proto.identity.xrpc import members_of, xrpc_request

_LIMIT: Final = 65_536  # bytes of an operation; the directory takes 7,500


def last_operation(resolver: Resolver, did: Did) -> Flow[SignedOperation]:
    """Return the newest operation of ``did``. Raises PlcError."""
    answer = yield from _ask(resolver, did, "/log/last")
    try:
        return parse_operation(parse_json(answer.body, _LIMIT))
    except InvalidEncodingError as error:
        raise PlcError(f"the directory does not answer with an operation: {error}") from None


def submit_operation(resolver: Resolver, did: Did, operation: SignedOperation) -> Flow[None]:
    """Have the directory take an operation, and forget the document that was. Raises PlcError."""
    yield from _ask(resolver, did, "", encode_json(operation.members))
    resolver.forget(did)


def add_key_by_rotation_key(
    resolver: Resolver, did: Did, name: str, key: PublicKey, rotation_key: PrivateKey
) -> Flow[SignedOperation]:
    """Put ``key`` into the document of ``did`` as ``#name``; returns the operation that did it. Raises PlcError."""
    last = yield from last_operation(resolver, did)
    if public_key_to_did_key(rotation_key.public_key) not in last.state.rotation_keys:
        raise PlcError("the key is not a rotation key of this DID")
    operation = sign_operation(last.state.with_key(name, key), last.cid, rotation_key)
    yield from submit_operation(resolver, did, operation)
    return operation


def request_operation_code(access: PdsAccess) -> Flow[None]:
    """Have the account's host mail its user the code for :func:`add_key_by_code`. Raises PdsError."""
    method = "com.atproto.identity.requestPlcOperationSignature"
    yield from access.call(xrpc_request(access.resolver, access.pds, method, procedure=True))


def add_key_by_code(access: PdsAccess, code: str, name: str, key: PublicKey) -> Flow[SignedOperation]:
    """Put ``key`` into the document of the account as ``#name``, by the code that its host mailed.

    Returns the operation that did it. Raises PdsError or PlcError.
    """
    last = yield from last_operation(access.resolver, access.did)
    wanted = last.state.with_key(name, key)
    signed = parse_operation((yield from _signed_by_host(access, code, wanted)))
    if (signed.state, signed.prev) != (wanted, last.cid):
        raise PlcError("the account's host signed something else than it was asked for")
    body: dict[str, JsonValue] = {"operation": signed.members}
    method = "com.atproto.identity.submitPlcOperation"
    yield from access.call(xrpc_request(access.resolver, access.pds, method, body=body))
    access.resolver.forget(access.did)
    return signed


def _signed_by_host(access: PdsAccess, code: str, wanted: PlcState) -> Flow[JsonValue]:
    body: dict[str, JsonValue] = {"token": code, "verificationMethods": dict(wanted.verification_methods)}
    method = "com.atproto.identity.signPlcOperation"
    answer = yield from access.call(xrpc_request(access.resolver, access.pds, method, body=body))
    return members_of(answer).get("operation")


def _ask(resolver: Resolver, did: Did, path: str, body: bytes = b"") -> Flow[Fetched]:
    """Ask the directory about ``did``, or (with a ``body``) tell it something. Raises PlcError."""
    if did_method(did) != "plc":
        raise PlcError("not a did:plc: no directory keeps it")
    try:
        request = resolver.request(f"{resolver.plc_directory}/{did}{path}", limit=_LIMIT)
    except ResolutionError as error:
        raise PlcError(f"the directory cannot be asked: {error}") from None
    if body:
        request = attrs.evolve(request, method="POST", headers=(("content-type", "application/json"),), body=body)
    answer = yield Fetch(request)
    if not isinstance(answer, Fetched):
        raise PlcError("the directory does not answer", unavailable=True)
    if answer.status != 200:
        raise PlcError(f"the directory refuses: status {answer.status}", unavailable=answer.status >= 500)
    return answer
