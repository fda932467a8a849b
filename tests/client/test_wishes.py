"""What a program wished for holds on every connection: its nick, its absence, its modes."""

import pytest

from freeq_proto.boundary import LocalProtocolError
from freeq_proto.client import ErrorReply, NickChanged, Times
from tests.client.bridge import Bridge, Script


def again(script: Script, *isupport: str, nick: str = "ann") -> list[str]:
    """Lose the connection and come back; what is said from then on."""
    script.lose()
    script.pass_time(5)
    script.said()
    script.accept()
    begun = script.said()
    script.send(
        f":srv.test 001 {nick} :Welcome",
        f":srv.test 005 {nick} {' '.join(('X', *isupport))} :are supported by this server",
    )
    return begun + script.ask(f":srv.test 422 {nick} :No MOTD")


# --- nick ----------------------------------------------------------------------------------------------------------


def test_the_nick_that_is_asked_for_is_the_wanted_one() -> None:
    """On a server with MONITOR the nick of before is not taken back; after a reconnection the new one is."""
    script = Script()
    script.welcome("MONITOR=10")
    script.client.nick("lady", script.now)
    assert script.said() == ["NICK lady"]
    assert script.ask(":ann!ann@host.test NICK lady") == []
    assert script.program.one(NickChanged).nick == "lady"
    assert "NICK lady" in again(script, nick="lady")


def test_a_nick_that_is_refused_is_not_wanted() -> None:
    script = Script()
    script.welcome("MONITOR=10")
    script.client.nick("bob", script.now)
    script.said()
    assert script.ask(":srv.test 433 ann bob :Nickname is already in use") == []
    assert script.program.one(ErrorReply).code == "433"
    assert script.ask(":ann!ann@host.test NICK bob") == ["MONITOR + ann"]
    assert "NICK ann" in again(script)


def test_a_nick_that_a_server_forces_on_us_is_not_wanted() -> None:
    script = Script()
    script.welcome("MONITOR=10")
    assert script.ask(":ann!ann@host.test NICK guest1") == ["MONITOR + ann"]
    assert script.ask(":srv.test 731 guest1 :ann") == ["NICK ann"]


def test_a_nick_that_is_free_is_asked_for_once() -> None:
    """Until the server answers, or the time to try again has come."""
    script = Script(times=Times(regain=60))
    script.welcome("MONITOR=10")
    script.ask(":ann!ann@host.test NICK guest1")
    assert script.ask(*[":srv.test 731 guest1 :ann"] * 50) == ["NICK ann"]
    assert script.ask(":srv.test 433 guest1 ann :In use", *[":srv.test 731 guest1 :ann"] * 50) == ["NICK ann"]
    script.pass_time(59)
    script.send(":srv.test PONG x")
    script.pass_time(2)
    assert script.ask(":srv.test 731 guest1 :ann") == ["NICK ann"]


def test_another_wish_ends_the_waiting_for_the_first() -> None:
    script = Script(alternatives=("ann2",))
    script.send(":srv.test 433 * ann :Nickname is already in use")
    script.send(":srv.test 001 ann2 :Hi ann2!ann@h", ":srv.test 005 ann2 MONITOR=10 :are supported")
    script.send(":srv.test 422 ann2 :No MOTD")
    script.client.nick("lady", script.now)
    script.said()
    assert script.ask(":ann2!ann@h NICK lady") == ["MONITOR - ann"]
    assert script.ask(":srv.test 731 lady :ann") == []


def test_a_nick_may_be_wished_for_at_any_time() -> None:
    script = Script(connect=False)
    script.client.nick("lady", script.now)
    script.lose()
    script.pass_time(2)
    script.accept()
    assert "NICK lady" in script.said()
    script.client.nick("dame", script.now)
    script.send(":srv.test 001 lady :Hi")
    script.said()
    assert script.ask(":srv.test 422 lady :-") == ["NICK dame"]


def test_the_new_nick_holds_on_our_server() -> None:
    bridge = Bridge()
    ann = bridge.client("ann")
    ann.client.nick("lady", bridge.now)
    bridge.settle()
    bridge.cut(ann)
    bridge.pass_time(5)
    assert ann.client.current_nick == "lady"


# --- away and modes ------------------------------------------------------------------------------------------------


def test_away_is_said_again() -> None:
    script = Script()
    script.client.away(script.now, message="at lunch")
    script.said()
    script.send(":srv.test 001 ann :Hi")
    assert script.ask(":srv.test 422 ann :-") == ["AWAY :at lunch"]
    assert again(script)[-1:] == ["AWAY :at lunch"]
    script.client.away(script.now)
    assert script.said() == ["AWAY"]
    assert "AWAY" not in "".join(again(script))


def test_an_absence_that_cannot_be_said_is_not_wished() -> None:
    script = Script()
    script.welcome()
    for message in ("a\nb", "x" * 600):
        with pytest.raises(LocalProtocolError):
            script.client.away(script.now, message=message)
    assert "AWAY" not in "".join(again(script))


def test_an_absence_that_the_next_server_has_no_room_for_is_left_out() -> None:
    script = Script(channels=("#a",))
    script.welcome("LINELEN=2048")
    script.client.away(script.now, message="x" * 1000)
    assert again(script)[-1:] == ["JOIN #a"]


def test_our_modes_are_set_again() -> None:
    """Those of the configuration first; a mode with an argument (a snomask) is not remembered."""
    script = Script(user_modes="+iB")
    script.welcome()
    for changes, *arguments in (("+wx",), ("-i",), ("+s", "+cF"), ("+w-x",)):
        script.client.mode("ANN", changes, *arguments, now=script.now)
    script.client.mode("#a", "+m", now=script.now)
    assert again(script)[-2:] == ["MODE ann +iB", "MODE ann -i+w-x"]
