"""``freeq identity``: what the world knows of a DID, and a key of one's own in its document."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import attrs

from freeq_cli.flows import run
from freeq_cli.logs import harmless
from freeq_cli.plan import load
from freeq_proto.boundary import Flow, RemoteProtocolError
from freeq_proto.identity import (
    Did,
    DidDocument,
    PdsError,
    RepoStatus,
    ResolutionError,
    Resolver,
    did_method,
    parse_did,
    parse_handle,
    public_key_to_did_key,
    repo_status,
)
from freeq_runtime_asyncio import read_clocks


class IdentityError(Exception):
    """An identity cannot be shown or changed; the message says why."""


@attrs.frozen
class Known:
    """What was found out about an identity."""

    document: DidDocument
    handle: str
    """The handle that was verified in both directions, or ""."""
    status: str
    """What its PDS says of the account, or ""."""
    doubt: str = ""
    """Why it is not known whether the claimed handle is the right one, or ""."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of all subcommands."""
    parser.add_argument("who", metavar="HANDLE|DID", help="whose identity")
    parser.add_argument("--config", metavar="FILE", type=Path, help="a configuration whose [identity] is to be used")


def show(options: argparse.Namespace) -> Iterator[str]:
    """The lines of ``freeq identity show``. Raises IdentityError and UnusableConfigurationError."""
    resolver = make_resolver(options.config)
    try:
        known = run(look_up(resolver, options.who))
    except RemoteProtocolError as error:
        raise IdentityError(f"{harmless(options.who)}: {error}") from None
    return map(harmless, _lines(known))


def make_resolver(config: Path | None) -> Resolver:
    """A resolver as the ``[identity]`` of a configuration (None: the default) has it."""
    policy = load(config).config.identity
    return Resolver(
        plc_directory=policy.plc_directory,
        private_network=policy.private_network,
        clock=read_clocks,
        document_seconds=policy.document_seconds,
    )


def did_of(resolver: Resolver, who: str) -> Flow[Did]:
    """The DID that somebody typed, or that his handle names. Raises RemoteProtocolError."""
    if who.startswith("did:"):
        return parse_did(who)
    return (yield from resolver.did_of_handle(parse_handle(who.removeprefix("@"))))


def look_up(resolver: Resolver, who: str) -> Flow[Known]:
    """Find out what ``show`` shows. Raises RemoteProtocolError."""
    did = yield from did_of(resolver, who)
    document = yield from resolver.document(did)
    handle, doubt, status = None, "", ""
    try:
        handle = yield from resolver.verified_handle(document)
    except ResolutionError as error:
        doubt = str(error)
    if document.pds is not None:
        try:
            status = _STATUS[(yield from repo_status(resolver, document.pds, did))]
        except PdsError as error:
            status = f"unknown: {error}"
    return Known(document, handle or "", status, doubt)


_STATUS = {
    RepoStatus.ACTIVE: "active",
    RepoStatus.DEACTIVATED: "deactivated",
    RepoStatus.TAKEN_DOWN: "taken down",
    RepoStatus.INACTIVE: "not active",
    RepoStatus.NOT_FOUND: "not known there",
}


def _lines(known: Known) -> Iterator[str]:
    document = known.document
    yield f"did         {document.did}"
    if known.handle:
        yield f"handle      {known.handle} (verified: it names this DID, and the DID claims it)"
    elif known.doubt:
        yield f"handle      {document.handle} (claimed, and not verified: {known.doubt})"
    elif document.handle is not None:
        yield f"handle      {document.handle} (claimed, and not verified: it does not name this DID now)"
    else:
        yield "handle      none"
    yield f"PDS         {document.pds or 'none'}{f' (account: {known.status})' if known.status else ''}"
    if document.atproto_key is not None:
        yield f"PDS's key   {public_key_to_did_key(document.atproto_key)}"
    for key in document.login_keys:
        yield f"login key   {public_key_to_did_key(key)}"
    for host in document.irc_hosts:
        yield f"IRC         {host}"
    yield ""
    yield from _ways_in(document)


def _ways_in(document: DidDocument) -> Iterator[str]:
    """How the owner of a document can sign in to a server."""
    if document.login_keys:
        yield "Its owner can sign in with the private half of a login key (method crypto)."
    if document.pds is not None:
        yield "Its owner can sign in with an app password or OAuth of the PDS (method service-auth)."
    if not document.login_keys and did_method(document.did) == "plc":
        yield "To sign in with a key of his own, its owner adds one: freeq identity add-key --help"
    if not document.login_keys and document.pds is None:
        yield "Nobody can sign in as it: it has neither a login key nor a PDS."
