"""A process that is killed while it writes: what it acknowledged is there, and nothing is half there."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from freeq_proto.boundary import ActRow, NickRow
from freeq_storage import SqliteStore
from tests.storage.writer import ROWS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("acknowledged", [1, 7, 40])
def test_killed_in_the_middle_of_writing(tmp_path: Path, acknowledged: int) -> None:
    path = tmp_path / "freeq.db"
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "tests.storage.writer", str(path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(acknowledged)]
        process.send_signal(signal.SIGKILL)
        said += process.stdout.read().splitlines(keepends=True)  # what it said before the signal came
    assert process.returncode == -signal.SIGKILL
    last = max(int(line) for line in said if line.endswith("\n"))

    store = SqliteStore(path)
    rows = list(store.restore())
    store.close()
    written = [row.ulid for row in rows if isinstance(row, ActRow) and row.kind == "topic"]
    nicks = [row.nick for row in rows if isinstance(row, NickRow)]
    assert last + 1 <= len(nicks) <= last + 2, "one write more may have been durable, unacknowledged"
    assert nicks == [f"ada{number}" for number in range(len(nicks))]
    assert written == [f"{number:026d}" for number in range(len(nicks)) for _ in range(ROWS)]
