"""A replay fails where the server says too little, too much, or something else."""

import pytest

from tests.conformance.replay import replay
from tests.conformance.settings import configuration
from tests.conformance.simulator import simulator
from tests.conformance.transcript import parse

HEAD = "It.\nspec: https://example.org\nclient: alice\nclient: bob\n\n"


def play(body: str) -> None:
    transcript = parse("sample", HEAD + body)
    with simulator(configuration(())) as harness:
        replay(transcript, harness)


def test_what_is_right() -> None:
    play("alice> PRIVMSG bob :one\nalice> PRIVMSG bob :two\nbob<+ :alice!~alice@<host> PRIVMSG bob <word>\n")
    play("alice> PING a\nalice> PING b\nalice<~ :<server> PONG <server> b\nalice<~ :<server> PONG <server> a\n")
    play("alice> QUIT\nalice< ERROR <text>\nalice closed\nalice connects\nalice> PING a\nalice< :<server> PONG <*>\n")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("alice> PONG\nalice< PONG\n", "line 7 did not come"),
        ("alice> PRIVMSG bob :one\nbob< :<*> PRIVMSG bob two\n", "'one' is not 'two'"),
        ("alice> PRIVMSG bob :one\n\nalice> QUIT\nalice< <*>\nalice closed\n", "1 lines too many"),
        ("alice> PING a\nalice> PING b\nalice< :<server> PONG <*>\n", "1 lines too many"),
        ("alice> PING a\nalice<~ :<server> PONG <server> a\nalice<~ :<server> PONG <server> b\n", "line 8 did not"),
        ("alice> PING a\nalice<+ :<server> PONG <server> a\nalice<+ :<server> PONG <*>\n", "line 8 did not come"),
        ("alice> PING a\nalice closed\n", "the server says nothing more, and does not close"),
        ("alice> QUIT\nbob< <*>\n", "the server ended the connection of alice"),
    ],
)
def test_what_is_wrong(body: str, why: str) -> None:
    with pytest.raises(AssertionError, match=why):
        play(body)
