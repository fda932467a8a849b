"""Lines that a server could send: lawful ones, nearly lawful ones, and noise."""

from typing import Final

from hypothesis import strategies as st

from freeq_proto.client.numerics import NUMERICS
from freeq_proto.client.requests import SHAPES
from freeq_proto.client.tracking import COMMANDS

NICKS: Final = ("ann", "ANN", "bob", "carol", "ann[]", "ANN{}", "srv.test", "*", "")
CHANNELS: Final = ("#a", "#A", "#b", "&x", "@#a", "notachannel", "")
WORDS: Final = (
    *(
        "+o",
        "-o",
        "+b",
        "+kl",
        "-k",
        "+zz",
        "ann",
        "bob",
        "@ann",
        "+bob!b@h",
        "*",
        "0",
        "1760000000",
        "LS",
        "ACK",
        "NEW",
    ),
    *(
        ":",
        "",
        "x" * 300,
        "y" * 3000,
        "#a b",
        ":#a",
        "+k",
        "é\x01ACTION x\x01",
        "\x01ACTION waves\x01",
        "\x01VERSION\x01",
        "timestamp=x",
        "TARGETS",
    ),
    *(
        "sts=port=6697,duration=10",
        "sasl=PLAIN",
        "labeled-response",
        "batch",
        "draft/multiline=max-bytes=40,max-lines=2",
    ),
    *("PREFIX=(ov)@+", "PREFIX=(", "CHANMODES=b,k,l", "CASEMAPPING=ascii", "LINELEN=99999999999", "MODES=0", "-PREFIX"),
    *("+1", "-1", "+2", "-2", "chathistory", "draft/multiline", "netsplit", "labeled-response", "+", "msgid=1"),
)
TAGS: Final = (
    *(
        "",
        "",
        "",
        "@batch=1 ",
        "@batch=2;draft/multiline-concat ",
        "@label=1 ",
        "@label=2 ",
        "@msgid=m1 ",
        "@msgid=m2 ",
    ),
    *(
        "@time=2025-01-31T23:59:59.123Z;account=did:x:y ",
        "@+typing=active ",
        "@+draft/react=x;+draft/reply=m1 ",
        "@=;; ",
    ),
    *("@+draft/edit=m1 ", "@+draft/delete=m1 ", "@account=* "),
)
SOURCES: Final = ("", ":srv.test ", ":ann!a@h ", ":bob!b@h ", ":carol ", ":!@ ", ":bob!b ")
OTHERS: Final = (
    "PRIVMSG NOTICE TAGMSG REDACT BATCH CAP AUTHENTICATE ACK FAIL WARN PING PONG CHATHISTORY KILL X"
).split(" ")
CODES: Final = ("001", "004", "376", "401", "403", "433", "465", "473", "731", "903", "904", "908", "999")

commands = st.sampled_from(
    sorted({*COMMANDS, *NUMERICS, *OTHERS, *CODES, *(code for shape in SHAPES.values() for code in shape.ends)})
)
params = st.lists(st.sampled_from((*NICKS, *CHANNELS, *WORDS)), max_size=6).map(tuple)


def _line(tags: str, source: str, command: str, given: tuple[str, ...]) -> str:
    middle = [word for word in given[:-1] if word and " " not in word and not word.startswith(":")]
    return tags + source + " ".join([command, *middle, *(":" + word for word in given[-1:])])


lines = st.builds(_line, st.sampled_from(TAGS), st.sampled_from(SOURCES), commands, params)
noise = st.binary(max_size=60) | st.sampled_from(
    (b"\0", b"\r", b"\n\n", b"\xff\xfe", b"@" * 9000, b":" * 600, b"x" * 9000)
)
streams = st.lists(lines.map(lambda line: line.encode() + b"\r\n") | noise, max_size=30).map(b"".join).filter(bool)
"""Bytes that mean something in part."""
