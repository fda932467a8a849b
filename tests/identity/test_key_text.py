"""Keys as text: the same key, of the same type, whoever reads it; and nothing guessed."""

import pytest

from freeq_proto.boundary import KeyType
from freeq_proto.identity import (
    KEY_TEXT_LIMIT,
    InvalidKeyError,
    PrivateKey,
    encode_multibase,
    format_multikey,
    format_private_key,
    parse_private_key,
)


@pytest.mark.parametrize("key_type", KeyType)
def test_what_was_written_is_read_back(key_type: KeyType) -> None:
    key = PrivateKey(key_type, bytes(31) + b"\7")
    text = format_private_key(key, "a comment", "another")
    assert text.startswith("# a comment\n# another\nz")
    assert parse_private_key(text) == key
    assert parse_private_key(text.replace("\n", "\r\n")) == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment\n",
        "0" * 64,  # of which type?
        format_multikey(PrivateKey(KeyType.P256, bytes(31) + b"\7").public_key),
        encode_multibase(b"\x86\x26" + bytes(32)),  # not a scalar of the curve
        encode_multibase(b"\x80\x26" + bytes(31)),
        format_private_key(PrivateKey(KeyType.P256, bytes(31) + b"\7")) * 2,
        "# " + "x" * KEY_TEXT_LIMIT + "\n" + format_private_key(PrivateKey(KeyType.P256, bytes(31) + b"\7")),
    ],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(InvalidKeyError):
        parse_private_key(text)
