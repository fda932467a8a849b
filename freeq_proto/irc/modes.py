"""Mode changes: which letters there are, which of them take an argument, and how a change is read and written."""

import enum
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import attrs


class ModeKind(enum.Enum):
    """When a mode takes an argument (Modern IRC, MODE message: types A to D), and whether it ranks members."""

    LIST = "A"
    """Adds to or removes from a list; without an argument it asks for the list."""
    SETTING = "B"
    """Takes an argument to be set and to be unset."""
    LIMIT = "C"
    """Takes an argument to be set only."""
    FLAG = "D"
    """Takes none."""
    PREFIX = "prefix"
    """Gives a member a rank; takes a nick."""


MEMBER_PREFIXES: Final[Mapping[str, str]] = {"o": "@", "h": "%", "v": "+"}
"""What stands before a nick in NAMES, by mode letter, highest rank first."""

CHANNEL_MODES: Final[Mapping[str, ModeKind]] = {
    "b": ModeKind.LIST,  # ban
    "e": ModeKind.LIST,  # exception from bans
    "I": ModeKind.LIST,  # exception from invite-only
    "q": ModeKind.LIST,  # quiet
    "k": ModeKind.SETTING,  # key
    "l": ModeKind.LIMIT,  # limit of members
    "C": ModeKind.FLAG,  # no CTCP
    "R": ModeKind.FLAG,  # only users who signed in
    "i": ModeKind.FLAG,  # invite-only
    "m": ModeKind.FLAG,  # moderated
    "n": ModeKind.FLAG,  # no messages from outside
    "s": ModeKind.FLAG,  # secret
    "t": ModeKind.FLAG,  # topic protected
    **dict.fromkeys(MEMBER_PREFIXES, ModeKind.PREFIX),
}

USER_MODES: Final[Mapping[str, ModeKind]] = {
    "B": ModeKind.FLAG,  # bot
    "i": ModeKind.FLAG,  # invisible
    "o": ModeKind.FLAG,  # operator
    "w": ModeKind.FLAG,  # receives WALLOPS
}


def letters(table: Mapping[str, ModeKind], *kinds: ModeKind) -> str:
    """Return the letters of those kinds in the order of ``table``."""
    return "".join(letter for letter, kind in table.items() if kind in kinds)


CHANMODES: Final = ",".join(
    letters(CHANNEL_MODES, kind) for kind in (ModeKind.LIST, ModeKind.SETTING, ModeKind.LIMIT, ModeKind.FLAG)
)
"""The value of the ISUPPORT token CHANMODES."""
PREFIX: Final = f"({''.join(MEMBER_PREFIXES)}){''.join(MEMBER_PREFIXES.values())}"
"""The value of the ISUPPORT token PREFIX."""

_ALWAYS_TAKE_AN_ARGUMENT: Final = (ModeKind.LIST, ModeKind.SETTING, ModeKind.PREFIX)


@attrs.frozen
class ModeChange:
    """One letter of a mode string, with its sign and its argument."""

    adding: bool
    letter: str
    argument: str | None = None
    """``None`` where the mode takes none, and where one was due and is missing: a query for a list, or a mistake."""


def parse_modes(letters_and_args: Sequence[str], table: Mapping[str, ModeKind]) -> tuple[list[ModeChange], list[str]]:
    """Read the parameters of MODE after its target: a mode string and its arguments.

    Returns the changes in order, and the letters that ``table`` does not know, each once. Letters before any sign are
    added. An unknown letter takes no argument; arguments that are left over are ignored. Total, and linear: the length
    of a line bounds it.
    """
    if not letters_and_args:
        return [], []
    arguments = iter(letters_and_args[1:])
    changes: list[ModeChange] = []
    unknown: dict[str, None] = {}
    adding = True
    for letter in letters_and_args[0]:
        if letter in "+-":
            adding = letter == "+"
        elif letter in table:
            takes_one = takes_argument(table[letter], adding=adding)
            changes.append(ModeChange(adding, letter, next(arguments, None) if takes_one else None))
        else:
            unknown[letter] = None
    return changes, list(unknown)


def takes_argument(kind: ModeKind, *, adding: bool) -> bool:
    """Whether a mode of ``kind`` takes an argument when it is set (``adding``) or unset."""
    return kind in _ALWAYS_TAKE_AN_ARGUMENT or (adding and kind is ModeKind.LIMIT)


def format_modes(changes: Iterable[ModeChange]) -> list[str]:
    """Write ``changes`` as parameters: the mode string, then the arguments. No changes, no parameters.

    A sign is written where it changes. What is written reads back equal if no change that lacks a due argument comes
    before one that has its own.
    """
    signed = []
    arguments = []
    sign = ""
    for change in changes:
        wanted = "+" if change.adding else "-"
        if wanted != sign:
            sign = wanted
            signed.append(sign)
        signed.append(change.letter)
        if change.argument is not None:
            arguments.append(change.argument)
    return ["".join(signed), *arguments] if signed else []
