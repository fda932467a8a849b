"""Transcripts that are none are refused, and the others mean what they say."""

import pytest

from tests.conformance.transcript import (
    ClientSpec,
    Connect,
    Drop,
    Expectation,
    PassTime,
    Say,
    Transcript,
    TranscriptError,
    parse,
)

HEAD = """\
What it shows.
spec: https://example.org/#a
client: alice
client: bob caps=batch,server-time did later
client: eve new
config: motd=Hello
"""


def read(body: str, head: str = HEAD) -> Transcript:
    return parse("sample", f"{head}\n{body}")


def test_head() -> None:
    transcript = read("alice> PING a\nalice< :<server> PONG <server> a\n")
    assert transcript.title == "What it shows."
    assert transcript.specs == ("https://example.org/#a",)
    assert transcript.config == ("motd=Hello",)
    assert transcript.clients == (
        ClientSpec("alice"),
        ClientSpec("bob", ("batch", "server-time"), signs_in=True, later=True),
        ClientSpec("eve", new=True),
    )


def test_steps() -> None:
    steps = read(
        "alice> ONE\nalice> TWO\n\nalice> THREE\nalice< :<server> 001 <word:nick>\neve<+ :<server> 005 <*>\n"
        "bob connects\neve drops\ntime passes 60 s\nalice>x2 KILL <nick>\nalice closed\n"
    ).steps
    assert [step.action for step in steps] == [
        Say("alice", ("ONE", "TWO")),
        Say("alice", ("THREE",)),
        Connect("bob"),
        Drop("eve"),
        PassTime(60),
        Say("alice", ("KILL <nick>", "KILL <nick>")),
    ]
    assert steps[0].heard == {}
    assert steps[1].heard == {
        "alice": [Expectation(12, "<", ":<server> 001 <word:nick>")],
        "eve": [Expectation(13, "<+", ":<server> 005 <*>")],
    }
    assert steps[-1].closed == ["alice"]


def test_time_that_passes_is_virtual() -> None:
    assert read("time passes 1 s\nalice closed\n").needs_virtual_time
    assert not read("alice> QUIT\nalice closed\n").needs_virtual_time


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("", "it expects nothing"),
        ("alice> PING a\n", "it expects nothing"),
        ("alice< PONG\n", "nothing has happened yet"),
        ("carol> PING a\n", "who is carol"),
        ("bob> PING a\n", "bob is not connected"),
        ("alice connects\n", "alice is connected"),
        ("alice drops\nalice> PING a\n", "alice is not connected"),
        ("alice> QUIT\nalice closed\nalice< ERROR\n", "hears nothing after the end"),
        ("alice> PING a\nalice says hello\n", "this says nothing"),
        ("alice> PING <word>\nalice< PONG\n", "nothing is remembered as <word>"),
        ("alice> PING a\nalice< PONG <nothing>\n", "nothing is remembered as <nothing>"),
        ("alice> PING a\nalice< PONG <nothing:a>\n", "there is no kind 'nothing'"),
        ("alice> AUTHENTICATE <answer:a>\nalice< PONG\n", "there is no challenge <a>"),
    ],
)
def test_a_body_that_is_none(body: str, why: str) -> None:
    with pytest.raises(TranscriptError, match=why):
        read(body)


@pytest.mark.parametrize(
    ("head", "why"),
    [
        ("client: alice\n", "cites its specification"),
        ("spec: https://example.org\n", "nobody takes part"),
        ("spec: https://example.org\nclient: alice loud\n", "what is 'loud'"),
        ("spec: https://example.org\nclient: phone of=alice\n", "who is alice"),
        ("spec: https://example.org\nclient: alice\nclient: alice\n", "there are two of alice"),
        ("spec: https://example.org\nclient: alice new did\n", "negotiates by himself"),
        ("spec: https://example.org\nclient: alice\nalice> PING a\n", "an empty line ends the head"),
        ("spec: https://example.org\nclient: alice silent\n", "alice is silent"),
    ],
)
def test_a_head_that_is_none(head: str, why: str) -> None:
    with pytest.raises(TranscriptError, match=why):
        read("alice> PING a\nalice< PONG\n", head)


def test_the_line_is_named() -> None:
    with pytest.raises(TranscriptError, match=r"^sample:9: "):
        read("alice> PING a\nnonsense\n")
