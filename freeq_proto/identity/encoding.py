"""Strict codecs: one text for each value, and nothing guessed.

Signatures and identifiers are compared and signed as text, so a decoder that skips a stray character, ignores trailing
bits or takes the last of two equal JSON members lets two readers see two things in the same bytes. The standard
library's decoders do all three. Those here accept exactly the canonical form and raise :class:`InvalidEncodingError`
for the rest; their work is linear in the input (base58: bounded), so a caller limits it by limiting the input.
"""

import base64
import json
import math
import re
from typing import Final, Never, TypeAlias

from freeq_proto.boundary import LocalProtocolError, RemoteProtocolError

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
"""What :func:`parse_json` returns. ``bool`` is an ``int`` to Python: test for it first."""

MAX_JSON_DEPTH: Final = 32
"""Arrays and objects within one another; DID documents and tokens need fewer than ten."""

MAX_BASE58_LENGTH: Final = 128
"""Characters; the longest public key that any document holds (65 bytes) needs 89. The cost is the square of this."""


class InvalidEncodingError(RemoteProtocolError):
    """Text from a peer is not the canonical encoding of anything. The message never quotes the text."""


# --- base64 (RFC 4648) ----------------------------------------------------------------------------------------------

_URL_ALPHABET: Final = re.compile(r"[A-Za-z0-9_-]*")
_STANDARD_ALPHABET: Final = re.compile(r"[A-Za-z0-9+/]*")


def encode_base64url(data: bytes) -> str:
    """Base64url without padding (RFC 4648 §5), as AT Protocol and JOSE write it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode_base64url(text: str) -> bytes:
    """Inverse of :func:`encode_base64url`: no padding, no other character, no trailing bits that are not zero."""
    if not _URL_ALPHABET.fullmatch(text):
        raise InvalidEncodingError("not base64url without padding: a character outside its alphabet")
    return _decode_canonical(text.replace("-", "+").replace("_", "/"))


def encode_base64(data: bytes) -> str:
    """Base64 with padding (RFC 4648 §4)."""
    return base64.b64encode(data).decode("ascii")


def decode_base64(text: str) -> bytes:
    """Inverse of :func:`encode_base64`: padded, no other character, no trailing bits that are not zero."""
    body = _without_padding(text)
    if not _STANDARD_ALPHABET.fullmatch(body):
        raise InvalidEncodingError("not base64: a character outside its alphabet")
    return _decode_canonical(body)


def decode_base64_any(text: str) -> bytes:
    """Decode base64 in either alphabet, padded or not: the four spellings that SASL clients send.

    Each is taken strictly: the alphabets are not mixed, and the padding is all there or not there at all.
    """
    body = _without_padding(text) if text.endswith("=") else text
    if _URL_ALPHABET.fullmatch(body):
        return decode_base64url(body)
    if not _STANDARD_ALPHABET.fullmatch(body):
        raise InvalidEncodingError("not base64: a character outside its alphabet")
    return _decode_canonical(body)


def _without_padding(text: str) -> str:
    if len(text) % 4:
        raise InvalidEncodingError("base64 with wrong padding")
    return text.removesuffix("=").removesuffix("=")


def _decode_canonical(body: str) -> bytes:
    """Decode standard base64 whose alphabet was checked and whose padding was taken off."""
    if len(body) % 4 == 1:
        raise InvalidEncodingError("base64 of an impossible length")
    data = base64.b64decode(body + "=" * (-len(body) % 4))
    # The last character of a short group has unused bits, and only zeros are canonical (RFC 4648 §3.5).
    if base64.b64encode(data).rstrip(b"=") != body.encode("ascii"):
        raise InvalidEncodingError("base64 with trailing bits that are not zero")
    return data


# --- base58btc and multibase ----------------------------------------------------------------------------------------

_BASE58_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE58_DIGITS: Final = {character: digit for digit, character in enumerate(_BASE58_ALPHABET)}


def encode_base58btc(data: bytes) -> str:
    """Base58 in Bitcoin's alphabet; one leading ``1`` stands for each leading zero byte.

    Raises LocalProtocolError for data whose text :func:`decode_base58btc` would refuse for its length.
    """
    number = int.from_bytes(data, "big")
    digits: list[str] = []
    while number and len(digits) <= MAX_BASE58_LENGTH:
        number, digit = divmod(number, 58)
        digits.append(_BASE58_ALPHABET[digit])
    zeros = len(data) - len(data.lstrip(b"\0"))
    if zeros + len(digits) > MAX_BASE58_LENGTH:
        raise LocalProtocolError(f"base58 longer than {MAX_BASE58_LENGTH} characters")
    return "1" * zeros + "".join(reversed(digits))


def decode_base58btc(text: str) -> bytes:
    """Inverse of :func:`encode_base58btc`, of at most :data:`MAX_BASE58_LENGTH` characters."""
    if len(text) > MAX_BASE58_LENGTH:
        raise InvalidEncodingError(f"base58 longer than {MAX_BASE58_LENGTH} characters")
    number = 0
    for character in text:
        digit = _BASE58_DIGITS.get(character)
        if digit is None:
            raise InvalidEncodingError("not base58btc: a character outside its alphabet")
        number = number * 58 + digit
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def encode_multibase(data: bytes) -> str:
    """Multibase in base58btc (prefix ``z``), the one base that AT Protocol and did:key use for keys."""
    return "z" + encode_base58btc(data)


def decode_multibase(text: str) -> bytes:
    """Inverse of :func:`encode_multibase`; every other base is refused."""
    if not text.startswith("z"):
        raise InvalidEncodingError("multibase other than base58btc (z)")
    return decode_base58btc(text[1:])


# --- JSON (RFC 8259) ------------------------------------------------------------------------------------------------

# A string (an unfinished one too, so that the scan stays linear) or a bracket.
_JSON_STRUCTURE: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
_MAX_INTEGER_LENGTH: Final = 20  # characters: holds every signed and unsigned 64-bit number


def parse_json(data: bytes | str, limit: int) -> JsonValue:
    """Parse one JSON text of at most ``limit`` bytes of UTF-8.

    Refused, beside what RFC 8259 refuses: equal member names in one object, ``NaN`` and ``Infinity`` (also by overflow,
    ``1e999``), integers beyond 64 bits, nesting beyond :data:`MAX_JSON_DEPTH`, a byte order mark, and strings that are
    not Unicode (a lone surrogate, written out or escaped). Integers come back as ``int``, numbers with a fraction or an
    exponent as ``float``.
    """
    # One character is at least one byte: nothing that is too long is encoded or decoded first.
    if len(data) > limit:
        raise InvalidEncodingError(f"JSON longer than {limit} bytes")
    try:
        encoded = data.encode("utf-8") if isinstance(data, str) else data
        text = encoded.decode("utf-8")
        if len(encoded) > limit:
            raise InvalidEncodingError(f"JSON longer than {limit} bytes")
        _check_depth(text)
        value: JsonValue = _JSON_DECODER.decode(text)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeError:
        raise InvalidEncodingError("JSON that is not Unicode text") from None
    except ValueError:
        raise InvalidEncodingError("not JSON") from None
    return value


def encode_json(value: JsonValue) -> bytes:
    """Compact JSON in UTF-8: no spaces, members in the order of the dict, no needless escapes."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")


def _check_depth(text: str) -> None:
    """Raise before the recursive parser could run out of stack."""
    depth = 0
    for match in _JSON_STRUCTURE.finditer(text):
        character = text[match.start()]
        if character in "[{":
            depth += 1
            if depth > MAX_JSON_DEPTH:
                raise InvalidEncodingError(f"JSON nested deeper than {MAX_JSON_DEPTH}")
        elif character in "]}":
            depth -= 1


def _unique_members(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise InvalidEncodingError("JSON object with two equal member names")
    return members


def _integer(text: str) -> int:
    # The length bounds the conversion. Python's own scanner takes any Unicode digit where its C twin is not built.
    if len(text) > _MAX_INTEGER_LENGTH or not text.isascii():
        raise InvalidEncodingError("JSON integer beyond 64 bits")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number) or not text.isascii():
        raise InvalidEncodingError("JSON number out of range")
    return number


def _refuse_constant(_: str) -> Never:
    raise InvalidEncodingError("JSON with NaN or Infinity")


_JSON_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique_members, parse_int=_integer, parse_float=_finite, parse_constant=_refuse_constant
)
