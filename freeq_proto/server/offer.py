"""What this server offers on a connection: all capabilities, with their values."""

from typing import Final

from freeq_proto.caps import CAPABILITIES, MULTILINE, SASL, STS, Offer
from freeq_proto.sasl import sasl_value
from freeq_proto.server.config import Config

MULTILINE_BYTES: Final = 40_000
"""Bytes of one multiline message."""
MULTILINE_LINES: Final = 100
"""Lines of one multiline message."""


def offer(config: Config, *, secure: bool) -> Offer:
    """The offer on a connection that is ``secure`` or not; ``sts`` only where clients should go to TLS."""
    values = {capability.bit: "" for capability in CAPABILITIES if capability.bit != STS}
    values[SASL] = sasl_value()
    values[MULTILINE] = f"max-bytes={MULTILINE_BYTES},max-lines={MULTILINE_LINES}"
    if (policy := config.strict_transport) is not None:
        duration = f"duration={policy.duration_seconds}"
        values[STS] = duration if secure else f"port={policy.port}"
    return Offer(values)
