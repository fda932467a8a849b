"""What it costs to say a line to a channel, in the core alone: receive, render, owe to every member, hand over.

Run ``python tests/bench/fanout.py [MEMBERS]``. Prints nanoseconds of processor time per delivered line, and the ratio
to rendering that line anew for each member and nothing else. Ratios travel; nanoseconds do not.
"""

import gc
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from freeq_proto.caps import CapSet
from freeq_proto.engine.transports import FRAMES, RAW
from freeq_proto.server.speech import Line
from tests.server.harness import Client, Net

REPETITIONS = 15
SENDERS = 10
TEXT = "x" * 180


def members(count: int, caps: tuple[str, ...] = ()) -> tuple[Net, list[Client]]:
    """A channel with so many members, who all negotiated ``caps``."""
    net = Net(check=False)
    clients = []
    for number in range(count):
        client = net.client(f"u{number}", caps=caps, address=f"10.0.{number // 200}.{number % 200}")
        client.send("JOIN #bench")
        clients.append(client)
    return net, clients


def best(action: Callable[[], int]) -> float:
    """Nanoseconds per delivery in the least disturbed of several runs; ``action`` returns how many it made."""
    times = []
    for _ in range(REPETITIONS):
        began = time.process_time_ns()
        count = action()
        times.append((time.process_time_ns() - began) / count)
    return min(times)


def engine(net: Net, clients: list[Client], lines_per_turn: int) -> Callable[[], int]:
    """Turns in which the senders say so many lines; what they cause is drained and dropped."""
    data = f"PRIVMSG #bench :{TEXT}\r\n".encode()

    def run() -> int:
        turns = max(1, 60 // lines_per_turn)
        for turn in range(turns):
            for line in range(lines_per_turn):
                net.engine.receive_data(clients[(turn + line) % SENDERS].conn, data, net.now)
            net.engine.drain()
        return turns * lines_per_turn * (len(clients) - 1)  # a sender does not hear himself

    return run


def rendering(count: int, caps: CapSet) -> Callable[[], int]:
    """Render for each member, and drop it."""
    net = Net(check=False)
    line = Line(
        f":u0!~u0@abcdefgh.abcdefgh.abcdefgh.cloak PRIVMSG #bench :{TEXT}", net.engine.server.mint.mint(net.now)
    )
    frame = FRAMES[RAW]

    def run() -> int:
        for _ in range(count):
            frame(line.lines(caps))
        return count

    return run


def main() -> None:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    gc.disable()  # as good as: the command sets it so
    for caps in ((), ("message-tags", "server-time", "account-tag")):
        net, clients = members(count, caps)
        plain = best(rendering(count, net.engine.server.world.sessions[clients[0].conn].caps))
        print(
            f"{count} members with {' '.join(caps) or 'no capabilities'}: rendering for each is {plain:.0f} ns a line"
        )
        for lines in (1, 20):
            cost = best(engine(net, clients, lines))
            print(f"  {lines:>3} lines a turn: {cost:>5.0f} ns per delivery, {cost / plain:.2f} times that")


if __name__ == "__main__":
    main()
