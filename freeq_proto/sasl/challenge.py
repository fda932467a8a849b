"""The challenge of ATPROTO-CHALLENGE: what a server asks a client to sign.

Compact JSON: ``session_id``, ``nonce`` (base64url of 32 random bytes), ``timestamp`` (seconds of Unix time), ``server``
(the host name that the client dialled) and, where they fit, ``server_id``, ``origin``, ``network`` and ``scope``. The
server keeps the exact bytes and verifies against those.

The client's side is the harder one. A client that signed whatever it is given would be a signing oracle, and a hostile
server could pass on another server's challenge and sign in there with the answer. So :func:`parse_challenge` accepts
nothing but a challenge, made now, that names the host that was dialled.
"""

from typing import Final

import attrs

from freeq_proto.boundary import Entropy, LocalProtocolError, Now, RemoteProtocolError
from freeq_proto.identity import (
    InvalidEncodingError,
    JsonValue,
    decode_base64url,
    encode_base64url,
    encode_json,
    parse_json,
)
from freeq_proto.irc import lower_ascii

MAX_CHALLENGE_LENGTH: Final = 299
"""Bytes: 399 characters of base64url. Clients read a challenge from one line, and a line of 400 would need a second."""

NONCE_LENGTH: Final = 32
"""Bytes."""

MAX_CLOCK_DIFFERENCE: Final = 300
"""Seconds between the challenge's time and the client's clock: room for a badly kept clock, not for a slow network."""

_REQUIRED: Final = ("session_id", "nonce", "timestamp")
_MEMBERS: Final[dict[str, type]] = {"timestamp": int} | dict.fromkeys(
    ("session_id", "nonce", "server", "server_id", "origin", "network", "scope"), str
)


class UnacceptableChallengeError(RemoteProtocolError):
    """What a server asked to be signed is not a fresh challenge of the server that was dialled. Do not sign it."""


@attrs.frozen
class Challenge:
    """A challenge and the exact bytes that stand for it."""

    data: bytes
    """What is signed."""
    session_id: str
    nonce: bytes
    """:data:`NONCE_LENGTH` bytes."""
    timestamp: int
    """Seconds of Unix time."""
    server: str | None
    """The name of the server; None only where a client allowed that (see :func:`parse_challenge`)."""
    server_id: str | None = None
    origin: str | None = None
    network: str | None = None
    scope: str | None = None

    @classmethod
    def mint(
        cls,
        *,
        session_id: str,
        server: str,
        now: Now,
        entropy: Entropy,
        server_id: str | None = None,
        origin: str | None = None,
        network: str | None = None,
        scope: str | None = None,
    ) -> "Challenge":
        """Return a fresh challenge of at most :data:`MAX_CHALLENGE_LENGTH` bytes.

        Optional members that make it too long are left out, the last first. Raises LocalProtocolError if the required
        ones alone are too long.
        """
        nonce = entropy(NONCE_LENGTH)
        timestamp = now.unix_ms // 1000
        members: dict[str, JsonValue] = {
            "session_id": session_id,
            "nonce": encode_base64url(nonce),
            "timestamp": timestamp,
            "server": server,
        }
        given = {"server_id": server_id, "origin": origin, "network": network, "scope": scope}
        optional = {name: value for name, value in given.items() if value is not None}
        while len(data := encode_json({**members, **optional})) > MAX_CHALLENGE_LENGTH:
            if not optional:
                raise LocalProtocolError("the session id and the server's name are too long for a challenge")
            optional.popitem()
        return cls(data, session_id, nonce, timestamp, server, **optional)


def parse_challenge(data: bytes, expected_server: str, now: Now, *, allow_unbound: bool = False) -> Challenge:
    """Return the challenge that ``data`` is, if a client that dialled ``expected_server`` may sign it.

    It must be a JSON object of a challenge's members and no others, with a time at most :data:`MAX_CLOCK_DIFFERENCE`
    from ``now``, and name ``expected_server`` (in any case of ASCII letters). Servers from before the ``server`` member
    do not bind their challenges; ``allow_unbound`` accepts those, at the price that such a challenge may have been
    passed on from another server. Raises UnacceptableChallengeError.
    """
    members = _parse_members(data)
    texts = {name: value for name, value in members.items() if isinstance(value, str)}
    timestamp, server = members["timestamp"], texts.get("server")
    if server is None and not allow_unbound:
        raise UnacceptableChallengeError("the challenge does not say which server it is for")
    if server is not None and lower_ascii(server) != lower_ascii(expected_server):
        raise UnacceptableChallengeError(f"the challenge is for the server {server!a}, not for {expected_server!a}")
    if not isinstance(timestamp, int) or abs(now.unix_ms // 1000 - timestamp) > MAX_CLOCK_DIFFERENCE:
        raise UnacceptableChallengeError("the challenge is not fresh, or one of the clocks is wrong")
    return Challenge(
        data,
        session_id=texts["session_id"],
        nonce=_parse_nonce(texts["nonce"]),
        timestamp=timestamp,
        server=server,
        server_id=texts.get("server_id"),
        origin=texts.get("origin"),
        network=texts.get("network"),
        scope=texts.get("scope"),
    )


def _parse_members(data: bytes) -> dict[str, JsonValue]:
    try:
        members = parse_json(data, MAX_CHALLENGE_LENGTH)
    except InvalidEncodingError as error:
        raise UnacceptableChallengeError(f"not a challenge: {error}") from None
    if not isinstance(members, dict) or not all(name in members for name in _REQUIRED):
        raise UnacceptableChallengeError("not a challenge: a required member is missing")
    for name, value in members.items():
        if name not in _MEMBERS:
            raise UnacceptableChallengeError("not a challenge: it has a member that a challenge has not")
        if type(value) is not _MEMBERS[name]:  # exactly: True is an int, too
            raise UnacceptableChallengeError("not a challenge: a member is of a wrong type")
    return members


def _parse_nonce(text: str) -> bytes:
    try:
        nonce = decode_base64url(text)
    except InvalidEncodingError:
        nonce = b""
    if len(nonce) != NONCE_LENGTH:
        raise UnacceptableChallengeError(f"the nonce is not {NONCE_LENGTH} bytes")
    return nonce
