"""The table of numerics."""

import pytest

from freeq_proto.irc import BY_CODE, Numeric, numerics

TABLE = [(name, value) for name, value in vars(numerics).items() if isinstance(value, Numeric)]


def test_names_are_what_they_are_called_by() -> None:
    assert [name for name, _ in TABLE] == [numeric.name for _, numeric in TABLE]
    assert all(name.startswith(("RPL_", "ERR_")) for name, _ in TABLE)


def test_codes_are_three_digits_and_used_once() -> None:
    codes = [numeric.code for _, numeric in TABLE]
    assert all(len(code) == 3 and code.isascii() and code.isdigit() for code in codes)
    assert len(BY_CODE) == len(codes)
    assert all(BY_CODE[numeric.code] is numeric for _, numeric in TABLE)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("001", "RPL_WELCOME"),
        ("005", "RPL_ISUPPORT"),
        ("335", "RPL_WHOISBOT"),
        ("354", "RPL_WHOSPCRPL"),
        ("433", "ERR_NICKNAMEINUSE"),
        ("477", "ERR_NEEDREGGEDNICK"),
        ("696", "ERR_INVALIDMODEPARAM"),
        ("729", "RPL_ENDOFQUIETLIST"),
        ("734", "ERR_MONLISTFULL"),
        ("904", "ERR_SASLFAIL"),
    ],
)
def test_the_table_answers_by_code(code: str, name: str) -> None:
    """Modern IRC "Numerics"; IRCv3 bot-mode, monitor, sasl-3.1; WHOX."""
    assert BY_CODE[code].name == name


def test_every_end_of_a_list_has_its_text() -> None:
    """Clients stop waiting at these."""
    ends = [numeric for _, numeric in TABLE if "ENDOF" in numeric.name and numeric is not numerics.RPL_ENDOFHELP]
    assert len(ends) > 10
    assert all(numeric.text.startswith("End of ") for numeric in ends)
