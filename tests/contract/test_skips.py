"""The ``needs`` marker: a missing program skips its test by name, or fails it where skips are forbidden."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

CONFTEST = Path(__file__).parents[1] / "conftest.py"

SUITE = """
import pytest

@pytest.mark.needs("sh", "no-such-program")
def test_missing():
    pass

@pytest.mark.needs("sh")
def test_present():
    pass
"""


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest(CONFTEST.read_text(encoding="utf-8"))
    pytester.makepyfile(SUITE)
    pytester.makeini("[pytest]\nmarkers = needs(*programs): programs")
    return pytester


def test_a_missing_program_skips_by_name(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FREEQ_FORBID_SKIPS", raising=False)
    result = suite.runpytest_inprocess("-rs", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*not installed: no-such-program"])


def test_a_missing_program_fails_where_skips_are_forbidden(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FREEQ_FORBID_SKIPS", "1")
    result = suite.runpytest_inprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*not installed: no-such-program (FREEQ_FORBID_SKIPS=1)"])
