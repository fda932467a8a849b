"""What was acknowledged is there after a restart, and nothing that guests held (what survives a kill, and P4)."""

from hypothesis import given, settings
from hypothesis import strategies as st

from freeq_proto.authority import SERVER, Act, ChannelFacts, End, apply, is_guest
from freeq_proto.irc import Folded
from freeq_proto.server.world import World
from tests.properties.test_wire_laws import Town, clients, steps

ACTS = (
    "JOIN #a,#b",
    "TOPIC #a :a topic",
    "TOPIC #b :",
    "MODE #a +ov bob carol",
    "MODE #a -o bob",
    "MODE #b +h dave",
    "MODE #b -t",
    "MODE #a +kl word 9",
    "MODE #a -kl word",
    "MODE #a +beI x!*@* y!*@* z!*@*",
    "MODE #a -b x!*@*",
    "INVITE carol #a",
    "KICK #a carol",
    "PART #a",
    "NICK other",
    "LOGOUT",
)
plans = st.lists(st.tuples(st.just("line"), clients, st.sampled_from(ACTS)) | steps, min_size=40, max_size=80)
"""Mostly what changes channels."""


def without_guests(world: World) -> dict[Folded, tuple[str, ChannelFacts]]:
    """Name and facts of the channels that somebody holds when every guest's session has ended."""
    kept = {}
    for folded, channel in world.channels.items():
        facts = channel.facts
        for who in (*facts.roles, *facts.invitations):
            if is_guest(who):
                facts = apply(facts, Act(End(who), SERVER, "", 0, ""))
        if facts.lives:
            kept[folded] = (channel.name, facts)
    return kept


@settings(max_examples=40)
@given(plans)
def test_channels_and_nicks_of_accounts_are_as_they_were(plan: list[tuple[str, int, str]]) -> None:
    town = Town()
    for client in town.clients:
        client.send("JOIN #a,#b")
    for step in plan:
        town.step(*step)
    town.end()
    net = town.net
    world = net.engine.server.world
    channels, claims = without_guests(world), dict(world._claims)
    net.restart()
    again = net.engine.server.world
    assert without_guests(again) == {
        folded: (channel.name, channel.facts) for folded, channel in again.channels.items()
    }
    assert without_guests(again) == channels
    assert again._claims == claims
