"""Signing in over a plain socket, step by step, so that a step can be wrong."""

import json
import re
import ssl
from collections.abc import Mapping

from freeq_proto.identity import decode_base64_any, encode_base64, encode_base64url, encode_json
from freeq_proto.sasl import split_payload
from tests.integration.wire import Client

_END = re.compile(rb" (?:90[2-8]) ")


class SigningIn(Client):
    """A client that has not registered yet."""

    def __init__(self, port: int, *, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(port, tls=tls)
        self.send("CAP LS 302", "CAP REQ :sasl standard-replies")
        self.until(b" ACK ")

    def challenge(self) -> dict[str, object]:
        """Begin ATPROTO-CHALLENGE: what the server asks."""
        self.send("AUTHENTICATE ATPROTO-CHALLENGE")
        payload = self.until(b"AUTHENTICATE ")[-1].rpartition(b" ")[2].decode()
        read = json.loads(decode_base64_any(payload))
        assert isinstance(read, dict)
        return read

    def answer(self, members: Mapping[str, object]) -> bytes:
        """Answer the challenge; what the server says then, to the numeric that ends the attempt."""
        return self._answer(encode_base64url(encode_json(dict(members))))  # type: ignore[arg-type]  # JSON, whatever is in it

    def external(self) -> bytes:
        """Try EXTERNAL from beginning to end, with the certificate of the connection."""
        self.send("AUTHENTICATE EXTERNAL")
        self.until(b"AUTHENTICATE +")
        return self._answer("")

    def finish(self, nick: str) -> None:
        """Register."""
        self.send("CAP END")
        self.register(nick)

    def plain(self, account: str, password: str) -> bytes:
        """Try PLAIN from beginning to end."""
        self.send("AUTHENTICATE PLAIN")
        self.until(b"AUTHENTICATE +")
        return self._answer(encode_base64(f"\0{account}\0{password}".encode()))

    def _answer(self, payload: str) -> bytes:
        self.send(*(f"AUTHENTICATE {argument}" for argument in split_payload(payload)))
        return self.until_the_end_of_the_attempt()

    def until_the_end_of_the_attempt(self) -> bytes:
        """What the server says, to the numeric that ends an attempt."""
        heard: list[bytes] = []
        for line in self.lines():
            heard.append(line)
            if _END.search(line):
                return b"\n".join(heard)
        raise AssertionError(f"the server hung up: {heard}")

    @property
    def certificate(self) -> bytes:
        """The server's, in DER; empty without TLS."""
        return (self.socket.getpeercert(binary_form=True) or b"") if isinstance(self.socket, ssl.SSLSocket) else b""
