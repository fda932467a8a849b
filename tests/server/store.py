"""What a store finds among the rows that were written to it, in order: the meaning of each query, in memory."""

from collections.abc import Iterable, Sequence

from freeq_proto.boundary import (
    AccountOf,
    AccountRow,
    CertificateOf,
    CertificateRow,
    CertificatesOf,
    Query,
    Row,
    SavedChannelRow,
    SavedChannelsOf,
)


def find(rows: Iterable[Row], query: Query) -> tuple[Row, ...]:
    """The rows that ``query`` asks for."""
    match query:
        case CertificateOf(fingerprint):
            return tuple(row for row in _certificates(rows) if row.fingerprint == fingerprint)
        case CertificatesOf(account):
            return tuple(row for row in _certificates(rows) if row.account == account)
        case SavedChannelsOf(account):
            return tuple(row for row in _saved(rows) if row.account == account)
        case AccountOf(account):
            return tuple(row for row in rows if isinstance(row, AccountRow) and row.account == account)[-1:]


def is_taken(rows: Iterable[Row], write: Sequence[Row]) -> bool:
    """Whether ``write`` would take a certificate from the account that it signs in: a store does none of it."""
    holders = {row.fingerprint: row.account for row in _certificates(rows)}
    return any(
        isinstance(row, CertificateRow) and row.bound and holders.get(row.fingerprint, row.account) != row.account
        for row in write
    )


def _certificates(rows: Iterable[Row]) -> list[CertificateRow]:
    bound: dict[str, CertificateRow] = {}
    for row in rows:
        if isinstance(row, CertificateRow):
            holder = bound.get(row.fingerprint, row)
            if holder.account == row.account:
                bound.pop(row.fingerprint, None)
                if row.bound:
                    bound[row.fingerprint] = row
    return list(bound.values())


def _saved(rows: Iterable[Row]) -> list[SavedChannelRow]:
    saved: dict[tuple[str, str], SavedChannelRow] = {}
    for row in rows:
        if isinstance(row, SavedChannelRow):
            if not row.saved:
                saved.pop((row.account, row.folded), None)
            else:
                saved[row.account, row.folded] = row
    return list(saved.values())
