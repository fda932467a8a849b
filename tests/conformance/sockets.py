"""Peers over real sockets: plain, inside TLS, and inside a WebSocket."""

import contextlib
import socket
import ssl

import wsproto
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Ping, Request, TextMessage

SECONDS = 20
"""After which a client that still waits has failed."""


class SocketPeer:
    """A plain TCP connection, or one that was wrapped in TLS."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._socket.settimeout(SECONDS)

    def send(self, data: bytes) -> None:
        # Where the server has ended the connection, receive() says so.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self._socket.sendall(data)

    def receive(self) -> bytes:
        try:
            return self._socket.recv(65536)
        except TimeoutError:
            raise AssertionError(f"the server says nothing for {SECONDS} seconds") from None
        except ConnectionResetError:
            return b""

    def close(self) -> None:
        self._socket.close()


class WebSocketPeer:
    """IRC over WebSocket (https://ircv3.net/specs/extensions/websocket), with wsproto's client: a message is a line."""

    def __init__(self, connection: socket.socket, *, binary: bool) -> None:
        self._peer = SocketPeer(connection)
        self._binary = binary
        self._websocket = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
        protocol = "binary.ircv3.net" if binary else "text.ircv3.net"
        self._peer.send(self._websocket.send(Request(host="irc.example.org", target="/irc", subprotocols=[protocol])))
        self._ended = False
        self._lines: list[bytes] = []
        self._accepted: list[str | None] = []
        try:
            while not self._accepted:
                self._pump()
            assert self._accepted == [protocol]
        except BaseException:
            self.close()
            raise

    def send(self, data: bytes) -> None:
        if self._ended:
            return
        for line in data.split(b"\r\n")[:-1]:
            message = BytesMessage(line) if self._binary else TextMessage(line.decode())
            self._peer.send(self._websocket.send(message))

    def receive(self) -> bytes:
        while not self._lines and not self._ended:
            self._pump()
        data = b"".join(line + b"\r\n" for line in self._lines)
        self._lines = []
        return data

    def _pump(self) -> None:
        data = self._peer.receive()
        self._websocket.receive_data(data or None)
        for event in self._websocket.events():
            match event:
                case AcceptConnection():
                    self._accepted.append(event.subprotocol)
                case TextMessage():
                    assert not self._binary
                    assert event.message_finished
                    self._lines.append(event.data.encode())
                case BytesMessage():
                    assert self._binary
                    self._lines.append(bytes(event.data))
                case Ping():
                    self._peer.send(self._websocket.send(event.response()))
                case CloseConnection():
                    self._ended = True
                case _:
                    raise AssertionError(f"what is {event}?")
        self._ended |= not data

    def close(self) -> None:
        self._peer.close()
