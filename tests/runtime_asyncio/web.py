"""Web servers on loopback whose answers are scripted byte by byte, and names that mean what a test wants."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial

import pytest

from freeq_proto.boundary import Failed, HttpRequest
from freeq_runtime_asyncio import Http

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Web:
    """One server: what it was asked, head by head, and who asked."""

    def __init__(self, handler: Handler) -> None:
        self.port = 0
        self.heads: list[str] = []
        self.addresses: list[str] = []
        self.broken = 0
        """Connections that the client ended before the server was through."""
        self._handler = handler
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Known from its first moment, so that the end of the test is its end too."""
        self.addresses.append(writer.get_extra_info("sockname")[0])
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(partial(self._served, writer))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode("latin-1"))
            self._changed.set()
            await self._handler(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            self.broken += 1

    def _served(self, writer: asyncio.StreamWriter, task: asyncio.Task[None]) -> None:
        writer.transport.abort()
        self._tasks.discard(task)
        self._changed.set()

    async def end(self) -> None:
        await self.settle()  # a connection that the loop is just taking becomes known
        for task in tuple(self._tasks):
            task.cancel()
        await self.until(lambda: not self._tasks)
        await self.settle()  # and the transports that were aborted close their sockets

    async def settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until ``condition`` holds; it is looked at when a request begins and when a connection ends."""
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    def url(self, host: str = "pds.example", path: str = "/", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def request(self, path: str = "/", *, limit: int = 1000, seconds: float = 20.0) -> HttpRequest:
        """For this server, which is not public."""
        return HttpRequest(self.url(path=path), limit=limit, seconds=seconds, private=True)


@contextlib.asynccontextmanager
async def web(
    answer: bytes | Handler = OK, *, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Web]:
    """A server that gives one answer to everything, until the end of the block."""
    serving = Web(saying(answer) if isinstance(answer, bytes) else answer)
    server = await asyncio.start_server(serving.accept, host, port, ssl=tls)
    serving.port = server.sockets[0].getsockname()[1]
    try:
        yield serving
    finally:
        await serving.settle()  # a server that is closed while it takes a connection loses that
        server.close()
        await serving.end()


def saying(answer: bytes) -> Handler:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()
        writer.write_eof() if writer.can_write_eof() else writer.close()
        await reader.read()

    return say


class Names:
    """A resolver: each question takes the next answer of the list, and the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = [tuple(answer) for answer in answers]
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> tuple[str, ...]:
        self.asked.append((host, port))
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of whoever runs the tests names no proxy."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def here() -> Http:
    """Every name means this machine."""
    return Http(resolve=Names(["127.0.0.1"]))


async def refused(request: HttpRequest, reason: str, http: Http | None = None) -> None:
    """What is refused contacts nobody, so it ends at once."""
    assert await (http or here()).fetch(request) == Failed(reason)
