"""ISUPPORT tokens: writing and reading them (Modern IRC, RPL_ISUPPORT)."""

import pytest

from freeq_proto.boundary import LocalProtocolError
from freeq_proto.irc import (
    BODY_LIMIT,
    CHANMODES,
    HOST_LIMIT,
    NICK_LIMIT,
    PREFIX,
    Message,
    format_isupport,
    numerics,
    parse_isupport,
)


@pytest.mark.parametrize(
    ("tokens", "lines"),
    [
        ({}, []),
        ({"SAFELIST": None}, [["SAFELIST"]]),
        ({"EXCEPTS": ""}, [["EXCEPTS="]]),
        ({"CHANTYPES": "#", "PREFIX": PREFIX}, [["CHANTYPES=#", "PREFIX=(ohv)@%+"]]),
        ({"CHANMODES": CHANMODES}, [["CHANMODES=beIq,k,l,CRimnst"]]),
        ({"-MONITOR": None}, [["-MONITOR"]]),
        ({"NETWORK": "Two Words"}, [["NETWORK=Two\\x20Words"]]),
        ({"X": "a=b\\c\r\n"}, [["X=a\\x3Db\\x5Cc\\x0D\\x0A"]]),
        ({"NETWORK": "Größe"}, [["NETWORK=Größe"]]),
        ({"draft/ICON": "x"}, [["draft/ICON=x"]]),
    ],
)
def test_writing(tokens: dict[str, str | None], lines: list[list[str]]) -> None:
    assert format_isupport(tokens) == lines
    read: dict[str, str | None] = {}
    for line in lines:
        read |= parse_isupport(["nick", *line, "are supported by this server"])
    assert read == tokens


def test_a_line_has_at_most_thirteen_tokens_and_fits() -> None:
    tokens: dict[str, str | None] = {f"T{number}": "x" * (number * 3) for number in range(60)}
    lines = format_isupport(tokens)
    assert [token.partition("=")[0] for line in lines for token in line] == list(tokens)
    assert max(map(len, lines)) == 13
    for line in lines:
        message = Message("005", ["n" * NICK_LIMIT, *line, numerics.RPL_ISUPPORT.text], "s" * HOST_LIMIT)
        assert len(message.format().encode()) + 2 <= BODY_LIMIT
        assert len(message.params) <= 15


def test_a_line_is_filled_before_the_next_is_begun() -> None:
    longest = "x" * 40
    first, second = format_isupport({f"T{number:02}": longest for number in range(12)})
    message = Message("005", ["n" * NICK_LIMIT, *first, second[0], numerics.RPL_ISUPPORT.text], "s" * HOST_LIMIT)
    assert len(message.format()) + 2 > BODY_LIMIT


@pytest.mark.parametrize(
    "tokens",
    [{"": None}, {"A B": None}, {"a": None}, {"A=B": None}, {"-A": "x"}, {"-": None}, {"A": "x" * 510}, {"É": None}],
)
def test_what_no_token_can_say(tokens: dict[str, str | None]) -> None:
    with pytest.raises(LocalProtocolError):
        format_isupport(tokens)


@pytest.mark.parametrize(
    ("params", "tokens"),
    [
        ([], {}),
        (["nick"], {}),
        (["nick", "text"], {}),
        (["nick", "A", "B=", "C=1", "-D", "text"], {"A": None, "B": "", "C": "1", "-D": None}),
        (["nick", "-D=1", "text"], {"-D": None}),
        (["nick", "A=1", "A=2", "text"], {"A": "2"}),
        (["nick", "draft/X=1", "text"], {"draft/X": "1"}),
        (["nick", "A=b=c", "text"], {"A": "b=c"}),
        (["nick", "A=\\x20\\x5c\\x5C\\x3D", "text"], {"A": " \\\\="}),
        (["nick", "A=\\x2\\xZZ\\y\\", "text"], {"A": "\\x2\\xZZ\\y\\"}),
        (["nick", "A=\\x5Cx20", "text"], {"A": "\\x20"}),
        (["nick", "A=\\xC3", "text"], {"A": "\\xC3"}),
    ],
)
def test_reading(params: list[str], tokens: dict[str, str | None]) -> None:
    assert parse_isupport(params) == tokens
