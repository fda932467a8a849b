"""Key files: made once, for their owner alone, and read back; other tools' too."""

import stat
from pathlib import Path

import pytest

from freeq_cli.key_files import KeyFileError, new_key, read_key_file, read_rotation_key, write_key_file
from freeq_proto.boundary import KeyType
from freeq_proto.identity import PrivateKey, encode_multibase, public_key_to_did_key


def entropy(count: int) -> bytes:
    return bytes(range(1, count + 1))


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "key"
    key = new_key(entropy)
    write_key_file(path, key, "the key #freeq of did:plc:abc")
    assert read_key_file(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first, second, third, end = path.read_text(encoding="utf-8").split("\n")
    assert first == "# the key #freeq of did:plc:abc"
    assert second.endswith(public_key_to_did_key(key.public_key))
    assert (third[0], end) == ("z", "")


@pytest.mark.parametrize("key_type", KeyType)
def test_every_type_is_read(tmp_path: Path, key_type: KeyType) -> None:
    key = PrivateKey.derive(key_type, entropy)
    write_key_file(tmp_path / "key", key, "")
    assert read_key_file(tmp_path / "key") == key


def test_the_prefixes_are_those_of_the_multicodec_table(tmp_path: Path) -> None:
    """https://github.com/multiformats/multicodec: ed25519-priv 0x1300, secp256k1-priv 0x1301, p256-priv 0x1306."""
    codes = {KeyType.ED25519: 0x1300, KeyType.SECP256K1: 0x1301, KeyType.P256: 0x1306}
    for key_type, code in codes.items():
        varint = bytes([code & 0x7F | 0x80, code >> 7])
        (tmp_path / "key").write_text(encode_multibase(varint + bytes(31) + b"\7"), encoding="ascii")
        assert read_key_file(tmp_path / "key") == PrivateKey(key_type, bytes(31) + b"\7")


def test_a_rotation_key_of_a_pds_is_read(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("0" * 63 + "a\r\n", encoding="ascii")
    assert read_rotation_key(tmp_path / "key") == PrivateKey(KeyType.SECP256K1, bytes(31) + b"\x0a")
    with pytest.raises(KeyFileError, match="holds no private key"):
        read_key_file(tmp_path / "key")  # which of the types would it be?
    write_key_file(tmp_path / "other", new_key(entropy), "")
    assert read_rotation_key(tmp_path / "other") == new_key(entropy)
    (tmp_path / "key").write_text("0" * 64, encoding="ascii")
    with pytest.raises(KeyFileError, match="no key in hexadecimal digits"):
        read_rotation_key(tmp_path / "key")


def test_a_file_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"mine")
    with pytest.raises(KeyFileError) as caught:
        write_key_file(path, new_key(entropy), "")
    assert str(caught.value) == f"{path}: the key cannot be kept here: File exists"
    assert path.read_bytes() == b"mine"
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KeyFileError):
        write_key_file(tmp_path / "link", new_key(entropy), "")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"# nothing but words\n",
        b"zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme\n",  # a public key
        b"0" * 64,
        b"ab" * 31,
        b"z" + b"1" * 40,
        b"f" * 64 + b"\n" + b"f" * 64,
        b"\xff" * 64,
        b"#" * 5000,
    ],
)
def test_what_holds_no_key_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    with pytest.raises(KeyFileError) as caught:
        read_key_file(path)
    assert str(caught.value) == (
        f"{path}: holds no private key; allowed is one line that begins with z, as `freeq` itself writes it"
    )


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot be read: No such file or directory"):
        read_key_file(tmp_path / "key")
