"""Conveniences of Python that read wire text wrongly are not used in the core.

``str`` takes the separators 0x1c to 0x1f for white space, though 0x1d and 0x1f are italics and underline on IRC;
``\\d`` and ``\\w`` match digits and letters of every script; ``$`` matches before a final line feed; and the base64
decoders skip what they do not know unless told to validate.
"""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.contract.sources import CORE, Source, calls, sample, sources_under

NEEDS_A_SEPARATOR = frozenset({"split", "rsplit", "strip", "lstrip", "rstrip"})
REGULAR_EXPRESSION_CALLS = frozenset({"compile", "match", "fullmatch", "search", "finditer", "findall", "sub", "split"})
# Where base64 of every kind is decoded for the whole core: alphabet and padding are checked first.
STRICT_DECODERS = "freeq_proto/identity/encoding.py"
LENIENT_DECODERS = frozenset({"urlsafe_b64decode", "standard_b64decode", "decodebytes", "a2b_base64"})


def misreadings(source: Source) -> Iterator[str]:
    for name, call in calls(source):
        if (
            complaint := separator_complaint(name, call)
            or decoder_complaint(source, name, call)
            or pattern_complaint(name, call)
        ):
            yield source.at(call, complaint)


def separator_complaint(name: str, call: ast.Call) -> str | None:
    if name == "splitlines":
        return "splitlines() splits at 0x0b, 0x1c and U+2028 too: split at the line feed"
    if name not in NEEDS_A_SEPARATOR:
        return None
    separators = [*call.args[:1], *(keyword.value for keyword in call.keywords if keyword.arg == "sep")]
    if not separators or ast.unparse(separators[0]) == "None":
        return f"{name}() without a separator takes 0x1c to 0x1f for white space"
    return None


def decoder_complaint(source: Source, name: str, call: ast.Call) -> str | None:
    if source.path == STRICT_DECODERS:
        return None
    options = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    if name == "b64decode" and options.get("validate") != "True":
        return "b64decode() without validate=True skips what it does not know"
    if name in LENIENT_DECODERS and options.get("strict_mode") != "True":
        return f"{name}() skips what it does not know"
    return None


def pattern_complaint(name: str, call: ast.Call) -> str | None:
    match call:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="re")), args=[ast.Constant(value=str() as pattern), *_]):
            pass
        case _:
            return None
    if name not in REGULAR_EXPRESSION_CALLS:
        return None
    if re.search(r"(?<!\\)(?:\\\\)*\$$", pattern):
        return "$ matches before a final line feed: use fullmatch, or \\Z"
    if re.search(r"(?<!\\)(?:\\\\)*\\[dwsDWS]", pattern) and "ASCII" not in ast.unparse(call):
        return "\\d, \\w and \\s match every script's without re.ASCII"
    return None


def test_wire_text_is_read_exactly() -> None:
    assert [complaint for source in sources_under(CORE) for complaint in misreadings(source)] == []


@pytest.mark.parametrize(
    "text",
    [
        "line.split()",
        "line.split(None, 1)",
        "line.split(sep=None)",
        "line.split(maxsplit=1)",
        "line.rsplit()",
        "line.strip()",
        "line.lstrip()",
        "line.rstrip()",
        "line.splitlines()",
        "data.splitlines(keepends=True)",
        "base64.b64decode(text)",
        "b64decode(text, validate=False)",
        "urlsafe_b64decode(text)",
        "binascii.a2b_base64(text)",
        r're.compile(r"\d+")',
        r're.match("[a-z]+$", text)',
    ],
)
def test_a_careless_sample_is_refused(text: str) -> None:
    assert list(misreadings(sample(text)))


@pytest.mark.parametrize(
    "text",
    [
        'line.split(" ")',
        'line.split(sep=" ", maxsplit=1)',
        'line.strip("=")',
        'data.rstrip(b"\\r")',
        "base64.b64decode(text, validate=True)",
        "binascii.a2b_base64(text, strict_mode=True)",
        r're.compile(r"\d+", re.ASCII)',
        r're.compile(rb"\d+")',
        r're.compile(r"[0-9]+\$")',
        r're.compile(r"\\d")',
    ],
)
def test_an_exact_sample_passes(text: str) -> None:
    assert list(misreadings(sample(text))) == []
