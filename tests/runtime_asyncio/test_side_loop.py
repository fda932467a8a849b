"""A loop in a thread of its own: what is run there comes back, and nothing of it stays."""

import asyncio
import threading

import pytest

from freeq_runtime_asyncio.side_loop import SideLoop
from tests.runtime_asyncio.harness import LOOPS, run

pytestmark = pytest.mark.parametrize("loop", LOOPS)

NAME = "freeq-side"


def gone() -> bool:
    """Whether the thread has ended, or does so now."""
    for thread in threading.enumerate():
        if thread.name == NAME:
            thread.join(10)
    return NAME not in {thread.name for thread in threading.enumerate()}


def test_what_holds_its_loop_does_not_hold_the_callers(loop: str) -> None:
    """On one loop, the two would wait for each other for ever."""
    side, release = SideLoop(NAME), threading.Event()

    async def hold() -> str:
        assert release.wait(10)
        return threading.current_thread().name

    async def test() -> None:
        held = asyncio.ensure_future(side.run(hold))
        await asyncio.sleep(0)
        release.set()
        assert await held == NAME

    run(loop, test)
    assert gone()


def test_one_thread_serves_all_who_use_it_at_once(loop: str) -> None:
    side = SideLoop(NAME)

    async def who() -> int:
        await asyncio.sleep(0)
        return threading.get_ident()

    async def test() -> None:
        first = await asyncio.gather(*(side.run(who) for _ in range(5)))
        assert len(set(first)) == 1
        assert first[0] != threading.get_ident()
        assert await side.run(who), "and another one those who come later"

    run(loop, test)
    assert gone()


def test_what_is_raised_there_is_raised_here(loop: str) -> None:
    side = SideLoop(NAME)

    async def fail() -> None:
        raise LookupError("there")

    async def test() -> None:
        with pytest.raises(LookupError, match="there"):
            await side.run(fail)

    run(loop, test)
    assert gone()


@pytest.mark.parametrize("turns", [0, 1, 2])
def test_what_is_cancelled_here_is_cancelled_there(loop: str, turns: int) -> None:
    """Whether it has begun there or not."""
    side, ended = SideLoop(NAME), threading.Event()
    begun: list[None] = []

    async def wait() -> None:
        begun.append(None)
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            ended.set()

    async def test() -> None:
        waiting = asyncio.ensure_future(side.run(wait))
        for _ in range(turns):
            await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    run(loop, test)
    assert gone()
    assert ended.is_set() == bool(begun)


def test_without_a_thread_nothing_is_left_behind(loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    side = SideLoop(NAME)

    async def work() -> int:
        return 1

    async def test() -> None:
        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", refuse)
            with pytest.raises(RuntimeError, match="can't start new thread"):
                await side.run(work)
        assert await side.run(work) == 1

    run(loop, test)
    assert gone()
