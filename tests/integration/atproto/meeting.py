"""A client and a server that exchange AUTHENTICATE in memory, while what they ask for goes to the real servers."""

import json
import os
from collections.abc import Sequence

import attrs

from freeq_proto.identity import JsonValue, Resolver, decode_base64_any, parse_jwt
from freeq_proto.sasl import (
    DEFAULT_FORMS,
    METHODS,
    ClientExchange,
    Continue,
    Credentials,
    Refused,
    SaslContext,
    ServerExchange,
    SignedIn,
    TokenMemory,
    Wait,
)
from tests.integration.atproto.flows import Network, now

SERVER = "irc.test"
END_POINT = bytes(range(32))
"""The channel binding of the connection between the two."""


@attrs.define
class Heard:
    """What became of an attempt."""

    reply: SignedIn | Refused
    sent: list[str]
    """The client's arguments of AUTHENTICATE."""
    notices: list[str]
    """What the server said beside AUTHENTICATE."""

    @property
    def answer(self) -> dict[str, object]:
        """What the client answered to the first challenge of ATPROTO-CHALLENGE."""
        members = json.loads(decode_base64_any("".join(self.sent[1:])))
        assert isinstance(members, dict)
        return members

    @property
    def claims(self) -> dict[str, JsonValue]:
        """Those of the token in the answer."""
        return parse_jwt(str(self.answer["signature"])).claims

    @property
    def account(self) -> str:
        assert isinstance(self.reply, SignedIn), self.reply
        return self.reply.success.account

    @property
    def method(self) -> str:
        assert isinstance(self.reply, SignedIn), self.reply
        return self.reply.success.method

    @property
    def reason(self) -> str:
        assert isinstance(self.reply, Refused), self.reply
        return self.reply.reason

    @property
    def code(self) -> str:
        assert isinstance(self.reply, Refused), self.reply
        return self.reply.detail.code if self.reply.detail is not None else ""


@attrs.define
class Place:
    """An IRC server's side of signing in; tokens are remembered over all its connections."""

    resolver: Resolver
    network: Network
    name: str = SERVER
    tokens: TokenMemory = attrs.Factory(TokenMemory)

    def connection(
        self,
        end_point: bytes = END_POINT,
        *,
        bindings: tuple[str, ...] = DEFAULT_FORMS,
        methods: tuple[str, ...] = tuple(METHODS),
    ) -> ServerExchange:
        """The exchange of a new connection."""
        return ServerExchange(
            SaslContext(
                session_id=os.urandom(8).hex(),
                server_name=self.name,
                entropy=os.urandom,
                clock=now,
                resolver=self.resolver,
                confidential=True,
                plain=True,
                end_point=end_point,
                methods=methods,
                bindings=bindings,
                tokens=self.tokens,
            )
        )

    def client(self, credentials: Credentials, *, server: str = SERVER, end_point: bytes = END_POINT) -> ClientExchange:
        """One that dialled ``server``, and sees this channel binding."""
        return ClientExchange(
            credentials,
            expected_server=server,
            authenticated=True,
            resolver=self.resolver,
            clock=now,
            entropy=os.urandom,
            end_point=end_point,
        )

    def sign_in(self, credentials: Credentials | ClientExchange, connection: ServerExchange | None = None) -> Heard:
        """One attempt from beginning to end."""
        client = credentials if isinstance(credentials, ClientExchange) else self.client(credentials)
        server = connection or self.connection()
        sent: list[str] = []
        notices: list[str] = []
        waiting = list(client.begin())
        while waiting:
            sent.append(waiting.pop(0))
            match self.network.run(server.receive(sent[-1], now())):
                case Continue(lines, notice):
                    if notice:
                        notices.append(notice)
                        client.receive_notice(notice)
                    for line in lines:
                        waiting.extend(self.network.run(client.receive(line, now())))
                case Wait():
                    pass
                case reply:
                    return Heard(reply, sent, notices)
        raise AssertionError("both sides wait")

    def handle_of(self, heard: Heard) -> str:
        """The handle that WHOIS would show; the server looks it up after the attempt, unless that was part of it."""
        assert isinstance(heard.reply, SignedIn), heard.reply
        success = heard.reply.success
        if success.handle or success.document is None:
            return success.handle
        return self.network.run(self.resolver.verified_handle(success.document)) or ""

    def challenge(self, connection: ServerExchange) -> str:
        """Begin an attempt; the payload of the server's challenge, which takes one line."""
        match self.network.run(connection.receive("ATPROTO-CHALLENGE", now())):
            case Continue((line,)):
                return line
            case reply:
                raise AssertionError(reply)

    def answer(self, connection: ServerExchange, arguments: Sequence[str]) -> Heard:
        """Send the lines of an answer, whoever made it."""
        for argument in arguments:
            reply = self.network.run(connection.receive(argument, now()))
            if isinstance(reply, SignedIn | Refused):
                return Heard(reply, list(arguments), [])
        raise AssertionError("the server waits")
