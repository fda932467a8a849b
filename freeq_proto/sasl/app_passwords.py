"""Sessions at a PDS that are made with an app password and last no longer than they are needed. Both roles."""

from contextlib import suppress

from freeq_proto.boundary import Flow, RemoteProtocolError
from freeq_proto.identity import (
    DidDocument,
    PdsError,
    PdsSession,
    Resolver,
    create_session,
    delete_session,
    parse_did,
    parse_handle,
)


class NoHostError(RemoteProtocolError):
    """A DID document that names no PDS, so that no password can be checked."""


def open_session(
    resolver: Resolver, identifier: str, password: str, *, issued_after_ms: int | None = None
) -> Flow[tuple[DidDocument, PdsSession]]:
    """Sign in at the PDS of an account, which is named by its handle or its DID; return its document and the session.

    The password is sent to the PDS that the DID document names and nowhere else, and the session is one of that DID.
    ``issued_after_ms`` is as for :meth:`~freeq_proto.identity.Resolver.document`. Raises RemoteProtocolError.
    """
    if identifier.startswith("did:"):
        did = parse_did(identifier)
    else:
        did = yield from resolver.did_of_handle(parse_handle(identifier))
    document = yield from resolver.document(did, issued_after_ms=issued_after_ms)
    if document.pds is None:
        raise NoHostError("the DID document names no host of the account")
    session = yield from create_session(resolver, document.pds, did, password)
    if session.did != did:
        raise PdsError("the account's host answers with another account", status=200)
    return document, session


def close_session(session: PdsSession) -> Flow[None]:
    """End a session: its tokens are worth nothing then. A PDS that does not do it keeps nobody from signing in."""
    with suppress(PdsError):
        yield from delete_session(session)
