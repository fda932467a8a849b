"""The reference servers, started once for all tests of this folder."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.atproto.flows import Network
from tests.integration.atproto.install import NotInstallableError
from tests.integration.atproto.servers import Servers, running
from tests.skips import skip

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Installing the servers takes minutes, once: it has a limit of its own, and is not taken from a test's."""
    for item in items:
        if HERE in item.path.parents and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(120, func_only=True))


def _running(release: str, factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with contextlib.ExitStack() as stack:
        try:
            servers = stack.enter_context(running(release, factory.mktemp(release)))
        except NotInstallableError as error:
            skip(f"the AT Protocol servers ({release}): {error}")
        yield servers


@pytest.fixture(scope="session")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """A PDS whose service-auth tokens cannot name a service of their audience."""
    yield from _running("old", tmp_path_factory)


@pytest.fixture(scope="session")
def new(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """A PDS of today."""
    yield from _running("new", tmp_path_factory)


@pytest.fixture(params=["old", "new"])
def servers(request: pytest.FixtureRequest) -> Servers:
    """Each of the two."""
    chosen = request.getfixturevalue(request.param)
    assert isinstance(chosen, Servers)
    return chosen


@pytest.fixture
def network() -> Network:
    return Network()
