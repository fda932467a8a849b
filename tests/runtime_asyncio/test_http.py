"""HTTP requests over real sockets: what is taken of an answer, and what of it is too much."""

import asyncio
import threading
from pathlib import Path

import attrs
import pytest

from freeq_proto.boundary import Failed, Fetched, HttpRequest
from freeq_runtime_asyncio import Http
from tests.runtime_asyncio.harness import LOOPS, run
from tests.runtime_asyncio.web import OK, Names, here, no_proxies, refused, web

pytestmark = [pytest.mark.parametrize("loop", LOOPS), pytest.mark.usefixtures(no_proxies.__name__)]

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
FOREVER = 3600.0


# --- asking and answering ------------------------------------------------------------------------------------------


def test_a_request_and_its_answer(loop: str) -> None:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        body = await reader.readexactly(4)
        writer.write(b"HTTP/1.1 401 No\r\nDPoP-Nonce: abc\r\nX: 1\r\nx: 2\r\nContent-Length: 4\r\n\r\n" + body)
        await reader.read()

    async def test() -> None:
        async with web(say) as server:
            request = HttpRequest(
                server.url(path="/xrpc/a?b=c%20d"), "POST", (("DPoP", "proof"), ("Host", "evil")), b"body", private=True
            )
            assert await here().fetch(request) == Fetched(
                401, (("dpop-nonce", "abc"), ("x", "1"), ("x", "2"), ("content-length", "4")), b"body"
            )
        (head,) = server.heads
        first, *headers = head.split("\r\n")
        assert first == "POST /xrpc/a?b=c%20d HTTP/1.1"
        assert f"Host: pds.example:{server.port}" in headers
        assert "DPoP: proof" in headers
        assert "Content-Length: 4" in headers
        assert "evil" not in head

    run(loop, test)


def test_a_redirect_is_an_answer(loop: str) -> None:
    async def test() -> None:
        async with web(
            b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
        ) as server:
            answer = await here().fetch(server.request())
            assert isinstance(answer, Fetched)
            assert (answer.status, answer.header("location")) == (302, "http://169.254.169.254/")
        assert len(server.heads) == 1

    run(loop, test)


def test_nothing_is_kept_between_requests(loop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No cookie, no connection, and no password that lies about on this machine."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine pds.example login alice password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))

    async def test() -> None:
        async with web(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n") as server:
            http = here()
            for _ in range(2):
                assert isinstance(await http.fetch(server.request()), Fetched)
        assert len(server.heads) == 2
        assert not any("cookie" in head.lower() or "authorization" in head.lower() for head in server.heads)

    run(loop, test)


def test_a_body_of_unknown_length_and_one_in_chunks(loop: str) -> None:
    async def test() -> None:
        for answer in (HEAD + b"\r\n1234", HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n12\r\n2\r\n34\r\n0\r\n\r\n"):
            async with web(answer) as server:
                answered = await here().fetch(server.request(limit=4))
                assert isinstance(answered, Fetched)
                assert answered.body == b"1234"

    run(loop, test)


# --- bounds --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("head", [b"", b"Content-Length: 52428800\r\n", b"Transfer-Encoding: chunked\r\n"])
def test_a_body_of_50_megabytes_is_cut_off(loop: str, head: bytes) -> None:
    piece = bytes(65_536)
    sent = 0

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(HEAD + head + b"\r\n")
        for _ in range(800):
            writer.write(b"10000\r\n" + piece + b"\r\n" if b"chunked" in head else piece)
            await writer.drain()
            sent += len(piece)

    async def test() -> None:
        async with web(say) as server:
            answer = await here().fetch(server.request(limit=262_144))
            assert answer == Failed("the answer is longer than 262144 bytes")
            await server.until(lambda: server.broken)
        assert sent < 50 << 20, "the rest was never sent"

    run(loop, test)


@pytest.mark.parametrize(
    ("before", "again", "reason"),
    [
        (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", "the answer has too much around its body"),
        (HEAD, b"X: y\r\n", "the answer has too much around its body"),
        (HEAD + b"X: ", b"y", "the answer has too much around its body"),
        (CHUNKED, b"1\r\nx\r\n", "the answer comes in too many pieces"),
        (CHUNKED + b"1;", b"y", "the answer has too much around its body"),
        (CHUNKED + b"0\r\nX: ", b"y", "the answer has too much around its body"),
    ],
    ids=["interim", "headers", "header", "chunks", "extension", "trailer"],
)
def test_what_is_around_a_body_is_bounded(loop: str, before: bytes, again: bytes, reason: str) -> None:
    """RFC 9110 section 15.2, RFC 9112 section 7.1: all of it can go on for ever, and most of it is never shown."""

    async def repeat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(before)
        while True:
            writer.write(again * 1000)
            await writer.drain()

    async def test() -> None:
        async with web(repeat) as server:
            assert await here().fetch(server.request(limit=10_000)) == Failed(reason)
            await server.until(lambda: server.broken)

    run(loop, test)


def test_an_answer_is_taken_apart_on_another_loop_than_the_callers(loop: str) -> None:
    threads: list[int] = []

    async def resolve(host: str, port: int) -> tuple[str, ...]:
        threads.append(threading.get_ident())
        return ("127.0.0.1",)

    async def test() -> None:
        async with web() as server:
            assert isinstance(await Http(resolve=resolve).fetch(server.request()), Fetched)

    run(loop, test)
    assert threads != [threading.get_ident()]


def test_a_body_at_its_limit_is_taken(loop: str) -> None:
    async def test() -> None:
        async with web() as server:
            assert isinstance(await here().fetch(server.request(limit=2)), Fetched)
            assert await here().fetch(server.request(limit=1)) == Failed("the answer is longer than 1 bytes")

    run(loop, test)


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 200", HEAD + b"X: ", HEAD + b"\r\n", HEAD + b"Content-Length: 9\r\n\r\n1"]
)
def test_an_answer_that_does_not_end_is_cut_off_in_time(loop: str, said: bytes) -> None:
    """After an hour, or a byte now and then: the time is for all of it."""

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        while True:
            await asyncio.sleep(0.01)
            if said:
                writer.write(b" ")

    async def test() -> None:
        async with web(drip) as server:
            answer = await here().fetch(server.request(seconds=0.1))
            assert answer == Failed("no answer within 0.1 seconds", timed_out=True)

    run(loop, test)


def test_a_name_that_is_not_looked_up_in_time(loop: str) -> None:
    async def hang(host: str, port: int) -> tuple[str, ...]:
        await asyncio.sleep(FOREVER)
        return ()

    async def test() -> None:
        answer = await Http(resolve=hang).fetch(HttpRequest("https://pds.example/", seconds=0.05))
        assert answer == Failed("no answer within 0.05 seconds", timed_out=True)

    run(loop, test)


def test_more_than_so_many_at_once_wait_within_their_own_time(loop: str) -> None:
    release = asyncio.Event()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await release.wait()
        writer.write(OK)
        await reader.read()

    async def test() -> None:
        async with web(hold) as server:
            http = Http(resolve=Names(["127.0.0.1"]), at_once=2)
            first = [asyncio.ensure_future(http.fetch(server.request())) for _ in range(2)]
            await server.until(lambda: len(server.heads) == 2)
            waiting = await http.fetch(server.request(seconds=0.05))
            assert waiting == Failed("no answer within 0.05 seconds", timed_out=True)
            assert len(server.heads) == 2
            release.set()
            assert all(isinstance(each, Fetched) for each in await asyncio.gather(*first))
            assert isinstance(await http.fetch(server.request()), Fetched)

    run(loop, test)


def test_what_was_not_asked_for_compressed_is_not_taken_compressed(loop: str) -> None:
    """A gzip bomb costs nothing: nothing is ever decompressed."""

    async def test() -> None:
        async with web(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08") as server:
            await refused(server.request(), "the answer is compressed, which was not asked for")
        assert "accept-encoding: identity\r\n" in server.heads[0].lower()

    run(loop, test)


# --- what goes wrong -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
        HEAD + b"X: a\x00b\r\n\r\n",
    ],
)
def test_what_is_no_http_is_failed(loop: str, answer: bytes) -> None:
    async def test() -> None:
        async with web(answer) as server:
            await refused(server.request(), "the host broke off its answer, or does not speak HTTP")

    run(loop, test)


@pytest.mark.parametrize(
    "request_",
    [
        HttpRequest("http://pds.example/", method="GET /\r\nX:", private=True),
        HttpRequest("http://pds.example/", headers=(("X", "a\r\nY: b"),), private=True),
        HttpRequest("http://pds.example/", headers=(("X Y", "a"),), private=True),
        HttpRequest("http://pds.example/", headers=(("X", "\ud800"),), private=True),
    ],
)
def test_a_request_that_is_no_http_is_not_made(loop: str, request_: HttpRequest) -> None:
    async def test() -> None:
        async with web() as server:
            url = server.url()
            await refused(attrs.evolve(request_, url=url), "the request could not be made")
        assert server.heads == []

    run(loop, test)


def test_a_name_without_addresses(loop: str) -> None:
    async def test() -> None:
        await refused(HttpRequest("https://pds.example/"), "the host has no address", Http(resolve=Names([])))
        await refused(HttpRequest("https://" + "a" * 64 + ".example/"), "the host has no address", Http())

    run(loop, test)
