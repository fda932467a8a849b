"""MOTD, VERSION, ADMIN, LUSERS, TIME, INFO, HELP, LINKS, STATS."""

import pytest

from freeq_proto.server import Admin, Operator
from freeq_proto.server.commands import COMMANDS
from tests.server.harness import SERVER, START_MS, Net, config
from tests.server.opers import PHC, become_operator, config_with_operator

VERSION = "freeq-0.1.0"
STARTED = "2025-10-09T08:53:20.000Z"


def codes(lines: list[str]) -> list[str]:
    return [line.split(" ")[1] for line in lines]


@pytest.mark.parametrize("command", ["MOTD", "VERSION", "ADMIN", "TIME", "INFO", "STATS u"])
@pytest.mark.parametrize("target", [SERVER, "IRC.*", "*", "bob"])
def test_a_server_parameter_that_means_us(command: str, target: str) -> None:
    """A name, a mask, or the nick of a user who is there."""
    bob = Net().client("Bob")
    assert bob.ask(f"{command} {target}") == bob.ask(command)


@pytest.mark.parametrize("command", ["MOTD", "VERSION", "ADMIN", "TIME", "INFO", "STATS u"])
@pytest.mark.parametrize("target", ["elsewhere.example", "nobody", "*.net"])
def test_a_server_parameter_that_means_another(command: str, target: str) -> None:
    bob = Net().client("Bob")
    assert bob.ask(f"{command} {target}") == [f":{SERVER} 402 Bob {target} :No such server"]


def test_motd() -> None:
    bob = Net(config(motd=("Welcome", ""))).client("Bob")
    assert bob.ask("MOTD") == [
        f":{SERVER} 375 Bob :- {SERVER} Message of the day - ",
        f":{SERVER} 372 Bob :- Welcome",
        f":{SERVER} 372 Bob :- ",
        f":{SERVER} 376 Bob :End of /MOTD command",
    ]
    assert Net().client("Bob").ask("MOTD") == [f":{SERVER} 422 Bob :MOTD File is missing"]


def test_version_comes_with_isupport() -> None:
    """VERSION message: one 351, and one or more 005."""
    bob = Net(config(description="Our server")).client("Bob")
    first, *rest = bob.ask("VERSION")
    assert first == f":{SERVER} 351 Bob {VERSION} {SERVER} :Our server"
    assert rest
    assert set(codes(rest)) == {"005"}


def test_admin() -> None:
    """RPL_ADMINME and the three lines after it, also where one of them is empty."""
    bob = Net(config(admin=Admin("Vienna", "", "admin@example.org"))).client("Bob")
    assert bob.ask("ADMIN") == [
        f":{SERVER} 256 Bob {SERVER} :Administrative info",
        f":{SERVER} 257 Bob :Vienna",
        f":{SERVER} 258 Bob :",
        f":{SERVER} 259 Bob :admin@example.org",
    ]
    assert Net().client("Bob").ask("ADMIN") == [f":{SERVER} 423 Bob {SERVER} :No administrative info available"]


def test_lusers() -> None:
    """LUSERS message; RPL_LUSERCLIENT counts the visible users, the invisible ones, and the servers."""
    net = Net(config_with_operator())
    bob, carol = net.client("Bob"), net.client("Carol")
    net.client("Dora").send("QUIT")
    net.connect()
    carol.send("MODE Carol +i", "JOIN #a", "JOIN #b")
    become_operator(bob)
    assert bob.ask("LUSERS") == [
        f":{SERVER} 251 Bob :There are 1 users and 1 invisible on 1 servers",
        f":{SERVER} 252 Bob 1 :operator(s) online",
        f":{SERVER} 253 Bob 1 :unknown connection(s)",
        f":{SERVER} 254 Bob 2 :channels formed",
        f":{SERVER} 255 Bob :I have 2 clients and 0 servers",
        f":{SERVER} 265 Bob 2 3 :Current local users 2, max 3",
        f":{SERVER} 266 Bob 2 3 :Current global users 2, max 3",
    ]


def test_time() -> None:
    """RPL_TIME: the server, a Unix time, and the time in words."""
    net = Net()
    bob = net.client("Bob")
    net.tick(1.25)
    assert bob.ask("TIME") == [f":{SERVER} 391 Bob {SERVER} {START_MS // 1000 + 1} :2025-10-09T08:53:21.250Z"]


def test_info() -> None:
    *lines, end = Net().client("Bob").ask("INFO")
    assert lines[0].startswith(f":{SERVER} 371 Bob :{VERSION}")
    assert lines[-1] == f":{SERVER} 371 Bob :Running since {STARTED}"
    assert set(codes(lines)) == {"371"}
    assert end == f":{SERVER} 374 Bob :End of INFO list"


def test_links_is_this_server() -> None:
    assert Net().client("Bob").ask("LINKS") == [
        f":{SERVER} 364 Bob {SERVER} {SERVER} :0 a freeq server",
        f":{SERVER} 365 Bob * :End of /LINKS list",
    ]


# --- HELP ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_help_explains_every_command(command: str) -> None:
    """HELP message: 704, then 705 of which the first is empty, then 706."""
    bob = Net().client("Bob")
    summary = COMMANDS[command].summary
    only = " (server operators only)" if COMMANDS[command].operator else ""
    assert summary
    assert bob.ask(f"HELP {command.lower()}") == [
        f":{SERVER} 704 Bob {command} :** {command} **",
        f":{SERVER} 705 Bob {command} :",
        f":{SERVER} 706 Bob {command} :{command}: {summary}{only}",
    ]


@pytest.mark.parametrize("help_", ["HELP", "HELPOP", "HELP :"])
def test_help_lists_the_commands(help_: str) -> None:
    first, empty, *lines, end = Net().client("Bob").ask(help_)
    assert first == f":{SERVER} 704 Bob * :** Commands of {VERSION} **"
    assert empty == f":{SERVER} 705 Bob * :"
    assert " ".join(line.removeprefix(f":{SERVER} 705 Bob * :") for line in lines).split(" ") == list(COMMANDS)
    assert end == f":{SERVER} 706 Bob * :HELP <command> says what a command does"


@pytest.mark.parametrize(("asked", "subject"), [("nothing", "NOTHING"), (":two words", "*"), ("::x", "*")])
def test_help_about_nothing(asked: str, subject: str) -> None:
    """ERR_HELPNOTFOUND: the subject, or ``*`` where it would be an invalid parameter."""
    assert Net().client("Bob").ask(f"HELP {asked}") == [f":{SERVER} 524 Bob {subject} :No help available on this topic"]


# --- STATS ---------------------------------------------------------------------------------------------------------


def test_stats_u_is_the_uptime() -> None:
    """RPL_STATSUPTIME: days, hours, minutes, seconds."""
    net = Net()
    bob = net.client("Bob")
    net.tick(2 * 86_400 + 3 * 3600 + 4 * 60 + 5.9)
    assert bob.ask("STATS u") == [
        f":{SERVER} 242 Bob :Server Up 2 days 3:04:05",
        f":{SERVER} 219 Bob u :End of /STATS report",
    ]


def test_stats_o_is_for_operators() -> None:
    """RFC 2812 section 3.4.4: ``243 O <hostmask> * <name>``."""
    operators = (Operator("root", PHC), Operator("other", PHC, ("*@a.example", "~a:did:plc:x")))
    bob = Net(config(operators=operators)).client("Bob")
    end = f":{SERVER} 219 Bob o :End of /STATS report"
    assert bob.ask("STATS o") == [f":{SERVER} 481 Bob :Permission Denied- You're not an IRC operator", end]
    become_operator(bob)
    assert bob.ask("STATS o") == [
        f":{SERVER} 243 Bob O *@* * root",
        f":{SERVER} 243 Bob O *@a.example * other",
        f":{SERVER} 243 Bob O ~a:did:plc:x * other",
        end,
    ]


@pytest.mark.parametrize(("letter", "shown"), [("x", "x"), ("unknown", "u"), (":", "*"), ("c", "c")])
def test_stats_ends_under_every_letter(letter: str, shown: str) -> None:
    assert Net().client("Bob").ask(f"STATS {letter}")[-1] == f":{SERVER} 219 Bob {shown} :End of /STATS report"


def test_stats_needs_a_letter() -> None:
    assert Net().client("Bob").ask("STATS") == [f":{SERVER} 461 Bob STATS :Not enough parameters"]
