"""Whom HTTP requests contact: public addresses, checked ones, and the proxy of the environment."""

import asyncio
import ssl
from pathlib import Path

import attrs
import pytest

from freeq_proto.boundary import Fetched, HttpRequest
from freeq_runtime_asyncio import Http
from tests.runtime_asyncio.harness import LOOPS, run, trusting, write_certificate
from tests.runtime_asyncio.web import Handler, Names, Web, here, no_proxies, refused, web

pytestmark = [pytest.mark.parametrize("loop", LOOPS), pytest.mark.usefixtures(no_proxies.__name__)]


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
    monkeypatch.setattr("freeq_proto.boundary.fetching.is_public_address", lambda text: text == "127.0.0.2")
    files = write_certificate(tmp_path, "pds.example")
    names: list[str] = []

    async def test() -> None:
        async with web(host="0.0.0.0", tls=serving(files, names)) as server:
            resolve = Names(["127.0.0.2"], ["127.0.0.1"])
            http = Http(resolve=resolve, tls=trusting(files[0]))
            request = HttpRequest(server.url(scheme="https"))
            assert isinstance(await http.fetch(request), Fetched)
            assert server.addresses == ["127.0.0.2"]
            assert resolve.asked == [("pds.example.", server.port)], "absolute: no search domain is tried"
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


def test_names_of_a_private_network_are_looked_up_as_it_has_them(loop: str) -> None:
    """Hosts file, search domains and all."""

    async def test() -> None:
        async with web() as server:
            resolve = Names(["127.0.0.1"])
            assert isinstance(await Http(resolve=resolve).fetch(server.request()), Fetched)
            assert resolve.asked == [("pds.example", server.port)]

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
