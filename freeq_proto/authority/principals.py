"""Who acts: a DID, or one session of a guest on one server."""

from typing import Final, NewType

import attrs

PrincipalId = NewType("PrincipalId", str)
"""A DID, or ``guest:<origin>/<epoch>.<n>``: what authority is granted to. Never a nick."""

ACCOUNT_LIMIT: Final = 200
"""Characters of the longest DID that may be an account here: with more, lines that name one would not fit."""

_GUEST = "guest:"
_DID = "did:"

SERVER = PrincipalId("")
"""The server itself, for acts that no user made (the end of a guest's session)."""


def guest(origin: str, epoch: int, number: int) -> PrincipalId:
    """The principal of the ``number``-th guest that the server ``origin`` met since its boot ``epoch``."""
    return PrincipalId(f"{_GUEST}{origin}/{epoch}.{number}")


def is_guest(principal: PrincipalId) -> bool:
    """Whether it is one session of a guest; an account never looks like one."""
    return principal.startswith(_GUEST)


def is_account(text: str) -> bool:
    """Whether a principal is an account, or a word that somebody typed means one: a DID holds a colon, no nick does."""
    return text.startswith(_DID)


@attrs.frozen
class Principal:
    """Somebody as the judge sees him: what he is, and what masks may say about him."""

    id: PrincipalId
    hostmask: str
    """``nick!user@host`` as others see it now; the host is a cloak."""
    account: str | None
    """The DID that he proved control of, or None for a guest."""
