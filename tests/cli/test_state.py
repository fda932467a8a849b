"""The state file: whole at every moment of a crash, counted before use, used by one server, never destroyed."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from freeq_cli.state import StateFileError, next_boot, replace
from freeq_proto.server import ServerIdentity

SEED = bytes(range(32))


def entropy(length: int) -> bytes:
    return SEED[:length]


def boot(path: Path) -> ServerIdentity:
    with next_boot(path, entropy) as identity:
        return identity


def refusal(path: Path) -> str:
    with pytest.raises(StateFileError) as caught:
        boot(path)
    return str(caught.value).replace(str(path), "FILE")


def test_a_first_start_makes_a_key_and_a_folder_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "server.json"
    assert boot(path) == ServerIdentity(SEED, 1)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(Path(f"{path}.lock").stat().st_mode) == 0o600


def test_the_boot_is_counted_before_anybody_can_connect(tmp_path: Path) -> None:
    path = tmp_path / "server.json"
    for epoch in (1, 2, 3):
        with next_boot(path, entropy) as identity:
            assert identity.epoch == epoch
            assert ServerIdentity.parse(path.read_bytes()) == identity


def test_a_later_start_keeps_the_key_and_asks_for_no_randomness(tmp_path: Path) -> None:
    path = tmp_path / "server.json"
    boot(path)

    def none(_length: int) -> bytes:
        raise AssertionError("a key is made once")

    with next_boot(path, none) as identity:
        assert identity.seed == SEED


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "server.json"
    boot(path)
    path.chmod(0o644)
    boot(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_leads_to_the_file(tmp_path: Path) -> None:
    path, link = tmp_path / "real.json", tmp_path / "link.json"
    boot(path)
    link.symlink_to(path)
    assert boot(link).epoch == 2
    assert link.is_symlink()
    assert ServerIdentity.parse(path.read_bytes()).epoch == 2


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b'{"version": 2}', b"\xff", b"[" * 60_000])
def test_a_file_that_is_no_state_is_left_alone(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "server.json"
    path.write_bytes(data)
    message = refusal(path)
    assert message.startswith("FILE: is not a state file of freeq (")
    assert message.endswith(
        "It was left as it is: put back a copy of it; or move it away, and the server will start with a new key, as a"
        " new server"
    )
    assert path.read_bytes() == data


def test_a_folder_in_the_place_of_the_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "server.json"
    path.mkdir()
    assert refusal(path) == "FILE: cannot be read: Is a directory"


def test_a_place_where_nothing_can_be_kept_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StateFileError, match=r"file.*: cannot keep the server's state here: Not a directory\Z"):
        boot(tmp_path / "file" / "folder" / "server.json")


def test_a_second_server_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    path = tmp_path / "server.json"
    with next_boot(path, entropy):
        assert refusal(path) == (
            "FILE: another freeq server runs with this state file; stop it (freeq ctl stop), or give this one a state"
            " file of its own (--state FILE)"
        )
    assert boot(path).epoch == 2, "the refused start is not counted"


def test_the_lock_ends_with_its_server_whatever_happens_to_it(tmp_path: Path) -> None:
    path = tmp_path / "server.json"
    with pytest.raises(ZeroDivisionError), next_boot(path, entropy):
        raise ZeroDivisionError
    assert boot(path).epoch == 2


class Crash(BaseException):
    """The machine stops here."""


STEPS: list[tuple[object, str]] = [(os, "open"), (os, "fchmod"), (os, "fsync"), (Path, "replace")]


@pytest.mark.parametrize("step", range(6))
def test_a_crash_at_any_step_leaves_the_old_state_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Each call to the system that changes something is made to be the last one, in turn."""
    path = tmp_path / "server.json"
    old, new = ServerIdentity(SEED, 7).format(), ServerIdentity(SEED, 8).format()
    replace(path, old)
    calls: list[str] = []

    def crashing(name: str, real: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **options: object) -> object:
            if len(calls) == step:
                raise Crash
            calls.append(name)
            return real(*arguments, **options)

        return call

    with monkeypatch.context() as patched:
        for owner, name in STEPS:
            patched.setattr(owner, name, crashing(name, getattr(owner, name)))
        with pytest.raises(Crash):
            replace(path, new)
    assert calls == ["open", "fchmod", "fsync", "replace", "open", "fsync"][:step]
    assert path.read_bytes() == (new if step > 3 else old)
    replace(path, new)
    assert path.read_bytes() == new, "what the crash left behind is in nobody's way"


def test_the_new_bytes_are_on_the_disk_before_they_have_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a crash could leave the name on an empty file."""
    path = tmp_path / "server.json"
    synced: list[bytes] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            assert not path.exists()
            synced.append(Path(f"{path}.new").read_bytes())
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    replace(path, b"new")
    assert synced == [b"new"]


def test_a_full_disk_is_named_and_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "server.json"
    boot(path)
    before = path.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        assert refusal(path) == "FILE: cannot be written: No space left on device"
    assert path.read_bytes() == before
