"""WHOIS, WHOWAS, USERHOST, ISON: https://modern.ircdocs.horse/#user-based-queries"""

import pytest

from freeq_proto.server.commands.who import WHOWAS_LIMIT
from tests.server.harness import SERVER, START_MS, Net
from tests.server.opers import become_operator, config_with_operator

DID_SEED = bytes(range(32))


def host(net: Net, nick: str) -> str:
    user = net.engine.server.world.user(nick)
    assert user is not None
    return user.host


# --- WHOIS ---------------------------------------------------------------------------------------------------------


def test_whois_of_a_plain_user() -> None:
    net = Net()
    net.client("Alice")
    bob = net.client("Bob")
    net.tick(61.5)
    assert bob.ask("WHOIS alice") == [
        f":{SERVER} 311 Bob Alice ~alice {host(net, 'Alice')} * :Alice Realname",
        f":{SERVER} 312 Bob Alice {SERVER} :a freeq server",
        f":{SERVER} 317 Bob Alice 61 {START_MS // 1000} :seconds idle, signon time",
        f":{SERVER} 318 Bob alice :End of /WHOIS list",
    ]


def test_whois_tells_everything_that_there_is() -> None:
    """Modern IRC, WHOIS; bot-mode: 335."""
    net = Net(config_with_operator())
    alice = net.client("Alice", did_seed=DID_SEED, secure=True)
    bob = net.client("Bob")
    alice.send("JOIN #chan", "MODE Alice +B", "AWAY :gone fishing")
    become_operator(alice)
    user = net.engine.server.world.user("Alice")
    assert user is not None
    shown = bob.ask("WHOIS Alice")
    assert shown == [
        f":{SERVER} 311 Bob Alice ~alice {user.host} * :Alice Realname",
        f":{SERVER} 319 Bob Alice :@#chan",
        f":{SERVER} 312 Bob Alice {SERVER} :a freeq server",
        f":{SERVER} 313 Bob Alice :is an IRC operator",
        f":{SERVER} 330 Bob Alice {user.account} :is logged in as",
        f":{SERVER} 320 Bob Alice :signed in by crypto",
        f":{SERVER} 335 Bob Alice :is a bot on Example",
        f":{SERVER} 671 Bob Alice :is using a secure connection",
        f":{SERVER} 301 Bob Alice :gone fishing",
        f":{SERVER} 317 Bob Alice 0 {START_MS // 1000} :seconds idle, signon time",
        f":{SERVER} 318 Bob Alice :End of /WHOIS list",
    ]


def test_only_oneself_and_operators_see_the_real_address() -> None:
    net = Net(config_with_operator())
    alice, bob = net.client("Alice", address="2001:db8::7"), net.client("Bob")
    line = f":{SERVER} 338 {{}} Alice 2001:db8::7 :is actually using host"
    assert line.format("Alice") in alice.ask("WHOIS Alice")
    assert not any(" 338 " in line for line in bob.ask("WHOIS Alice"))
    become_operator(bob)
    assert line.format("Bob") in bob.ask("WHOIS Alice")


def test_whois_shows_the_channels_that_the_asker_may_know() -> None:
    net = Net()
    alice, bob = net.client("Alice"), net.client("Bob", caps=["multi-prefix"])
    alice.send("JOIN #open", "JOIN #hidden", "MODE #hidden +s", "JOIN #shared", "MODE #shared +sv Alice")
    bob.send("JOIN #shared")
    assert f":{SERVER} 319 Bob Alice :@#open @+#shared" in bob.ask("WHOIS Alice")
    assert f":{SERVER} 319 Alice Alice :@#open @#hidden @#shared" in alice.ask("WHOIS Alice")
    alice.send("MODE Alice +i")
    assert f":{SERVER} 319 Bob Alice :@+#shared" in bob.ask("WHOIS Alice")
    bob.send("PART #shared")
    assert not any(" 319 " in line for line in bob.ask("WHOIS Alice"))


def test_many_channels_take_several_lines() -> None:
    """RPL_WHOISCHANNELS: sent as often as needed; no line is longer than 510 bytes and none is cut."""
    net = Net()
    alice = net.client("A" * 31)
    names = [f"#{'é' * 20}{number:03}" for number in range(30)]
    alice.send(*(f"JOIN {name}" for name in names))
    lines = [line for line in alice.ask(f"WHOIS {'A' * 31}") if " 319 " in line]
    assert len(lines) > 1
    assert all(len(line.encode()) <= 510 for line in lines)
    assert [word for line in lines for word in line.partition(" :")[2].split(" ")] == [f"@{name}" for name in names]


@pytest.mark.parametrize("server", [SERVER, "*.example.ORG", "bob", "BOB"])
def test_whois_by_way_of_a_server(server: str) -> None:
    """WHOIS ``[<target>] <nick>``: the target is a server's name, or the nick of a user there."""
    net = Net()
    bob = net.client("Bob")
    assert bob.ask(f"WHOIS {server} bob") == bob.ask("WHOIS bob")


def test_whois_errors() -> None:
    bob = Net().client("Bob")
    assert bob.ask("WHOIS") == bob.ask("WHOIS :") == [f":{SERVER} 431 Bob :No nickname given"]
    assert bob.ask("WHOIS elsewhere.example Bob") == [f":{SERVER} 402 Bob elsewhere.example :No such server"]
    assert bob.ask("WHOIS NoBody") == [
        f":{SERVER} 401 Bob NoBody :No such nick/channel",
        f":{SERVER} 318 Bob NoBody :End of /WHOIS list",
    ]


def test_whois_of_several_answers_the_first_and_ends_with_all() -> None:
    """RPL_ENDOFWHOIS: exactly the parameter that was sent, even if nicks were dropped."""
    bob = Net().client("Bob")
    answers = bob.ask("WHOIS boB,other")
    assert [line.split(" ")[1] for line in answers].count("311") == 1
    assert answers[-1] == f":{SERVER} 318 Bob boB,other :End of /WHOIS list"


def test_a_unix_socket_has_no_address_to_show() -> None:
    alice = Net().client("Alice", address="")
    assert not any(" 338 " in line for line in alice.ask("WHOIS Alice"))


# --- WHOWAS --------------------------------------------------------------------------------------------------------


def departed(net: Net, nick: str, times: int) -> list[str]:
    """Let ``nick`` come and go; the WHOWAS lines of each time, the latest first."""
    lines: list[str] = []
    for _ in range(times):
        client = net.client(nick)
        where = host(net, nick)
        net.tick(1)
        client.send("QUIT")
        lines = [
            f":{SERVER} 314 Bob {nick} ~{nick.lower()} {where} * :{nick} Realname",
            f":{SERVER} 312 Bob {nick} {SERVER} :2025-10-09T08:53:{20 + int(net.now.mono - 1000):02}.000Z",
            *lines,
        ]
    return lines


@pytest.mark.parametrize(
    ("count", "shown"), [("", 3), (" 1", 1), (" 2", 2), (" 9", 3), (" 0", 3), (" -1", 3), (" x", 3)]
)
def test_whowas_shows_the_latest_first(count: str, shown: int) -> None:
    """WHOWAS message: up to ``<count>`` entries, all if it is not a positive number."""
    net = Net()
    bob = net.client("Bob")
    entries = departed(net, "Alice", 3)
    assert bob.ask(f"WHOWAS aLICE{count}") == [
        *entries[: 2 * shown],
        f":{SERVER} 369 Bob aLICE :End of WHOWAS",
    ]


def test_whowas_is_bounded() -> None:
    net = Net(check=False)
    bob = net.client("Bob")
    departed(net, "Alice", WHOWAS_LIMIT + 1)
    assert len(bob.ask("WHOWAS Alice")) == len(bob.ask("WHOWAS Alice 999")) == 2 * WHOWAS_LIMIT + 1


def test_whowas_of_nobody() -> None:
    """WHOWAS message: 406, and the end all the same. A mask is no nick."""
    net = Net()
    bob = net.client("Bob")
    departed(net, "Alice", 1)
    for nick in ("Carol", "A*"):
        assert bob.ask(f"WHOWAS {nick}") == [
            f":{SERVER} 406 Bob {nick} :There was no such nickname",
            f":{SERVER} 369 Bob {nick} :End of WHOWAS",
        ]
    assert bob.ask("WHOWAS") == [f":{SERVER} 461 Bob WHOWAS :Not enough parameters"]


def test_whowas_remembers_accounts_and_former_nicks() -> None:
    net = Net()
    alice, bob = net.client("Alice", did_seed=DID_SEED), net.client("Bob")
    user = net.engine.server.world.user("Alice")
    assert user is not None
    alice.send("NICK Carol")
    assert f":{SERVER} 330 Bob Alice {user.account} :was logged in as" in bob.ask("WHOWAS Alice")


# --- USERHOST and ISON ---------------------------------------------------------------------------------------------


def test_userhost() -> None:
    """RPL_USERHOST: ``*`` for operators, ``+`` here, ``-`` away; unknown nicks are left out."""
    net = Net(config_with_operator())
    alice, bob = net.client("Alice"), net.client("Bob")
    become_operator(alice)
    bob.send("AWAY :gone")
    shown = f"Bob=-~bob@{host(net, 'Bob')} Alice*=+~alice@{host(net, 'Alice')}"
    assert bob.ask("USERHOST bob nobody ALICE") == [f":{SERVER} 302 Bob :{shown}"]
    assert bob.ask("USERHOST nobody") == [f":{SERVER} 302 Bob :"]
    assert bob.ask("USERHOST") == [f":{SERVER} 461 Bob USERHOST :Not enough parameters"]


def test_userhost_answers_five() -> None:
    net = Net()
    bob = net.client("Bob")
    nobody = "x x x x x"
    assert bob.ask(f"USERHOST {nobody} Bob") == [f":{SERVER} 302 Bob :"]
    lines = bob.ask("USERHOST Bob Bob Bob Bob Bob Bob")
    assert sum(line.count("Bob=+") for line in lines) == 5


def test_ison() -> None:
    """RPL_ISON: the nicks that are here, as they write themselves; in one parameter or in many."""
    net = Net()
    net.client("Alice")
    bob = net.client("Bob")
    assert bob.ask("ISON nobody BOB alice") == [f":{SERVER} 303 Bob :Bob Alice"]
    assert bob.ask("ISON :nobody BOB alice") == [f":{SERVER} 303 Bob :Bob Alice"]
    assert bob.ask("ISON nobody") == [f":{SERVER} 303 Bob :"]
    assert bob.ask("ISON") == [f":{SERVER} 461 Bob ISON :Not enough parameters"]


def test_a_long_answer_to_ison_is_not_cut() -> None:
    net = Net()
    bob = net.client("B" * 31)
    asked = " ".join(["b" * 31] * 15)
    lines = bob.ask(f"ISON :{asked}")
    assert all(len(line) <= 510 for line in lines)
    assert " ".join(line.partition(" :")[2] for line in lines) == asked.upper()
