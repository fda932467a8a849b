"""WHO: https://modern.ircdocs.horse/#who-message, with https://ircv3.net/specs/extensions/whox"""

import pytest

from freeq_proto.authority import PrincipalId
from freeq_proto.server.commands.who import WHO_LIMIT
from freeq_proto.server.user import User
from tests.server.harness import SERVER, START_MS, Client, Net
from tests.server.opers import become_operator, config_with_operator

DID_SEED = bytes(range(32))


def host(net: Net, nick: str) -> str:
    user = net.engine.server.world.user(nick)
    assert user is not None
    return user.host


def who_line(net: Net, to: str, nick: str, channel: str, flags: str) -> str:
    where = f"~{nick.lower()} {host(net, nick)} {SERVER}"
    return f":{SERVER} 352 {to} {channel} {where} {nick} {flags} :0 {nick} Realname"


def end_of_who(to: str, mask: str) -> str:
    return f":{SERVER} 315 {to} {mask} :End of /WHO list"


def nicks(lines: list[str]) -> list[str]:
    """Whom the 352 lines show."""
    return [line.split(" ")[7] for line in lines if " 352 " in line]


def two_in_a_channel(net: Net) -> tuple[Client, Client]:
    alice, bob = net.client("Alice"), net.client("Bob")
    alice.send("JOIN #chan")
    bob.send("JOIN #chan")
    return alice, bob


# --- channels, nicks and masks -------------------------------------------------------------------------------------


@pytest.mark.parametrize("mask", ["#chan", "#CHAN"])
def test_who_of_a_channel_names_that_channel(mask: str) -> None:
    """RPL_WHOREPLY: the channel that was asked for MUST be returned, whichever others there are."""
    net = Net()
    alice, bob = two_in_a_channel(net)
    alice.send("JOIN #first")
    bob.send("JOIN #first")
    assert bob.ask(f"WHO {mask}") == [
        who_line(net, "Bob", "Alice", "#chan", "H@"),
        who_line(net, "Bob", "Bob", "#chan", "H"),
        end_of_who("Bob", mask),
    ]


@pytest.mark.parametrize("mask", ["Alice", "alice", "ali*", "A?ice", "Alice!*@*", "*!~alice@*", "*ce Realname"])
def test_who_finds_by_nick_or_mask(mask: str) -> None:
    """WHO message: an exact nick, or a pattern; this server also matches username, host and realname."""
    net = Net()
    _, bob = two_in_a_channel(net)
    shown = mask.partition(" ")[0]
    assert bob.ask(f"WHO :{mask}") == [who_line(net, "Bob", "Alice", "#chan", "H@"), end_of_who("Bob", shown)]


@pytest.mark.parametrize(("command", "shown"), [("WHO *", "*"), ("WHO 0", "0"), ("WHO", "*"), ("WHO :", "*")])
def test_who_without_a_mask_finds_everybody(command: str, shown: str) -> None:
    """RFC 2812 section 3.6.1: no mask, ``0`` and ``*`` mean all visible users."""
    net = Net()
    _, bob = two_in_a_channel(net)
    answers = bob.ask(command)
    assert nicks(answers) == ["Alice", "Bob"]
    assert answers[-1] == end_of_who("Bob", shown)


@pytest.mark.parametrize("mask", ["nobody", "#nowhere", "x*", "nobody!*@*", "*" + "x" * 300])
def test_who_that_finds_nobody_ends_at_once(mask: str) -> None:
    net = Net()
    bob = net.client("Bob")
    assert bob.ask(f"WHO {mask}") == [end_of_who("Bob", mask)]


def test_who_shows_no_channel_where_none_may_be_known() -> None:
    net = Net()
    net.client("Alice")
    bob = net.client("Bob")
    assert bob.ask("WHO Alice") == [who_line(net, "Bob", "Alice", "*", "H"), end_of_who("Bob", "Alice")]


def test_who_flags() -> None:
    """RPL_WHOREPLY: H or G, ``*``, the highest prefix, then modes; bot-mode: B for bots."""
    net = Net(config_with_operator())
    alice, bob = two_in_a_channel(net)
    become_operator(alice)
    alice.send("AWAY :gone", "MODE Alice +B", "MODE #chan +v Alice")
    assert bob.ask("WHO #chan")[0] == who_line(net, "Bob", "Alice", "#chan", "G*@B")


def test_who_shows_all_prefixes_with_multi_prefix() -> None:
    """https://ircv3.net/specs/extensions/multi-prefix"""
    net = Net()
    alice, _ = two_in_a_channel(net)
    alice.send("MODE #chan +v Alice")
    carol = net.client("Carol", caps=["multi-prefix"])
    assert carol.ask("WHO #chan")[0] == who_line(net, "Carol", "Alice", "#chan", "H@+")


def test_who_o_shows_operators_only() -> None:
    net = Net(config_with_operator())
    alice, bob = two_in_a_channel(net)
    become_operator(alice)
    assert nicks(bob.ask("WHO * o")) == ["Alice"]
    assert bob.ask("WHO #chan o%n") == [f":{SERVER} 354 Bob Alice", end_of_who("Bob", "#chan")]
    assert bob.ask("WHO Bob o") == [end_of_who("Bob", "Bob")]


def test_invisible_users_are_hidden_from_strangers() -> None:
    """Visible users (WHO message): not invisible, or in a common channel. Who names a nick knows it already."""
    net = Net(config_with_operator())
    alice, bob, carol = net.client("Alice"), net.client("Bob"), net.client("Carol")
    alice.send("MODE Alice +i")
    assert nicks(alice.ask("WHO ali*")) == ["Alice"], "she is no stranger to herself"
    alice.send("JOIN #chan")
    assert nicks(bob.ask("WHO ali*")) == []
    assert nicks(bob.ask("WHO #chan")) == []
    assert bob.ask("WHO Alice")[0] == who_line(net, "Bob", "Alice", "*", "H")
    bob.send("JOIN #other")
    alice.send("JOIN #other")
    assert bob.ask("WHO ali*")[0] == who_line(net, "Bob", "Alice", "#other", "H")
    assert nicks(bob.ask("WHO #chan")) == [], "where else she is stays her own affair"
    become_operator(carol)
    assert nicks(carol.ask("WHO ali*")) == ["Alice"]
    assert nicks(carol.ask("WHO #chan")) == ["Alice"]


def test_secret_channels_are_not_revealed() -> None:
    net = Net(config_with_operator())
    alice, bob = net.client("Alice"), net.client("Bob")
    alice.send("JOIN #hidden", "MODE #hidden +s")
    for _ in range(2):
        assert bob.ask("WHO #hidden") == [end_of_who("Bob", "#hidden")]
        assert bob.ask("WHO Alice")[0].split(" ")[3] == "*"
        become_operator(bob)  # and then it is the same
    assert alice.ask("WHO Alice")[0] == who_line(net, "Alice", "Alice", "#hidden", "H@")


# --- WHOX ----------------------------------------------------------------------------------------------------------

ALL = "tcuihsnfdlaor"


@pytest.mark.parametrize("fields", [ALL, ALL[::-1]])
def test_whox_returns_all_fields_in_the_order_of_the_reply(fields: str) -> None:
    """whox: the order in which fields are asked for does not matter; the address is not disclosed to strangers."""
    net = Net()
    _, bob = two_in_a_channel(net)
    net.tick(7.9)
    alice = f"#chan ~alice 255.255.255.255 {host(net, 'Alice')} {SERVER} Alice H@ 0 7 0 n/a"
    assert bob.ask(f"WHO Alice %{fields},042") == [
        f":{SERVER} 354 Bob 042 {alice} :Alice Realname",
        end_of_who("Bob", "Alice"),
    ]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ("t,7", " 7"),
        ("tn", " 0 Bob"),
        ("tn,1234", " 0 Bob"),
        ("tn,x", " 0 Bob"),
        ("tn,\u0663", " 0 Bob"),
        ("c", " #chan"),
        ("u", " ~bob"),
        ("i", " 192.0.2.1"),
        ("n", " Bob"),
        ("f", " H"),
        ("d", " 0"),
        ("a", " 0"),
        ("r", " :Bob Realname"),
        ("zn", " Bob"),
        ("", ""),
    ],
)
def test_whox_returns_exactly_what_was_asked_for(fields: str, words: str) -> None:
    """whox: unknown fields are ignored, and a token is at most three digits."""
    _, bob = two_in_a_channel(Net())
    assert bob.ask(f"WHO Bob %{fields}") == [f":{SERVER} 354 Bob{words}", end_of_who("Bob", "Bob")]


def test_whox_shows_the_did_as_account() -> None:
    net = Net()
    alice, bob = net.client("Alice", did_seed=DID_SEED), net.client("Bob")
    user = net.engine.server.world.user("Alice")
    assert user is not None
    assert user.account is not None
    assert bob.ask("WHO Alice %na")[0] == f":{SERVER} 354 Bob Alice {user.account}"
    assert alice.ask("WHO Bob %na")[0] == f":{SERVER} 354 Alice Bob 0"


@pytest.mark.parametrize(("address", "shown"), [("192.0.2.9", "192.0.2.9"), ("::1", "0::1"), ("", "255.255.255.255")])
def test_operators_see_the_address(address: str, shown: str) -> None:
    """An IPv6 address may not begin with a colon (RPL_WHOISACTUALLY); a Unix socket has no address."""
    net = Net(config_with_operator())
    net.client("Alice", address=address)
    bob = net.client("Bob")
    become_operator(bob)
    assert bob.ask("WHO Alice %i")[0] == f":{SERVER} 354 Bob {shown}"


# --- long answers --------------------------------------------------------------------------------------------------


def add_users(net: Net, count: int) -> None:
    """Users of other servers: they have no sessions here."""
    for number in range(count):
        user = User(f"user{number}", "~user", "User", "cloak", PrincipalId(f"guest:{number}"), START_MS)
        net.engine.server.world.users[user.folded] = user


def test_who_by_mask_is_bounded() -> None:
    net = Net(config_with_operator(), check=False)
    bob = net.client("Bob", caps=["standard-replies"])
    add_users(net, WHO_LIMIT + 1)
    *found, warning, end = bob.ask("WHO user*")
    assert len(found) == WHO_LIMIT
    assert warning == f":{SERVER} WARN WHO TOO_MANY_MATCHES user* :Only the first {WHO_LIMIT} users are shown"
    assert end == end_of_who("Bob", "user*")
    become_operator(bob)
    assert len(bob.ask("WHO user*")) == WHO_LIMIT + 2


def test_exactly_as_many_as_the_limit_are_all() -> None:
    net = Net(check=False)
    bob = net.client("Bob")
    add_users(net, WHO_LIMIT)
    assert len(bob.ask("WHO user*")) == WHO_LIMIT + 1


def test_a_long_search_gives_way_to_others_and_survives_what_changes() -> None:
    net = Net(check=False)
    alice, bob = net.client("Alice"), net.client("Bob")
    add_users(net, 2000)
    users = net.engine.server.world.users
    bob.feed_only(b"WHO *7\r\n")
    net.perform(net.engine.drain())
    assert not bob.take()[-1].startswith(f":{SERVER} 315 ")
    alice.feed_only(b"PING x\r\n")
    for folded in [each for each in users if each.endswith(b"97")]:
        del users[folded]
    net.perform(net.engine.drain())
    assert alice.take() == [f":{SERVER} PONG {SERVER} :x"]
    assert not any(" 315 " in line for line in bob.take())
    net.settle()
    rest = bob.take()
    assert rest[-1] == end_of_who("Bob", "*7")
    assert any("user1987" in line for line in rest)
    assert not any("user1997" in line for line in rest)


def test_a_long_channel_gives_way_and_forgets_who_left() -> None:
    net = Net(check=False)
    bob = net.client("Bob")
    bob.send("JOIN #chan")
    add_users(net, 700)
    world = net.engine.server.world
    channel = world.channel("#chan")
    assert channel is not None
    for user in tuple(world.users.values())[1:]:
        world.join(user, channel, START_MS)
    bob.take()
    bob.feed_only(b"WHO #chan\r\n")
    net.perform(net.engine.drain())
    before = bob.take()
    assert " 352 " in before[-1]
    leaver = world.user("user650")
    assert leaver is not None
    world.part(leaver, channel)
    net.settle()
    shown = nicks(before + bob.take())
    assert shown == ["Bob", *(f"user{number}" for number in range(700) if number != 650)]


def test_who_stops_with_its_session() -> None:
    net = Net(check=False)
    bob = net.client("Bob")
    add_users(net, 1000)
    bob.feed_only(b"WHO *\r\n")
    net.perform(net.engine.drain())
    bob.disconnect()
    assert not net.engine.drain()
