"""Lists of words in CAP messages: read leniently, written so that every line fits.

A *message* is the list of parameters of one ``CAP`` line, the subcommand first and the list last.
"""

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from freeq_proto.irc import HOST_LIMIT, NICK_LIMIT

CapMessage: TypeAlias = list[str]

MESSAGE_BYTES: Final = 510 - len(":" + " CAP " + " ") - HOST_LIMIT - NICK_LIMIT
"""What a line of 510 bytes leaves to a message beside the longest server name and the longest nick."""


def words(parameters: Iterable[str]) -> list[str]:
    """The words of a list. Peers also send it as several parameters, with spaces to spare, or not at all."""
    return [word for word in " ".join(parameters).split(" ") if word]


def fits(message: Sequence[str]) -> bool:
    """Whether a message stays within :data:`MESSAGE_BYTES`, the colon of its list included."""
    return len(" ".join(message).encode(errors="surrogatepass")) + len(":") <= MESSAGE_BYTES


def packed(head: CapMessage, listed: Iterable[str]) -> list[CapMessage]:
    """``listed`` in order, in as few messages as fit; one message if there is nothing to list.

    A word that no message can hold gets one of its own.
    """
    messages: list[CapMessage] = []
    line: list[str] = []
    for word in listed:
        if line and not fits([*head, *line, word]):
            messages.append([*head, " ".join(line)])
            line = []
        line.append(word)
    return [*messages, [*head, " ".join(line)]]


def reply(subcommand: str, listed: Sequence[str]) -> list[CapMessage]:
    """An LS or LIST reply: one message where one is enough, else all but the last marked with ``*``.

    Clients exist that act on every line by itself, so one line is worth some bytes.
    """
    whole = [subcommand, " ".join(listed)]
    if fits(whole):
        return [whole]
    messages = packed([subcommand, "*"], listed)
    return [*messages[:-1], [subcommand, messages[-1][-1]]]
