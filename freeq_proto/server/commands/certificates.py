"""CERT: the TLS client certificates that sign an account in with EXTERNAL.

A certificate says nothing of itself: its owner, signed in otherwise, binds it to his account. Fingerprints are no
secret, so he binds only the one that this very connection presented: TLS has shown that its key is his. What a session
that a certificate signed in binds would outlive the loss of that certificate, so it binds none.
docs/protocol.md, "Certificates".
"""

import re
from collections.abc import Callable, Iterable
from typing import Final

import attrs

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
from freeq_proto.server.background import Unfinished
from freeq_proto.server.commands.accounts import account_of
from freeq_proto.server.context import Context
from freeq_proto.server.login import CERTIFICATE
from freeq_proto.server.session import Session
from freeq_proto.server.signing_out import withdraw
from freeq_proto.server.turn import Turn

CERTIFICATES_LIMIT: Final = 20
"""Certificates of one account."""
LABEL_LIMIT: Final = 50
"""Bytes of what an owner calls a certificate."""
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{64}")
_DIGEST: Final = re.compile(r"[0-9a-f]{32,}")
"""What somebody writes who names a certificate, by whichever digest."""
_HOW: Final = "connect with the certificate, sign in by another method, and say CERT ADD there"


@attrs.frozen
class _Outcome:
    """What became of a change: NOTE or FAIL, its code and its text."""

    kind: str
    code: str
    text: str


_ADDED: Final = _Outcome("NOTE", "CERTIFICATE_ADDED", "The certificate {} signs you in from now on")
_DELETED: Final = _Outcome("NOTE", "CERTIFICATE_DELETED", "The certificate {} does not sign you in any more")
_IN_USE: Final = _Outcome("FAIL", "IN_USE", "This certificate signs in another account")
_TOO_MANY: Final = _Outcome("FAIL", "TOO_MANY", f"An account has at most {CERTIFICATES_LIMIT} certificates")
_NOT_YOURS: Final = _Outcome("FAIL", "NOT_YOURS", "This certificate does not sign you in")
_NOT_STORED: Final = _Outcome("FAIL", "NOT_STORED", "The server could not read or record this")
_NOT_SIGNED_IN: Final = _Outcome("FAIL", "ACCOUNT_REQUIRED", "You are not signed in as that account any more")
_UNFINISHED: Final = {
    Unfinished.SLOW: _Outcome("FAIL", "STORE_SLOW", Unfinished.SLOW.value),
    Unfinished.BUSY: _Outcome("FAIL", "STORE_BUSY", Unfinished.BUSY.value),
}


def cert(turn: Turn, message: Message) -> Flow[None]:
    """``CERT ADD [:<label>]``, ``CERT LIST`` or ``CERT DEL <fingerprint>``."""
    account = account_of(turn, "CERT")
    if account is None:
        return
    obey = _SUBCOMMANDS.get(message.params[0].upper())
    if obey is None:
        turn.fail("CERT", "UNKNOWN_SUBCOMMAND", message.params[0], text=f"There are {', '.join(_SUBCOMMANDS)}")
        return
    yield from obey(turn, account, message.params[1:])


def _add(turn: Turn, account: str, params: list[str]) -> Flow[None]:
    """Bind the certificate of this connection; its fingerprint may stand before the label, and no other."""
    session, fingerprint = turn.session, turn.session.peer.certificate
    named = _normalized(params[0]) if params else ""
    if _DIGEST.fullmatch(named) is None:
        named = fingerprint
    else:
        params = params[1:]
    login = session.login
    if named != fingerprint:
        text = f"This connection did not present that certificate: {_HOW}"
        turn.fail("CERT", "NOT_PRESENTED", named, text=text)
    elif not fingerprint:
        turn.fail("CERT", "NO_CERTIFICATE", text=f"This connection presented no certificate: {_HOW}")
    elif login is None or login.method == CERTIFICATE:
        text = "A certificate signed this connection in, so it can bind none: sign in by another method"
        turn.fail("CERT", "SIGNED_IN_BY_CERTIFICATE", text=text)
    else:
        label = truncate(" ".join(params), LABEL_LIMIT)
        row = CertificateRow(fingerprint, account, label, turn.server.now.unix_ms)
        yield from _carry_out(turn, row, _bind(turn.server, session, row))


def _list(turn: Turn, account: str, _params: list[str]) -> Flow[None]:
    rows = yield from _ask(CertificatesOf(account))
    if rows is None:
        _say(turn, _NOT_STORED, "*")
        return
    if not _is_still(turn.session, account):
        _say(turn, _NOT_SIGNED_IN, "*")
        return
    for row in rows:
        text = f"{row.fingerprint} {row.label}" if row.label else row.fingerprint
        turn.standard("NOTE", "CERT", "CERTIFICATE_BOUND", row.fingerprint, text=text)
    if not rows:
        turn.standard("NOTE", "CERT", "NO_CERTIFICATES", text="No certificate signs you in")


def _delete(turn: Turn, account: str, params: list[str]) -> Flow[None]:
    """Drop one, named as tools print it: SHA-256 in hexadecimal, in any case, with or without colons."""
    fingerprint = _normalized(params[0]) if params else ""
    if _FINGERPRINT.fullmatch(fingerprint) is None:
        text = "A fingerprint is the SHA-256 of a certificate: 64 digits"
        turn.fail("CERT", "INVALID_FINGERPRINT", fingerprint, text=text)
        return
    row = CertificateRow(fingerprint, account, "", turn.server.now.unix_ms, bound=False)
    yield from _carry_out(turn, row, _drop(turn.server, turn.session, row))


_SUBCOMMANDS: Final[dict[str, Callable[[Turn, str, list[str]], Flow[None]]]] = {
    "ADD": _add,
    "LIST": _list,
    "DEL": _delete,
}


def _normalized(text: str) -> str:
    return text.replace(":", "").lower()


def _carry_out(turn: Turn, row: CertificateRow, change: Flow[_Outcome]) -> Flow[None]:
    """Make one change of an account's certificates at a time, and say what became of it, however late."""
    server, session = turn.server, turn.session

    def late(outcome: _Outcome) -> None:
        _say(Turn(server, session, server.now, Message("")), outcome, row.fingerprint)

    outcome = yield from server.background.carry_out(f"certificates {row.account}", change, late)
    _say(turn, _UNFINISHED[outcome] if isinstance(outcome, Unfinished) else outcome, row.fingerprint)


def _bind(server: Context, session: Session, row: CertificateRow) -> Flow[_Outcome]:
    """The world moves in each wait: what was true before the last one is looked at again, also after the write."""
    mine = yield from _ask(CertificatesOf(row.account))
    holders = yield from _ask(CertificateOf(row.fingerprint))
    if mine is None or holders is None:
        return _NOT_STORED
    if _is_of_another(row, holders):
        return _IN_USE
    if not holders and len(mine) >= CERTIFICATES_LIMIT:
        return _TOO_MANY
    if not _is_still(session, row.account):
        return _NOT_SIGNED_IN
    if not isinstance((yield Write((row,))), Stored):  # which a store does not where another account has it by now
        return _IN_USE if _is_of_another(row, (yield from _ask(CertificateOf(row.fingerprint))) or ()) else _NOT_STORED
    if not holders and not _is_still(session, row.account):
        yield Write((attrs.evolve(row, bound=False),))
        return _NOT_SIGNED_IN
    _tell_others(server, session, row, _ADDED)
    return _ADDED


def _drop(server: Context, session: Session, row: CertificateRow) -> Flow[_Outcome]:
    holders = yield from _ask(CertificateOf(row.fingerprint))
    if holders is None:
        return _NOT_STORED
    if not holders or _is_of_another(row, holders):
        return _NOT_YOURS
    if not _is_still(session, row.account):
        return _NOT_SIGNED_IN
    if not isinstance((yield Write((attrs.evolve(row, label=holders[0].label),))), Stored):
        return _NOT_STORED
    _tell_others(server, session, row, _DELETED)
    _sign_out_by(server, row.account, row.fingerprint)
    return _DELETED


def _ask(query: Query) -> Flow[list[CertificateRow] | None]:
    answer = yield Read(query)
    if not isinstance(answer, Found):
        return None
    return [row for row in answer.rows if isinstance(row, CertificateRow)]


def _is_of_another(row: CertificateRow, holders: Iterable[CertificateRow]) -> bool:
    return any(holder.account != row.account for holder in holders)


def _is_still(session: Session, account: str) -> bool:
    """Whether a session is here, and signed in as this account."""
    user, login = session.user, session.login
    return (
        not session.closing
        and user is not None
        and user.account == account
        and login is not None
        and login.account == account
    )


def _tell_others(server: Context, session: Session, row: CertificateRow, outcome: _Outcome) -> None:
    """Let an account know what was done in its name on one of its connections."""
    text = f"{outcome.text}: this was done on another connection of your account, {session.name}"
    for user in server.world.users_of(PrincipalId(row.account)):
        for other in user.sessions:
            if other is not session:
                told = attrs.evolve(outcome, text=text)
                _say(Turn(server, other, server.now, Message("")), told, row.fingerprint)


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


def _say(turn: Turn, outcome: _Outcome, fingerprint: str) -> None:
    turn.standard(outcome.kind, "CERT", outcome.code, fingerprint, text=outcome.text.format(fingerprint))
