"""A few threads that do what blocks: look-ups, HTTP requests, computing.

They are daemons of their own and not those of ``concurrent.futures``, which a process waits for at its end: a look-up
of the system's resolver cannot be interrupted, and is no reason to hang there.
"""

import queue
import threading
import time
from collections.abc import Callable
from typing import TypeAlias

Task: TypeAlias = Callable[[], None]


class Workers:
    """At most ``count`` threads, each started when it is needed first."""

    def __init__(self, count: int, name: str) -> None:
        self._count = count
        self._name = name
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._unfinished = 0
        self._lock = threading.Lock()

    def submit(self, task: Task) -> None:
        """Have ``task`` done soon; it must not raise."""
        with self._lock:
            self._unfinished += 1
            if self._unfinished > len(self._threads) < self._count:
                thread = threading.Thread(target=self._work, name=f"{self._name}-{len(self._threads)}", daemon=True)
                self._threads.append(thread)
                thread.start()
        self._tasks.put(task)

    def close(self, seconds: float) -> bool:
        """Drop what waits and end the threads, waiting ``seconds`` at most; whether all of them ended."""
        while not self._tasks.empty():
            try:
                self._tasks.get_nowait()
            except queue.Empty:
                break
        for _ in self._threads:
            self._tasks.put(None)
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()
            with self._lock:
                self._unfinished -= 1
