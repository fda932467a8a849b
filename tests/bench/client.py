"""How many lines a client parses, tracks and tells in a second; it asserts nothing.

Run it from the root of the repository: ``python tests/bench/client.py``. The client is in one channel with a thousand
members. Chat is what a busy channel is full of; presence is people who come and go; a join is what the server says when
we enter that channel.
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.client.bridge import Script

CAPS = "message-tags server-time account-tag batch labeled-response multi-prefix extended-join away-notify"
MEMBERS = 1_000
LINES = 5_000
ROUNDS = 7
TAGS = "time=2025-01-01T12:00:00.123Z;msgid=01JGH2N5X8Q4T7V9W0Y2Z{:06};account=did:plc:ewvi7nxzyoun6zhxrhs64oiz"


def client() -> Script:
    """A client in a channel."""
    script = Script()
    script.welcome("CASEMAPPING=ascii", caps=CAPS)
    script.send(*entering())
    return script


def entering() -> list[str]:
    """What the server says when we enter the channel."""
    nicks = [f"user{n}" for n in range(MEMBERS)]
    names = [f":srv.test 353 ann = #room :{' '.join(nicks[at : at + 40])}" for at in range(0, MEMBERS, 40)]
    return [":ann!ann@host.test JOIN #room * :Ann", *names, ":srv.test 366 ann #room :End of /NAMES list"]


def chat() -> list[str]:
    """Tagged messages of many, each with an id of its own."""
    return [
        f"@{TAGS.format(n)} :user{n % MEMBERS}!u@cloak-1f2e3d.example PRIVMSG #room :yes, and it works for me {n}"
        for n in range(LINES)
    ]


def plain() -> list[str]:
    """The same without tags, as from a server that knows none."""
    return [f":user{n % MEMBERS}!u@host PRIVMSG #room :yes, and it works for me {n}" for n in range(LINES)]


def presence() -> list[str]:
    """People who come, are given voice, change their nick, go away and quit."""
    lines = []
    for n in range(LINES // 5):
        mask = f"guest{n}!g@cloak.example"
        lines += [
            f":{mask} JOIN #room * :Guest",
            f":user1!u@h MODE #room +v guest{n}",
            f":{mask} NICK visitor{n}",
            f":visitor{n}!g@cloak.example AWAY :lunch",
            f":visitor{n}!g@cloak.example QUIT :bye",
        ]
    return lines


def measure(lines: Callable[[], list[str]]) -> float:
    """Lines in a second, in pieces as a socket would deliver them."""
    data = "".join(f"{line}\r\n" for line in lines()).encode()
    chunks = [data[at : at + 65_536] for at in range(0, len(data), 65_536)]
    rates = []
    for _ in range(ROUNDS):
        script = client()
        started = time.perf_counter()
        for chunk in chunks:
            script.client.receive_data(script.conn, chunk, script.now)
            script.client.drain()
        rates.append(data.count(b"\n") / (time.perf_counter() - started))
    return statistics.median(rates)


if __name__ == "__main__":
    for name, lines in (("chat with tags", chat), ("chat without", plain), ("presence", presence), ("join", entering)):
        print(f"{name:16}{measure(lines):10,.0f} lines/s")
