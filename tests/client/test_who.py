"""Learning who was in a channel before us (WHOX, as the ircu, Solanum and Ergo families answer it)."""

from freeq_proto.client import Bounds, MembersIdentified, MembersListed, Unhandled
from tests.client.bridge import Bridge, Script

ASK = "WHO {} %tcuhnfar,354"


def enter(script: Script, channel: str, *others: str) -> list[str]:
    return script.ask(
        f":ann!ann@host.test JOIN {channel}",
        f":srv.test 353 ann = {channel} :ann {' '.join(others)}",
        f":srv.test 366 ann {channel} :End of /NAMES list",
    )


def end(channel: str) -> str:
    return f":srv.test 315 ann {channel} :End of /WHO list"


def test_members_are_asked_after() -> None:
    script = Script()
    script.welcome("WHOX")
    assert enter(script, "#a", "bob", "carol") == [ASK.format("#a")]
    assert script.program.take(MembersListed)
    script.send(
        ":srv.test 354 ann 354 #a bob h.test bob G@ annie :Bob B.",
        ":srv.test 354 ann 354 #a carol c.test carol H 0 :Carol",
        ":srv.test 354 ann 354 #a dave d.test dave H 0 :unknown here",
    )
    assert script.program.take(MembersIdentified) == []
    script.send(end("#a"))
    assert script.program.one(MembersIdentified).channel == "#a"
    bob, carol = script.client.user("bob"), script.client.user("carol")
    assert bob is not None
    assert carol is not None
    assert (str(bob.source), bob.account, bob.realname, bob.away) == ("bob!bob@h.test", "annie", "Bob B.", "")
    assert (str(carol.source), carol.account, carol.realname, carol.away) == ("carol!carol@c.test", None, "Carol", None)
    assert script.client.user("dave") is None
    assert [event.message.command for event in script.program.take(Unhandled)] == ["422"]


def test_one_channel_at_a_time() -> None:
    script = Script()
    script.welcome("WHOX", caps="batch labeled-response")
    (asked,) = enter(script, "#a", "bob")
    assert asked.endswith(ASK.format("#a"))
    for name in ("#b", "#c", "#d"):
        assert enter(script, name) == []
    script.send(":ann!ann@host.test PART #b")
    (asked,) = script.ask("@label=1 :srv.test 263 ann WHO :Server load is temporarily too heavy")
    assert asked.endswith(ASK.format("#c"))
    assert script.program.take(MembersIdentified) == []
    script.lose()
    assert script.program.take(MembersIdentified) == []


def test_what_is_not_asked() -> None:
    """Servers without WHOX, channels beyond the configured size, programs that do not want it."""
    script = Script()
    script.welcome()
    assert enter(script, "#a", "bob") == []
    script = Script(whox_members=2)
    script.welcome("WHOX")
    assert enter(script, "#a", "bob", "carol") == []
    assert enter(script, "#b", "bob") == [ASK.format("#b")]
    script = Script(whox_members=0)
    script.welcome("WHOX")
    assert enter(script, "#a") == []


def test_names_that_are_listed_again_are_no_reason() -> None:
    script = Script()
    script.welcome("WHOX")
    enter(script, "#a")
    script.send(end("#a"))
    assert script.ask(":srv.test 366 ann #a :End of /NAMES list") == []


def test_answers_to_a_program_that_asks_by_itself() -> None:
    """Their fields are its own affair."""
    script = Script()
    script.welcome("WHOX")
    enter(script, "#a", "bob")
    script.send(end("#a"))
    script.send(":srv.test 354 ann 12 bob", ":srv.test 354 ann 999 #a x y bob H z :Other order")
    assert [event.message.command for event in script.program.take(Unhandled)] == ["422", "354", "354"]
    bob = script.client.user("bob")
    assert bob is not None
    assert bob.account is None


def test_too_many_requests_are_no_fault() -> None:
    script = Script(bounds=Bounds(requests=0))
    script.welcome("WHOX")
    assert enter(script, "#a", "bob") == []


def test_our_own_server_tells() -> None:
    bridge = Bridge()
    bob = bridge.client("bob", channels=("#a",))
    bob.client.away(bridge.now, message="out")
    bridge.settle()
    ann = bridge.client("ann", channels=("#a",))
    assert ann.one(MembersIdentified).channel == "#a"
    known = ann.client.user("bob")
    assert known is not None
    assert (known.away, known.realname) == ("", "freeq")


def test_a_channel_that_is_entered_again_and_again_waits_once() -> None:
    script = Script(bounds=Bounds(channels=3))
    script.welcome("WHOX")
    for _ in range(9):
        enter(script, "#a")
    assert len(script.client._session.who._waiting) == 1
    for n in range(9):
        enter(script, f"#c{n}")
        script.send(f":ann!ann@host.test PART #c{n}")
    assert len(script.client._session.who._waiting) == 3
