"""Mode changes: reading and writing them (Modern IRC, MODE message)."""

import pytest

from freeq_proto.irc import (
    CHANMODES,
    CHANNEL_MODES,
    MEMBER_PREFIXES,
    PREFIX,
    USER_MODES,
    ModeChange,
    ModeKind,
    format_modes,
    parse_modes,
)

SET, UNSET = True, False


@pytest.mark.parametrize(
    ("params", "changes", "unknown"),
    [
        ([], [], []),
        ([""], [], []),
        (["+"], [], []),
        (["nt"], [ModeChange(SET, "n"), ModeChange(SET, "t")], []),  # no sign: added
        (["+n-t+s"], [ModeChange(SET, "n"), ModeChange(UNSET, "t"), ModeChange(SET, "s")], []),
        (["-+n"], [ModeChange(SET, "n")], []),
        (["+ov", "alice", "bob"], [ModeChange(SET, "o", "alice"), ModeChange(SET, "v", "bob")], []),
        (["-o", "alice"], [ModeChange(UNSET, "o", "alice")], []),
        (["+l-l", "5", "x"], [ModeChange(SET, "l", "5"), ModeChange(UNSET, "l")], []),  # type C
        (["+k-k", "a", "b"], [ModeChange(SET, "k", "a"), ModeChange(UNSET, "k", "b")], []),  # type B
        (["b"], [ModeChange(SET, "b")], []),  # a query
        (["+be", "a!*@*"], [ModeChange(SET, "b", "a!*@*"), ModeChange(SET, "e")], []),
        (["+o"], [ModeChange(SET, "o")], []),  # an argument is missing
        (["-k"], [ModeChange(UNSET, "k")], []),
        (["+n", "spare"], [ModeChange(SET, "n")], []),
        (["+XoY", "a"], [ModeChange(SET, "o", "a")], ["X", "Y"]),
        (["+XX-X"], [], ["X"]),
        (["+é\x1f n"], [ModeChange(SET, "n")], ["é", "\x1f", " "]),
    ],
)
def test_reading(params: list[str], changes: list[ModeChange], unknown: list[str]) -> None:
    assert parse_modes(params, CHANNEL_MODES) == (changes, unknown)


def test_user_modes_take_no_argument() -> None:
    """Modern IRC: user mode letters are always type D."""
    assert set(USER_MODES.values()) == {ModeKind.FLAG}
    changes, unknown = parse_modes(["+io-wn", "a"], USER_MODES)
    assert changes == [ModeChange(SET, "i"), ModeChange(SET, "o"), ModeChange(UNSET, "w")]
    assert unknown == ["n"]


@pytest.mark.parametrize(
    ("changes", "params"),
    [
        ([], []),
        ([ModeChange(SET, "n")], ["+n"]),
        ([ModeChange(SET, "n"), ModeChange(SET, "t")], ["+nt"]),
        (
            [ModeChange(SET, "o", "a"), ModeChange(SET, "v", "b"), ModeChange(UNSET, "b", "mask")],
            ["+ov-b", "a", "b", "mask"],
        ),
        ([ModeChange(UNSET, "l"), ModeChange(SET, "k", "x"), ModeChange(SET, "i")], ["-l+ki", "x"]),
    ],
)
def test_writing(changes: list[ModeChange], params: list[str]) -> None:
    assert format_modes(changes) == params
    assert parse_modes(params, CHANNEL_MODES) == (changes, [])


def test_the_isupport_values_come_from_the_table() -> None:
    """Modern IRC, CHANMODES and PREFIX: no letter stands in both."""
    assert CHANMODES == "beIq,k,l,CRimnst"
    assert PREFIX == "(ohv)@%+"
    listed = CHANMODES.replace(",", "")
    assert sorted(listed + "".join(MEMBER_PREFIXES)) == sorted(CHANNEL_MODES)
