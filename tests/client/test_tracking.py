"""Who is where and what they are called, line by line (RFC 1459, and the IRCv3 extensions named at each test)."""

from freeq_proto.client import (
    AccountChanged,
    AwayChanged,
    Bounds,
    HostChanged,
    Invited,
    Joined,
    Kicked,
    ListEntry,
    MembersListed,
    ModeChanged,
    NameChanged,
    NickChanged,
    Parted,
    PresenceChanged,
    Quit,
    Source,
    TopicChanged,
)
from freeq_proto.irc import ModeChange
from tests.client.bridge import Script

BOB = Source("bob", "b", "h")
ALL = "multi-prefix userhost-in-names extended-join account-notify away-notify chghost setname batch account-tag"


def in_room(*, caps: str = ALL, names: str = "@ann!ann@host.test @+bob!b@h carol!c@h", **bounds: int) -> Script:
    script = Script(bounds=Bounds(**bounds))
    script.welcome("PREFIX=(ohv)@%+", "CHANMODES=beI,k,l,imnst", caps=caps)
    script.send(":ann!ann@host.test JOIN #room", f":srv.test 353 ann = #room :{names}", ":srv.test 366 ann #room :End")
    script.program.events.clear()
    return script


def members(script: Script, channel: str = "#room") -> dict[str, str]:
    found = script.client.channel(channel)
    assert found is not None
    return {member.user.nick: member.prefixes for member in found.members.values()}


def own(script: Script) -> tuple[str | None, str | None]:
    return script.client.me.away, script.client.account


def test_names() -> None:
    """multi-prefix and userhost-in-names."""
    script = in_room()
    assert members(script) == {"ann": "@", "bob": "@+", "carol": ""}
    carol = script.client.user("CAROL")
    assert carol is not None
    assert carol.source == Source("carol", "c", "h")


def test_names_with_the_highest_prefix_only() -> None:
    script = in_room(caps="", names="@ann @bob carol")
    script.send(":ann!a@h MODE #room +v bob")
    script.send(":srv.test 353 ann = #room :@ann @bob %carol", ":srv.test 366 ann #room :End")
    assert members(script) == {"ann": "@", "bob": "@+", "carol": "%"}
    script.send(":srv.test 353 ann = #room :@ann +bob carol")
    assert members(script) == {"ann": "@", "bob": "+", "carol": ""}
    assert script.program.take(MembersListed) == []


def test_coming_and_going() -> None:
    """extended-join."""
    script = in_room()
    script.send(":dan!d@h JOIN #room did:x:dan :Dan D.", ":eve!e@h JOIN #room * :Eve", ":dan!d@h PART #ROOM :later")
    dan, eve = script.program.take(Joined)
    assert dan == Joined("#room", Source("dan", "d", "h"), "did:x:dan", "Dan D.")
    assert eve.account is None
    assert script.program.one(Parted) == Parted("#room", Source("dan", "d", "h"), "later")
    assert script.client.user("dan") is None
    script.send(":bob!b@h KICK #room eve :out", ":bob!b@h KICK #room ann", ":bob!b@h QUIT :gone")
    first, second = script.program.take(Kicked)
    assert (first.nick, first.reason, first.is_self) == ("eve", "out", False)
    assert (second.nick, second.is_self) == ("ann", True)
    assert script.client.channels == {}
    assert script.client.user("bob") is None
    assert script.program.take(Quit) == []


def test_a_split_and_its_end() -> None:
    """batches/netsplit: those who are lost and come back are told one by one, and as what they are."""
    script = in_room()
    script.send(
        ":irc.host BATCH +yXNAbvnRHTRBv netsplit irc.hub other.host",
        "@batch=yXNAbvnRHTRBv :bob!b@h QUIT :irc.hub other.host",
        "@batch=yXNAbvnRHTRBv :carol!c@h QUIT :irc.hub other.host",
        ":irc.host BATCH -yXNAbvnRHTRBv",
        ":irc.host BATCH +4lMeQwsaOMs6s netjoin irc.hub other.host",
        "@batch=4lMeQwsaOMs6s :bob!b@h JOIN #room",
        ":irc.host BATCH -4lMeQwsaOMs6s",
    )
    assert [(event.who.nick, event.netsplit, event.channels) for event in script.program.take(Quit)] == [
        ("bob", True, ("#room",)),
        ("carol", True, ("#room",)),
    ]
    assert script.program.one(Joined).netjoin
    assert members(script) == {"ann": "@", "bob": ""}


def test_what_is_told_of_people() -> None:
    """account-notify, away-notify, chghost, setname."""
    script = in_room()
    script.send(
        ":bob!b@h ACCOUNT did:x:bob",
        ":bob!b@h ACCOUNT did:x:bob",
        ":bob!b@h AWAY :lunch",
        ":bob!b@h CHGHOST b2 new.host",
        ":bob!b2@new.host SETNAME :Bob B.",
        ":bob!b2@new.host NICK rob",
    )
    rob = script.client.user("rob")
    assert rob is not None
    assert (rob.account, rob.away, rob.realname) == ("did:x:bob", "lunch", "Bob B.")
    assert rob.source == Source("rob", "b2", "new.host")
    assert script.program.one(AccountChanged) == AccountChanged(BOB, "did:x:bob")
    assert script.program.one(AwayChanged) == AwayChanged(BOB, "lunch")
    assert script.program.one(HostChanged) == HostChanged(BOB, "b2", "new.host")
    assert script.program.one(NameChanged).realname == "Bob B."
    assert script.program.one(NickChanged).nick == "rob"
    assert members(script)["rob"] == "@+"
    script.send(":rob!b2@new.host ACCOUNT *", ":rob!b2@new.host AWAY")
    assert rob.account is None
    assert rob.away is None


def test_ourselves() -> None:
    """RPL_NOWAWAY, RPL_UNAWAY, RPL_UMODEIS, RPL_LOGGEDIN, RPL_VISIBLEHOST, and what is told of anybody."""
    script = in_room()
    script.send(
        ":srv.test 306 ann :You have been marked as being away",
        ":srv.test 221 ann +iw",
        ":ann!ann@host.test MODE ann -w+B",
        ":srv.test 900 ann ann!ann@cloak.test did:x:ann :You are now logged in",
        ":srv.test 396 ann other.cloak :is now your displayed host",
    )
    client = script.client
    assert client.user_modes == "iB"
    assert own(script) == ("", "did:x:ann")
    assert client.me.source == Source("ann", "ann", "other.cloak")
    assert script.program.one(ModeChanged).is_self
    assert script.program.one(AccountChanged).is_self
    script.send(":srv.test 305 ann :back", ":srv.test 901 ann ann!u@h :out", ":ann!ann@other.cloak NICK anna")
    assert own(script) == (None, None)
    assert client.current_nick == "anna"
    assert client.is_me("ANNA")


def test_topics() -> None:
    script = in_room()
    script.send(":srv.test 332 ann #room :old", ":srv.test 333 ann #room bob!b@h 1700000000")
    channel = script.client.channels["#room"]
    assert (channel.topic, channel.topic_by, channel.topic_at) == ("old", "bob!b@h", 1_700_000_000)
    assert script.program.one(TopicChanged) == TopicChanged("#room", "old")
    script.send(":bob!b@h TOPIC #room :new")
    assert script.program.one(TopicChanged) == TopicChanged("#room", "new", BOB)
    script.send(":srv.test 331 ann #room :No topic is set")
    assert channel.topic == ""


def test_modes_and_lists() -> None:
    script = in_room()
    channel = script.client.channels["#room"]
    script.send(":bob!b@h MODE #room +mkl-o+b key 5 bob *!*@x")
    assert script.program.one(ModeChanged).changes == (
        ModeChange(True, "m"),
        ModeChange(True, "k", "key"),
        ModeChange(True, "l", "5"),
        ModeChange(False, "o", "bob"),
        ModeChange(True, "b", "*!*@x"),
    )
    assert channel.modes == {"m": None, "k": "key", "l": "5"}
    assert members(script)["bob"] == "+"
    assert channel.lists["b"]["*!*@x"].set_by == "bob!b@h"
    script.send(":bob!b@h MODE #room -lb-k *!*@x key")
    assert channel.modes == {"m": None}
    assert channel.lists["b"] == {}
    script.send(
        ":srv.test 324 ann #room +ntl 7",
        ":srv.test 329 ann #room 1700000000",
        ":srv.test 367 ann #room *!*@y bob 1700000001",
        ":srv.test 348 ann #room *!*@z",
    )
    assert channel.modes == {"n": None, "t": None, "l": "7"}
    assert channel.created_at == 1_700_000_000
    assert channel.lists["b"] == {"*!*@y": ListEntry("*!*@y", "bob", 1_700_000_001)}
    assert channel.lists["e"] == {"*!*@z": ListEntry("*!*@z")}


def test_invitations_and_presence() -> None:
    """invite-notify; MONITOR."""
    script = in_room()
    script.send(":bob!b@h INVITE ann #x", ":bob!b@h INVITE carol #room")
    script.send(":srv.test 730 ann :x!u@h,y", ":srv.test 731 ann z")
    assert [event.is_self for event in script.program.take(Invited)] == [True, False]
    assert script.program.take(PresenceChanged) == [
        PresenceChanged("x", True),
        PresenceChanged("y", True),
        PresenceChanged("z", False),
    ]


def test_strangers_change_nothing() -> None:
    script = in_room()
    before = members(script)
    script.send(
        ":x!x@x QUIT :x", ":x!x@x NICK y", ":x!x@x PART #room", ":bob!b@h KICK #other ann", ":bob!b@h PART #other",
        ":x!x@x JOIN #other", ":x!x@x MODE #other +o ann", ":x!x@x AWAY :x", ":x!x@x ACCOUNT x", ":x!x@x CHGHOST a b",
        "JOIN", "PART", "KICK #room", "MODE", "MODE #room", "NICK", "353", "353 ann = #room", ":srv.test 366 ann",
    )  # fmt: skip
    assert members(script) == before


def test_a_ghost_makes_room() -> None:
    """A QUIT that we never heard must not leave two people under one nick."""
    script = in_room()
    script.send(":bob!b@h NICK carol")
    assert members(script) == {"ann": "@", "carol": "@+"}


def test_members_and_channels_are_bounded() -> None:
    script = in_room(members=5, channels=2, list_entries=1)
    script.send(*(f":u{n}!u@h JOIN #room" for n in range(9)), ":srv.test 353 ann = #room :v!v@v w!w@w")
    script.send(
        *(f":ann!ann@host.test JOIN #c{n}" for n in range(4)), *(f":bob!b@h MODE #room +b {n}" for n in range(3))
    )
    assert len(members(script)) == 5
    assert list(script.client.channels) == ["#room", "#c0"]
    assert list(script.client.channels["#room"].lists["b"]) == ["0"]


def test_members_of_all_channels_are_bounded_together() -> None:
    script = in_room(all_members=5)
    script.send(
        ":ann!ann@host.test JOIN #b", ":srv.test 353 ann = #b :ann @bob carol dave", ":srv.test 366 ann #b :End"
    )
    assert members(script, "#b") == {"ann": "", "bob": "@"}
    room, b = script.client.channels["#room"], script.client.channels["#b"]
    assert (room.incomplete, b.incomplete) == (False, True)
    script.send(":srv.test 353 ann = #b :ann +bob carol", ":bob!b@h PART #room", ":dave!d@h JOIN #b")
    assert members(script, "#b") == {"ann": "", "bob": "+", "dave": ""}
    script.send(":bob!b@h QUIT", ":ann!a@h PART #b", ":ann!a@h PART #room")
    assert script.client._core.world.memberships == 0


def test_we_are_always_a_member_of_our_channels() -> None:
    script = in_room(all_members=3)
    script.send(":ann!ann@host.test JOIN #b")
    assert members(script, "#b") == {"ann": ""}


def test_nobody_else_can_have_our_nick() -> None:
    script = in_room()
    script.send(":bob!b@h NICK Ann", ":bob!b@h NICK :ann")
    assert members(script) == {"ann": "@", "bob": "@+", "carol": ""}
    assert script.client.user("ann") is script.client.me
    assert script.program.take(NickChanged) == []


def test_we_can_have_no_nick_that_is_no_word() -> None:
    """It would stand in lines of ours: in MODE on ourselves, once we are registered."""
    script = Script(user_modes="+B")
    script.send(":srv.test 001 ann :Hi", ":ann!a@h NICK :a b", ":ann!a@h NICK :")
    script.said()
    assert script.ask(":srv.test 422 ann :-") == ["MODE ann +B"]


def test_a_casemapping_that_comes_late() -> None:
    """005 after the first names are known: they are indexed anew."""
    script = Script()
    script.send(":srv.test 001 ann :Hi", ":ann!a@h JOIN #[x]", ":srv.test 353 ann = #[x] :ann N[]")
    assert script.client.channel("#{X}") is not None
    script.send(":srv.test 005 ann CASEMAPPING=ascii :are supported")
    assert script.client.channel("#{X}") is None
    assert script.client.channel("#[X]") is not None
    assert script.client.user("n[]") is not None
    assert script.client.user("n{}") is None
