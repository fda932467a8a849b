"""An event loop in a thread of its own, for work on what strangers sent.

A library that takes an answer apart does so in one go, for as long as there are bytes: an answer in chunks of one byte
each holds its event loop for a second. Here it holds a loop that nobody else waits for. The caller's loop goes on: the
interpreter comes back to it after a switch interval (``sys.setswitchinterval``).

The thread is there while somebody uses it, and ends by itself: there is nothing to close. All that is run at once in a
process shares one, so that the caller's loop contends with one thread and not with many.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

T = TypeVar("T")


class SideLoop:
    """A loop that runs in a thread while there is something to run. Any loop of any thread may use it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._users = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Future[None] | None = None

    async def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Call ``work`` and run what it returns there; return what that returns, or raise what it raises.

        Cancelled here, it is cancelled there, and nobody waits for that.
        """
        loop = self._enter()
        try:
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work(), loop))
        finally:
            self._leave()

    def _enter(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                loop = asyncio.SelectorEventLoop()
                ended = loop.create_future()
                try:
                    threading.Thread(target=_keep, args=(loop, ended), name=self._name).start()
                except BaseException:
                    loop.close()
                    raise
                self._loop, self._ended = loop, ended
            self._users += 1
            return self._loop

    def _leave(self) -> None:
        with self._lock:
            self._users -= 1
            if not self._users:
                loop, ended = self._loop, self._ended
                self._loop = self._ended = None
                assert loop is not None, "somebody used it until now"
                assert ended is not None, "somebody used it until now"
                loop.call_soon_threadsafe(ended.set_result, None)


def _keep(loop: asyncio.AbstractEventLoop, ended: "asyncio.Future[None]") -> None:
    async def until_ended() -> None:
        await ended

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(until_ended())


HTTP: Final = SideLoop("freeq-http")
"""Where HTTP is spoken."""
