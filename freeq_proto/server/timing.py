"""Why a session is to be looked at later."""

import enum
from typing import TypeAlias

from freeq_proto.boundary import ConnId


class Reason(enum.Enum):
    """The reasons for a deadline; a session has at most one of each."""

    REGISTRATION = "registration"
    """It is still not a user."""
    LIVENESS = "liveness"
    """It was silent for a while, or did not answer a PING."""
    FLOOD = "flood"
    """Its budget allows another line."""
    FLOW = "flow"
    """What it waits for did not come."""
    SASL = "sasl"
    """Its challenge expires."""


TimerKey: TypeAlias = tuple[ConnId, Reason]
