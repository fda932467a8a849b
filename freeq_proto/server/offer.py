"""What this server offers on a connection: all capabilities, with their values."""

from typing import Final

import attrs

from freeq_proto.boundary import PeerInfo
from freeq_proto.caps import CAPABILITIES, MULTILINE, SASL, STS, Offer
from freeq_proto.sasl import sasl_value
from freeq_proto.server.config import Config

MULTILINE_BYTES: Final = 40_000
"""Bytes of one multiline message."""
MULTILINE_LINES: Final = 100
"""Lines of one multiline message."""


@attrs.frozen
class Ground:
    """What of a connection decides what is offered on it."""

    secure: bool
    confidential: bool
    certified: bool
    """Whether the client presented a TLS certificate."""


def ground_of(peer: PeerInfo) -> Ground:
    """That of a connection."""
    return Ground(peer.secure, peer.confidential, bool(peer.certificate))


def offer(config: Config, ground: Ground) -> Offer:
    """The offer on such a connection; ``sts`` only where clients should go to TLS."""
    values = {capability.bit: "" for capability in CAPABILITIES if capability.bit != STS}
    values[SASL] = sasl_value(
        plain=config.sasl.plain,
        external=config.sasl.external,
        confidential=ground.confidential,
        certificate="presented" if ground.certified else "",
    )
    values[MULTILINE] = f"max-bytes={MULTILINE_BYTES},max-lines={MULTILINE_LINES}"
    if (policy := config.strict_transport) is not None:
        duration = f"duration={policy.duration_seconds}"
        values[STS] = duration if ground.secure else f"port={policy.port}"
    return Offer(values)
