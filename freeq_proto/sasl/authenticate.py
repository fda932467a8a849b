"""The AUTHENTICATE framing: a base64 payload as chunks of 400 characters, for both roles.

https://ircv3.net/specs/extensions/sasl-3.1, "The AUTHENTICATE command". A chunk that is not full ends the payload, so a
payload that fills its last chunk (or is empty) is followed by ``+``. Some real clients send a whole answer on one line
instead, however long; a line that is longer than a chunk is therefore taken as the end, too.
"""

from typing import Final

import attrs

from freeq_proto.boundary import RemoteProtocolError

CHUNK_LENGTH: Final = 400
"""Characters of one AUTHENTICATE argument."""

MAX_PAYLOAD_LENGTH: Final = 16 * 1024
"""Bytes that a payload may decode to; several times what the largest known answer (an access token) takes."""

EMPTY: Final = "+"
"""The argument that stands for nothing: an empty payload, or the end after a full chunk."""

ABORT: Final = "*"
"""The argument with which a client gives up."""


class PayloadTooLongError(RemoteProtocolError):
    """A payload was longer than the limit; it was read to its end, so the next argument begins something new."""


def split_payload(payload: str) -> tuple[str, ...]:
    """Return the arguments of the AUTHENTICATE commands that carry ``payload``, which is base64."""
    chunks = [payload[at : at + CHUNK_LENGTH] for at in range(0, len(payload), CHUNK_LENGTH)]
    if not chunks or len(chunks[-1]) == CHUNK_LENGTH:
        chunks.append(EMPTY)
    return tuple(chunks)


@attrs.define
class Reassembler:
    """Collects the arguments of AUTHENTICATE commands into payloads; forgets what exceeds the limit at once."""

    limit: int = MAX_PAYLOAD_LENGTH
    """Bytes that a payload may decode to."""
    _chunks: list[str] = attrs.field(factory=list, init=False, repr=False)
    _length: int = attrs.field(default=0, init=False)

    def push(self, argument: str) -> str | None:
        """Take one argument; return the payload if it is complete now (not decoded, not checked), None if not.

        Raises PayloadTooLongError at the end of a payload that is too long, so that its chunks are not taken for
        commands.
        """
        chunk = "" if argument == EMPTY else argument
        self._length += len(chunk)
        too_long = self._length > -(-self.limit // 3) * 4
        if too_long:
            self._chunks.clear()
        else:
            self._chunks.append(chunk)
        if len(chunk) == CHUNK_LENGTH:
            return None
        payload = "".join(self._chunks)
        self._chunks.clear()
        self._length = 0
        if too_long:
            raise PayloadTooLongError("SASL message too long")
        return payload
