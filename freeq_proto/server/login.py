"""How a session proved its account: what WHOIS says of it, and what has to stay true for the session to keep it."""

from typing import Final

import attrs

from freeq_proto.identity import Did, PublicKey

CRYPTO: Final = "crypto"
"""The method of who signed a challenge with a key of the DID."""
CERTIFICATE: Final = "certificate"
"""The method of EXTERNAL."""


@attrs.frozen
class Login:
    """One successful sign-in."""

    account: Did
    mechanism: str
    """The SASL mechanism."""
    method: str
    """How the account was proved: ``crypto``, ``service-auth``, ``certificate``, ..."""
    unix_ms: int
    key: PublicKey | None = None
    """The key that proved it or, where the account's PDS vouched, the ``#atproto`` key of then; None: no key did."""
    handle: str = ""
    """The account's handle, once it was verified in both directions."""
