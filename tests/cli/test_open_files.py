"""The limit of open files, raised as far as the configured number of connections needs."""

import logging
import resource

import pytest

from freeq_cli.open_files import OWN, allow_connections

UNLIMITED = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("soft", "hard", "raised", "warns"),
    [
        (1024, 1_000_000, 10_000 + OWN, False),
        (1024, UNLIMITED, 10_000 + OWN, False),
        (20_000, 1_000_000, None, False),
        (UNLIMITED, UNLIMITED, None, False),
        (1024, 4096, 4096, True),
    ],
)
def test_the_limit_follows_the_number_of_connections(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    soft: int,
    hard: int,
    raised: int | None,
    warns: bool,
) -> None:
    calls: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _kind, limits: calls.append(limits))
    with caplog.at_level(logging.WARNING):
        allow_connections(10_000)
    assert calls == ([] if raised is None else [(raised, hard)])
    assert [record.levelname for record in caplog.records] == (["WARNING"] if warns else [])


def test_a_system_that_forbids_it_is_no_reason_not_to_run(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As macOS does, whose hard limit of "unlimited" is not meant."""

    def forbid(_kind: int, _limits: tuple[int, int]) -> None:
        raise ValueError("current limit exceeds maximum limit")

    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (256, UNLIMITED))
    monkeypatch.setattr(resource, "setrlimit", forbid)
    with caplog.at_level(logging.WARNING):
        allow_connections(10_000)
    assert "fewer open files" in caplog.text
