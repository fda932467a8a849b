"""A bot that obeys the people whose DIDs it was told, whatever their nicks are just now.

    python examples/command_bot.py ircs://irc.example.org '#garden' --key bot.key --owner did:web:example.org
    python examples/command_bot.py ircs://irc.example.org '#garden' --handle bot.example.org --owner did:plc:…

With ``--key`` it is a did:key of its own: the file is made if it is not there. With ``--handle`` it signs in as an
account of the AT Protocol, with an app password that it asks for (or takes from FREEQ_APP_PASSWORD).

In the channel, or in private, its owners say ``!say TEXT``, ``!topic TEXT``, ``!op NICK``, ``!who NICK`` or ``!quit``.
"""

import argparse
import asyncio
import getpass
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

from freeq_proto.boundary import Destination, KeyType, LocalProtocolError
from freeq_proto.client import ClientConfig, MessageReceived, SignedIn
from freeq_proto.identity import PrivateKey, format_private_key, parse_private_key, public_key_to_did_key
from freeq_proto.sasl import AppPasswordCredentials, Credentials, KeyCredentials
from freeq_runtime_asyncio import CannotConnectError, Client


class Bot:
    """The commands of one channel, and who may use them."""

    def __init__(self, client: Client, channel: str, owners: frozenset[str]) -> None:
        self.client = client
        self.channel = channel
        self.owners = owners
        self.commands: dict[str, Callable[[str], Awaitable[str]]] = {
            "!say": self.say,
            "!topic": self.topic,
            "!op": self.op,
            "!who": self.who,
            "!quit": self.quit,
        }

    async def run(self) -> None:
        """Listen until somebody says ``!quit``."""
        async for event in self.client:
            match event:
                case SignedIn(account):
                    print("signed in as", account, flush=True)
                case MessageReceived(is_echo=False, is_notice=False, is_history=False):
                    await self.obey(event)

    async def obey(self, event: MessageReceived) -> None:
        """Do what an owner says. Nobody but the server can set the tag in which ``account`` stands."""
        word, _, rest = event.text.partition(" ")
        command = self.commands.get(word)
        if command is None:
            return
        try:
            answer = await command(rest) if event.account in self.owners else "I do not know you"
            if answer:
                await self.client.notice(event.conversation, answer, reply_to=event.msgid)
        except LocalProtocolError as error:  # what cannot be said, or the connection was lost meanwhile
            print("not done:", error, flush=True)

    async def say(self, text: str) -> str:
        """Say something in the channel."""
        await self.client.say(self.channel, text)
        return ""

    async def topic(self, text: str) -> str:
        """Set the topic."""
        answer = await self.client.request("TOPIC", self.channel, text)
        return f"the topic was not changed: {answer.reason}" if answer.failed else ""

    async def op(self, nick: str) -> str:
        """Make somebody an operator."""
        answer = await self.client.request("MODE", self.channel, "+o", nick)
        return f"{nick} was not made an operator: {answer.reason}" if answer.failed else ""

    async def who(self, nick: str) -> str:
        """Tell who somebody is."""
        answer = await self.client.request("WHOIS", nick)
        account = next((message.params[2] for message in answer.messages if message.command == "330"), None)
        return answer.reason if answer.failed else f"{nick} is {account or 'a guest'}"

    async def quit(self, reason: str) -> str:
        """Leave."""
        await self.client.stop(reason)
        return ""


def load_or_make_key(path: Path) -> PrivateKey:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return parse_private_key(path.read_text("ascii"))
    key = PrivateKey.derive(KeyType.P256, os.urandom)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(format_private_key(key))
    return key


def credentials(options: argparse.Namespace) -> Credentials:
    if options.handle:
        password = os.environ.get("FREEQ_APP_PASSWORD") or getpass.getpass(f"App password of {options.handle}: ")
        return AppPasswordCredentials(options.handle, password)
    key = load_or_make_key(options.key)
    return KeyCredentials(public_key_to_did_key(key.public_key), key)


async def main(options: argparse.Namespace) -> None:
    url = urlsplit(options.server)
    config = ClientConfig(
        destination=Destination(url.hostname or "localhost", url.port or 6697, tls=url.scheme == "ircs"),
        nick=options.nick,
        channels=(options.channel,),
        credentials=credentials(options),
        require_sign_in=True,
    )
    async with Client(config) as client:
        await Bot(client, options.channel, frozenset(options.owner)).run()


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A bot that obeys DIDs.")
    parser.add_argument("server", help="ircs://HOST, or irc://HOST:PORT without TLS")
    parser.add_argument("channel")
    parser.add_argument("--nick", default="helper")
    parser.add_argument("--owner", action="append", default=[], metavar="DID", help="whom to obey; may be repeated")
    identity = parser.add_mutually_exclusive_group(required=True)
    identity.add_argument("--key", type=Path, metavar="FILE", help="sign in with this did:key, made if it is not there")
    identity.add_argument("--handle", help="sign in as this account, with an app password")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        asyncio.run(main(parse_arguments()))
    except CannotConnectError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        pass
