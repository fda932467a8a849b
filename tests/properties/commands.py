"""Lines that clients could send: valid ones, nearly valid ones, and noise."""

from typing import Final

from hypothesis import strategies as st

from freeq_proto.server.commands import COMMANDS

NICKS: Final = ("alice", "bob", "carol", "dave", "ALICE", "x[]", "nobody", "did:plc:z72i7hdynmk6r22z27h6tvur")
CHANNELS: Final = ("#a", "#B", "#b", "#é", "#none", "0", "bad", "#a,#b", "@#a", "+#b", "#a,#a,#c")
MASKS: Final = ("*!*@*", "alice", "a*!?@*.cloak", "~a:did:plc:*", "~account:x", "did:plc:z72i7hdynmk6r22z27h6tvur")
WORDS: Final = (
    "",
    ":",
    ": two words ",
    "+v",
    "x" * 300,
    "é" * 200,
    "\x02bold\x1f",
    "\x01ACTION x\x01",
    "\x01VERSION\x01",
)
MODES: Final = (
    "+m",
    "-m",
    "+ov",
    "-o",
    "+vh",
    "-vh",
    "+b",
    "-b",
    "b",
    "+k",
    "+lk",
    "-lk",
    "+i",
    "+nst-R",
    "+q",
    "xyz",
    "+I-e",
    "+B",
)
CAPS: Final = (
    "multi-prefix message-tags server-time account-tag batch labeled-response echo-message",
    "multi-prefix extended-join away-notify account-notify invite-notify userhost-in-names",
    "multi-prefix standard-replies setname chghost batch draft/multiline draft/message-redaction message-tags",
    "multi-prefix",
    "multi-prefix echo-message account-notify server-time",
)
ONE_LINE: Final = (
    "JOIN #a",
    "JOIN #b",
    "PART #a",
    "PRIVMSG #a :hello",
    "NOTICE #b :hello",
    "AWAY :gone",
    "AWAY",
    "MODE #a +o bob",
    "MODE #a -o bob",
    "MODE #a +v carol",
    "MODE #b +b *!*@*",
    "MODE #a +s",
    "MODE alice +i",
    "MODE bob +B",
    "KICK #a bob :out",
    "KICK #a carol",
    "INVITE dave #a",
    "TOPIC #a :a topic",
    "NAMES #a",
    "SETNAME :Another",
    "CAP REQ :-multi-prefix multi-prefix",
    "CAP LIST",
    "MONITOR + alice,nobody",
    "BATCH +1 draft/multiline #a",
    "@batch=1 PRIVMSG #a :in a batch",
    "BATCH -1",
    "WHO #a",
    "WHOIS bob",
    "LIST",
    "NICK alice",
    "LOGOUT",
    "NICKS DROP alice",
    "CERT ADD :" + "ab" * 32,
    "CERT DEL " + "ab" * 32,
    "CERT LIST",
)

words = st.sampled_from(NICKS + CHANNELS + MASKS + WORDS + MODES + ("302", "10", "-1", "LS", "LIST", "+", "*", "AND"))
params = st.one_of(
    st.tuples(st.sampled_from(CHANNELS), st.sampled_from(MODES), st.sampled_from(NICKS), st.sampled_from(MASKS)),
    st.tuples(st.sampled_from(CHANNELS), st.sampled_from(WORDS)),
    st.tuples(st.sampled_from(NICKS), st.sampled_from(CHANNELS)),
    st.tuples(st.sampled_from(CHANNELS), st.sampled_from(NICKS), st.sampled_from(WORDS)),
    st.lists(words, max_size=5).map(tuple),
)
tags = st.sampled_from(
    ("", "", "", "@label=x ", "@+typing=active ", "@label=" + "y" * 64 + ";+a=b ", "@batch=1 ", "@=;;; ")
)
quiet_commands = sorted(set(COMMANDS) - {"QUIT", "DIE", "RESTART", "KILL"})


def _line(tag: str, command: str, given: tuple[str, ...]) -> str:
    middle = [word for word in given[:-1] if word and " " not in word and not word.startswith(":")]
    return f"{tag}{' '.join([command, *middle, *(':' + word for word in given[-1:])])}"


def lines(commands: list[str] = quiet_commands) -> st.SearchStrategy[str]:
    """Lines that mean something, often."""
    return st.sampled_from(ONE_LINE) | st.builds(_line, tags, st.sampled_from(commands), params)


noise = st.binary(max_size=60) | st.sampled_from(
    (b"\0", b"\r", b"\n\n", b"\xff\xfe", b"@" * 600, b":" * 600, b"x" * 9000)
)
"""Bytes that mean nothing."""

fragments = (
    st.lists(
        st.one_of(
            lines(sorted(COMMANDS)).map(lambda line: line.encode() + b"\r\n"),
            noise,
            st.sampled_from((b" ", b"\r\n", b"JOIN ")),
        ),
        min_size=1,
        max_size=25,
    )
    .map(b"".join)
    .filter(bool)
)
"""Bytes that mean something in part."""
