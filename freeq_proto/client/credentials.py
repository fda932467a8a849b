"""What a client may sign in with."""

from typing import TypeAlias

import attrs

from freeq_proto.identity import Did, PrivateKey


@attrs.frozen
class KeyCredentials:
    """A key of a DID's document: the method ``crypto``."""

    did: Did
    private_key: PrivateKey = attrs.field(repr=False)


Credentials: TypeAlias = KeyCredentials
