"""Files that cannot be read, and where keys stand in those that can."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeq_cli.problems import UnusableConfigurationError
from freeq_cli.source import SIZE_LIMIT, places, read_source
from freeq_cli.template import default_text


def refusal(path: Path) -> str:
    with pytest.raises(UnusableConfigurationError) as caught:
        read_source(path)
    return str(caught.value).replace(str(path), "FILE")


def test_no_file_is_every_default() -> None:
    assert read_source(None).tables == {}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"[server]\nname = \xff\n", "FILE:2: is not UTF-8"),
        (b"[server]\nname = \n", "FILE:2: is not TOML: Invalid value"),
        (b"[server]\n[server]\n", "FILE:2: is not TOML: Cannot declare ('server',) twice"),
        (b"[server\n", "FILE:1: is not TOML: Expected ']' at the end of a table declaration"),
        (b'[server]\nname = "', "FILE:2: is not TOML: Unterminated string"),
        (b"#" * (SIZE_LIMIT + 1), f"FILE: is too long; allowed are {SIZE_LIMIT} bytes"),
    ],
)
def test_a_file_that_is_no_toml_is_named_with_its_line(tmp_path: Path, data: bytes, expected: str) -> None:
    path = tmp_path / "freeq.toml"
    path.write_bytes(data)
    assert refusal(path) == expected


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.toml") == "FILE: cannot be read: No such file or directory"
    assert refusal(tmp_path) == "FILE: cannot be read: Is a directory"


def test_places_see_through_comments_strings_and_dots() -> None:
    text = '''\
top = 1 # a comment with """
server.name = "a" # dotted
[server.inner]
[a]
text = """
[b]
key = "no"
""" # over
key = 'x"""y'
[[list]]
key = 1
[[list]]
  key = 2
'''
    tomllib.loads(text)
    assert places(text) == {
        ("top", 0, ""): 1,
        ("server", 0, "name"): 2,
        ("a", 0, ""): 4,
        ("a", 0, "text"): 5,
        ("a", 0, "key"): 9,
        ("list", 0, ""): 10,
        ("list", 0, "key"): 11,
        ("list", 1, ""): 12,
        ("list", 1, "key"): 13,
    }


def test_every_key_of_the_template_has_its_line() -> None:
    text = default_text()
    lines = text.split("\n")
    for (section, _, key), number in places(text).items():
        assert lines[number - 1].startswith(f"{key} =" if key else ("[" + section, "[[" + section))


@given(st.text(alphabet="[]\"'#=.a \n", max_size=80))
def test_finding_places_ends_on_any_text(text: str) -> None:
    assert all(1 <= line <= text.count("\n") + 1 for line in places(text).values())
