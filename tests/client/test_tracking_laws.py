"""What a client tracks is what the server knows, after any session, whatever was negotiated and lost."""

import contextlib
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from freeq_proto.boundary import LocalProtocolError
from tests.client.bridge import Bridge, Program
from tests.server.harness import Net

NICKS: Final = ("ann", "bob", "Carol")
CHANNELS: Final = ("#a", "#B", "#é")
WITHOUT: Final = (
    (),
    ("labeled-response", "userhost-in-names", "extended-join"),
    ("batch", "echo-message", "account-notify", "message-tags"),
)
WORDS: Final = (
    *NICKS,
    *CHANNELS,
    "dave",
    "ANN",
    "#b",
    "+o",
    "-o",
    "+v",
    "+m",
    "+k",
    "+l",
    "-l",
    "3",
    "+b",
    "*!*@*",
    "+nt-t",
    "x y",
)
COMMANDS: Final = "JOIN PART KICK MODE TOPIC NICK AWAY SETNAME INVITE NAMES PRIVMSG WHO".split(" ")

steps = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from((*COMMANDS, "JOIN", "JOIN", "MODE", "cut", "request")),
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=3),
    ),
    max_size=40,
)
likely = st.sampled_from(
    [
        (who, command, given_)
        for who in range(3)
        for channel in CHANNELS
        for command, given_ in (
            ("JOIN", [channel]),
            ("JOIN", [channel]),
            ("PART", [channel]),
            ("KICK", [channel, "bob"]),
            ("KICK", [channel, "Carol", "out"]),
            ("MODE", [channel, "+o", "bob"]),
            ("MODE", [channel, "-v+v", "ann", "carol"]),
            ("MODE", [channel, "+k", "key"]),
            ("TOPIC", [channel, "a topic"]),
            ("NICK", ["dave"]),
            ("NICK", ["ANN"]),
            ("NAMES", [channel]),
            ("cut", [""]),
        )
    ]
)


def act(bridge: Bridge, program: Program, command: str, given_: list[str]) -> None:
    """One step of a session; what cannot be sent is not."""
    if command == "cut":
        bridge.cut(program)
        bridge.pass_time(70)
        return
    with contextlib.suppress(LocalProtocolError):
        if command == "request":
            program.client.request("MODE", given_[0], now=bridge.now)
        elif command == "JOIN":
            program.client.join(given_[0], bridge.now)
        elif command == "PART":
            program.client.part(given_[0], bridge.now)
        else:
            program.client.request(command, *given_, now=bridge.now)
    bridge.settle()


def check(bridge: Bridge, program: Program) -> None:
    """Compare a client's world with the server's."""
    client, world = program.client, bridge.net.engine.server.world
    assert client.registered
    user = world.user(client.current_nick)
    assert user is not None
    assert client.current_nick == user.nick
    assert (client.me.username, client.me.host) == (user.username, user.host)
    known = {
        name: {nick: member.prefixes for nick, member in channel.members.items()}
        for name, channel in client.channels.items()
    }
    true = {
        channel.folded.decode(): {each.folded.decode(): channel.prefixes_of(each) for each in channel.members}
        for channel in user.channels.values()
    }
    assert known == true
    for name, channel in client.channels.items():
        facts = world.channel(name)
        assert facts is not None
        assert channel.listed
        assert channel.name == facts.name
        assert channel.topic == (facts.facts.topic.text if facts.facts.topic else "")
        for member in channel.members.values():
            assert client.user(member.user.nick) is member.user
            assert client.fold(member.user.nick) in channel.members
            assert member.user.channels[name] is channel
    assert set(client._core.world.users) == {client.fold(client.current_nick)} | {
        nick for channel in client.channels.values() for nick in channel.members
    }


@given(st.lists(likely, max_size=25) | steps, st.permutations(WITHOUT))
@settings(max_examples=120, deadline=None)
def test_the_client_knows_what_the_server_knows(
    session: list[tuple[int, str, list[str]]], without: list[tuple[str, ...]]
) -> None:
    bridge = Bridge(Net(check=False))
    programs = [bridge.client(nick, without=each, channels=CHANNELS) for nick, each in zip(NICKS, without, strict=True)]
    for who, command, given_ in session:
        act(bridge, programs[who], command, given_)
        if command == "cut":
            bridge.pass_time(70)
    bridge.pass_time(200)
    for program in programs:
        check(bridge, program)
