"""IRC over WebSocket with wsproto's client, to a real process (https://ircv3.net/specs/extensions/websocket)."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.sockets import WebSocketPeer
from tests.integration.process import ServerProcess, serving
from tests.integration.wire import SECONDS, Client


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with serving(tmp_path) as running:
        yield running


def until(peer: WebSocketPeer, mark: bytes) -> bytes:
    """Everything up to the message that has ``mark``."""
    heard = b""
    while mark not in heard:
        data = peer.receive()
        assert data, heard
        heard += data
    return heard


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
def test_talking_across(server: ServerProcess, binary: bool) -> None:
    connection = socket.create_connection(("127.0.0.1", server.port("ws")), timeout=SECONDS)
    webby = WebSocketPeer(connection, binary=binary)
    with Client(server.port("irc")) as plain:
        try:
            plain.register("plain")
            plain.send("JOIN #garden")
            plain.until(b" 366 ")
            webby.send(b"NICK webby\r\nUSER webby 0 * :webby\r\nJOIN #garden\r\n")
            assert b"JOIN #garden" in until(webby, b" 366 webby #garden ")
            plain.until(b":webby!~webby@")
            webby.send("PRIVMSG #garden :grüße\r\n".encode())
            assert plain.until(b"PRIVMSG #garden")[-1].endswith("PRIVMSG #garden :grüße".encode())
            plain.send("PRIVMSG #garden :and to you")
            until(webby, b"PRIVMSG #garden :and to you")
            webby.send(b"QUIT :bye\r\n")
            assert plain.until(b" QUIT ")[-1].endswith(b"QUIT :Quit: bye")
            assert until(webby, b"ERROR :")
            assert webby.receive() == b""
        finally:
            webby.close()


def test_anything_else_is_not_there(server: ServerProcess) -> None:
    with Client(server.port("ws")) as client:
        client.feed(b"GET / HTTP/1.1\r\nHost: irc.example.org\r\n\r\n")
        assert client.until(b"HTTP/1.1")[0].startswith(b"HTTP/1.1 404 ")
