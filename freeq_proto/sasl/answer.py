"""What a client answers to a challenge of ATPROTO-CHALLENGE. Server side."""

from collections.abc import Callable
from typing import TypeAlias

import attrs

from freeq_proto.boundary import Now, RemoteProtocolError
from freeq_proto.identity import Did, JsonValue, parse_did, parse_json
from freeq_proto.sasl.authenticate import MAX_PAYLOAD_LENGTH
from freeq_proto.sasl.challenge import Challenge
from freeq_proto.sasl.exchange import Outcome, SaslContext, Steps


class MalformedResponseError(RemoteProtocolError):
    """A client's answer is not a response of this mechanism."""


@attrs.frozen
class Answer:
    """An answer, and the challenge that it is for."""

    challenge: Challenge
    asked: Now
    """When the challenge was made."""
    did: Did
    signature: str = attrs.field(repr=False)
    """The proof; what it is depends on the method."""
    members: dict[str, JsonValue] = attrs.field(repr=False)
    """All members; those that are not known are ignored."""
    size: int
    """Bytes of the whole answer."""


@attrs.frozen
class Again:
    """A method's proof lacks something that the client can add: ask with a fresh challenge, after ``notice``."""

    notice: str


Verify: TypeAlias = Callable[[SaslContext, Answer], Steps[Outcome | Again]]
"""What a method is on the server's side; may raise RemoteProtocolError."""


def parse_members(data: bytes) -> dict[str, JsonValue]:
    """Return the members of an answer. Raises RemoteProtocolError."""
    members = parse_json(data, MAX_PAYLOAD_LENGTH)
    if not isinstance(members, dict):
        raise MalformedResponseError("bad response: not a JSON object")
    return members


def parse_answer(members: dict[str, JsonValue], size: int, challenge: Challenge, asked: Now) -> Answer:
    """Return an answer with those members that every method has. Raises RemoteProtocolError."""
    did, signature = members.get("did"), members.get("signature")
    if not isinstance(did, str) or not isinstance(signature, str):
        raise MalformedResponseError("bad response: did and signature must be strings")
    return Answer(challenge, asked, parse_did(did), signature, members, size)
