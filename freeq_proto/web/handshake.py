"""The client's opening handshake, judged (RFC 6455 §4.2.1).

wsproto reads handshakes too and makes our answer, but it takes any bytes for a key, forgets all but the last of several
Connection fields, and lets other errors than its own out over bytes that are not ASCII. So what it is given is made of
what was found lawful here.
"""

import re
from typing import Final

from freeq_proto.web.events import Headers, UpgradeRequested, field
from freeq_proto.web.refusal import RefusalError

_TOKEN: Final = re.compile(rb"[-!#$%&'*+.^_`|~0-9A-Za-z]+")  # RFC 9110 §5.6.2
# 16 bytes in base64. The last digit before the padding is free: the example of RFC 6455 §4.1 itself
# ("AQIDBAUGBwgJCgsMDQ4PEC==") leaves bits set that a canonical encoder would not.
_KEY: Final = re.compile(rb"[A-Za-z0-9+/]{22}==")
_VERSION: Final = b"13"

_VERSION_FIELD: Final = (b"Sec-WebSocket-Version", _VERSION)
_UPGRADE_FIELDS: Final = ((b"Upgrade", b"websocket"), (b"Connection", b"Upgrade"))


def wants_websocket(headers: Headers, version: bytes) -> bool:
    """Whether the request asks for a WebSocket at all. In HTTP/1.0 Upgrade says nothing (RFC 9110 §7.8)."""
    return version != b"1.0" and b"websocket" in _options(headers, b"upgrade")


def read_handshake(method: str, target: str, headers: Headers) -> UpgradeRequested:
    """The handshake of a request that :func:`wants_websocket`; raises :class:`RefusalError` for an unlawful one."""
    if method != "GET":
        raise RefusalError(400, "a WebSocket handshake must be a GET")
    if b"upgrade" not in _options(headers, b"connection"):
        raise RefusalError(400, "Upgrade without Connection: upgrade")
    if field(headers, b"host") is None:
        raise RefusalError(400, "no Host")
    if field(headers, b"transfer-encoding") is not None or int(field(headers, b"content-length") or b"0"):
        raise RefusalError(400, "a WebSocket handshake has no body")
    version = field(headers, b"sec-websocket-version")
    if version is None:
        raise RefusalError(400, "no Sec-WebSocket-Version", (_VERSION_FIELD,))
    if version != _VERSION:
        # RFC 6455 §4.4 asks for the version, RFC 9110 §15.5.22 for the protocol.
        raise RefusalError(426, "WebSocket version not supported", (_VERSION_FIELD, *_UPGRADE_FIELDS))
    if not _KEY.fullmatch(field(headers, b"sec-websocket-key") or b""):
        raise RefusalError(400, "no lawful Sec-WebSocket-Key")
    origin = field(headers, b"origin")
    return UpgradeRequested(
        target=target,
        subprotocols=_subprotocols(headers),
        origin=None if origin is None else origin.decode("latin-1"),
        headers=headers,
    )


def fields_for_wsproto(request: UpgradeRequested) -> list[tuple[bytes, bytes]]:
    """The fields of a judged handshake from which wsproto makes the answer: no extension, and one of each field.

    The Host is a stand-in: wsproto decodes it as an internationalised name, which fails for lawful hosts, and then does
    not use it.
    """
    fields = [
        (b"Host", b"localhost"),
        *_UPGRADE_FIELDS,
        _VERSION_FIELD,
        (b"Sec-WebSocket-Key", request.header(b"sec-websocket-key") or b""),
    ]
    if request.subprotocols:
        fields.append((b"Sec-WebSocket-Protocol", ", ".join(request.subprotocols).encode("ascii")))
    return fields


def _subprotocols(headers: Headers) -> tuple[str, ...]:
    """Each offered name once, in the client's order (RFC 6455 §4.1, 10); an empty list element is nothing."""
    names = [name for name in _elements(headers, b"sec-websocket-protocol") if name]
    if not all(map(_TOKEN.fullmatch, names)):
        raise RefusalError(400, "malformed Sec-WebSocket-Protocol")
    return tuple(name.decode("ascii") for name in dict.fromkeys(names))


def _options(headers: Headers, name: bytes) -> list[bytes]:
    return [element.lower() for element in _elements(headers, name)]


def _elements(headers: Headers, name: bytes) -> list[bytes]:
    """The elements of a list-valued field (RFC 9110 §5.6.1)."""
    return [element.strip(b" \t") for element in (field(headers, name) or b"").split(b",")]
