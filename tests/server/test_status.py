"""AWAY, SETNAME, user modes, MONITOR."""

import pytest

from freeq_proto.irc import fold
from freeq_proto.server import Limits
from freeq_proto.server.welcome import AWAY_LIMIT, REALNAME_LIMIT
from tests.server.harness import SERVER, Client, Net, config
from tests.server.opers import become_operator, config_with_operator


def hostmask(net: Net, nick: str) -> str:
    user = net.engine.server.world.user(nick)
    assert user is not None
    return user.hostmask


def in_a_channel(net: Net, *clients: Client) -> None:
    """Bring clients together; what they heard of it is taken."""
    for client in clients:
        client.send("JOIN #chan")
    for client in clients:
        client.take()


# --- AWAY ----------------------------------------------------------------------------------------------------------


def test_away_and_back() -> None:
    """AWAY message: a text, or none (or an empty one) to be back."""
    net = Net()
    alice = net.client("Alice")
    back = f":{SERVER} 305 Alice :You are no longer marked as being away"
    assert alice.ask("AWAY :gone fishing") == [f":{SERVER} 306 Alice :You have been marked as being away"]
    assert f":{SERVER} 301 Alice Alice :gone fishing" in alice.ask("WHOIS Alice")
    assert alice.ask("AWAY") == [back]
    assert not any(" 301 " in line for line in alice.ask("WHOIS Alice"))
    alice.send("AWAY :again")
    assert alice.ask("AWAY :") == [back]


def test_a_long_away_message_is_cut() -> None:
    """AWAYLEN, in bytes, between characters."""
    net = Net()
    alice = net.client("Alice")
    alice.send("AWAY :" + "é" * AWAY_LIMIT)
    assert f":{SERVER} 301 Alice Alice :{'é' * (AWAY_LIMIT // 2)}" in alice.ask("WHOIS Alice")


def test_away_notify() -> None:
    """https://ircv3.net/specs/extensions/away-notify: when it is set, changed or removed, those who asked are told."""
    net = Net()
    alice, bob, carol = net.client("Alice"), net.client("Bob", caps=["away-notify"]), net.client("Carol")
    in_a_channel(net, alice, bob, carol)
    stranger = net.client("Dora", caps=["away-notify"])
    source = hostmask(net, "Alice")
    alice.send("AWAY :gone")
    assert bob.take() == [f":{source} AWAY :gone"]
    alice.send("AWAY :gone")
    assert bob.take() == [], "nothing changed"
    alice.send("AWAY :gone far")
    assert bob.take() == [f":{source} AWAY :gone far"]
    alice.send("AWAY")
    assert bob.take() == [f":{source} AWAY"]
    alice.send("AWAY")
    assert bob.take() == []
    assert carol.take() == stranger.take() == []


# --- SETNAME -------------------------------------------------------------------------------------------------------


def test_setname_tells_neighbours_and_oneself() -> None:
    """https://ircv3.net/specs/extensions/setname: those with the capability, the sender among them."""
    net = Net()
    alice, bob, carol = (
        net.client("Alice", caps=["setname"]),
        net.client("Bob", caps=["setname"]),
        net.client("Carol"),
    )
    in_a_channel(net, alice, bob, carol)
    line = f":{hostmask(net, 'Alice')} SETNAME :Bruce Wayne <bruce@wayne.enterprises>"
    assert alice.ask("SETNAME :Bruce Wayne <bruce@wayne.enterprises>") == [line]
    assert bob.take() == [line]
    assert carol.take() == []
    assert f":{SERVER} 352 Carol #chan" in carol.ask("WHO Alice")[0]
    assert carol.ask("WHO Alice %r")[0] == f":{SERVER} 354 Carol :Bruce Wayne <bruce@wayne.enterprises>"


def test_setname_without_the_capability_is_silent() -> None:
    net = Net()
    alice = net.client("Alice")
    assert alice.ask("SETNAME Batman") == []
    assert alice.ask("WHO Alice %r")[0] == f":{SERVER} 354 Alice :Batman"


@pytest.mark.parametrize(
    "realname",
    [":", "x" * (REALNAME_LIMIT + 1), "é" * (REALNAME_LIMIT // 2) + "x"],
    ids=["empty", "long", "long in bytes"],
)
def test_setname_refuses_what_is_no_realname(realname: str) -> None:
    """FAIL comes with setname itself; others get it as NOTICE unless they have standard-replies."""
    text = f"A realname has 1 to {REALNAME_LIMIT} bytes"
    fail = f":{SERVER} FAIL SETNAME INVALID_REALNAME :{text}"
    net = Net()
    assert net.client("Alice", caps=["setname"]).ask(f"SETNAME {realname}") == [fail]
    assert net.client("Bob", caps=["standard-replies"]).ask(f"SETNAME {realname}") == [fail]
    assert net.client("Carol").ask(f"SETNAME {realname}") == [f":{SERVER} NOTICE Carol :SETNAME: {text}"]


def test_the_longest_realname_is_accepted() -> None:
    alice = Net().client("Alice", caps=["setname"])
    assert alice.ask("SETNAME " + "x" * REALNAME_LIMIT)[0].endswith("SETNAME :" + "x" * REALNAME_LIMIT)


def test_whoever_is_muted_does_not_speak_through_his_realname() -> None:
    """setname, Errors: CANNOT_CHANGE_REALNAME for any other reason."""
    net = Net()
    alice, bob = net.client("Alice"), net.client("Bob", caps=["setname"])
    in_a_channel(net, alice, bob)
    alice.send("MODE #chan +q Bob!*@*")
    assert bob.ask("SETNAME :look here") == [
        f":{SERVER} FAIL SETNAME CANNOT_CHANGE_REALNAME :Cannot change realname while banned or quieted in #chan"
    ]
    assert bob.ask("WHO Bob %r")[0] == f":{SERVER} 354 Bob :Bob Realname"
    alice.send("MODE #chan -q Bob!*@*")
    assert bob.ask("SETNAME :fine")[0].endswith(" SETNAME :fine")


# --- MODE of a user ------------------------------------------------------------------------------------------------


def test_user_modes_are_shown_set_and_removed() -> None:
    """MODE message, User mode: 221, and MODE with what changed."""
    net = Net()
    alice = net.client("Alice")
    source = hostmask(net, "Alice")
    assert alice.ask("MODE alice") == [f":{SERVER} 221 Alice +"]
    assert alice.ask("MODE Alice +i") == [f":{source} MODE Alice :+i"]
    assert alice.ask("MODE Alice +i") == [], "nothing changed"
    assert alice.ask("MODE Alice wB-i") == [f":{source} MODE Alice :+Bw-i"]
    assert alice.ask("MODE Alice") == [f":{SERVER} 221 Alice +Bw"]
    assert alice.ask("MODE Alice -wB") == [f":{source} MODE Alice :-Bw"]
    assert alice.ask("MODE Alice +i-i") == []
    assert alice.ask("MODE Alice " + "+i-i" * 100 + "+i") == [f":{source} MODE Alice :+i"]


def test_unknown_user_modes_are_reported_once() -> None:
    """Known modes are applied first, then ERR_UMODEUNKNOWNFLAG follows."""
    net = Net()
    alice = net.client("Alice")
    assert alice.ask("MODE Alice +xyiz") == [
        f":{hostmask(net, 'Alice')} MODE Alice :+i",
        f":{SERVER} 501 Alice :Unknown MODE flag",
    ]


@pytest.mark.parametrize("modes", ["", " +i", " +xyz"])
def test_modes_of_others_are_their_own_affair(modes: str) -> None:
    net = Net()
    alice = net.client("Alice")
    net.client("Bob")
    assert alice.ask(f"MODE Bob{modes}") == [f":{SERVER} 502 Alice :Can't change mode for other users"]
    assert alice.ask(f"MODE Nobody{modes}") == [f":{SERVER} 401 Alice Nobody :No such nick/channel"]


def test_nobody_makes_himself_an_operator_but_may_cease_to_be_one() -> None:
    net = Net(config_with_operator())
    alice = net.client("Alice")
    assert alice.ask("MODE Alice +o") == []
    assert alice.ask("MODE Alice") == [f":{SERVER} 221 Alice +"]
    become_operator(alice)
    assert alice.ask("MODE Alice -o") == [f":{hostmask(net, 'Alice')} MODE Alice :-o"]
    assert alice.ask("REHASH") == [f":{SERVER} 481 Alice :Permission Denied- You're not an IRC operator"]
    assert alice.ask("MODE Alice +o") == []


def test_bots_are_marked() -> None:
    """https://ircv3.net/specs/extensions/bot-mode: the tag for those with message-tags."""
    net = Net()
    alice, bob = net.client("Alice"), net.client("Bob", caps=["message-tags"])
    in_a_channel(net, alice, bob)
    alice.send("MODE Alice +B")
    alice.send("PRIVMSG #chan :beep")
    assert ";bot " in bob.take()[0]


# --- MONITOR -------------------------------------------------------------------------------------------------------


def online(net: Net, to: str, *nicks: str) -> str:
    return f":{SERVER} 730 {to} :{','.join(hostmask(net, nick) for nick in nicks)}"


def offline(to: str, *nicks: str) -> str:
    return f":{SERVER} 731 {to} :{','.join(nicks)}"


def test_monitor_tells_who_is_here_and_who_comes_and_goes() -> None:
    """https://ircv3.net/specs/extensions/monitor"""
    net = Net()
    alice, bob = net.client("Alice"), net.client("Bob")
    assert bob.ask("MONITOR + alice,Carol,Dora") == [online(net, "Bob", "Alice"), offline("Bob", "Carol", "Dora")]
    carol = net.client("Carol")
    assert bob.take() == [online(net, "Bob", "Carol")]
    carol.send("NICK Dora")
    assert bob.take() == [offline("Bob", "Carol"), online(net, "Bob", "Dora")]
    alice.send("QUIT")
    assert bob.take() == [offline("Bob", "Alice")]


def test_monitor_lists_and_removes() -> None:
    net = Net()
    net.client("Alice")
    bob = net.client("Bob")
    end = f":{SERVER} 733 Bob :End of MONITOR list"
    assert bob.ask("MONITOR L") == [end]
    bob.send("MONITOR + Alice,Carol,Dora")
    assert bob.ask("MONITOR l") == [f":{SERVER} 732 Bob :Alice,Carol,Dora", end]
    assert bob.ask("MONITOR S") == [online(net, "Bob", "Alice"), offline("Bob", "Carol", "Dora")]
    assert bob.ask("MONITOR - CAROL,nobody") == []
    assert bob.ask("MONITOR L") == [f":{SERVER} 732 Bob :Alice,Dora", end]
    net.client("Carol")
    assert bob.take() == []
    assert bob.ask("MONITOR C") == []
    assert bob.ask("MONITOR L") == [end]
    assert bob.ask("MONITOR S") == []


def test_monitor_adds_nothing_twice_and_nothing_that_is_no_nick() -> None:
    """A target MUST be a valid nick; targets in the list MUST NOT be added again."""
    net = Net()
    bob = net.client("Bob")
    assert bob.ask("MONITOR + x,X,1x,#chan,a*,x!y@z,,,é," + "n" * 32) == [offline("Bob", "X")]
    assert bob.ask("MONITOR + x") == []
    assert bob.ask("MONITOR L")[:-1] == [f":{SERVER} 732 Bob :X"]


def test_monitor_is_limited() -> None:
    """ERR_MONLISTFULL names the limit and the targets that were not added."""
    net = Net(config(limits=Limits(monitor=3)))
    bob = net.client("Bob")
    assert bob.ask("MONITOR + a,b,c,d,e") == [
        offline("Bob", "a", "b", "c"),
        f":{SERVER} 734 Bob 3 d,e :Monitor list is full",
    ]
    assert bob.ask("MONITOR + a,f") == [f":{SERVER} 734 Bob 3 f :Monitor list is full"]
    bob.send("MONITOR - b")
    assert bob.ask("MONITOR + f") == [offline("Bob", "f")]
    assert bob.ask("MONITOR L")[0] == f":{SERVER} 732 Bob :a,c,f"


def test_long_monitor_lists_take_several_lines() -> None:
    """The list of targets is limited by the length of a line only, so none is cut."""
    net = Net()
    bob = net.client("Bob")
    nicks = [f"{'n' * 28}{number:03}" for number in range(100)]
    for start in range(0, 100, 10):
        bob.send(f"MONITOR + {','.join(nicks[start : start + 10])}")
    *lines, _ = bob.ask("MONITOR L")
    assert len(lines) > 1
    assert all(len(line) <= 510 for line in lines)
    assert [nick for line in lines for nick in line.partition(" :")[2].split(",")] == nicks
    lines = bob.ask("MONITOR S")
    assert all(len(line) <= 510 for line in lines)
    assert [nick for line in lines for nick in line.partition(" :")[2].split(",")] == nicks


@pytest.mark.parametrize("command", ["MONITOR", "MONITOR +", "MONITOR -"])
def test_monitor_needs_parameters(command: str) -> None:
    assert Net().client("Bob").ask(command) == [f":{SERVER} 461 Bob MONITOR :Not enough parameters"]


def test_an_unknown_monitor_subcommand_does_nothing() -> None:
    assert Net().client("Bob").ask("MONITOR X a") == []


def test_a_monitor_list_ends_with_its_session() -> None:
    """Net checks after every turn that the index of watchers agrees with the sessions."""
    net = Net()
    bob = net.client("Bob")
    bob.send("MONITOR + a,b")
    assert list(net.engine.server.world.watchers(fold("A")))
    bob.disconnect()
    assert not list(net.engine.server.world.watchers(fold("A")))
