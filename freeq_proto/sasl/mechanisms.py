"""The mechanisms that a server offers, by name. A new one is a file and a line here."""

from typing import Final

from freeq_proto.sasl.atproto_challenge import ATPROTO_CHALLENGE
from freeq_proto.sasl.exchange import Mechanism

MECHANISMS: Final[dict[str, Mechanism]] = {mechanism.name: mechanism for mechanism in (ATPROTO_CHALLENGE,)}


def find_mechanism(name: str) -> Mechanism | None:
    """Return the mechanism of a name in any case of ASCII letters, or None."""
    return MECHANISMS.get(name.upper()) if name.isascii() else None


def sasl_value() -> str:
    """Return the mechanisms as the value of the ``sasl`` capability (sasl-3.2) and of numeric 908 list them."""
    return ",".join(MECHANISMS)
