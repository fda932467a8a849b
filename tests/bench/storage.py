"""What a store takes to write acts, and a start to read them back.

Run ``python tests/bench/storage.py [ACTS] [FOLDER]``. Writes that many acts of a hundred channels to a new database,
as many again of guests' channels, one transaction for every ten; then opens it again, which forgets the guests', and
reads everything back. FOLDER is where the database is (a temporary one): waiting for its disk is most of the time.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from freeq_proto.boundary import ActRow
from freeq_storage import SqliteStore

BATCH = 10


def row(number: int, log: str, by: str) -> ActRow:
    kind, body = ("create", '{"flags":"nt"}') if number < 100 else ("topic", '{"shown":"ada!a@b","text":"a topic"}')
    return ActRow(log=log, ulid=f"{number:026d}", kind=kind, by=by, body=body, reason="")


@contextmanager
def measured(what: str, count: int) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds = time.perf_counter() - start
    print(f"{what:<44} {seconds:8.3f} s  {count / seconds:12,.0f} acts/s")


def main(acts: int, folder: Path) -> None:
    path = folder / "freeq.db"
    rows = [
        row(number, f"#{name}{number % 100}", by)
        for number in range(acts)
        for name, by in (("kept", "did:plc:ada"), ("lapsed", f"guest:z6Mk/1.{number}"))
    ]
    store = SqliteStore(path)
    with measured(f"write, {BATCH} acts in a transaction", len(rows)):
        for start in range(0, len(rows), BATCH):
            store.write(rows[start : start + BATCH])
    store.close()
    print(f"the database has {path.stat().st_size / len(rows):,.0f} bytes an act")
    with measured("open, and forget half of it", len(rows)):
        store = SqliteStore(path)
    with measured("restore", acts):
        count = sum(1 for _ in store.restore())
    store.close()
    with measured("open again", acts):
        store = SqliteStore(path)
    store.close()
    print(f"{count} acts restored")


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    if len(sys.argv) > 2:
        main(number, Path(sys.argv[2]))
    else:
        with tempfile.TemporaryDirectory() as temporary:
            main(number, Path(temporary))
