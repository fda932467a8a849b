"""Nothing is told twice and nothing out of order: history, and what was missed (IRCv3 chathistory)."""

import pytest

from freeq_proto.client import (
    Answered,
    Bounds,
    CatchUp,
    HistoryGap,
    MessageReceived,
    MissingCapabilityError,
    ReactionAdded,
    SendBudget,
)
from tests.client.bridge import Script

CAPS = "batch labeled-response message-tags server-time draft/chathistory"


def started(**changes: object) -> Script:
    script = Script(channels=("#a",), **changes)  # type: ignore[arg-type]  # tests name the fields
    script.welcome("CHATHISTORY=3", caps=CAPS)
    script.send(":ann!ann@h JOIN #a", ":srv.test 366 ann #a :End")
    script.said()
    return script


def line(n: int, *, target: str = "#a", batch: str = "", text: str = "", command: str = "PRIVMSG") -> str:
    tags = f"msgid=m{n};time=2025-01-31T23:59:{n:02}.000Z" + (f";batch={batch}" if batch else "")
    return f"@{tags} :bob!b@h {command} {target} :{text or n}"


def texts(script: Script) -> list[str]:
    return [event.text for event in script.program.take(MessageReceived)]


def back(script: Script) -> list[str]:
    """Lose the connection and come back; what is said after the welcome."""
    script.lose()
    script.pass_time(5)
    script.accept()
    for each in script.said():
        if each.startswith("CAP LS"):
            script.send(f":srv.test CAP * LS :{CAPS}")
    for each in script.said():
        if each.startswith("CAP REQ"):
            script.send(f":srv.test CAP * ACK :{each.removeprefix('CAP REQ ').removeprefix(':')}")
    script.said()
    script.send(
        ":srv.test 001 ann :Hi ann!ann@h", ":srv.test 005 ann CHATHISTORY=3 :are supported", ":srv.test 422 ann :-"
    )
    return script.said()


def label_of(line: str) -> str:
    return line.partition("label=")[2].partition(" ")[0]


def answer(script: Script, asked: str, *lines: str, type_: str = "chathistory #a") -> None:
    """A whole answer to a request for history."""
    script.send(f"@label={label_of(asked)} :srv.test BATCH +h {type_}", *lines, ":srv.test BATCH -h")


# --- asked for by the program --------------------------------------------------------------------------------------


def test_history_is_an_answer_of_typed_messages() -> None:
    script = started()
    script.client.history("#a", script.now)
    script.client.history("#a", script.now, before="msgid=m5", limit=2)
    script.client.history("#a", script.now, after="timestamp=2025-01-31T00:00:00.000Z", limit=99)
    script.client.history("#a", script.now, after="msgid=m1", before="msgid=m3")
    asked = script.said()
    assert [each.partition(" ")[2] for each in asked] == [
        "CHATHISTORY LATEST #a * 3",
        "CHATHISTORY BEFORE #a msgid=m5 2",
        "CHATHISTORY AFTER #a timestamp=2025-01-31T00:00:00.000Z 3",
        "CHATHISTORY BETWEEN #a msgid=m1 msgid=m3 3",
    ]
    answer(
        script,
        asked[0],
        line(1, batch="h"),
        "@batch=h :srv.test BATCH +m draft/multiline #a",
        "@batch=m :bob!b@h PRIVMSG #a :two",
        "@batch=m :bob!b@h PRIVMSG #a :lines",
        ":srv.test BATCH -m",
        "@batch=h;time=2025-01-31T23:59:03.000Z;+draft/react=x;+draft/reply=m1 :bob!b@h TAGMSG #a",
        "@batch=h :carol!c@h JOIN #a",
    )
    found = script.program.one(Answered).answer
    assert [event.text for event in found.history if isinstance(event, MessageReceived)] == ["1", "two\nlines"]
    assert all(event.is_history for event in found.history)
    assert isinstance(found.history[2], ReactionAdded)
    assert script.program.take(MessageReceived) == []
    assert script.client.user("carol") is None


def test_a_refused_history() -> None:
    script = started()
    script.client.history("#b", script.now)
    script.send(f"@label={label_of(script.said()[0])} FAIL CHATHISTORY INVALID_TARGET LATEST #b :Unknown")
    assert script.program.one(Answered).answer.reason == "Unknown"


def test_history_without_labels() -> None:
    script = Script()
    script.welcome("CHATHISTORY=50", caps="batch server-time draft/chathistory")
    script.client.history("#a", script.now)
    assert script.said() == ["CHATHISTORY LATEST #a * 50", "PING freeq-answered-1"]
    script.send("BATCH +h chathistory #a", line(1, batch="h"), "BATCH -h", "PONG srv.test freeq-answered-1")
    assert len(script.program.one(Answered).answer.history) == 1


def test_targets() -> None:
    """Both forms of the lines: with the time as a parameter, and as a tag."""
    script = started()
    script.client.history_targets(0, 1_000, script.now)
    (asked,) = script.said()
    assert asked.endswith("TARGETS timestamp=1970-01-01T00:00:00.000Z timestamp=1970-01-01T00:00:01.000Z 3")
    answer(
        script,
        asked,
        "@batch=h :srv.test CHATHISTORY TARGETS #a 2025-01-31T23:59:59.123Z",
        "@batch=h;time=2025-01-31T23:59:59.123Z :srv.test CHATHISTORY TARGETS bob",
        type_="draft/chathistory-targets",
    )
    at = 1738367999123
    assert script.program.one(Answered).answer.targets == (("#a", at), ("bob", at))


def test_a_server_without_history() -> None:
    script = Script()
    script.welcome()
    with pytest.raises(MissingCapabilityError):
        script.client.history("#a", script.now)


def test_a_playback_that_nobody_asked_for() -> None:
    """Bouncers play back by themselves: told once, as history."""
    script = started()
    script.send(line(1))
    script.send("BATCH +h chathistory #a", line(1, batch="h"), line(2, batch="h"), "BATCH -h")
    events = script.program.take(MessageReceived)
    assert [(event.text, event.is_history) for event in events] == [("1", False), ("2", True)]


# --- missed --------------------------------------------------------------------------------------------------------


def test_what_was_missed_is_fetched_and_told_in_order_and_once() -> None:
    script = started(catch_up=CatchUp(conversations=0))
    script.send(line(1), line(2))
    assert texts(script) == ["1", "2"]
    assert back(script) == ["JOIN #a"]
    (asked,) = script.ask(":ann!ann@h JOIN #a", line(6))
    assert asked.endswith("CHATHISTORY AFTER #a msgid=m2 3")
    assert texts(script) == []
    answer(script, asked, line(3, batch="h"), line(4, batch="h"), line(5, batch="h"))
    (asked,) = script.said()
    assert asked.endswith("CHATHISTORY AFTER #a msgid=m5 3")
    script.send(line(7))
    answer(script, asked, line(6, batch="h"))
    script.send(line(8))
    assert texts(script) == ["3", "4", "5", "6", "7", "8"]
    assert script.program.take(HistoryGap) == []


def test_a_server_that_knows_no_msgids_as_bounds() -> None:
    """MSGREFTYPES; a time excludes its whole millisecond, so the one before it is named."""
    script = started(catch_up=CatchUp(conversations=0))
    script.send(":srv.test 005 ann MSGREFTYPES=timestamp :are supported", line(2))
    back(script)
    script.send(":srv.test 005 ann MSGREFTYPES=timestamp :are supported")
    (asked,) = script.ask(":ann!ann@h JOIN #a")
    assert asked.endswith("AFTER #a timestamp=2025-01-31T23:59:01.999Z 3")
    answer(script, asked, line(2, batch="h"), line(3, batch="h"))
    assert texts(script) == ["2", "3"]


def test_a_message_that_the_server_forgot() -> None:
    """INVALID_MSGREFTYPE, MESSAGE_ERROR and the like: ask by time instead."""
    script = started(catch_up=CatchUp(conversations=0))
    script.send(line(2))
    back(script)
    (asked,) = script.ask(":ann!ann@h JOIN #a")
    (again,) = script.ask(f"@label={label_of(asked)} FAIL CHATHISTORY MESSAGE_ERROR AFTER #a :Unknown message")
    assert again.endswith("AFTER #a timestamp=2025-01-31T23:59:01.999Z 3")
    script.send(f"@label={label_of(again)} FAIL CHATHISTORY MESSAGE_ERROR AFTER #a :Broken")
    assert script.program.one(HistoryGap).target == "#a"


def test_only_messages_say_where_a_conversation_stands() -> None:
    """The ids of reactions and typing notices mean nothing to CHATHISTORY on many servers."""
    script = started(catch_up=CatchUp(conversations=0))
    script.send(line(2), "@msgid=t3;time=2025-01-31T23:59:03.000Z;+typing=active :bob!b@h TAGMSG #a")
    script.send("@msgid=r4;time=2025-01-31T23:59:04.000Z;+draft/react=x;+draft/reply=m2 :bob!b@h TAGMSG #a")
    back(script)
    (asked,) = script.ask(":ann!ann@h JOIN #a")
    assert asked.endswith("AFTER #a msgid=m2 3")
    reaction = "@batch=h;msgid=r4;time=2025-01-31T23:59:04.000Z;+draft/react=x;+draft/reply=m2 :bob!b@h TAGMSG #a"
    answer(script, asked, reaction, line(5, batch="h"))
    assert len(script.program.take(ReactionAdded)) == 1
    assert texts(script) == ["2", "5"]


def test_more_than_is_wanted_leaves_a_gap() -> None:
    script = started(catch_up=CatchUp(messages=3, conversations=0))
    script.send(line(1))
    back(script)
    (asked,) = script.ask(":ann!ann@h JOIN #a", line(9))
    answer(script, asked, *(line(n, batch="h") for n in (2, 3, 4)))
    assert script.program.one(HistoryGap).target == "#a"
    assert texts(script) == ["1", "2", "3", "4", "9"]
    assert script.said() == []


def test_a_fetch_that_fails_leaves_a_gap_and_holds_nothing_back() -> None:
    script = started(catch_up=CatchUp(conversations=0))
    script.send(line(1))
    back(script)
    script.ask(":ann!ann@h JOIN #a", line(5))
    script.pass_time(31)
    assert script.program.one(HistoryGap).target == "#a"
    assert texts(script) == ["1", "5"]


def test_a_connection_lost_over_it_loses_nothing() -> None:
    """What was held stays held, and the next connection fetches again from the same mark."""
    script = started(catch_up=CatchUp(conversations=0))
    script.send(line(1))
    back(script)
    script.ask(":ann!ann@h JOIN #a", line(5))
    assert back(script) == ["JOIN #a"]
    (asked,) = script.ask(":ann!ann@h JOIN #a")
    assert asked.endswith("AFTER #a msgid=m1 3")
    answer(script, asked, line(4, batch="h"), line(5, batch="h"))
    assert texts(script) == ["1", "4", "5"]


@pytest.mark.parametrize("stamp", ["9999-12-31T23:59:59.999Z", "0001-01-01T00:00:00.000Z"])
def test_times_at_the_edge_can_be_asked_from(stamp: str) -> None:
    script = started()
    script.send(f"@time={stamp} :bob!b@h PRIVMSG #a :hi", f"@time={stamp} :bob!b@h PRIVMSG ann :hi")
    assert "CHATHISTORY TARGETS timestamp=" in back(script)[1]
    (asked,) = script.ask(":ann!ann@h JOIN #a")
    assert "CHATHISTORY AFTER #a timestamp=" in asked


def test_direct_messages_that_were_missed() -> None:
    script = started()
    script.send(line(1))
    said = back(script)
    assert said[0] == "JOIN #a"
    assert said[1].partition(" ")[2].startswith("CHATHISTORY TARGETS timestamp=2025-01-31T23:59:00.999Z timestamp=")
    script.send(line(9, target="ann"))
    assert texts(script) == ["1"]
    answer(
        script,
        said[1],
        "@batch=h :srv.test CHATHISTORY TARGETS bob 2025-01-31T23:59:09.000Z",
        "@batch=h :srv.test CHATHISTORY TARGETS #a 2025-01-31T23:59:09.000Z",
        type_="draft/chathistory-targets",
    )
    (asked,) = script.said()
    assert "AFTER bob timestamp=" in asked
    assert texts(script) == []
    answer(script, asked, line(7, target="ann", batch="h"), line(9, target="ann", batch="h"), type_="chathistory bob")
    assert texts(script) == ["7", "9"]


def test_many_channels_are_caught_up_behind_flood_control() -> None:
    names = tuple(f"#c{n}" for n in range(5))
    budget = SendBudget(burst=1, lines_per_second=0.05)
    script = started(catch_up=CatchUp(conversations=0), send_budget=budget)
    script.pass_time(30)
    script.send(*(f":ann!ann@h JOIN {name}" for name in names))
    script.send(*(line(n + 1, target=name) for n, name in enumerate(names)))
    back(script)
    script.pass_time(60)
    script.said()
    script.send(*(f":ann!ann@h JOIN {name}" for name in names))
    for _ in names:
        script.pass_time(21)
        for asked in script.said():
            if "CHATHISTORY" in asked:
                answer(script, asked)
    assert script.program.take(HistoryGap) == []


def test_a_held_conversation_is_told_when_the_client_stops() -> None:
    script = started(catch_up=CatchUp(conversations=0), reconnect=None)
    script.send(line(1))
    assert texts(script) == ["1"]
    script.lose()
    script.client.start(script.now)
    script.drain()
    script.accept()
    script.welcome("CHATHISTORY=3", caps=CAPS)
    script.send(":ann!ann@h JOIN #a", line(5))
    assert texts(script) == []
    script.lose()
    assert texts(script) == ["5"]


def test_what_is_held_is_bounded_in_bytes() -> None:
    """The conversation that holds most is told, and that something is missing before it."""
    script = started(bounds=Bounds(held_bytes=3_000))
    script.send(line(1), line(1, target="#b"))
    back(script)
    script.ask(":ann!ann@h JOIN #a", line(5), line(6, text="x" * 2_600), line(7))
    assert script.program.one(HistoryGap).target == "#a"
    assert texts(script) == ["1", "5", "x" * 2_600, "7"]


def test_only_the_longest_conversation_is_given_up() -> None:
    script = started(bounds=Bounds(held_messages=3))
    script.send(line(1))
    back(script)
    script.ask(":ann!ann@h JOIN #a", line(2), line(3), line(5), line(4, target="ann"))
    assert script.program.one(HistoryGap).target == "#a"
    assert texts(script) == ["1", "2", "3", "5"]


def test_direct_conversations_that_are_given_up_are_named() -> None:
    script = started(bounds=Bounds(held_messages=3))
    script.send(line(1))
    back(script)
    script.send(*(line(n, target="ann") for n in range(2, 5)), ":carol!c@h PRIVMSG ann :x")
    assert [event.target for event in script.program.take(HistoryGap)] == ["bob", "carol"]
    assert texts(script) == ["1", "2", "3", "4", "x"]


def test_a_channel_that_is_left_and_entered_again_is_caught_up_with_anew() -> None:
    """The answer of the first catch-up says nothing about the second."""
    script = started(catch_up=CatchUp(conversations=0))
    script.send(line(1))
    back(script)
    (first,) = script.ask(":ann!ann@h JOIN #a", line(5))
    (second,) = script.ask(":ann!ann@h PART #a", ":ann!ann@h JOIN #a", line(9))
    assert script.program.one(HistoryGap).target == "#a"
    assert texts(script) == ["1", "5"]
    answer(script, first, line(2, batch="h"), line(3, batch="h"), line(4, batch="h"))
    assert texts(script) == []
    assert script.said() == []
    answer(script, second, line(7, batch="h"))
    assert texts(script) == ["7", "9"]


def test_an_answer_tells_nothing_of_other_conversations() -> None:
    """It would move their marks, and what they missed would never be asked for."""
    script = started(catch_up=CatchUp(conversations=0))
    script.send(line(1), ":ann!ann@h JOIN #b", line(2, target="#b"))
    assert back(script) == ["JOIN #a,#b"]
    (asked,) = script.ask(":ann!ann@h JOIN #a")
    others = (line(8, target="#b", batch="h"), line(9, target="ann", batch="h"))
    answer(script, asked, line(3, batch="h"), *others[:1])
    assert texts(script) == ["1", "2", "3"]
    (asked,) = script.ask(":ann!ann@h JOIN #b")
    assert "AFTER #b msgid=m2 " in asked
    answer(script, asked, line(5, target="#b", batch="h"), *others[1:])
    assert texts(script) == ["5"]
