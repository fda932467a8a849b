"""A request that the room answers itself: a status, why, and the fields that the status asks for."""

from http import HTTPStatus

from freeq_proto.boundary import RemoteProtocolError
from freeq_proto.web.events import Headers


class RefusalError(RemoteProtocolError):
    """A peer's request that cannot be served, with its lawful answer; the connection ends with that answer.

    Raised and caught inside this room. ``reason`` is ours and never quotes the peer's bytes, so it is fit for any log.
    """

    def __init__(self, status: int, reason: str, headers: Headers = ()) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.headers = headers


def phrase(status: int) -> str:
    """The registered reason phrase of a status, or "" where none is registered."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
