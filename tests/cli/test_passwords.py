"""``freeq hash-password``: on a terminal, from a pipe, and what it refuses."""

import getpass
import io
import sys

import pytest

from freeq_cli.passwords import LENGTH_LIMIT, PasswordError, hash_password
from freeq_proto.identity import verify_password


class Terminal(io.StringIO):
    """Standard input with a person at it."""

    def isatty(self) -> bool:
        return True


def from_pipe(monkeypatch: pytest.MonkeyPatch, data: bytes) -> str:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    return hash_password()


def from_terminal(monkeypatch: pytest.MonkeyPatch, *typed: str) -> str:
    answers = iter(typed)
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(getpass, "getpass", lambda _prompt: next(answers))
    return hash_password()


def test_one_line_of_a_pipe_is_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    phc = from_pipe(monkeypatch, "pässword 1\r\nnot this\n".encode())
    assert phc.startswith("$argon2id$")
    assert verify_password(phc, "pässword 1")


def test_the_salt_is_new_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert from_pipe(monkeypatch, b"same") != from_pipe(monkeypatch, b"same")


def test_a_person_types_it_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    assert verify_password(from_terminal(monkeypatch, "secret", "secret"), "secret")
    with pytest.raises(PasswordError, match=r"\Athe two are not the same\Z"):
        from_terminal(monkeypatch, "secret", "secrte")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "no password was given"),
        (b"\n", "no password was given"),
        (b"\xff\n", "the password is not UTF-8"),
        (b"a" * (LENGTH_LIMIT + 1) + b"\n", "the password is too long; allowed are 1024 bytes"),
    ],
)
def test_what_cannot_be_a_password_is_refused(monkeypatch: pytest.MonkeyPatch, data: bytes, expected: str) -> None:
    with pytest.raises(PasswordError) as caught:
        from_pipe(monkeypatch, data)
    assert str(caught.value) == expected


def test_a_person_who_types_nothing_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PasswordError, match=r"\Ano password was given\Z"):
        from_terminal(monkeypatch, "")
