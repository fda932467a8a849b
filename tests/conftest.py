"""What every test shares: deterministic Hypothesis runs, and skips that cannot pass unnoticed."""

import shutil

import pytest
from hypothesis import HealthCheck, settings

from tests.skips import skip

# One commit, one verdict: examples follow from the test's source alone, and no machine is too slow for them.
settings.register_profile(
    "deterministic",
    derandomize=True,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
# For the search for new counterexamples: pytest --hypothesis-profile=explore
settings.register_profile(
    "explore",
    parent=settings.get_profile("deterministic"),
    derandomize=False,
    max_examples=1000,
)
settings.load_profile("deterministic")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test marked ``needs`` by the names of the programs that are missing; fail it where skips are forbidden."""
    needed = dict.fromkeys(program for marker in item.iter_markers("needs") for program in marker.args)
    missing = [program for program in needed if shutil.which(program) is None]
    if missing:
        skip(f"not installed: {', '.join(missing)}")
