"""CERT: the TLS client certificates that sign an account in with EXTERNAL.

A certificate says nothing of itself: it is its owner, signed in otherwise, who binds its fingerprint to his account.
docs/protocol.md, "Certificates".
"""

import re
from collections.abc import Callable
from typing import Final

from freeq_proto.authority import PrincipalId
from freeq_proto.boundary import (
    CertificateOf,
    CertificateRow,
    CertificatesOf,
    Flow,
    Found,
    Query,
    Read,
    Stored,
    Write,
)
from freeq_proto.irc import Message, truncate
from freeq_proto.server.commands.accounts import account_of
from freeq_proto.server.context import Context
from freeq_proto.server.login import CERTIFICATE
from freeq_proto.server.signing_out import withdraw
from freeq_proto.server.turn import Turn

CERTIFICATES_LIMIT: Final = 20
"""Certificates of one account."""
LABEL_LIMIT: Final = 50
"""Bytes of what an owner calls a certificate."""
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{64}")


def cert(turn: Turn, message: Message) -> Flow[None]:
    """``CERT ADD [<fingerprint>|-] [:<label>]``, ``CERT LIST`` or ``CERT DEL <fingerprint>``."""
    account = account_of(turn, "CERT")
    if account is None:
        return
    obey = _SUBCOMMANDS.get(message.params[0].upper())
    if obey is None:
        turn.fail("CERT", "UNKNOWN_SUBCOMMAND", message.params[0], text=f"There are {', '.join(_SUBCOMMANDS)}")
        return
    yield from obey(turn, account, message.params[1:])


def _add(turn: Turn, account: str, params: list[str]) -> Flow[None]:
    """Without a fingerprint, or with ``-``, the certificate of this connection is meant."""
    given = params[0] if params and params[0] != "-" else turn.session.peer.certificate
    fingerprint = _fingerprint(turn, given)
    if fingerprint is None:
        return
    holders = yield from _ask(CertificateOf(fingerprint))
    mine = yield from _ask(CertificatesOf(account))
    if holders is None or mine is None:
        _not_stored(turn)
    elif any(row.account != account for row in holders):
        turn.fail("CERT", "IN_USE", fingerprint, text="This certificate signs in another account")
    elif not holders and len(mine) >= CERTIFICATES_LIMIT:
        turn.fail("CERT", "TOO_MANY", fingerprint, text=f"An account has at most {CERTIFICATES_LIMIT} certificates")
    else:
        label = truncate(params[1], LABEL_LIMIT) if len(params) > 1 else ""
        row = CertificateRow(fingerprint, account, label, turn.server.now.unix_ms)
        yield from _write(turn, row, "CERTIFICATE_ADDED", "signs you in from now on")


def _list(turn: Turn, account: str, _params: list[str]) -> Flow[None]:
    rows = yield from _ask(CertificatesOf(account))
    if rows is None:
        _not_stored(turn)
        return
    for row in rows:
        text = f"{row.fingerprint} {row.label}" if row.label else row.fingerprint
        turn.standard("NOTE", "CERT", "CERTIFICATE_BOUND", row.fingerprint, text=text)
    if not rows:
        turn.standard("NOTE", "CERT", "NO_CERTIFICATES", text="No certificate signs you in")


def _delete(turn: Turn, account: str, params: list[str]) -> Flow[None]:
    fingerprint = _fingerprint(turn, params[0] if params else "")
    if fingerprint is None:
        return
    rows = yield from _ask(CertificateOf(fingerprint))
    if rows is None:
        _not_stored(turn)
        return
    row = next((row for row in rows if row.account == account), None)
    if row is None:
        turn.fail("CERT", "NOT_YOURS", fingerprint, text="This certificate does not sign you in")
        return
    gone = CertificateRow(fingerprint, account, row.label, turn.server.now.unix_ms, bound=False)
    yield from _write(turn, gone, "CERTIFICATE_DELETED", "does not sign you in any more")


def _sign_out_by(server: Context, account: str, fingerprint: str) -> None:
    """Whoever is here by a certificate that was dropped is this account no more."""
    for user in tuple(server.world.users_of(PrincipalId(account))):
        reasons = {
            session: "the certificate that signed you in was dropped"
            if session.peer.certificate == fingerprint
            and session.login is not None
            and session.login.method == CERTIFICATE
            else ""
            for session in user.sessions
        }
        withdraw(server, user, reasons)


_SUBCOMMANDS: Final[dict[str, Callable[[Turn, str, list[str]], Flow[None]]]] = {
    "ADD": _add,
    "LIST": _list,
    "DEL": _delete,
}


def _fingerprint(turn: Turn, text: str) -> str | None:
    """SHA-256 in hexadecimal, as tools print it: in any case, with or without colons."""
    fingerprint = text.replace(":", "").lower()
    if _FINGERPRINT.fullmatch(fingerprint) is not None:
        return fingerprint
    if text:
        turn.fail("CERT", "INVALID_FINGERPRINT", text, text="A fingerprint is the SHA-256 of a certificate: 64 digits")
    else:
        turn.fail("CERT", "NO_CERTIFICATE", text="This connection has no certificate: name a fingerprint")
    return None


def _ask(query: Query) -> Flow[list[CertificateRow] | None]:
    answer = yield Read(query)
    if not isinstance(answer, Found):
        return None
    return [row for row in answer.rows if isinstance(row, CertificateRow)]


def _write(turn: Turn, row: CertificateRow, code: str, what: str) -> Flow[None]:
    if (yield from turn.server.background.carry_out(f"certificate {row.fingerprint}", _stored(turn.server, row))):
        turn.standard("NOTE", "CERT", code, row.fingerprint, text=f"The certificate {row.fingerprint} {what}")
    else:
        _not_stored(turn)


def _stored(server: Context, row: CertificateRow) -> Flow[bool]:
    stored = isinstance((yield Write((row,))), Stored)
    if stored and not row.bound:
        _sign_out_by(server, row.account, row.fingerprint)
    return stored


def _not_stored(turn: Turn) -> None:
    turn.fail("CERT", "NOT_STORED", text="The server could not read or record this, so nothing has changed")
