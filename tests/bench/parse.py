"""How fast messages are parsed, as a ratio to irctokens on the same lines.

Run it from the root of the repository: ``python tests/bench/parse.py``. Ratios travel between machines, times do not;
the two parsers take turns, so that a busy machine slows both, and the median of the rounds counts.
"""

import importlib
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from freeq_proto.irc import Message

ROUNDS = 15
LINES = 2000

UNTAGGED = (
    b"PING :irc.example.net",
    b"PRIVMSG #chan :has anybody tried the new release yet?",
    b":alice!alice@cloak-1f2e3d.example PRIVMSG #chan :yes, and it works for me",
    b":bob!~bob@2001:db8::1 JOIN #chan",
    b":irc.example.net 353 alice = #chan :@alice +bob carol dave",
    b":irc.example.net MODE #chan +ov alice bob",
)
TAGS = (
    b"@time=2025-01-01T12:00:00.123Z;msgid=01JGH2N5X8Q4T7V9W0Y2Z4A6B8 ",
    b"@time=2025-01-01T12:00:00.123Z;msgid=01JGH2N5X8Q4T7V9W0Y2Z4A6B8;account=did:plc:ewvi7nxzyoun6zhxrhs64oiz ",
    b"@label=17;+draft/reply=01JGH2N5X8Q4T7V9W0Y2Z4A6B8 ",
    b"@batch=77;time=2025-01-01T12:00:00.123Z;+example.com/note=two\\swords ",
)

CORPORA = {
    "untagged": [UNTAGGED[i % len(UNTAGGED)] for i in range(LINES)],
    "half tagged": [
        (TAGS[i // 2 % len(TAGS)] if i % 2 else b"") + UNTAGGED[i // 8 % len(UNTAGGED)] for i in range(LINES)
    ],
}


def seconds(parse: Callable[[bytes], object], lines: list[bytes]) -> float:
    """Parse every line once and return the seconds it took."""
    start = time.perf_counter()
    for line in lines:
        parse(line)
    return time.perf_counter() - start


def load_irctokens() -> Callable[[bytes], object] | None:
    """Return the other parser, if it is installed."""
    try:
        return importlib.import_module("irctokens").tokenise  # type: ignore[no-any-return]  # by name: it is optional
    except ImportError:
        return None


def main() -> None:
    """Print one line per corpus."""
    tokenise = load_irctokens()
    if tokenise is None:
        print("irctokens is not installed: no comparison")
    for name, lines in CORPORA.items():
        ours, theirs = [], []
        for _ in range(ROUNDS):
            ours.append(seconds(Message.parse, lines))
            if tokenise is not None:
                theirs.append(seconds(tokenise, lines))
        report = f"{name:>12}: {statistics.median(ours) / LINES * 1e6:.2f} µs a line"
        if theirs:
            ratio = statistics.median(slow / fast for fast, slow in zip(ours, theirs, strict=True))
            report += f", irctokens {statistics.median(theirs) / LINES * 1e6:.2f} µs: {ratio:.1f} times as fast"
        print(report)


if __name__ == "__main__":
    main()
