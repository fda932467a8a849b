"""A server in a process of its own, for tests of signals: python -m tests.runtime_asyncio.process LOOP."""

import asyncio
import contextlib
import logging
import sys

from freeq_runtime_asyncio import Server, TransportLimits, serve
from freeq_storage import MemoryStore
from tests.runtime_asyncio.double import EngineDouble
from tests.runtime_asyncio.harness import IRC, loop_factory, perform


def started(server: Server) -> None:
    """Tell the test where to connect."""
    print(server.addresses[0].port, flush=True)


async def main() -> None:
    """Serve until a signal; peers that do not read are waited for longer than any test lasts."""
    limits = TransportLimits(stop_seconds=600)
    engine = EngineDouble()
    with contextlib.closing(MemoryStore()) as store:
        await serve(
            engine,
            [IRC],
            store=store,
            perform=perform,
            reload=lambda: (object(), ()),
            started=started,
            limits=limits,
        )
    print("ended", flush=True)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with asyncio.Runner(loop_factory=loop_factory(sys.argv[1])) as runner:
        runner.run(main())
