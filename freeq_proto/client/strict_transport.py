"""Strict transport security (IRCv3 sts): hosts that are reached over TLS only, as they told."""

from collections.abc import Iterable
from typing import Final

import attrs

from freeq_proto.boundary import Destination
from freeq_proto.client.config import StsPolicy
from freeq_proto.irc import lower_ascii

_LARGEST_PORT: Final = 65_535
_LONGEST_SECONDS: Final = 10 * 366 * 86_400


def parse_policy(value: str) -> tuple[int | None, int | None]:
    """Port and duration (seconds) of a value of the capability, each None if it is missing or wrong."""
    keys = dict(token.partition("=")[::2] for token in reversed(value.split(",")))
    port = _number(keys.get("port", ""))
    duration = _number(keys.get("duration", ""))
    return port if port is not None and 0 < port <= _LARGEST_PORT else None, duration


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


@attrs.define
class StrictTransport:
    """The policies of one client."""

    _policies: dict[str, StsPolicy] = attrs.field(factory=dict, init=False)
    _durations: dict[str, int] = attrs.field(factory=dict, init=False)

    def load(self, policies: Iterable[StsPolicy]) -> None:
        """Know what was told to an earlier client."""
        self._policies = {lower_ascii(policy.host): policy for policy in policies}

    def apply(self, destination: Destination, unix_ms: int) -> Destination:
        """Where to go instead: the port for TLS while there is a policy, never plain text."""
        policy = self._policies.get(lower_ascii(destination.host))
        if policy is None or destination.tls:
            return destination
        if policy.expires_unix_ms is not None and policy.expires_unix_ms <= unix_ms:
            return destination
        return Destination(destination.host, policy.port, tls=True)

    def upgrade(self, host: str, port: int) -> None:
        """A server that was reached in plain text wants TLS: it gets nothing else from this client."""
        self._policies[lower_ascii(host)] = StsPolicy(host, port)

    def renew(self, destination: Destination, duration: int, unix_ms: int) -> StsPolicy:
        """A server that was reached securely says for how long it wants that; 0 ends the policy."""
        key = lower_ascii(destination.host)
        if duration == 0:
            self._policies.pop(key, None)
            self._durations.pop(key, None)
            return StsPolicy(destination.host, destination.port, 0)
        seconds = min(duration, _LONGEST_SECONDS)
        self._durations[key] = seconds
        policy = self._policies[key] = StsPolicy(destination.host, destination.port, unix_ms + seconds * 1000)
        return policy

    def closed(self, destination: Destination, unix_ms: int) -> StsPolicy | None:
        """A connection ends: the duration counts from now ("Rescheduling expiry on disconnect")."""
        duration = self._durations.get(lower_ascii(destination.host))
        return None if duration is None or not destination.tls else self.renew(destination, duration, unix_ms)
