"""IRC over WebSocket, on the engine (https://ircv3.net/specs/extensions/websocket, RFC 6455)."""

import pytest

from freeq_proto.boundary import Listener
from freeq_proto.engine.connections import HANDSHAKE_SECONDS
from freeq_proto.server import Config, Limits
from tests.server.harness import SERVER, Client, Net, config
from tests.web.wire import BINARY, CLOSE, PING, PONG, TEXT, closing, frame, handshake, request


def frames(data: bytes) -> list[tuple[int, bytes]]:
    """The server's frames: opcode and payload. They are whole, final, and not masked (RFC 6455 section 5.1)."""
    found = []
    while data:
        assert data[0] & 0xF0 == 0x80
        length, start = data[1], 2
        if length == 126:
            length, start = int.from_bytes(data[2:4], "big"), 4
        assert length < 126 or start == 4
        found.append((data[0] & 0x0F, data[start : start + length]))
        data = data[start + length :]
    return found


def dial(net: Net, *fields: str, target: str = "/irc") -> tuple[Client, str]:
    """A connection after its handshake, and the head of the answer."""
    client = net.connect(listener=Listener.WEB)
    client.feed(handshake(*fields, target=target))
    return client, client.take_bytes().decode()


def opened(net: Net, *fields: str) -> Client:
    client, head = dial(net, *fields)
    assert head.startswith("HTTP/1.1 101 ")
    return client


def said(client: Client) -> list[bytes]:
    return [payload for _, payload in frames(client.take_bytes())]


@pytest.mark.parametrize(
    ("offered", "chosen", "opcode"),
    [
        (None, None, TEXT),
        ("text.ircv3.net", "text.ircv3.net", TEXT),
        ("binary.ircv3.net", "binary.ircv3.net", BINARY),
        ("unknown, binary.ircv3.net, text.ircv3.net", "binary.ircv3.net", BINARY),
        ("unknown", None, TEXT),
    ],
)
def test_one_line_a_message_in_the_subprotocols_opcode(offered: str | None, chosen: str | None, opcode: int) -> None:
    net = Net()
    client, head = dial(net, *([f"Sec-WebSocket-Protocol: {offered}"] if offered else []))
    assert head.startswith("HTTP/1.1 101 ")
    assert (f"sec-websocket-protocol: {chosen}" in head.lower()) is (chosen is not None)
    client.feed(frame(opcode, b"NICK alice") + frame(opcode, b"USER alice 0 * :A\r\n"))
    answers = frames(client.take_bytes())
    assert len(answers) > 10
    assert {code for code, _ in answers} == {opcode}
    assert all(b"\n" not in payload and b"\r" not in payload and payload for _, payload in answers)
    assert answers[0][1].startswith(f":{SERVER} 001 alice ".encode())


def test_a_message_may_hold_several_lines_and_come_in_fragments() -> None:
    net = Net()
    client = opened(net)
    client.feed(frame(TEXT, b"PING one\r\nPING two\n"))
    client.feed(frame(TEXT, b"PI", fin=False) + frame(0, b"NG three"))
    assert [line.rpartition(b":")[2] for line in said(client)] == [b"one", b"two", b"three"]


def test_web_and_tcp_users_hear_one_another() -> None:
    net = Net()
    web, tcp = opened(net), net.client("tcp")
    web.feed(frame(TEXT, b"NICK web") + frame(TEXT, b"USER w 0 * :W") + frame(TEXT, b"JOIN #c"))
    tcp.send("JOIN #c")
    said(web)
    tcp.take()
    web.feed(frame(TEXT, "PRIVMSG #c :grüße".encode()))
    assert tcp.take()[0].endswith(" PRIVMSG #c :grüße")
    tcp.send("PRIVMSG #c :back")
    assert [payload.rpartition(b" ")[2] for payload in said(web)] == [b":back"]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (handshake(target="/other"), 404),
        (handshake(target="/irc/"), 404),
        (request("GET", "/irc"), 426),
        (request("GET", "/irc?x=1"), 426),
        (request("GET", "/"), 404),
        (request("POST", "/x", body=b"data"), 404),
        (handshake(leave_out="Sec-WebSocket-Key"), 400),
        (b"\x16\x03\x01\x02\x00\r\n\r\n", 400),
        (b"GET /irc HTTP/1.1\r\n\r\n", 400),
    ],
)
def test_what_does_not_become_a_websocket(data: bytes, status: int) -> None:
    net = Net()
    client = net.connect(listener=Listener.WEB)
    client.feed(data)
    assert client.take_bytes().startswith(f"HTTP/1.1 {status} ".encode())
    assert net.engine.server.world.sessions == {}


def test_a_query_is_no_other_path() -> None:
    _, head = dial(Net(), target="/irc?client=x")
    assert head.startswith("HTTP/1.1 101 ")


@pytest.mark.parametrize(
    ("origins", "origin", "status"),
    [
        ((), "https://evil.example", 101),
        (("https://chat.example",), "https://chat.example", 101),
        (("https://chat.example",), "https://evil.example", 403),
        (("https://chat.example",), "http://chat.example", 403),
        (("https://chat.example",), None, 403),
    ],
)
def test_origins(origins: tuple[str, ...], origin: str | None, status: int) -> None:
    net = Net(config(web_origins=origins))
    client, head = dial(net, *([f"Origin: {origin}"] if origin else []))
    assert head.startswith(f"HTTP/1.1 {status} ")
    assert (client.closed is None) is (status == 101)


@pytest.mark.parametrize("begun", [b"", b"GET /irc HT", handshake()[:-2], request("GET", "/")])
def test_half_a_handshake_has_its_time(begun: bytes) -> None:
    net = Net()
    client = net.connect(listener=Listener.WEB)
    if begun:
        client.feed(begun)
    net.pass_time(HANDSHAKE_SECONDS - 0.1)
    early = client.closed
    net.pass_time(0.1)
    assert (early, client.closed) == (None, "No request in time")


def test_an_open_websocket_has_the_time_of_registration() -> None:
    net = Net(config(limits=Limits(registration_seconds=20)))
    client = opened(net)
    net.pass_time(19.9)
    early = client.closed
    net.pass_time(0.1)
    assert (early, client.closed) == (None, "Registration timed out")
    answers = frames(client.take_bytes())
    assert [code for code, _ in answers] == [TEXT, CLOSE]
    assert answers[0][1] == b"ERROR :Closing link: (*) [Registration timed out]"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (closing(1000), 1000),
        (frame(CLOSE), None),
        (frame(TEXT, b"\xff"), 1007),
        (frame(TEXT, b"x", mask=None), 1002),
        (frame(TEXT, b"x" * 40_000), 1009),
        (frame(0, b"x"), 1002),
    ],
)
def test_nothing_follows_the_close_frame(data: bytes, code: int | None) -> None:
    """RFC 6455 section 5.5.1; and others see the user go."""
    net = Net()
    client, watching = opened(net), net.client("watching")
    client.feed(frame(TEXT, b"NICK web") + frame(TEXT, b"USER w 0 * :W") + frame(TEXT, b"JOIN #c"))
    watching.send("JOIN #c")
    watching.take()
    client.take_bytes()
    client.feed(data + frame(TEXT, b"PRIVMSG #c :too late"))
    (last,) = frames(client.take_bytes())
    assert last[0] == CLOSE
    assert last[1][:2] == (b"" if code is None else code.to_bytes(2, "big"))
    assert client.closed is not None
    assert [line.split(" ")[1] for line in watching.take()] == ["QUIT"]


def test_a_quit_is_error_and_then_a_close_frame() -> None:
    client = opened(Net())
    client.feed(frame(TEXT, b"QUIT :bye"))
    answers = frames(client.take_bytes())
    assert [code for code, _ in answers] == [TEXT, CLOSE]
    assert answers[0][1] == b"ERROR :Closing link: (*) [Quit: bye]"


@pytest.mark.parametrize("before", [b"", handshake()])
def test_the_end_of_writing_ends_it(before: bytes) -> None:
    net = Net()
    client = net.connect(listener=Listener.WEB)
    if before:
        client.feed(before)
    client.feed(b"")
    assert client.closed is not None
    assert net.engine.connection_count == 0


def test_pings_are_answered_and_a_flood_of_them_is_bounded() -> None:
    net = Net()
    client, other = opened(net), net.client("other")
    client.feed(frame(PING, b"token"))
    assert frames(client.take_bytes()) == [(PONG, b"token")]
    client.feed_only(frame(PING, b"x") * 5000)
    other.feed_only(b"PING mine\r\n")
    batch = net.engine.drain()
    assert batch.more
    net.perform(batch)
    assert other.take() == [f":{SERVER} PONG {SERVER} :mine"]
    assert len(client.take_bytes()) < 4096
    net.settle()
    client.feed(frame(TEXT, b"PING alive"))
    assert client.closed is None
    assert said(client)[-1] == f":{SERVER} PONG {SERVER} :alive".encode()


def test_a_refused_connection_gets_nothing() -> None:
    limited: Config = config(limits=Limits(clients=1))
    net = Net(limited)
    net.client("first")
    client = net.connect(listener=Listener.WEB)
    assert client.closed == "The server is full"
    client.feed_only(handshake())
    net.settle()
    assert client.take_bytes() == b""


def test_a_stop_closes_websockets_in_their_own_words() -> None:
    net = Net()
    client, half = opened(net), net.connect(listener=Listener.WEB)
    net.engine.stop("Maintenance", net.now)
    net.settle()
    assert [code for code, _ in frames(client.take_bytes())] == [TEXT, CLOSE]
    assert half.take_bytes() == b""
    assert (client.closed, half.closed) == ("Maintenance", "Maintenance")


def test_requests_one_after_another_on_one_connection() -> None:
    net = Net()
    client = net.connect(listener=Listener.WEB)
    client.feed(request("GET", "/a") + request("GET", "/b"))
    assert client.take_bytes().count(b"HTTP/1.1 404 ") == 2
    client.feed(handshake())
    assert client.take_bytes().startswith(b"HTTP/1.1 101 ")
