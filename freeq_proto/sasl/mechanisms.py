"""The mechanisms that a server offers, by name. A new one is a file and a line here."""

from typing import Final

import attrs

from freeq_proto.sasl.atproto_challenge import ATPROTO_CHALLENGE
from freeq_proto.sasl.exchange import Mechanism, Offer
from freeq_proto.sasl.external import EXTERNAL
from freeq_proto.sasl.plain import PLAIN

MECHANISMS: Final[dict[str, Mechanism]] = {each.name: each for each in (ATPROTO_CHALLENGE, EXTERNAL, PLAIN)}
"""All there are, the best proof first."""


def find_mechanism(name: str, offer: Offer) -> Mechanism | None:
    """Return the mechanism of a name in any case of ASCII letters, or None if a connection is not offered it."""
    mechanism = MECHANISMS.get(name.upper()) if name.isascii() else None
    return mechanism if mechanism is not None and mechanism.offered(offer) else None


def mechanisms_for(
    *, plain: bool = False, external: bool = False, confidential: bool = False, certificate: str = ""
) -> tuple[str, ...]:
    """Return the names of the mechanisms that a connection is offered, the best proof first.

    ``plain`` and ``external`` are what the operator allows; ``confidential`` and ``certificate`` are facts about the
    connection (see :class:`~freeq_proto.sasl.SaslContext`).
    """
    offer = _Offer(plain, external, confidential, certificate)
    return tuple(name for name, mechanism in MECHANISMS.items() if mechanism.offered(offer))


def sasl_value(
    *, plain: bool = False, external: bool = False, confidential: bool = False, certificate: str = ""
) -> str:
    """Return what :func:`mechanisms_for` does as the capability ``sasl`` (sasl-3.2) and numeric 908 list it."""
    return ",".join(mechanisms_for(plain=plain, external=external, confidential=confidential, certificate=certificate))


@attrs.frozen
class _Offer:
    plain: bool
    external: bool
    confidential: bool
    certificate: str
