"""Extended grapheme clusters (UAX #29), held against the ``regex`` package, which reads the whole Unicode database."""

import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from freeq_proto.irc.graphemes import graphemes, split_text

# One or more characters of every class and of every rule.
SAMPLES = [
    *"a é \r \n \u0007 \u0301 \u20dd \u200d \u200c \ufe0f \ufe0e क त \u094d \u093c \u0903 \u09be ক \u09cd".split(" "),
    *"\U0001f1e9 \U0001f1ea \U0001f44d \U0001f3fd \U0001f468 \U0001f469 \u2764 \U0001f3f4 \U000e0067 \U000e007f".split(
        " "
    ),
    *"\u1100 \u1161 \u11a8 가 각 \u0e33 \u0e01 \u0600 \u0d4e \u2028 \u00ad \u1038 \u302e \uff9e © ".split(" "),
    " ",
]
texts = st.lists(st.sampled_from(SAMPLES), max_size=12).map("".join)


@given(texts)
def test_clusters_are_those_of_the_standard(text: str) -> None:
    assert graphemes(text) == regex.findall(r"\X", text)


@pytest.mark.parametrize("plane", range(0x0, 0x20000, 0x4000))
def test_every_assigned_character_joins_as_the_standard_says(plane: int) -> None:
    """Each character that this Python knows, between letters, before a mark and after a pictograph."""
    wrong = []
    for code in range(plane, plane + 0x4000):
        character = chr(code)
        if unicodedata.category(character) not in ("Cn", "Cs", "Co"):
            text = f"a{character}a{character}\u0301\U0001f600\u200d{character}"
            if graphemes(text) != regex.findall(r"\X", text):
                wrong.append(f"{code:x} {unicodedata.category(character)}")
    assert wrong == []


@pytest.mark.parametrize(
    "cluster",
    [
        "e\u0301\u0323",
        "\U0001f1e9\U0001f1ea",
        "\U0001f44d\U0001f3fd",
        "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
        "\u2764\ufe0f\u200d\U0001f525",
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "\u1112\u1161\u11ab",
        "क\u094dष",
        "1\ufe0f\u20e3",
        "\r\n",
    ],
)
def test_what_is_seen_as_one_stays_one(cluster: str) -> None:
    assert graphemes(cluster) == [cluster]
    assert graphemes(cluster + "x" + cluster) == [cluster, "x", cluster]


@given(st.text(max_size=80) | texts, st.integers(4, 40))
def test_pieces_rejoin_and_fit(text: str, limit: int) -> None:
    pieces = split_text(text, limit)
    assert "".join(pieces) == text
    assert all(0 < len(piece.encode()) <= limit for piece in pieces)


@given(texts, st.integers(4, 60))
def test_clusters_that_fit_are_never_cut(text: str, limit: int) -> None:
    clusters = graphemes(text)
    ends = {0}
    for cluster in clusters:
        ends.add(max(ends) + len(cluster))
    if all(len(cluster.encode()) <= limit for cluster in clusters):
        at = 0
        for piece in split_text(text, limit):
            at += len(piece)
            assert at in ends


def test_words_stay_whole_and_keep_their_space() -> None:
    """multiline, "Splitting long lines": between words, with the space left at the end of the line."""
    assert split_text("the quick brown fox jumps", 12) == ["the quick ", "brown fox ", "jumps"]
    assert split_text("a verylongwordindeed", 10) == ["a verylong", "wordindeed"]
    assert split_text("", 10) == []


def test_one_base_with_more_marks_than_fit_is_cut_among_them() -> None:
    text = "a" + "\u0301" * 50
    assert "".join(split_text(text, 11)) == text
    assert all(len(piece.encode()) <= 11 for piece in split_text(text, 11))
