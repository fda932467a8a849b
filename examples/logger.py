"""A logger: what is said in channels goes to files, one a channel, with the time at which the server got it.

    python examples/logger.py ircs://irc.example.org logs '#garden' '#kitchen'

It blocks and needs no event loop: one thread here, and those of the client behind it. What was said while the
connection was lost is fetched, where the server keeps history, and written in its place. Ctrl-C ends it.
"""

import contextlib
import datetime
import sys
from pathlib import Path
from urllib.parse import quote, urlsplit

from freeq_proto.boundary import Destination
from freeq_proto.client import (
    ClientConfig,
    ClientEvent,
    HistoryGap,
    Joined,
    Kicked,
    MessageReceived,
    Parted,
    Quit,
    TopicChanged,
)
from freeq_runtime_threaded import CannotConnectError, Client


def lines(event: ClientEvent) -> list[tuple[str, str, int]]:
    """What an event adds to which channel's file, and when it was (milliseconds since 1970, 0 for now)."""
    match event:
        case MessageReceived(is_action=True):
            return [(event.conversation, f"* {event.sender.nick} {event.text}", event.time)]
        case MessageReceived():
            return [
                (event.conversation, f"<{event.sender.nick}> {line}", event.time) for line in event.text.split("\n")
            ]
        case TopicChanged(channel, topic):
            return [(channel, f"-- the topic is {topic!r}", 0)]
        case Joined(channel, who):
            return [(channel, f"-- {who.nick} came", 0)]
        case Parted(channel, who, reason):
            return [(channel, f"-- {who.nick} left: {reason}", 0)]
        case Kicked(channel, nick, by, reason):
            return [(channel, f"-- {by.nick} removed {nick}: {reason}", 0)]
        case Quit(who, channels, reason):
            return [(channel, f"-- {who.nick} left the network: {reason}", 0) for channel in channels]
        case HistoryGap(target):
            return [(target, "-- something that was said meanwhile is missing here", 0)]
        case _:
            return []


def write(folder: Path, channel: str, line: str, unix_ms: int) -> None:
    """Append to a channel's file, whose name no channel's name can make another folder's."""
    now = datetime.datetime.now(datetime.UTC)
    when = datetime.datetime.fromtimestamp(unix_ms / 1000, datetime.UTC) if unix_ms else now
    with (folder / f"{quote(channel.lower(), safe='#')}.log").open("a", encoding="utf-8", errors="replace") as file:
        file.write(f"{when:%Y-%m-%d %H:%M:%S} {line}\n")


def main(server: str, folder: str, *channels: str) -> None:
    url = urlsplit(server)
    destination = Destination(url.hostname or "localhost", url.port or 6697, tls=url.scheme == "ircs")
    Path(folder).mkdir(parents=True, exist_ok=True)
    with Client(ClientConfig(destination=destination, nick="logger", channels=channels)) as client:
        for event in client:
            for channel, line, unix_ms in lines(event):
                if channel.startswith(("#", "&")):  # what is said to us alone is not for a log
                    write(Path(folder), channel, line, unix_ms)


if __name__ == "__main__":
    try:
        with contextlib.suppress(KeyboardInterrupt):
            main(*sys.argv[1:])
    except CannotConnectError as error:
        sys.exit(f"error: {error}")
