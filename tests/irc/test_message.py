"""Messages: splitting a line, and joining one (Modern IRC, "Message Format")."""

import pytest

from freeq_proto.boundary import LocalProtocolError, RemoteProtocolError
from freeq_proto.irc import MalformedMessage, Message, UnrepresentableError

SPLIT = [
    ("PING", Message("PING")),
    ("ping", Message("PING")),
    ("PING a", Message("PING", ["a"])),
    ("PING a b c", Message("PING", ["a", "b", "c"])),
    ("PING :a", Message("PING", ["a"])),
    ("PING a :b c", Message("PING", ["a", "b c"])),
    ("PING a :", Message("PING", ["a", ""])),
    ("PING ::a", Message("PING", [":a"])),
    ("PING a : b  c ", Message("PING", ["a", " b  c "])),
    ("PING a :b :c", Message("PING", ["a", "b :c"])),
    ("PING a:b c:", Message("PING", ["a:b", "c:"])),
    ("001 nick :Welcome", Message("001", ["nick", "Welcome"])),
    (":src PING a", Message("PING", ["a"], "src")),
    (":n!u@h PRIVMSG #c :hi there", Message("PRIVMSG", ["#c", "hi there"], "n!u@h")),
    (":src AWAY ", Message("AWAY", [], "src")),
    (":src MODE #c +n  ", Message("MODE", ["#c", "+n"], "src")),
    (":src  432   #c  :bad nick: no", Message("432", ["#c", "bad nick: no"], "src")),
    ("  PING  a", Message("PING", ["a"])),
    ("  :src  PING", Message("PING", [], "src")),
    (": PING", Message("PING")),  # an empty source says nothing
    ("@a=b;c PING", Message("PING", tags={"a": "b", "c": ""})),
    ("@a=b  :src  PING", Message("PING", [], "src", {"a": "b"})),
    (r"@a=\:\s\\;b=\r\n :s PING", Message("PING", [], "s", {"a": "; \\", "b": "\r\n"})),
    ("@a=:b PING", Message("PING", tags={"a": ":b"})),
    ("@ PING", Message("PING")),
    (":co\tol\x03 PING a\tb", Message("PING", ["a\tb"], "co\tol\x03")),
    ("PING \x1fa\x1d b\x1c \u2028\x85", Message("PING", ["\x1fa\x1d", "b\x1c", "\u2028\x85"])),
    ("PRIVMSG #日本 :こんにちは", Message("PRIVMSG", ["#日本", "こんにちは"])),
    ("A " + " ".join("123456789abcdefgh"), Message("A", list("123456789abcdefgh"))),  # more than fifteen are kept
]

MALFORMED = [
    "",
    " ",
    ":",
    ":src",
    ":src ",
    ":src :PING",
    "  :",
    "@",
    "@a=b",
    "@a=b ",
    "@a=b :src",
    "@a=b @c=d PING",
    "PI\0NG",
    "PING a\0",
    "PING a\rb",
    "PING a\nb",
    "PING\r",
    "PING a\r\r\n",
    "PING\n\n",
    "12 a",
    "1234 a",
    "P1NG",
    "PING: a",
    "MOTD\x1f a",
    "é",
    "ß",  # its upper case would be ASCII
    "٣٣٣",  # digits, but not ASCII
    "²²²",
]


@pytest.mark.parametrize("terminator", ["", "\n", "\r\n"])
@pytest.mark.parametrize(("line", "message"), SPLIT)
def test_splitting(line: str, message: Message, terminator: str) -> None:
    assert Message.parse(line + terminator) == message
    assert Message.parse((line + terminator).encode()) == message


@pytest.mark.parametrize("line", MALFORMED)
def test_what_is_no_message(line: str) -> None:
    with pytest.raises(MalformedMessage):
        Message.parse(line)
    with pytest.raises(MalformedMessage):
        Message.parse(line.encode())


@pytest.mark.parametrize("line", [b"PING \xff", b"PING \xc0\x80", b"PING \xed\xa0\x80", b"\x80", "PING \ud800"])
def test_what_is_no_utf8(line: str | bytes) -> None:
    """RFC 3629: no overlong form, no surrogate."""
    with pytest.raises(MalformedMessage):
        Message.parse(line)


def test_a_malformed_line_is_the_peers_fault() -> None:
    assert issubclass(MalformedMessage, RemoteProtocolError)
    assert issubclass(UnrepresentableError, LocalProtocolError)


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (Message("PING"), "PING"),
        (Message("PING", ["a"]), "PING a"),
        (Message("PING", ["a", "b c"]), "PING a :b c"),
        (Message("PING", ["a", ""]), "PING a :"),
        (Message("PING", [":a"]), "PING ::a"),
        (Message("PING", ["a:b", "c:d"]), "PING a:b c:d"),
        (Message("001", ["n", "Welcome"], "srv"), ":srv 001 n Welcome"),
        (Message("PING", [], "srv", {"a": "b c", "d": ""}), r"@a=b\sc;d :srv PING"),
        (Message("PING", ["\x1f"]), "PING \x1f"),
        (Message("PING", tags={"a": "\r\n"}), r"@a=\r\n PING"),
    ],
)
def test_joining(message: Message, line: str) -> None:
    assert message.format() == line


@pytest.mark.parametrize(
    "message",
    [
        Message(""),
        Message("ping"),  # would come back as PING
        Message("12"),
        Message("PI NG"),
        Message("É"),
        Message("PING", ["", "a"]),
        Message("PING", ["a b", "c"]),
        Message("PING", [":a", "b"]),
        Message("PING", ["a\r\nQUIT"]),
        Message("PING", ["a\n"]),
        Message("PING", ["a\0"]),
        Message("PING", ["\ud800"]),
        Message("PING", [], ""),
        Message("PING", [], "a b"),
        Message("PING", [], "a\nb"),
        Message("PING", tags={"a b": ""}),
        Message("PING", tags={"": ""}),
        Message("PING", tags={"a": "\0"}),
    ],
)
def test_what_no_line_can_carry(message: Message) -> None:
    with pytest.raises(LocalProtocolError):
        message.format()


def test_messages_share_no_default() -> None:
    first, second = Message("PING"), Message("PING")
    first.params.append("a")
    first.tags["a"] = "b"
    assert second == Message("PING")
