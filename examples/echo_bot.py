"""A bot that repeats what is said to it or in its channel.

    python examples/echo_bot.py ircs://irc.example.org '#garden'

``irc://localhost:6667`` is a server without TLS. It answers with notices, to which no program answers: two bots of this
kind in one channel stay calm. Ctrl-C ends it.
"""

import asyncio
import contextlib
import sys
from urllib.parse import urlsplit

from freeq_proto.boundary import Destination
from freeq_proto.client import ClientConfig, MessageReceived, NotRegisteredError
from freeq_runtime_asyncio import Client


async def main(server: str, channel: str) -> None:
    url = urlsplit(server)
    destination = Destination(url.hostname or "localhost", url.port or 6697, tls=url.scheme == "ircs")
    async with Client(ClientConfig(destination=destination, nick="echo", channels=(channel,))) as client:
        async for event in client:
            match event:
                case MessageReceived(is_echo=False, is_notice=False, is_history=False):
                    with contextlib.suppress(NotRegisteredError):  # the connection was lost; the client comes back
                        await client.notice(event.conversation, event.text, reply_to=event.msgid)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(*sys.argv[1:]))
