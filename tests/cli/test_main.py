"""The command line: its exit codes and what it prints where."""

import io
import sys
from pathlib import Path

import pytest

from freeq_cli.main import main
from freeq_cli.template import default_text


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """The exit code, standard output and standard error."""
    code: str | int | None
    try:
        code = main(arguments)
    except SystemExit as end:  # as argparse ends the process
        code = end.code
    captured = capsys.readouterr()
    return int(code or 0), captured.out, captured.err


def test_config_prints_the_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "config") == (0, default_text(), "")


def test_check_config_accepts_them(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "freeq.toml"
    path.write_text(default_text(), encoding="utf-8")
    assert run(capsys, "check-config", str(path)) == (0, f"{path}: nothing is wrong\n", "")


def test_check_config_prints_each_problem_on_its_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "freeq.toml"
    path.write_text("[limits]\nclients = 0\nchannel = 1\n", encoding="utf-8")
    assert run(capsys, "check-config", str(path)) == (
        2,
        "",
        f"{path}:2: limits.clients is 0; allowed is an integer from 1\n"
        f"{path}:3: unknown key limits.channel; did you mean limits.channels?\n",
    )


def test_serve_refuses_a_wrong_configuration(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "none.toml"
    assert run(capsys, "serve", "--config", str(path)) == (
        2,
        "",
        f"{path}: cannot be read: No such file or directory\n",
    )


def test_serve_refuses_a_state_file_that_is_none(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("freeq_cli.serve.start_logging", lambda _level, _style: None)
    path = tmp_path / "server.json"
    path.write_bytes(b"not this")
    code, out, err = run(capsys, "serve", "--state", str(path))
    assert (code, out) == (1, "")
    assert err.startswith(f"freeq: {path}: is not a state file of freeq (")
    assert err.count("\n") == 1


def test_serve_without_a_home_asks_for_a_state_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So it is for a user that the system's list of users does not have."""

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr("freeq_cli.serve.start_logging", lambda _level, _style: None)
    monkeypatch.setattr(Path, "home", homeless)
    for name in ("STATE_DIRECTORY", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    expected = "freeq: no home directory to keep the state file in; name one with --state FILE\n"
    assert run(capsys, "serve") == (1, "", expected)


@pytest.mark.parametrize("arguments", [[], ["fly"], ["serve", "--listen", "6667"], ["check-config"], ["ctl"]])
def test_a_wrong_command_line_is_code_2(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert "freeq" in err


def test_ctl_says_where_it_looked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "socket"
    code, out, err = run(capsys, "ctl", "--socket", str(path), "status")
    assert (code, out) == (1, "")
    assert err.startswith(f"freeq: no server listens at {path}; ")


def test_ctl_finds_the_socket_by_the_configuration(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "freeq.toml"
    path.write_text("[server]\nstate = 'there/server.json'\n", encoding="utf-8")
    code, _, err = run(capsys, "ctl", "--config", str(path), "status")
    assert code == 1
    assert err.startswith(f"freeq: no server listens at {tmp_path}/there/control.sock; ")


def test_ctl_needs_a_control_socket(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "freeq.toml"
    path.write_text("[[listen]]\nkind = 'irc'\nport = 6667\n", encoding="utf-8")
    assert run(capsys, "ctl", "--config", str(path), "status") == (
        1,
        "",
        f'freeq: {path} has no [[listen]] with kind = "control"\n',
    )


def test_hash_password_prints_the_string_and_nothing_else(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"secret\n")))
    code, out, err = run(capsys, "hash-password")
    assert (code, err) == (0, "")
    assert out.startswith("$argon2id$")
    assert out.count("\n") == 1


def test_hash_password_refuses_nothing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert run(capsys, "hash-password") == (1, "", "freeq: no password was given\n")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--version")
    assert code == 0
    assert out.startswith("freeq ")
