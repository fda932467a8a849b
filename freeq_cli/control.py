"""``freeq ctl``: one command to a running server, over its control socket.

A command is one line. The answer is lines, the last of which is ``OK``, or ``ERR`` and what was wrong.
"""

import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from freeq_cli.logs import harmless

TIMEOUT_SECONDS = 30.0
"""Without a byte from the server."""
ANSWER_LIMIT = 1 << 26
"""Bytes of an answer."""


class ControlError(Exception):
    """The command was refused or could not be given; the message says why."""


def ask(path: Path, words: Sequence[str]) -> Iterator[str]:
    """Give the command ``words`` to the server at the socket ``path`` and yield the lines of its answer as they come.

    Raises ControlError.
    """
    command = " ".join(words)
    if any(character in command for character in "\r\n\0"):
        raise ControlError("a command is one line")
    with _connect(path) as connection:
        try:
            connection.sendall(command.encode("utf-8", "replace") + b"\n")
            with connection.makefile("rb") as answer:
                yield from _answer(answer.readline)
        except TimeoutError:
            raise ControlError(f"the server at {path} did not answer within {TIMEOUT_SECONDS:.0f} seconds") from None
        except OSError as error:
            raise ControlError(f"the connection to the server at {path} broke: {error.strerror}") from None


def _connect(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(TIMEOUT_SECONDS)
    try:
        connection.connect(str(path))
    except (FileNotFoundError, ConnectionRefusedError):
        connection.close()
        raise ControlError(
            f"no server listens at {path}; start one (freeq serve), or name its socket (--socket) or configuration"
            " (--config)"
        ) from None
    except PermissionError:
        connection.close()
        raise ControlError(f"{path} belongs to somebody else: run this as the user that the server runs as") from None
    except OSError as error:
        connection.close()
        raise ControlError(f"{path}: {error.strerror or error}") from None
    return connection


def _answer(readline: Callable[[int], bytes]) -> Iterator[str]:
    left = ANSWER_LIMIT
    while left > 0 and (line := readline(left)):
        left -= len(line)
        text = line.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8", "replace")
        if text == "OK":
            return
        if text == "ERR" or text.startswith("ERR "):
            raise ControlError(harmless(text[4:]) or "refused")
        yield harmless(text)
    raise ControlError("the server ended the connection before its answer was complete")
