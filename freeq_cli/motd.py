"""The message of the day: read from the setting or its file, and folded to lines that IRC can carry."""

from collections.abc import Iterator
from pathlib import Path

LINE_LIMIT = 400
"""Bytes of one line: with the server's name and the nick before it, it stays under the 512 of RFC 1459."""
SIZE_LIMIT = 1 << 16
"""Bytes of the file."""


class MotdError(Exception):
    """The file cannot be used; the message says why."""


def read_motd(text: str, path: Path | None) -> tuple[str, ...]:
    """The lines of ``path`` (UTF-8) where there is one, else of ``text``; none for nothing. Raises MotdError."""
    if path is not None:
        text = _read(path)
    lines = text.replace("\r\n", "\n").split("\n")
    while lines and not lines[-1]:
        lines.pop()
    return tuple(part for line in lines for part in fold(_one_line(line)))


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise MotdError(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > SIZE_LIMIT:
        raise MotdError(f"{path} is too long; allowed are {SIZE_LIMIT} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MotdError(f"{path} is not UTF-8 on line {data.count(10, 0, error.start) + 1}") from None


def _one_line(line: str) -> str:
    """What a line of IRC cannot hold, as a space."""
    return line.replace("\r", " ").replace("\0", " ").replace("\t", "    ")


def fold(line: str) -> Iterator[str]:
    """The parts of a line, each at most :data:`LINE_LIMIT` bytes of UTF-8, cut after a space where that is near."""
    while len(line.encode()) > LINE_LIMIT:
        part = line.encode()[:LINE_LIMIT].decode("utf-8", "ignore")
        space = part.rfind(" ", len(part) * 3 // 4) + 1
        part = part[:space] if space else part
        yield part.rstrip(" ")
        line = line[len(part) :]
    yield line
