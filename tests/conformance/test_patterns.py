"""What is equal to a pattern, and what is not."""

import pytest

from tests.conformance.patterns import MismatchError, fill_in, match_line

EQUAL = [
    (":<server> 001 alice :<text>", ":irc.example.org 001 alice :Welcome to it"),
    # A colon that is not needed, and one that is missing where it is not needed.
    (":alice JOIN #a", ":alice JOIN :#a"),
    (":alice JOIN :#a", ":alice JOIN #a"),
    # The order of tags has no meaning; they are compared unescaped.
    ("@time=<time>;msgid=<msgid> PING a", "@msgid=abc;time=2025-10-09T08:53:20.000Z PING a"),
    ("@+a=x\\sy PING a", "@+a=x\\sy PING a"),
    # The rest, however much it is.
    (":<server> 005 <*>", ":irc.example.org 005 alice A B C :are supported"),
    (":<server> 005 <*>", ":irc.example.org 005"),
    ("353 alice = #a :@alice bob", "353 alice = #a :bob @alice"),
    ("730 alice :a!~a@<host>,b", "730 alice :b,a!~a@h"),
    ("A :<0x01>ACTION<0x01>", "A :\x01ACTION\x01"),
    ("A <x*3>", "A xxx"),
    ("A :", "A :"),
    # Letters that mean something to a regular expression mean nothing here.
    ("A a.b*c+[d]", "A a.b*c+[d]"),
]

DIFFERENT = [
    (":<server> 001 alice :<text>", ":irc.example.org 001 alice :"),
    (":<server> 001 alice :<text>", ":other.example.org 001 alice :Hello"),
    (":<server> 001 alice :<text>", "001 alice :Hello"),
    ("PING a", "PING a b"),
    ("PING a b", "PING :a b"),
    ("PING a", "@time=2025-10-09T08:53:20.000Z PING a"),
    ("@msgid=<msgid> PING a", "PING a"),
    ("PING <number>", "PING 1a"),
    ("353 alice = #a :@alice bob", "353 alice = #a :@alice bob carol"),
    ("353 alice = #a :@alice bob", "353 alice = #a :alice bob"),
    ("A a.b", "A axb"),
    ("A <x*3>", "A xxxx"),
    ("A :", "A"),
]


@pytest.mark.parametrize(("pattern", "line"), EQUAL)
def test_equal(pattern: str, line: str) -> None:
    assert match_line(pattern, line, {}) == {}


@pytest.mark.parametrize(("pattern", "line"), DIFFERENT)
def test_different(pattern: str, line: str) -> None:
    with pytest.raises(MismatchError):
        match_line(pattern, line, {})


def test_what_is_remembered() -> None:
    line = "@batch=b1 :alice!u@h1 PRIVMSG #a :one two"
    assert match_line("@batch=<batch:b> :alice!u@<host:where> PRIVMSG #a :one <word:second>", line, {}) == {
        "b": "b1",
        "where": "h1",
        "second": "two",
    }
    with pytest.raises(MismatchError):
        match_line("BATCH -<b>", "BATCH -b2", {"b": "b1"})
    assert match_line("BATCH -<b>", "BATCH -b1", {"b": "b1"}) == {}


def test_remembered_twice_in_one_line() -> None:
    assert match_line(":<word:who> NICK <who>", ":alice NICK alice", {}) == {"who": "alice"}
    with pytest.raises(MismatchError):
        match_line(":<word:who> NICK <who>", ":alice NICK bob", {})


def test_what_is_sent() -> None:
    assert fill_in("A <server> <x*3> <alice.did>", {"alice.did": "did:key:z"}) == b"A irc.example.org xxx did:key:z"
    assert fill_in("A <0xff><0x01>ü LIST <3 >4", {}) == b"A \xff\x01\xc3\xbc LIST <3 >4"
