"""The printed default configuration, and the reference in the documentation."""

import re
from pathlib import Path

from freeq_cli.check import check
from freeq_cli.document import defaults
from freeq_cli.settings import SECTIONS
from freeq_cli.source import parse_source
from freeq_cli.template import default_text, reference
from tests.cli.configurations import FOLDER, PHC, certificate, private_key, problems

DOCUMENT = Path(__file__).parents[2] / "docs" / "configuration.md"
BEGIN, END = "<!-- settings -->\n", "<!-- end of settings -->\n"


def test_the_printed_default_says_exactly_what_is_the_case_without_it() -> None:
    checked = check(parse_source(default_text(), "file", FOLDER))
    assert checked.problems == []
    assert checked.document == defaults()


def test_the_printed_default_has_every_setting() -> None:
    text = default_text()
    for section in SECTIONS:
        for setting in section.settings:
            assert re.search(rf"^(# )?{setting.key}\b", text, re.MULTILINE), f"{section.name}.{setting.key}"


def test_the_printed_default_passes_its_own_check() -> None:
    assert problems(default_text()) == []


def test_what_is_commented_out_is_good_when_it_is_used() -> None:
    """Uncomment the example of an operator, put a real hash where it has SALT and HASH, and it is accepted."""
    lines = default_text().split("\n")
    start = lines.index("# [[operator]]")
    example = "\n".join(line.removeprefix("# ") for line in lines[start : start + 4])
    assert problems(re.sub(r'"\$argon2id[^"]*"', f'"{PHC}"', example)) == []


def test_the_printed_default_can_be_printed_anywhere() -> None:
    assert default_text().isascii()


def test_no_line_is_too_long_to_read() -> None:
    assert [line for line in default_text().split("\n") if len(line) > 120] == []


def test_the_documentation_holds_the_table() -> None:
    """Between the marks stands what ``freeq_cli.template.reference()`` returns."""
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text[text.index(BEGIN) + len(BEGIN) : text.index(END)].strip("\n") == reference().strip("\n")


def test_the_example_of_the_documentation_is_good(tmp_path: Path) -> None:
    """With the files that it names, and a real hash where it has SALT and HASH."""
    text = DOCUMENT.read_text(encoding="utf-8")
    start = text.index("```toml\n") + len("```toml\n")
    example = text[start : text.index("```", start)]
    (tmp_path / "fullchain.pem").write_bytes(certificate())
    (tmp_path / "privkey.pem").write_bytes(private_key())
    (tmp_path / "motd.txt").write_bytes(b"Welcome\n")
    example = example.replace("/etc/letsencrypt/live/irc.example.org/", "")
    example = example.replace("$argon2id$v=19$m=65536,t=3,p=4$SALT$HASH", PHC)
    assert problems(example, tmp_path) == []
