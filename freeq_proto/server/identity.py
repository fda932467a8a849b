"""Who a server is: an ed25519 key and a boot epoch, kept in a state file from the first day.

The public key is the server's name among servers and the origin of its guests' principals. The epoch grows with every
start, so that a guest of one run is never taken for a guest of another.
"""

import hashlib
import hmac
import json
from typing import Final

import attrs

from freeq_proto.authority import PrincipalId, guest
from freeq_proto.boundary import KeyType, LocalProtocolError
from freeq_proto.identity import PrivateKey, format_multikey

SEED_LENGTH: Final = 32
_VERSION: Final = 1


class StateError(LocalProtocolError):
    """A state file that cannot be read; the message says what is wrong with it."""


def _seed_length(_owner: object, _attribute: object, value: bytes) -> None:
    if len(value) != SEED_LENGTH:
        raise StateError(f"the server key has {len(value)} bytes; it must have {SEED_LENGTH}")


@attrs.frozen
class ServerIdentity:
    """The key and the epoch of one run of one server."""

    seed: bytes = attrs.field(validator=_seed_length, repr=False)
    """The private key: 32 random bytes, secret."""
    epoch: int
    """How often this server was started; from 1."""
    origin: str = attrs.field(init=False)
    """The public key, as a multikey (``z6Mk...``)."""

    @origin.default
    def _origin(self) -> str:
        return format_multikey(PrivateKey(KeyType.ED25519, self.seed).public_key)

    @property
    def cloak_key(self) -> bytes:
        """The key of host cloaks: known to nobody who does not know the server's."""
        return hmac.digest(self.seed, b"freeq host cloak v1", hashlib.sha256)

    def guest(self, number: int) -> PrincipalId:
        """The principal of the ``number``-th connection of this run."""
        return guest(self.origin, self.epoch, number)

    def next_boot(self) -> "ServerIdentity":
        """The same server, started once more."""
        return ServerIdentity(self.seed, self.epoch + 1)

    def format(self) -> bytes:
        """The text of the state file."""
        state = {"version": _VERSION, "server_key": self.seed.hex(), "boot_epoch": self.epoch}
        return json.dumps(state, indent=2).encode() + b"\n"

    @classmethod
    def parse(cls, data: bytes) -> "ServerIdentity":
        """Read a state file back. Raises :class:`StateError`."""
        try:
            state = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise StateError(f"it is not JSON: {error}") from None
        if not isinstance(state, dict) or state.get("version") != _VERSION:
            raise StateError(f"it is not a state file of version {_VERSION}")
        key, epoch = state.get("server_key"), state.get("boot_epoch")
        if not isinstance(key, str) or not isinstance(epoch, int) or isinstance(epoch, bool) or epoch < 0:
            raise StateError("server_key or boot_epoch is missing or of the wrong type")
        try:
            return cls(bytes.fromhex(key), epoch)
        except ValueError:
            raise StateError("server_key is not hexadecimal") from None
