"""Writes for ever, saying after each write that it was acknowledged: to be killed. ``python writer.py DATABASE``."""

import sys

from freeq_storage import SqliteStore
from tests.storage.samples import ADA, act, founding, nick

ROWS = 50
"""Acts of one write."""


def main() -> None:
    store = SqliteStore(sys.argv[1])
    store.write((founding("#garden", ADA),))
    for number in range(1_000_000):
        acts = [act(number, text=f"{part} " + "x" * 300) for part in range(ROWS)]
        store.write((*acts, nick(f"ada{number}", ADA)))
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
