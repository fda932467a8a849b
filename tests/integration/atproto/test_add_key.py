"""``freeq identity`` against the reference PLC directory and PDS: a user's own key gets into his document."""

from pathlib import Path
from subprocess import CompletedProcess

import pytest

from freeq_cli.key_files import read_key_file, write_key_file
from freeq_proto.boundary import KeyType
from freeq_proto.identity import PrivateKey, public_key_to_did_key
from tests.cli.processes import freeq
from tests.integration.atproto.servers import Account, Servers


@pytest.fixture
def config(servers: Servers, tmp_path: Path) -> Path:
    path = tmp_path / "freeq.toml"
    path.write_text(f'[identity]\nplc_directory = "{servers.plc}"\nprivate_network = true\n', encoding="utf-8")
    return path


class User:
    """Somebody who types the command."""

    def __init__(self, folder: Path, config: Path, account: Account) -> None:
        self.folder, self.config, self.account = folder, config, account
        self.key = folder / "my.key"

    def add_key(self, *options: str, text: str = "") -> CompletedProcess[str]:
        arguments = ("--config", str(self.config), "--key", str(self.key), *options)
        return freeq(self.folder, "identity", "add-key", self.account.did, *arguments, text=text)

    def show(self) -> str:
        shown = freeq(self.folder, "identity", "show", self.account.did, "--config", str(self.config))
        assert (shown.returncode, shown.stderr) == (0, "")
        return shown.stdout

    @property
    def did_key(self) -> str:
        return public_key_to_did_key(read_key_file(self.key).public_key)


@pytest.fixture
def user(servers: Servers, config: Path, tmp_path: Path) -> User:
    return User(tmp_path, config, servers.pds().create_account("alice"))


def test_by_the_code_that_the_pds_mails(servers: Servers, user: User) -> None:
    before = user.show()
    assert "login key" not in before
    assert f"PDS         {servers.pds().url} (account: active)\n" in before

    asked = user.add_key("--yes", text=f"{user.account.password}\n")
    assert (asked.returncode, asked.stderr) == (0, "")
    assert f"  + #freeq {user.did_key}\n" in asked.stdout
    assert "    #atproto did:key:" in asked.stdout
    assert asked.stdout.endswith("Run this again with --code CODE.\n")
    assert user.show() == before

    (code,) = servers.mailed_codes(f"{user.account.handle}@mail.test")
    done = user.add_key("--yes", "--code", code, text=f"{user.account.password}\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith(f"Done: {user.account.did} has the key #freeq.\n")
    assert f"login key   {user.did_key}\n" in user.show()

    again = user.add_key()
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout == f"{user.account.did} has this key as #freeq already: nothing to do\n"


def test_by_a_rotation_key_of_ones_own(servers: Servers, config: Path, tmp_path: Path) -> None:
    rotation, stranger = tmp_path / "rotation.key", tmp_path / "stranger.key"
    for path, first in ((rotation, 1), (stranger, 2)):
        write_key_file(path, PrivateKey(KeyType.SECP256K1, bytes([first]) * 32), "")
    recovery = public_key_to_did_key(read_key_file(rotation).public_key)
    user = User(tmp_path, config, servers.pds().create_account("bob", recovery))

    refused = user.add_key("--yes", "--rotation-key", str(stranger))
    assert refused.returncode == 1
    assert refused.stderr == "freeq: the key is not a rotation key of this DID\n"
    done = user.add_key("--yes", "--rotation-key", str(rotation), "--name", "laptop")
    assert (done.returncode, done.stderr) == (0, "")
    assert user.account.plc_data().child("verificationMethods").text("laptop") == user.did_key


def test_a_wrong_password_and_a_wrong_code_change_nothing(user: User) -> None:
    wrong = user.add_key("--yes", text="a guess\n")
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("freeq: ")
    wrong = user.add_key("--yes", "--code", "AAAAA-BBBBB", text=f"{user.account.password}\n")
    assert wrong.returncode == 1
    assert "login key" not in user.show()


def test_nothing_happens_unasked(user: User) -> None:
    unasked = user.add_key(text=f"{user.account.password}\n")
    assert unasked.returncode == 1
    assert unasked.stderr == "freeq: nobody is there to be asked whether to go on: add --yes\n"
    assert not user.key.exists()
