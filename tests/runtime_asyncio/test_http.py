"""HTTP requests over real sockets: what is taken of an answer, and what no document can bring about."""

import asyncio
import ssl
from pathlib import Path

import attrs
import pytest

from freeq_proto.boundary import Failed, Fetched, HttpRequest
from freeq_runtime_asyncio import Http
from tests.runtime_asyncio.harness import LOOPS, run, trusting, write_certificate
from tests.runtime_asyncio.web import OK, Handler, Names, Web, web

pytestmark = pytest.mark.parametrize("loop", LOOPS)

HEAD = b"HTTP/1.1 200 OK\r\n"
FOREVER = 3600.0


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def here() -> Http:
    """Every name means this machine."""
    return Http(resolve=Names(["127.0.0.1"]))


async def refused(request: HttpRequest, reason: str, http: Http | None = None) -> None:
    """What is refused contacts nobody, so it ends at once."""
    assert await (http or here()).fetch(request) == Failed(reason)


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


# --- what may be contacted -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://pds.example/", "only https is contacted"),
        ("https://127.0.0.1/", "the host is not a public name"),
        ("https://8.8.8.8/", "the host is not a public name"),
        ("https://[::ffff:127.0.0.1]/", "the host is not a public name"),
        ("https://2130706433/", "the host is not a public name"),
        ("https://0x7f.1/", "the host is not a public name"),
        ("https://localhost/", "the host is not a public name"),
        ("https://metadata.google.internal/", "the host is not a public name"),
        ("https://alice:secret@pds.example/", "a URL with a password is not contacted"),
        ("ftp://pds.example/", "not a URL of the web"),
        ("file:///etc/passwd", "not a URL of the web"),
        ("https:///path", "not a URL of the web"),
        ("pds.example", "not a URL of the web"),
        ("https://pds.example:port/", "not a URL"),
        ("https://pds.example/\n", "not a URL"),
        ("https://" + "a" * 70_000, "not a URL"),
    ],
)
def test_urls_that_are_refused(loop: str, url: str, reason: str) -> None:
    async def test() -> None:
        names = Names(["127.0.0.1"])
        await refused(HttpRequest(url), reason, Http(resolve=names))
        assert names.asked == []

    run(loop, test)


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["10.0.0.1"], ["::ffff:127.0.0.1"], ["::1"], ["64:ff9b::7f00:1"], ["93.184.215.14", "127.0.0.1"]],
)
def test_a_name_with_any_address_that_is_not_public_is_refused(loop: str, addresses: list[str]) -> None:
    async def test() -> None:
        async with web() as server:
            request = HttpRequest(server.url(scheme="https"))
            await refused(request, "the host has an address that is not public", Http(resolve=Names(addresses)))
        assert server.heads == server.addresses == []

    run(loop, test)


def test_the_address_that_was_checked_is_the_one_contacted(
    loop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name whose second answer is another address (rebinding): it is asked once.

    127.0.0.2 stands in for a public address. SNI and the check of the certificate stay with the name.
    """
    monkeypatch.setattr("freeq_runtime_asyncio.http.is_public_address", lambda text: text == "127.0.0.2")
    files = write_certificate(tmp_path, "pds.example")
    names: list[str] = []

    async def test() -> None:
        async with web(host="0.0.0.0", tls=serving(files, names)) as server:
            resolve = Names(["127.0.0.2"], ["127.0.0.1"])
            http = Http(resolve=resolve, tls=trusting(files[0]))
            request = HttpRequest(server.url(scheme="https"))
            assert isinstance(await http.fetch(request), Fetched)
            assert server.addresses == ["127.0.0.2"]
            assert resolve.asked == [("pds.example", server.port)]
            assert names == ["pds.example"]
            assert f"Host: pds.example:{server.port}\r\n" in server.heads[0]
            await refused(request, "the host has an address that is not public", http)

    run(loop, test)


def test_a_certificate_for_another_name_is_refused(loop: str, tmp_path: Path) -> None:
    """The certificate is good for 127.0.0.1, which is contacted, but not for the name."""
    files = write_certificate(tmp_path, "other.example")

    async def test() -> None:
        async with web(tls=serving(files, [])) as server:
            request = HttpRequest(server.url(scheme="https"), private=True)
            http = Http(resolve=Names(["127.0.0.1"]), tls=trusting(files[0]))
            await refused(request, "the certificate of the host is not valid for it", http)
            trusts_nothing = Http(resolve=Names(["127.0.0.1"]))
            await refused(request, "the certificate of the host is not valid for it", trusts_nothing)
        assert server.heads == []

    run(loop, test)


def test_the_next_address_is_tried_where_one_does_not_answer(loop: str) -> None:
    async def test() -> None:
        async with web() as server:
            http = Http(resolve=Names(["127.0.0.2", "127.0.0.3", "127.0.0.1"]))
            assert isinstance(await http.fetch(server.request()), Fetched)
        await refused(server.request(), "the host could not be reached")

    run(loop, test)


def test_private_requests_reach_literals_and_this_machine(loop: str) -> None:
    async def test() -> None:
        async with web() as server:
            for host in ("127.0.0.1", "localhost"):
                request = HttpRequest(server.url(host), private=True)
                assert isinstance(await Http().fetch(request), Fetched)

    run(loop, test)


# --- proxies -------------------------------------------------------------------------------------------------------


def test_a_proxy_of_the_environment_is_contacted_instead(
    loop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CONNECT (RFC 9110 section 9.3.6): the proxy looks the name up, TLS goes through it to the host."""
    files = write_certificate(tmp_path, "pds.example")

    async def test() -> None:
        async with web(tls=serving(files, [])) as server, web(tunnel(server)) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"http://alice:secret@127.0.0.1:{proxy.port}")
            resolve = Names(["127.0.0.1"])
            http = Http(resolve=resolve, tls=trusting(files[0]))
            answer = await http.fetch(HttpRequest("https://pds.example/path"))
            assert isinstance(answer, Fetched)
            assert answer.body == b"ok"
            assert proxy.heads[0].startswith("CONNECT pds.example:443 HTTP/1.1\r\n")
            assert "Proxy-Authorization: Basic" in proxy.heads[0]
            assert server.heads[0].startswith("GET /path HTTP/1.1\r\nHost: pds.example\r\n")
            assert "secret" not in server.heads[0]
            assert resolve.asked == []
            await refused(HttpRequest("https://10.0.0.1/"), "the host is not a public name", http)
            await refused(HttpRequest("https://localhost/"), "the host is not a public name", http)
            assert len(proxy.heads) == 1

    run(loop, test)


def test_no_proxy_and_this_machine_are_contacted_directly(loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "pds.example")

    async def test() -> None:
        async with web() as server:
            assert isinstance(await here().fetch(server.request()), Fetched)
            for host in ("localhost", "127.0.0.1"):
                assert isinstance(await Http().fetch(HttpRequest(server.url(host), private=True)), Fetched)
            other = attrs.evolve(server.request(), url=server.url("other.example"))
            await refused(other, "the host could not be reached")

    run(loop, test)


def test_a_proxy_that_refuses(loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        async with web(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n") as proxy:
            monkeypatch.setenv("ALL_PROXY", f"127.0.0.1:{proxy.port}")
            await refused(HttpRequest("https://pds.example/"), "the proxy refused")

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
        HEAD + b"X: " + bytes(200_000),
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


def serving(files: tuple[Path, Path], names: list[str]) -> ssl.SSLContext:
    """A server's context that notes the names that clients ask for (SNI, RFC 6066 section 3)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    context.sni_callback = lambda _, name, __: names.append(str(name))
    return context


def tunnel(server: Web) -> Handler:
    """A proxy that connects everybody to one server."""

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            await asyncio.gather(copy(reader, far), copy(far_reader, writer))
        finally:
            far.transport.abort()

    return connect


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
    writer.write_eof()
