"""Requests and their answers, with labels (IRCv3 labeled-response) and without."""

import pytest

from freeq_proto.boundary import LocalProtocolError
from freeq_proto.client import (
    Answer,
    Answered,
    Bounds,
    ErrorReply,
    Joined,
    MessageReceived,
    NotRegisteredError,
    Registered,
    SendBudget,
    StandardReply,
    TooManyRequestsError,
    Unhandled,
)
from tests.client.bridge import Bridge, Script

LABELS = "batch labeled-response message-tags"


def labeled() -> Script:
    script = Script()
    script.welcome(caps=LABELS)
    script.program.events.clear()
    return script


def unlabeled(*isupport: str) -> Script:
    script = Script()
    script.welcome(*isupport)
    script.program.events.clear()
    return script


def answer(script: Script) -> Answer:
    return script.program.one(Answered).answer


def codes(answer: Answer) -> list[str]:
    return [message.command for message in answer.messages]


# --- with labels ---------------------------------------------------------------------------------------------------


def test_one_message_is_an_answer() -> None:
    script = labeled()
    request = script.client.request("PRIVMSG", "nick", "Hello", now=script.now)
    assert script.said() == ["@label=1 PRIVMSG nick Hello"]
    script.send("@label=1 :irc.example.com 401 ann nick :No such nick/channel")
    event = script.program.one(Answered)
    assert event.request == request
    assert event.answer.failed
    assert event.answer.reason == "No such nick/channel"
    assert event.answer.error == event.answer.messages[0]
    assert script.program.events == []


def test_a_batch_is_an_answer() -> None:
    """The example of the specification: WHOIS."""
    script = labeled()
    script.client.request("WHOIS", "nick", now=script.now)
    script.send(
        "@label=1 :irc.example.com BATCH +NMzYSq45x labeled-response",
        "@batch=NMzYSq45x :irc.example.com 311 ann nick ~ident host * :Name",
        ":bob!b@h PRIVMSG ann :in between",
        "@batch=NMzYSq45x :irc.example.com 318 ann nick :End of /WHOIS list.",
        ":irc.example.com BATCH -NMzYSq45x",
    )
    found = answer(script)
    assert codes(found) == ["311", "318"]
    assert not found.failed
    assert script.program.one(MessageReceived).text == "in between"


def test_ack_is_an_answer() -> None:
    script = labeled()
    script.client.request("PONG", "x", now=script.now)
    script.send("@label=1 :irc.example.com ACK")
    assert answer(script) == Answer()


def test_answers_come_in_any_order_and_nest() -> None:
    script = labeled()
    first = script.client.request("JOIN", "#a", now=script.now)
    second = script.client.request("WHOIS", "x", now=script.now)
    script.send(
        "@label=1 :srv.test BATCH +1 labeled-response",
        "@batch=1 :ann!ann@h JOIN #a",
        "@label=2 :srv.test BATCH +2 labeled-response",
        "@batch=1 :srv.test BATCH +3 netjoin a b",
        "@batch=2 :srv.test 318 ann x :End",
        ":srv.test BATCH -2",
        "@batch=3 :bob!b@h JOIN #a",
        ":srv.test BATCH -3",
        "@batch=1 :srv.test 366 ann #a :End",
        ":srv.test BATCH -1",
    )
    events = script.program.take(Answered)
    assert [event.request for event in events] == [second, first]
    assert codes(events[1].answer) == ["JOIN", "JOIN", "366"]
    assert [event.netjoin for event in script.program.take(Joined)] == [False, True]


def test_an_echo_is_an_answer_and_a_message() -> None:
    """labeled-response with echo-message: told as what was said, too."""
    script = labeled()
    script.client.request("PRIVMSG", "#a", "hi", now=script.now)
    script.send("@label=1;msgid=x :ann!ann@h PRIVMSG #a :hi")
    assert codes(answer(script)) == ["PRIVMSG"]
    assert script.program.one(MessageReceived).is_echo


# --- without labels ------------------------------------------------------------------------------------------------


def test_a_numeric_ends_the_answer() -> None:
    """As InspIRCd answers WHOIS."""
    script = unlabeled()
    script.client.request("WHOIS", "Bob", now=script.now)
    assert script.said() == ["WHOIS Bob"]
    script.send(
        ":srv.test 311 ann bob b host.test * :Bob",
        ":carol!c@h PRIVMSG ann :in between",
        ":srv.test 332 ann #other :no part of it",
        ":srv.test 312 ann bob srv.test :A server",
        ":srv.test 318 ann nobody :End of another",
        ":srv.test 318 ann bob :End of /WHOIS list.",
    )
    assert codes(answer(script)) == ["311", "312", "318"]
    assert [event.message.command for event in script.program.take(Unhandled)] == ["318"]


def test_a_failed_whois_still_has_its_end() -> None:
    script = unlabeled()
    script.client.request("WHOIS", "nobody", now=script.now)
    script.send(":srv.test 401 ann nobody :No such nick")
    assert not script.program.take(Answered)
    script.send(":srv.test 318 ann nobody :End of /WHOIS list.")
    found = answer(script)
    assert found.failed
    assert found.reason == "No such nick"
    assert script.program.take(ErrorReply) == []


def test_a_pong_ends_what_has_no_numeric() -> None:
    script = unlabeled()
    script.client.request("TOPIC", "#a", "new", now=script.now)
    assert script.said() == ["TOPIC #a new", "PING freeq-answered-1"]
    script.send(
        ":srv.test 404 ann #elsewhere :Cannot send to channel",
        ":srv.test 482 ann #a :You must be a channel operator",
        ":srv.test PONG srv.test :freeq-answered-1",
    )
    found = answer(script)
    assert codes(found) == ["482"]
    assert found.failed
    assert script.program.one(ErrorReply).code == "404"


def test_what_we_caused_is_part_of_the_answer() -> None:
    script = unlabeled()
    script.client.request("NICK", "anna", now=script.now)
    script.send(":ann!a@h NICK anna", ":srv.test PONG srv.test freeq-answered-1")
    found = answer(script)
    assert codes(found) == ["NICK"]
    assert not found.failed


@pytest.mark.parametrize(
    "refusal",
    [
        ":srv.test 421 ann FROB :Unknown command",
        ":srv.test 461 ann FROB :Not enough parameters",
        "FAIL FROB NOT_NOW * :Later",
    ],
)
def test_a_refusal_of_the_command_fails_the_request(refusal: str) -> None:
    script = unlabeled()
    script.client.request("FROB", now=script.now)
    script.send(refusal, ":srv.test PONG srv.test freeq-answered-1")
    assert answer(script).failed
    assert script.program.take(StandardReply) == []


def test_one_question_at_a_time() -> None:
    script = unlabeled()
    first = script.client.request("WHOIS", "a", now=script.now)
    second = script.client.request("WHOIS", "b", now=script.now)
    assert script.said() == ["WHOIS a"]
    assert script.ask(":srv.test 318 ann a :End") == ["WHOIS b"]
    script.send(":srv.test 318 ann b :End")
    assert [event.request for event in script.program.take(Answered)] == [first, second]


# --- ends ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", [labeled, unlabeled])
def test_an_answer_that_does_not_come(script: "type[Script]") -> None:
    played = script()
    played.client.request("WHOIS", "a", now=played.now, seconds=5)
    played.client.request("WHOIS", "b", now=played.now, seconds=5)
    played.pass_time(11)
    first, second = (event.answer for event in played.program.take(Answered))
    assert first == second == Answer(failed=True, reason="no answer in time")


def test_time_counts_from_the_moment_of_sending() -> None:
    """A request that waits for its turn behind the flood control is not late."""
    script = Script(send_budget=SendBudget(burst=1, lines_per_second=0.1))
    script.welcome(caps=LABELS)
    for nick in "abc":
        script.client.request("WHOIS", nick, now=script.now, seconds=5)
    script.pass_time(12)
    assert [event.request for event in script.program.take(Answered)] == [1]
    assert script.said() == ["@label=1 WHOIS a", "@label=2 WHOIS b"]


def test_a_late_answer_is_not_taken_for_the_next() -> None:
    """Without labels nothing is asked until a PONG shows that the server is past what timed out."""
    script = unlabeled()
    script.client.request("LIST", now=script.now)
    script.client.request("WHOIS", "a", now=script.now)
    script.said()
    script.pass_time(30)
    assert answer(script).failed
    (ping,) = script.said()
    script.client.request("LIST", "#x", now=script.now)
    script.send(":srv.test 322 ann #old 3 :topic", ":srv.test 323 ann :End")
    assert script.said() == []
    assert script.program.take(Answered) == []
    assert script.ask(f":srv.test PONG srv.test {ping.removeprefix('PING ')}") == ["WHOIS a"]
    assert script.ask(":srv.test 318 ann a :End") == ["LIST #x"]
    script.send(":srv.test 322 ann #x 3 :topic", ":srv.test 323 ann :End")
    assert [codes(event.answer) for event in script.program.take(Answered)] == [["318"], ["322", "323"]]


def test_the_pong_of_what_timed_out_is_enough() -> None:
    script = unlabeled()
    script.client.request("CHATHISTORY", "LATEST", "#a", "*", "9", now=script.now)
    ping = script.said()[1]
    script.pass_time(30)
    assert answer(script).failed
    script.client.request("LIST", now=script.now)
    assert script.said() == []
    assert script.ask(f":srv.test PONG srv.test {ping.removeprefix('PING ')}") == ["LIST"]


def test_a_server_that_never_catches_up_fails_all_in_their_time() -> None:
    script = unlabeled()
    for nick in "abc":
        script.client.request("WHOIS", nick, now=script.now, seconds=5)
    script.pass_time(5)
    script.client.request("WHOIS", "d", now=script.now, seconds=7)
    script.pass_time(8)
    assert [event.answer.failed for event in script.program.take(Answered)] == [True] * 4
    script.client.request("WHOIS", "e", now=script.now)
    script.lose()
    assert len(script.program.take(Answered)) == 1


def test_a_lost_connection_answers_everything() -> None:
    script = labeled()
    script.client.request("WHOIS", "a", now=script.now)
    script.lose("cable pulled")
    assert answer(script) == Answer(failed=True, reason="cable pulled")


def test_requests_are_bounded() -> None:
    script = Script(bounds=Bounds(requests=2))
    with pytest.raises(NotRegisteredError):
        script.client.request("WHOIS", "a", now=script.now)
    script.welcome()
    for _ in range(2):
        script.client.request("WHOIS", "a", now=script.now)
    with pytest.raises(TooManyRequestsError):
        script.client.request("WHOIS", "a", now=script.now)


@pytest.mark.parametrize("caps", ["", LABELS])
def test_answers_are_bounded(caps: str) -> None:
    script = Script(bounds=Bounds(answer_bytes=5_000))
    script.welcome(caps=caps)
    script.client.request("LIST", now=script.now)
    script.send("@label=1 BATCH +1 labeled-response", *["@batch=1 :srv.test 322 ann #x 1 :topic"] * 100)
    script.send("@batch=1 :srv.test 323 ann :End", "BATCH -1")
    found = answer(script)
    assert found.failed
    assert found.reason == "the answer was too long"
    assert 10 < len(found.messages) < 30
    assert script.client._session.requests._size == 0


def test_what_comes_after_the_end_of_an_answer_is_not_kept() -> None:
    """The batch of an answer outlives its time: nothing of it counts against the bound any more."""
    script = labeled()
    script.client.request("LIST", now=script.now)
    script.said()
    script.send("@label=1 :srv.test BATCH +b labeled-response", "@batch=b :srv.test 322 ann #a 3 :topic")
    script.pass_time(31)
    assert answer(script).failed
    script.send("@batch=b :srv.test 322 ann #b 3 :topic", ":srv.test BATCH -b")
    assert script.client._session.requests._size == 0


def test_what_cannot_be_sent_is_refused_and_forgotten() -> None:
    script = unlabeled()
    with pytest.raises(LocalProtocolError):
        script.client.request("PRIVMSG", "a b", "c", now=script.now)
    script.client.request("WHOIS", "a", now=script.now)
    assert script.said() == ["WHOIS a"]


def test_against_our_server() -> None:
    """Every command of a session, with labels and without: each request is answered, and failures are seen."""
    for without in ((), ("labeled-response",)):
        bridge = Bridge()
        bridge.client("bob", channels=("#room",))
        ann = bridge.client("ann", without=without)
        assert ann.take(Registered)
        for line, failed in {
            "JOIN #room": False,
            "WHOIS bob": False,
            "WHOIS nobody": True,
            "WHO #room": False,
            "NAMES #room": False,
            "LIST": False,
            "MODE #room": False,
            "MODE #room +m": True,
            "TOPIC #room": False,
            "KICK #room bob": True,
            "PRIVMSG nobody hello": True,
            "FROB": True,
            "JOIN": True,
            "NICK bob": True,
            "AWAY": False,
            "VERSION": False,
            "ISON bob": False,
            "USERHOST bob": False,
            "TIME": False,
        }.items():
            command, *params = line.split(" ")
            ann.client.request(command, *params, now=bridge.now)
            bridge.settle()
            assert (line, ann.one(Answered).answer.failed) == (line, failed)
