"""HTTP requests on threads, over real sockets: what is taken of an answer, and what no document can bring about."""

import socket
import threading
from pathlib import Path

import pytest

from freeq_proto.boundary import Failed, Fetched, HttpRequest
from freeq_runtime_threaded.http import Fetch
from tests.runtime_threaded.sockets import SECONDS, Handler, listening, tls_pair

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def saying(answer: bytes, heads: list[bytes]) -> Handler:
    def say(peer: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            data = peer.recv(65_536)
            if not data:
                return
            head += data
        heads.append(head)
        peer.sendall(answer)

    return say


def fetch(request: HttpRequest, *addresses: str) -> Fetched | Failed:
    return Fetch(request, resolve=lambda host, port: addresses or ("127.0.0.1",)).run()


def test_a_request_and_its_answer() -> None:
    heads: list[bytes] = []
    with listening(saying(b"HTTP/1.1 401 No\r\nDPoP-Nonce: abc\r\nContent-Length: 2\r\n\r\nno", heads)) as server:
        url = f"http://pds.example:{server.port}/xrpc/a?b=c%20d"
        answer = fetch(HttpRequest(url, "POST", (("DPoP", "proof"), ("Host", "evil")), b"body", private=True))
    assert answer == Fetched(401, (("dpop-nonce", "abc"), ("content-length", "2")), b"no")
    (head,) = heads
    assert head.startswith(b"POST /xrpc/a?b=c%20d HTTP/1.1\r\n")
    assert b"Host: pds.example:%d\r\n" % server.port in head
    assert b"evil" not in head


def test_a_redirect_is_an_answer() -> None:
    with listening(saying(b"HTTP/1.1 302 Found\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n", [])) as server:
        answer = fetch(HttpRequest(f"http://pds.example:{server.port}/", private=True))
    assert isinstance(answer, Fetched)
    assert (answer.status, answer.header("location"), server.reached) == (302, "/a", 1)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://pds.example/", "only https is contacted"),
        ("https://127.0.0.1/", "the host is not a public name"),
        ("https://printer.local/", "the host is not a public name"),
        ("https://a:b@pds.example/", "a URL with a password is not contacted"),
        ("ftp://pds.example/", "not a URL of the web"),
        ("https://[::1/", "not a URL"),
        ("https://pds.example/", "the host has an address that is not public"),
    ],
)
def test_what_a_document_cannot_bring_about(url: str, reason: str) -> None:
    assert fetch(HttpRequest(url), "93.184.215.14", "10.0.0.1") == Failed(reason)


def test_tls_is_checked_against_the_name_and_not_the_address(tmp_path: Path) -> None:
    serving, trusting = tls_pair(tmp_path, "pds.example")
    with listening(saying(OK, []), tls=serving) as server:

        def over_tls(host: str) -> Fetched | Failed:
            request = HttpRequest(f"https://{host}:{server.port}/", private=True)
            return Fetch(request, tls=trusting, resolve=lambda host, port: ("127.0.0.1",)).run()

        answer = over_tls("pds.example")
        assert isinstance(answer, Fetched)
        assert answer.body == b"ok"
        assert over_tls("other.example") == Failed("the certificate of the host is not valid for it")


def test_an_address_that_refuses_is_passed_over() -> None:
    with listening(saying(OK, [])) as server:
        answer = fetch(HttpRequest(f"http://pds.example:{server.port}/", private=True), "127.0.0.2", "127.0.0.1")
    assert isinstance(answer, Fetched)


def test_too_long_an_answer_is_given_up() -> None:
    with listening(saying(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 2000, [])) as server:
        answer = fetch(HttpRequest(f"http://pds.example:{server.port}/", private=True, limit=1000))
    assert answer == Failed("the answer is longer than 1000 bytes")


def test_a_compressed_answer_is_not_taken() -> None:
    with listening(saying(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n", [])) as server:
        answer = fetch(HttpRequest(f"http://pds.example:{server.port}/", private=True))
    assert answer == Failed("the answer is compressed, which was not asked for")


def test_a_request_is_ended_from_another_thread() -> None:
    """A server that sends a byte now and then keeps a blocking read alive for ever: closing its socket ends it."""
    begun = threading.Event()

    def drip(peer: socket.socket) -> None:
        peer.recv(65_536)
        peer.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        begun.set()
        while peer.send(b"x"):
            threading.Event().wait(0.01)

    with listening(drip) as server:
        fetching = Fetch(
            HttpRequest(f"http://pds.example:{server.port}/", private=True, seconds=SECONDS),
            resolve=lambda host, port: ("127.0.0.1",),
        )
        answers: list[Fetched | Failed] = []
        thread = threading.Thread(target=lambda: answers.append(fetching.run()))
        thread.start()
        assert begun.wait(SECONDS)
        fetching.cut()
        thread.join(SECONDS)
    assert answers == [Failed(f"no answer within {SECONDS} seconds", timed_out=True)]


def test_a_request_that_was_ended_before_it_began_sends_nothing() -> None:
    heads: list[bytes] = []
    with listening(saying(OK, heads)) as server:
        fetching = Fetch(
            HttpRequest(f"http://pds.example:{server.port}/", private=True), resolve=lambda host, port: ("127.0.0.1",)
        )
        fetching.cut()
        assert fetching.run() == Failed("no answer within 10 seconds", timed_out=True)
    assert heads == []
