"""Batches that are too long, too many, too deep or never closed (IRCv3 batch)."""

from freeq_proto.client import Answered, Bounds, MessageReceived
from freeq_proto.client.requests import TOO_LONG
from tests.client.bridge import Script

CAPS = "batch labeled-response message-tags server-time draft/multiline=max-bytes=4000"


def script(**changes: object) -> Script:
    played = Script(**changes)  # type: ignore[arg-type]  # tests name the fields
    played.welcome(caps=CAPS)
    played.program.events.clear()
    return played


def texts(played: Script) -> list[str]:
    return [event.text for event in played.program.take(MessageReceived)]


def test_a_batch_that_is_too_long_is_dropped() -> None:
    played = script(bounds=Bounds(batch_bytes=2_000))
    played.send("BATCH +1 draft/multiline #a", *["@batch=1 :n!u@h PRIVMSG #a :" + "x" * 300] * 10, "BATCH -1")
    assert played.program.events == []


def test_the_oldest_of_too_many_open_batches_is_dropped() -> None:
    played = script(bounds=Bounds(batches=3))
    played.send(*(f"BATCH +{n} draft/multiline #a" for n in range(4)))
    played.send(*(f"@batch={n} :n!u@h PRIVMSG #a :{n}" for n in range(4)), *(f"BATCH -{n}" for n in range(4)))
    assert texts(played) == ["0", "1", "2", "3"]  # the first as an ordinary message


def test_batches_that_are_never_closed_cost_no_answer() -> None:
    played = script()
    played.send(*(f":srv.test BATCH +z{n} netsplit a b" for n in range(64)))
    played.client.request("WHOIS", "bob", now=played.now)
    played.send("@label=1 :srv.test BATCH +q labeled-response", "@batch=q :srv.test 311 ann bob u h * :r", "BATCH -q")
    assert [message.command for message in played.program.one(Answered).answer.messages] == ["311"]


def test_the_answer_in_a_dropped_batch_fails() -> None:
    played = script(bounds=Bounds(batches=1))
    played.client.request("WHOIS", "bob", now=played.now)
    played.send("@label=1 :srv.test BATCH +q labeled-response", "BATCH +z netsplit a b")
    assert played.program.one(Answered).answer.failed


def test_empty_batches_cost_something() -> None:
    """A batch of nothing but empty batches is bounded like any other."""
    played = script(bounds=Bounds(batch_bytes=2_000))
    inner = ["@batch=1 BATCH +2 x", "BATCH -2"]
    played.send("BATCH +1 chathistory #a", *inner * 50, "BATCH +3 draft/multiline #a", "@batch=3 :n!u@h PRIVMSG #a y")
    played.send("BATCH -3", "BATCH -1")
    assert texts(played) == ["y"]
    assert played.client._session.batches._size == 0


def test_what_stands_in_a_batch_ends_with_it() -> None:
    played = script()
    played.send("BATCH +1 chathistory #a", "@batch=1 BATCH +2 draft/multiline #a", "@batch=2 :n!u@h PRIVMSG #a x")
    played.send("BATCH -1", "@batch=2 :n!u@h PRIVMSG #a y", "BATCH -2", "BATCH -2", "BATCH -1")
    assert texts(played) == ["x", "y"]
    assert played.client._session.batches._size == 0


def test_a_chain_of_batches_leaves_nothing_behind() -> None:
    """Each stands in one that is closed before it."""
    played = script()
    played.send("BATCH +0 x", *(line for n in range(99) for line in (f"@batch={n} BATCH +{n + 1} x", f"BATCH -{n}")))
    assert not played.client._session.batches._open


def test_batches_nest_so_far_and_no_further() -> None:
    played = script()
    nested = (f"@batch={n} BATCH +{n + 1} x" for n in range(1, 12))
    played.send("BATCH +1 chathistory #a", *nested, "@batch=8 :n!u@h PRIVMSG #a :in", "@batch=9 :n!u@h PRIVMSG #a :out")
    assert texts(played) == ["out"]
    played.send("BATCH -1")
    assert texts(played) == ["in"]


def test_history_that_was_dropped_fails_its_request_without_labels() -> None:
    """The request ends with a PONG, which does not know."""
    played = Script(bounds=Bounds(batch_bytes=1_000))
    played.welcome("CHATHISTORY=9", caps="batch message-tags server-time draft/chathistory")
    played.client.history("#a", played.now)
    ping = played.said()[1].removeprefix("PING ")
    played.send("BATCH +1 chathistory #a", *["@batch=1 :n!u@h PRIVMSG #a :" + "x" * 300] * 10, "BATCH -1")
    played.send(f":srv.test PONG srv.test {ping}")
    assert played.program.one(Answered).answer.reason == TOO_LONG
