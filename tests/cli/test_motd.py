"""The message of the day, as lines that fit into IRC's."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeq_cli.motd import LINE_LIMIT, SIZE_LIMIT, MotdError, fold, read_motd


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", ()),
        ("\n\n", ()),
        ("hello", ("hello",)),
        ("a\n\nb\n", ("a", "", "b")),
        ("a\r\nb\r\n", ("a", "b")),
        ("\x02bold\x02 \x1ditalic\x1d", ("\x02bold\x02 \x1ditalic\x1d",)),
        ("a\tb\rc\0d", ("a    b c d",)),
        ("a\u2028b\x0bc", ("a\u2028b\x0bc",)),
    ],
)
def test_lines_end_at_line_feeds_only(text: str, lines: tuple[str, ...]) -> None:
    assert read_motd(text, None) == lines


def test_the_file_is_read_and_its_byte_order_mark_dropped(tmp_path: Path) -> None:
    path = tmp_path / "motd"
    path.write_bytes(b"\xef\xbb\xbfgr\xc3\xbc\xc3\x9f\n")
    assert read_motd("", path) == ("grüß",)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"fine\nbad \xff\n", "FILE is not UTF-8 on line 2"),
        (b"a" * (SIZE_LIMIT + 1), "FILE is too long; allowed are 65536 bytes"),
    ],
)
def test_a_file_that_cannot_be_shown_is_refused(tmp_path: Path, data: bytes, expected: str) -> None:
    path = tmp_path / "motd"
    path.write_bytes(data)
    with pytest.raises(MotdError) as caught:
        read_motd("", path)
    assert str(caught.value).replace(str(path), "FILE") == expected


@given(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\n\0\t"), max_size=1200))
def test_folding_keeps_all_but_spaces_and_every_part_fits(line: str) -> None:
    parts = list(fold(line))
    assert "".join(parts).replace(" ", "") == line.replace(" ", "")
    assert all(len(part.encode()) <= LINE_LIMIT for part in parts)


def test_folding_cuts_between_words_where_it_can() -> None:
    assert list(fold("word " * 100)) == [("word " * 80).rstrip(" "), "word " * 20]


def test_folding_never_cuts_a_character() -> None:
    assert list(fold("€" * 200)) == ["€" * 133, "€" * 67]
