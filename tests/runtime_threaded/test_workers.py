"""The threads that do what blocks."""

import threading

from freeq_runtime_threaded.workers import Workers
from tests.runtime_threaded.sockets import SECONDS


def test_no_more_threads_than_tasks_and_no_more_than_allowed() -> None:
    workers = Workers(2, "test-worker")
    names: list[str] = []
    release, entered = threading.Event(), threading.Semaphore(0)

    def task() -> None:
        names.append(threading.current_thread().name)
        entered.release()
        release.wait(SECONDS)

    workers.submit(task)
    assert entered.acquire(timeout=SECONDS)
    assert [thread.name for thread in threading.enumerate() if "test-worker" in thread.name] == ["test-worker-0"]
    for _ in range(4):
        workers.submit(task)
    assert entered.acquire(timeout=SECONDS)
    release.set()
    for _ in range(3):
        assert entered.acquire(timeout=SECONDS)
    assert workers.close(SECONDS)
    assert sorted(set(names)) == ["test-worker-0", "test-worker-1"]


def test_what_waits_is_dropped_at_the_end() -> None:
    workers = Workers(1, "test-worker")
    done: list[int] = []
    release, entered = threading.Event(), threading.Event()

    def first() -> None:
        entered.set()
        release.wait(SECONDS)

    workers.submit(first)
    assert entered.wait(SECONDS)
    workers.submit(lambda: done.append(1))
    assert not workers.close(0)
    release.set()
    assert workers.close(SECONDS)
    assert done == []
