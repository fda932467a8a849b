"""The window of recent messages: bounded, oldest out first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeq_proto.boundary import LocalProtocolError
from freeq_proto.history import RecentMessages, Remembered
from freeq_proto.irc import fold


def said(unix_ms: int) -> Remembered:
    return Remembered(target=fold("#freeq"), sender="did:plc:alice", unix_ms=unix_ms)


def test_what_was_remembered_is_found_until_it_is_forgotten() -> None:
    window = RecentMessages(limit=3)
    window.remember("a", said(1))
    assert window.find("a") == said(1)
    assert window.find("A") is None  # message ids are case-sensitive (IRCv3 message-ids)
    window.forget("a")
    window.forget("a")
    assert window.find("a") is None
    assert len(window) == 0


def test_the_oldest_drop_first() -> None:
    window = RecentMessages(limit=2)
    for unix_ms, msgid in enumerate("abc"):
        window.remember(msgid, said(unix_ms))
    assert [window.find(msgid) for msgid in "abc"] == [None, said(1), said(2)]


def test_an_id_remembered_again_counts_as_newest() -> None:
    window = RecentMessages(limit=2)
    for unix_ms, msgid in enumerate("abac"):
        window.remember(msgid, said(unix_ms))
    assert [window.find(msgid) for msgid in "abc"] == [said(2), None, said(3)]


def test_a_window_of_nothing_remembers_nothing() -> None:
    window = RecentMessages(limit=0)
    window.remember("a", said(1))
    assert window.find("a") is None


def test_a_window_of_less_than_nothing_is_the_callers_error() -> None:
    with pytest.raises(LocalProtocolError):
        RecentMessages(limit=-1)


@given(limit=st.integers(0, 5), steps=st.lists(st.tuples(st.booleans(), st.sampled_from("abcdefgh")), max_size=60))
def test_it_holds_the_newest_that_were_not_forgotten(limit: int, steps: list[tuple[bool, str]]) -> None:
    window = RecentMessages(limit)
    newest: list[tuple[str, Remembered]] = []  # oldest first, as the window should be
    for step, (remember, msgid) in enumerate(steps):
        newest = [entry for entry in newest if entry[0] != msgid]
        if remember:
            window.remember(msgid, said(step))
            newest = [*newest, (msgid, said(step))][-limit:] if limit else []
        else:
            window.forget(msgid)
        assert len(window) == len(newest) <= limit
        assert {msgid: window.find(msgid) for msgid in "abcdefgh"} == dict.fromkeys("abcdefgh") | dict(newest)
