"""What this package raises by itself."""

from freeq_proto.boundary import LocalProtocolError


class ClosedError(LocalProtocolError):
    """This client has ended; nothing can be asked of it any more."""
