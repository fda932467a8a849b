"""``freeq identity add-key``: a key of one's own in a did:plc document, so that one can sign in with it (``crypto``).

Somebody has to sign the change. By default the account's PDS does, for whoever has the account's password and the code
that the PDS mails him; with ``--rotation-key`` its owner does it alone. What is there and what will be is shown first.
The key is on the disk before the change is asked for: a key that is in a document and nowhere else would be lost.
"""

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from freeq_cli.flows import run
from freeq_cli.identity import IdentityError, did_of, make_resolver
from freeq_cli.key_files import new_key, read_key_file, read_rotation_key, write_key_file
from freeq_cli.logs import harmless
from freeq_cli.passwords import read_secret
from freeq_proto.boundary import Flow, LocalProtocolError, RemoteProtocolError
from freeq_proto.identity import (
    Did,
    DidDocument,
    PdsError,
    PdsSession,
    PrivateKey,
    Resolver,
    add_key_by_code,
    add_key_by_rotation_key,
    create_session,
    did_method,
    last_operation,
    request_operation_code,
)

T = TypeVar("T")


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options beyond those of every subcommand."""
    parser.add_argument(
        "--key", metavar="FILE", type=Path, required=True, help="the private key; made where there is no such file"
    )
    parser.add_argument("--name", default="freeq", help="its name in the document (freeq)")
    parser.add_argument("--yes", action="store_true", help="do not ask whether to go on")
    signer = parser.add_mutually_exclusive_group()
    signer.add_argument("--code", help="the code that the PDS has mailed")
    signer.add_argument(
        "--rotation-key", metavar="FILE", type=Path, help="sign the change with this key instead of through the PDS"
    )


def add_key(options: argparse.Namespace) -> None:
    """Put the key into the document, and say what is done. Raises IdentityError, KeyFileError and PasswordError."""
    resolver = make_resolver(options.config)
    did = _asked(did_of(resolver, options.who))
    if did_method(did) != "plc":
        raise IdentityError(
            f"{did}: only the documents of did:plc are kept by a directory; {_ELSEWHERE[did_method(did)]}"
        )
    document = _asked(resolver.document(did))
    last = _asked(last_operation(resolver, did))
    key = read_key_file(options.key) if options.key.exists() else new_key(os.urandom)
    try:
        after = last.state.with_key(options.name, key.public_key).verification_methods
    except LocalProtocolError as error:
        raise IdentityError(f"{options.name}: {error}") from None
    if after == last.state.verification_methods:
        _say(f"{did} has this key as #{options.name} already: nothing to do")
        return
    _show(did, last.state.verification_methods, after)
    _confirm(options.yes)
    if not options.key.exists():
        write_key_file(options.key, key, f"the key #{options.name} of {did}")
        _say(f"The private key is in {options.key}: keep a copy of it, and keep it secret.")
    if options.rotation_key is not None:
        rotation_key = read_rotation_key(options.rotation_key)
        _asked(add_key_by_rotation_key(resolver, did, options.name, key.public_key, rotation_key))
    elif not _through_the_pds(resolver, document, options, key):
        return
    if key.public_key not in _asked(resolver.document(did)).signing_keys(options.name):
        raise IdentityError(f"{did}: the change was taken, and the directory does not show it yet; look again later")
    _say(f"Done: {did} has the key #{options.name}.")


_ELSEWHERE = {
    "web": "that of a did:web is a file on its own host: put the key into it there",
    "key": "a did:key is its key",
}


def _through_the_pds(resolver: Resolver, document: DidDocument, options: argparse.Namespace, key: PrivateKey) -> bool:
    """Have the account's PDS make the change; False where it has mailed a code that nobody can type in here."""
    if document.pds is None:
        raise IdentityError(f"{document.did} has no PDS; a rotation key can sign the change (--rotation-key FILE)")
    _say(f"The change is signed by the account's PDS, {document.pds}.")
    session = _sign_in(resolver, document, document.pds)
    code = options.code
    if code is None:
        _asked(request_operation_code(session))
        _say("It has mailed a code to the address of the account.")
        if not sys.stdin.isatty():
            _say("Run this again with --code CODE.")
            return False
        code = input("Code: ").strip(" \t")
    _asked(add_key_by_code(session, code, options.name, key.public_key))
    return True


def _sign_in(resolver: Resolver, document: DidDocument, pds: str) -> PdsSession:
    password = read_secret("Password of the account (app passwords may not change a DID): ")
    try:
        session = run(create_session(resolver, pds, document.did, password))
    except PdsError as error:
        if error.error == "AuthFactorTokenRequired":
            raise IdentityError(
                "the PDS asks for a second factor, which this command cannot give: turn it off in the account's"
                " settings while you do this, or use a rotation key (--rotation-key FILE)"
            ) from None
        raise IdentityError(str(error)) from None
    if session.did != document.did:
        raise IdentityError("the PDS signs in another account than the one that was asked for")
    return session


def _show(did: Did, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    """The keys of a document as they are and as they will be, in the manner of a diff."""
    _say(f"Keys of {did}:")
    for name in sorted({*before, *after}):
        if before.get(name) == after.get(name):
            _say(f"    #{name} {before[name]}")
            continue
        if name in before:
            _say(f"  - #{name} {before[name]}")
        _say(f"  + #{name} {after[name]}")


def _confirm(yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise IdentityError("nobody is there to be asked whether to go on: add --yes")
    if input("Go on? [y/N] ").strip(" \t").lower() not in ("y", "yes"):
        raise IdentityError("nothing was changed")


def _asked(flow: Flow[T]) -> T:
    try:
        return run(flow)
    except RemoteProtocolError as error:
        raise IdentityError(str(error)) from None


def _say(text: str) -> None:
    print(harmless(text), flush=True)
