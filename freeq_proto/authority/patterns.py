"""Whom a list entry means: a ``nick!user@host`` mask, or an account by ``~a:``.

``~a:<mask>`` matches the DID of somebody who signed in (account-extban). A bare DID is taken for ``~a:<DID>``, because
no hostmask looks like one. DIDs that differ in case are different DIDs, so one without wildcards is compared as it is;
with wildcards it is a mask, and masks ignore the case of ASCII letters.
"""

from typing import Final

import attrs

from freeq_proto.authority.principals import ACCOUNT_LIMIT, Principal, is_account
from freeq_proto.irc import Mask, canonical_hostmask

ACCOUNT: str = "~a:"
PATTERN_LIMIT: Final = len(ACCOUNT) + ACCOUNT_LIMIT
"""Bytes of the longest list entry: any account can be named by one."""
_ACCOUNT_SPELLINGS = (ACCOUNT, "~account:")
_WILDCARDS = "*?"


@attrs.frozen
class Pattern:
    """A compiled list entry."""

    text: str
    """Its canonical spelling, in the letters of whoever wrote it."""
    key: str
    """Its identity: two patterns with the same key mean the same."""
    _mask: Mask | None = attrs.field(eq=False, repr=False)
    """None for one account, which is its DID letter for letter."""
    _account: bool

    @classmethod
    def parse(cls, text: str) -> "Pattern":
        """Read what a user typed. Every text is some pattern; the caller bounds its length."""
        for spelling in _ACCOUNT_SPELLINGS:
            if text.startswith(spelling):
                return cls._of_account(text[len(spelling) :])
        if is_account(text):
            return cls._of_account(text)
        canonical = canonical_hostmask(text)
        mask = Mask.compile(canonical)
        return cls(canonical, mask.text, mask, account=False)

    @classmethod
    def _of_account(cls, text: str) -> "Pattern":
        if not any(wildcard in text for wildcard in _WILDCARDS):
            return cls(ACCOUNT + text, ACCOUNT + text, None, account=True)
        mask = Mask.compile(text)
        return cls(ACCOUNT + text, ACCOUNT + mask.text, mask, account=True)

    def matches(self, principal: Principal) -> bool:
        """Whether ``principal`` is meant, in time linear in the mask and the text."""
        subject = principal.account if self._account else principal.hostmask
        if subject is None:
            return False
        return self._mask.matches(subject) if self._mask is not None else self.key == ACCOUNT + subject
