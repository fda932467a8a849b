"""Effects that take their time, and their answers: computing, storing, HTTP and DNS.

None of them holds the loop up. Jobs are computed on worker threads. A store that waits for a disk has one thread of its
own, which does everything in the order in which it was asked for, so that a query finds what was written before it.
Requests and look-ups are tasks. Every effect is answered exactly once, on the loop's thread, and what it raises is
answered with ``Failed``.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeAlias, assert_never

from freeq_proto.boundary import (
    Compute,
    Computed,
    DnsTxt,
    Failed,
    HttpFetch,
    Job,
    Result,
    StoreQuery,
    StoreWrite,
    Ticket,
)
from freeq_runtime_asyncio.contract import HttpClient, Store, TxtClient

logger = logging.getLogger("freeq_runtime_asyncio")

COMPUTE_THREADS = 2

Slow: TypeAlias = Compute | StoreWrite | StoreQuery | HttpFetch | DnsTxt
"""What a performer takes: every effect with a ticket but ReloadConfiguration."""


class Performer:
    """Performs effects on the running event loop and hands each answer to ``complete``, which must not raise.

    ``compute`` does a job and runs on worker threads. The store is closed by whoever opened it, after :meth:`close`.
    """

    def __init__(
        self,
        complete: Callable[[Ticket, Result], None],
        *,
        compute: Callable[[Job], Computed],
        store: Store,
        http: HttpClient,
        dns: TxtClient,
    ) -> None:
        self._complete = complete
        self._compute = compute
        self._store = store
        self._http = http
        self._dns = dns
        self._loop = asyncio.get_running_loop()
        self._computers = ThreadPoolExecutor(COMPUTE_THREADS, thread_name_prefix="freeq-compute")
        self._storekeeper = ThreadPoolExecutor(1, thread_name_prefix="freeq-store") if store.blocking else None
        self._storing: set[asyncio.Future[Any]] = set()
        self._asking: set[asyncio.Future[Any]] = set()

    def start(self, effect: Slow) -> None:
        """Begin with ``effect``. A store that does not block answers before this returns."""
        match effect:
            case Compute(ticket, job):
                self._await(ticket, "a job", self._loop.run_in_executor(self._computers, self._compute, job))
            case StoreWrite(ticket, rows):
                self._keep(ticket, partial(self._store.write, rows))
            case StoreQuery(ticket, query):
                self._keep(ticket, partial(self._store.query, query))
            case HttpFetch(ticket, request):
                self._ask(ticket, "an HTTP request", asyncio.ensure_future(self._http.fetch(request)))
            case DnsTxt(ticket, name):
                self._ask(ticket, "a DNS look-up", asyncio.ensure_future(self._dns.txt(name)))
            case _:
                assert_never(effect)

    async def stored(self) -> None:
        """Wait until the store has done everything that was asked of it so far, and its answers are given."""
        while self._storing:
            await asyncio.wait(self._storing)

    async def close(self) -> None:
        """Give up requests, look-ups and jobs, which are answered no more, but nothing that is to be stored."""
        asking = tuple(self._asking)
        for each in asking:
            each.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        await self.stored()
        self._computers.shutdown(cancel_futures=True)
        if self._storekeeper is not None:
            self._storekeeper.shutdown()

    # --- answers ---------------------------------------------------------------------------------------------------

    def _keep(self, ticket: Ticket, call: Callable[[], Result]) -> None:
        if self._storekeeper is None:
            try:
                result = call()
            except Exception as error:  # noqa: BLE001 - logged and answered
                result = _failure("the store", error)
            self._complete(ticket, result)
            return
        storing = self._loop.run_in_executor(self._storekeeper, call)
        self._storing.add(storing)
        storing.add_done_callback(self._storing.discard)
        self._await(ticket, "the store", storing)

    def _ask(self, ticket: Ticket, name: str, asking: "asyncio.Future[Result]") -> None:
        self._asking.add(asking)
        asking.add_done_callback(self._asking.discard)
        self._await(ticket, name, asking)

    def _await(self, ticket: Ticket, name: str, answer: "asyncio.Future[Any]") -> None:
        answer.add_done_callback(partial(self._answered, ticket, name))

    def _answered(self, ticket: Ticket, name: str, answer: "asyncio.Future[Any]") -> None:
        if answer.cancelled():
            return
        error = answer.exception()
        self._complete(ticket, _failure(name, error) if error is not None else answer.result())


def _failure(name: str, error: BaseException) -> Failed:
    logger.error("%s failed", name, exc_info=error)
    return Failed(str(error) or type(error).__name__)
