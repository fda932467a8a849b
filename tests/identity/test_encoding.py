"""RFC 4648 (base64), base58btc and multibase, RFC 8259 (JSON): the canonical form and nothing else."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeq_proto.boundary import LocalProtocolError
from freeq_proto.identity import (
    MAX_BASE58_LENGTH,
    MAX_JSON_DEPTH,
    InvalidEncodingError,
    JsonValue,
    decode_base58btc,
    decode_base64,
    decode_base64_any,
    decode_base64url,
    decode_multibase,
    encode_base58btc,
    encode_base64,
    encode_base64url,
    encode_json,
    encode_multibase,
    parse_json,
)

# --- base64 -------------------------------------------------------------------------------------------------------

RFC4648_VECTORS = [  # RFC 4648 §10
    (b"", ""),
    (b"f", "Zg=="),
    (b"fo", "Zm8="),
    (b"foo", "Zm9v"),
    (b"foob", "Zm9vYg=="),
    (b"fooba", "Zm9vYmE="),
    (b"foobar", "Zm9vYmFy"),
]


@pytest.mark.parametrize(("data", "text"), RFC4648_VECTORS)
def test_vectors_of_the_rfc(data: bytes, text: str) -> None:
    assert encode_base64(data) == text
    assert decode_base64(text) == data
    assert encode_base64url(data) == text.rstrip("=")
    assert decode_base64url(text.rstrip("=")) == data
    assert decode_base64_any(text) == decode_base64_any(text.rstrip("=")) == data


@given(st.binary(max_size=100))
def test_all_four_spellings_are_read(data: bytes) -> None:
    url, standard = base64.urlsafe_b64encode(data).decode(), base64.b64encode(data).decode()
    for spelling in (url, standard, url.rstrip("="), standard.rstrip("=")):
        assert decode_base64_any(spelling) == data


NEVER_BASE64 = [
    "Zg=",  # half the padding
    "Zg===",  # too much of it
    "====",
    "=",
    "Z",  # no byte has six bits
    "Zm9vY",
    "Zm9v\n",
    " Zm9v",
    "Zm 9v",
    "Zm9v\0",
    "Zm9=Zm9=",  # padding in the middle
    "Zh",  # trailing bits that are not zero (RFC 4648 §3.5)
    "Zh==",
    "Zm9",  # the same with two bits
    "Zm9=",
    "ab$c",
    "-_+/",  # both alphabets
    "Zm9v\u0660\u0660\u0660\u0660",
]


@pytest.mark.parametrize("text", NEVER_BASE64)
def test_what_is_not_canonical_base64_is_refused(text: str) -> None:
    for decode in (decode_base64, decode_base64url, decode_base64_any):
        with pytest.raises(InvalidEncodingError):
            decode(text)


@pytest.mark.parametrize("text", ["Zg==", "+/+/"])
def test_base64url_takes_neither_padding_nor_the_other_alphabet(text: str) -> None:
    with pytest.raises(InvalidEncodingError):
        decode_base64url(text)


@pytest.mark.parametrize("text", ["Zg", "-_-_"])
def test_base64_takes_neither_missing_padding_nor_the_other_alphabet(text: str) -> None:
    with pytest.raises(InvalidEncodingError):
        decode_base64(text)


@given(st.text(alphabet="Zm9vYh=+/-_ \n", max_size=12))
def test_whatever_decodes_encodes_to_the_same_text(text: str) -> None:
    try:
        data = decode_base64url(text)
    except InvalidEncodingError:
        return
    assert encode_base64url(data) == text


# --- base58btc ----------------------------------------------------------------------------------------------------

BASE58_VECTORS = [  # draft-msporny-base58-03 §5, and leading zeros
    (b"", ""),
    (b"Hello World!", "2NEpo7TZRRrLZSi2U"),
    (b"The quick brown fox jumps over the lazy dog.", "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z"),
    (bytes.fromhex("0000287fb4cd"), "11233QC4"),
    (b"\0", "1"),
    (b"\0\0\xff", "115Q"),
]


@pytest.mark.parametrize(("data", "text"), BASE58_VECTORS)
def test_base58_vectors(data: bytes, text: str) -> None:
    assert encode_base58btc(data) == text
    assert decode_base58btc(text) == data
    assert decode_multibase(encode_multibase(data)) == data


@given(st.binary(max_size=90))
def test_base58_round_trip(data: bytes) -> None:
    assert decode_base58btc(encode_base58btc(data)) == data


@given(st.text(alphabet="123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", max_size=60))
def test_base58_has_one_text_for_each_value(text: str) -> None:
    assert encode_base58btc(decode_base58btc(text)) == text


@pytest.mark.parametrize("text", ["0", "O", "I", "l", " ", "2NEpo7TZRRrLZSi2U\n", "\u0661"])
def test_base58_refuses_other_characters(text: str) -> None:
    with pytest.raises(InvalidEncodingError):
        decode_base58btc(text)


def test_base58_is_bounded_before_it_is_computed() -> None:
    assert len(decode_base58btc("z" * MAX_BASE58_LENGTH)) == 94
    with pytest.raises(InvalidEncodingError):
        decode_base58btc("z" * 10_000_000)
    with pytest.raises(LocalProtocolError):
        encode_base58btc(bytes(MAX_BASE58_LENGTH + 1))
    with pytest.raises(LocalProtocolError):
        encode_base58btc(b"\xff" * 1_000)


@pytest.mark.parametrize("text", ["", "m" + "Zg", "Z2NEpo7TZRRrLZSi2U", "f00"])
def test_multibase_other_than_base58btc_is_refused(text: str) -> None:
    with pytest.raises(InvalidEncodingError):
        decode_multibase(text)


# --- JSON ---------------------------------------------------------------------------------------------------------

_JSON: st.SearchStrategy[JsonValue] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(min_value=-(2**63), max_value=2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet=st.characters(codec="utf-8"), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(_JSON)
def test_json_round_trip(value: JsonValue) -> None:
    text = encode_json(value)
    assert parse_json(text, len(text)) == value
    assert parse_json(text.decode(), len(text)) == value
    assert parse_json(json.dumps(value), 100_000) == value  # escapes, among them surrogate pairs, and spaces


def test_integers_and_other_numbers_differ() -> None:
    """RFC 8259 §6: a reader may tell them apart, and timestamps are integers."""
    assert [type(number) for number in (parse_json("1", 9), parse_json("1.0", 9), parse_json("1e0", 9))] == [
        int,
        float,
        float,
    ]


NEVER_JSON: list[bytes | str] = [
    b"",
    b"{",
    b"[1,]",
    b"{} {}",
    b"\xff",
    b"\xef\xbb\xbf{}",  # RFC 8259 §8.1: no byte order mark
    '{"a":1}'.encode("utf-16"),  # a format that Python's json.loads guesses
    '{"a":1}'.encode("utf-32"),
    b'{"a":1,"a":2}',
    b'{"x":{"a":1,"\\u0061":2}}',  # the same name, spelled in two ways
    b"NaN",
    b"[Infinity]",
    b"-Infinity",
    b"1e999",
    b"18446744073709551616000",
    b"0" * 10,
    b"01",
    b"+1",
    b"1_000",
    "\u0663",
    "[1\u0663]",
    b"'a'",
    b'"\x01"',  # a control character must be escaped
    b'"\\ud800"',  # a lone surrogate: no Unicode text can hold it
    b'["\\udc00\\ud800"]',
    b'{"\\uD83D":1}',
    '"\ud800"',
    b'"unfinished',
    b'"\\',
    b"{}\x0b",
    "\u00a0{}",
]


@pytest.mark.parametrize("text", NEVER_JSON)
def test_what_is_not_one_strict_json_text_is_refused(text: bytes | str) -> None:
    with pytest.raises(InvalidEncodingError):
        parse_json(text, 1_000)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_nesting_is_bounded_before_the_parser_recurses(opening: str, closing: str) -> None:
    allowed = opening * MAX_JSON_DEPTH + "1" + closing * MAX_JSON_DEPTH
    assert parse_json(allowed, 1_000)
    for text in (opening + allowed + closing, opening * 200_000, (opening * 200_000) + (closing * 200_000)):
        with pytest.raises(InvalidEncodingError, match="nested"):
            parse_json(text, 10_000_000)


def test_brackets_in_strings_do_not_nest() -> None:
    assert parse_json(encode_json(["[" * 1_000, '\\"[{' * 100]), 10_000) == ["[" * 1_000, '\\"[{' * 100]


@pytest.mark.parametrize("unit", ['"\\', '\\"', '"', "\\", '"\\"', "[]", '"a",'])
def test_the_depth_check_takes_linear_time(unit: str) -> None:
    """Quadratic work would not end within the time limit that every test has."""
    with pytest.raises(InvalidEncodingError):
        parse_json(unit * 300_000, 2_000_000)


def test_the_limit_is_in_bytes() -> None:
    assert parse_json('"é"', 4) == "é"
    for text in ('"é"', '"é"'.encode()):
        with pytest.raises(InvalidEncodingError, match="longer"):
            parse_json(text, 3)


@given(st.binary(max_size=60) | st.text(max_size=60) | st.text(alphabet='[]{}":,\\u0dea1.-NI ', max_size=40))
def test_nothing_but_the_remote_error_is_raised(data: bytes | str) -> None:
    try:
        value = parse_json(data, 100)
    except InvalidEncodingError:
        return
    assert parse_json(encode_json(value), 1_000) == value
