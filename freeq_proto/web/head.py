"""What a request's head must look like to be served, beyond the grammar that h11 enforces (RFC 9110, RFC 9112)."""

import re
from typing import Final

from freeq_proto.web.events import Headers, field
from freeq_proto.web.refusal import RefusalError

SERVED: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""Methods that are passed on; which of them a resource has is the caller's to say (405)."""

# CONNECT is for proxies, and TRACE would send a request's credentials back to any script (RFC 9110 §9.3.8).
_KNOWN_BUT_NOT_SERVED: Final = ("CONNECT", "TRACE")

# RFC 9112 §3.2, with the characters of RFC 3986 §3.2.2 and §3.2.3. User information has no place in it.
_HOST: Final = re.compile(rb"(?:\[[0-9A-Za-z.:]+\]|[-A-Za-z0-9._~!$&'()*+,;=%]*)(?::[0-9]*)?")
_ABSOLUTE_FORM: Final = re.compile(r"https?://[^/?]+(?P<rest>.*)", re.IGNORECASE)


def check_method(method: str) -> None:
    """Refuse with 405 what an origin server does not do, and with 501 what nobody registered (RFC 9110 §9.1)."""
    if method in SERVED:
        return
    if method in _KNOWN_BUT_NOT_SERVED:
        raise RefusalError(405, "method not served", ((b"Allow", ", ".join(SERVED).encode("ascii")),))
    raise RefusalError(501, "method not known")


def check_version(version: bytes) -> None:
    """Refuse with 505 anything but HTTP/1 (RFC 9110 §15.6.6); HTTP/1.2 and above mean HTTP/1.1 to us."""
    if not version.startswith(b"1."):
        raise RefusalError(505, "HTTP version not supported")


def check_framing(headers: Headers, version: bytes, limit: int) -> None:
    """Refuse a body whose end two parsers could see in different places, or one that is announced as too long.

    h11 lets Transfer-Encoding override Content-Length. RFC 9112 §6.1 allows that, but a peer that sends both is broken
    or smuggles a second request past a proxy; so is Transfer-Encoding in HTTP/1.0. ``limit`` is in bytes.
    """
    length = field(headers, b"content-length")
    if field(headers, b"transfer-encoding") is not None and (length is not None or version == b"1.0"):
        raise RefusalError(400, "ambiguous body length")
    if length is not None and int(length) > limit:  # h11 has checked that these are ASCII digits
        raise RefusalError(413, "body too long")


def check_host(headers: Headers) -> None:
    """Refuse a Host that is not one (RFC 9112 §3.2). h11 has seen to it that HTTP/1.1 names exactly one."""
    if not _HOST.fullmatch(field(headers, b"host") or b""):
        raise RefusalError(400, "malformed Host")


def origin_form(target: str, method: str, limit: int) -> str:
    """The request target as path and query (RFC 9112 §3.2), from origin-form or absolute-form; ``limit`` is in bytes.

    The authority of an absolute-form is dropped: this server has one authority, whatever it is called.
    """
    if len(target) > limit:
        raise RefusalError(414, "request target too long")
    if target.startswith("/") or (target == "*" and method == "OPTIONS"):
        return target
    absolute = _ABSOLUTE_FORM.fullmatch(target)
    if absolute is None:
        raise RefusalError(400, "malformed request target")
    rest = absolute["rest"]
    if not rest and method == "OPTIONS":
        return "*"  # RFC 9112 §3.2.4
    return rest if rest.startswith("/") else "/" + rest
