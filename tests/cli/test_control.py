"""``freeq ctl`` against a server of a few lines: what is sent, what is shown, and what is said when it fails."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from freeq_cli import control
from freeq_cli.control import ControlError, ask


@contextmanager
def server(path: Path, serve: Callable[[bytes, socket.socket], None]) -> Iterator[None]:
    """Answer one connection: ``serve`` is given the first line and the connection, which is closed after it."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        def answer() -> None:
            connection, _ = listening.accept()
            with connection, connection.makefile("rb") as lines:
                serve(lines.readline(), connection)

        thread = threading.Thread(target=answer)
        thread.start()
        yield
        thread.join()


def answering(data: bytes) -> Callable[[bytes, socket.socket], None]:
    return lambda _line, connection: connection.sendall(data)


def waits(done: threading.Event) -> None:
    done.wait(60)


def outcome(path: Path, *words: str) -> tuple[list[str], str]:
    """The lines of the answer, and the error at its end."""
    lines: list[str] = []
    try:
        lines.extend(ask(path, words))
    except ControlError as error:
        return lines, str(error).replace(str(path), "SOCKET")
    return lines, ""


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"OK\n", ([], "")),
        (b"a\nb\r\n\nOK\n", (["a", "b", ""], "")),
        (b"OK then\nOK\nnever shown\n", (["OK then"], "")),
        (b"ERR no such nick\n", ([], "no such nick")),
        (b"a\nERR broken\n", (["a"], "broken")),
        (b"ERR\n", ([], "refused")),
        (b"ERRATIC\nOK\n", (["ERRATIC"], "")),
        (b"gr\xc3\xbc\xc3\x9f \xff \x1b[2J\nOK\n", (["grüß \ufffd \\x1b[2J"], "")),
        (b"a\n", (["a"], "the server ended the connection before its answer was complete")),
        (b"", ([], "the server ended the connection before its answer was complete")),
    ],
)
def test_an_answer_ends_with_ok_or_err(tmp_path: Path, data: bytes, expected: tuple[list[str], str]) -> None:
    path = tmp_path / "socket"
    with server(path, answering(data)):
        assert outcome(path, "status") == expected


def test_the_words_are_one_line(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with server(path, lambda line, connection: connection.sendall(line + b"OK\n")):
        assert outcome(path, "kill", "bob", "go", "away ☂") == (["kill bob go away ☂"], "")


@pytest.mark.parametrize("word", ["a\nstop", "a\rstop", "a\0"])
def test_a_second_line_cannot_be_smuggled_in(tmp_path: Path, word: str) -> None:
    assert outcome(tmp_path / "socket", "kill", word) == ([], "a command is one line")


@pytest.mark.parametrize("dead", [False, True], ids=["no socket", "a dead one"])
def test_where_no_server_listens_it_says_what_to_do(tmp_path: Path, dead: bool) -> None:
    path = tmp_path / "socket"
    if dead:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(path))
    expected = "no server listens at SOCKET; start one (freeq serve), or name its socket (--socket) or configuration"
    assert outcome(path, "status") == ([], f"{expected} (--config)")


def test_a_server_that_says_nothing_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "TIMEOUT_SECONDS", 0.01)
    path = tmp_path / "socket"
    done = threading.Event()
    with server(path, lambda _line, _connection: waits(done)):
        assert outcome(path, "status") == ([], "the server at SOCKET did not answer within 0 seconds")
        done.set()


def test_an_endless_answer_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "ANSWER_LIMIT", 10)
    path = tmp_path / "socket"
    with server(path, answering(b"abc\n" * 5)):
        lines, error = outcome(path, "status")
    assert lines == ["abc", "abc", "ab"]
    assert error == "the server ended the connection before its answer was complete"


def test_a_path_that_is_no_socket_is_named(tmp_path: Path) -> None:
    assert outcome(tmp_path / ("a" * 200), "status")[1].endswith("AF_UNIX path too long")
