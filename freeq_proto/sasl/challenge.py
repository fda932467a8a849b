"""The challenge of ATPROTO-CHALLENGE: what a server asks a client to answer.

Compact JSON: ``session_id``, ``nonce`` (base64url of 32 random bytes), ``timestamp`` (seconds of Unix time), ``server``
(the host name that the client dialled) and, where they fit, ``server_id``, ``origin``, ``network``, ``scope``,
``methods``, ``cb`` and ``bind``. The server keeps the exact bytes and verifies against those.

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

DEFAULT_FORMS: Final = ("lxm", "none")
"""The forms of service-auth tokens that a challenge without ``bind`` takes."""

_REQUIRED: Final = ("session_id", "nonce", "timestamp")
_TEXTS: Final = ("session_id", "nonce", "server", "server_id", "origin", "network", "scope", "cb")
_LISTS: Final = ("methods", "bind")
_DROPPED: Final = ("bind", "methods", "scope", "network", "cb", "origin", "server_id")
"""What is left out of a challenge that would be too long, in this order."""


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
    """The server's DID; None for ``did:web:`` and its name."""
    origin: str | None = None
    network: str | None = None
    scope: str | None = None
    methods: tuple[str, ...] = ()
    """The methods that are taken on this connection; empty where the server does not say."""
    bind: tuple[str, ...] = DEFAULT_FORMS
    """The forms of service-auth tokens that are taken."""
    cb: str | None = None
    """The channel binding that the server can check on this connection; None if it can check none."""

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
        methods: tuple[str, ...] = (),
        bind: tuple[str, ...] = DEFAULT_FORMS,
        cb: str | None = None,
    ) -> "Challenge":
        """Return a fresh challenge of at most :data:`MAX_CHALLENGE_LENGTH` bytes.

        What a client would assume without being told is not written, if the challenge would be too long with it; and
        what is optional is left out, one member after the other, until the challenge fits. Raises LocalProtocolError
        if the required members alone are too long.
        """
        nonce = entropy(NONCE_LENGTH)
        timestamp = now.unix_ms // 1000
        given: dict[str, str | tuple[str, ...] | None] = {
            "server_id": server_id,
            "origin": origin,
            "network": network,
            "scope": scope,
            "methods": methods or None,
            "cb": cb,
            "bind": None if bind == DEFAULT_FORMS else bind,
        }
        members: dict[str, JsonValue] = {
            "session_id": session_id,
            "nonce": encode_base64url(nonce),
            "timestamp": timestamp,
            "server": server,
        }
        members |= {name: list(value) if isinstance(value, tuple) else value for name, value in given.items() if value}
        droppable = ["server_id"] if server_id == did_web_of(server) else []
        droppable += _DROPPED
        while len(data := encode_json(members)) > MAX_CHALLENGE_LENGTH:
            if not droppable:
                raise LocalProtocolError("the session id and the server's name are too long for a challenge")
            members.pop(droppable.pop(0), None)
        return _challenge(data, members)


def did_web_of(host: str) -> str:
    """Return the DID that a server has by virtue of its host name alone: no port, no path."""
    return f"did:web:{lower_ascii(host)}"


def parse_challenge(data: bytes, expected_server: str, now: Now, *, allow_unbound: bool = False) -> Challenge:
    """Return the challenge that ``data`` is, if a client that dialled ``expected_server`` may sign it.

    It must be a JSON object of a challenge's members and no others, with a time at most :data:`MAX_CLOCK_DIFFERENCE`
    from ``now``, and name ``expected_server`` (in any case of ASCII letters): in ``server``, or without that by a
    ``server_id`` that is the did:web of the host. Servers from before those members do not bind their challenges;
    ``allow_unbound`` accepts those, at the price that such a challenge may have been passed on from another server.
    Raises UnacceptableChallengeError.
    """
    challenge = _challenge(data, _parse_members(data))
    named = challenge.server
    if named is None and challenge.server_id is not None:
        named = challenge.server_id.removeprefix("did:web:")
    if named is None and not allow_unbound:
        raise UnacceptableChallengeError("the challenge does not say which server it is for")
    if named is not None and lower_ascii(named) != lower_ascii(expected_server):
        raise UnacceptableChallengeError(f"the challenge is for the server {named!a}, not for {expected_server!a}")
    if abs(now.unix_ms // 1000 - challenge.timestamp) > MAX_CLOCK_DIFFERENCE:
        raise UnacceptableChallengeError("the challenge is not fresh, or one of the clocks is wrong")
    return challenge


def _challenge(data: bytes, members: dict[str, JsonValue]) -> Challenge:
    """Make the value of members whose names and types were checked."""
    texts = {name: value for name, value in members.items() if isinstance(value, str)}
    lists = {name: _texts(value) for name, value in members.items() if isinstance(value, list)}
    timestamp = members["timestamp"]
    assert isinstance(timestamp, int)
    return Challenge(
        data,
        session_id=texts["session_id"],
        nonce=_parse_nonce(texts["nonce"]),
        timestamp=timestamp,
        server=texts.get("server"),
        server_id=texts.get("server_id"),
        origin=texts.get("origin"),
        network=texts.get("network"),
        scope=texts.get("scope"),
        methods=lists.get("methods", ()),
        bind=lists.get("bind", DEFAULT_FORMS),
        cb=texts.get("cb"),
    )


def _parse_members(data: bytes) -> dict[str, JsonValue]:
    try:
        members = parse_json(data, MAX_CHALLENGE_LENGTH)
    except InvalidEncodingError as error:
        raise UnacceptableChallengeError(f"not a challenge: {error}") from None
    if not isinstance(members, dict) or not all(name in members for name in _REQUIRED):
        raise UnacceptableChallengeError("not a challenge: a required member is missing")
    for name, value in members.items():
        if name not in (*_TEXTS, *_LISTS, "timestamp"):
            raise UnacceptableChallengeError("not a challenge: it has a member that a challenge has not")
        if not _of_type(name, value):
            raise UnacceptableChallengeError("not a challenge: a member is of a wrong type")
    return members


def _of_type(name: str, value: JsonValue) -> bool:
    if name == "timestamp":
        return type(value) is int  # exactly: True is an int, too
    if name in _LISTS:
        return isinstance(value, list) and len(value) == len(_texts(value))
    return isinstance(value, str)


def _texts(values: list[JsonValue]) -> tuple[str, ...]:
    return tuple(value for value in values if isinstance(value, str))


def _parse_nonce(text: str) -> bytes:
    try:
        nonce = decode_base64url(text)
    except InvalidEncodingError:
        nonce = b""
    if len(nonce) != NONCE_LENGTH:
        raise UnacceptableChallengeError(f"the nonce is not {NONCE_LENGTH} bytes")
    return nonce
