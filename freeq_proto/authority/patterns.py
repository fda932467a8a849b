"""Whom a list entry means: a ``nick!user@host`` mask, or an account by ``~a:``.

``~a:<mask>`` matches the DID of somebody who signed in (account-extban). A bare DID is taken for ``~a:<DID>``, because
no hostmask looks like one.
"""

import attrs

from freeq_proto.authority.principals import Principal, is_account
from freeq_proto.irc import Mask, canonical_hostmask

ACCOUNT: str = "~a:"
_ACCOUNT_SPELLINGS = (ACCOUNT, "~account:")


@attrs.frozen
class Pattern:
    """A compiled list entry."""

    text: str
    """Its canonical spelling, in the letters of whoever wrote it."""
    key: str
    """Its identity: two patterns with the same key mean the same."""
    _mask: Mask = attrs.field(eq=False, repr=False)
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
        mask = Mask.compile(text)
        return cls(ACCOUNT + text, ACCOUNT + mask.text, mask, account=True)

    def matches(self, principal: Principal) -> bool:
        """Whether ``principal`` is meant, in time linear in the mask and the text."""
        if self._account:
            return principal.account is not None and self._mask.matches(principal.account)
        return self._mask.matches(principal.hostmask)
