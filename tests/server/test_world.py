"""The indices of the world agree, whatever happens to it."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from freeq_proto.authority import PrincipalId
from freeq_proto.caps import AWAY_NOTIFY, MESSAGE_TAGS, SASL
from freeq_proto.irc import Folded, fold
from freeq_proto.server.session import Session
from freeq_proto.server.user import User
from freeq_proto.server.world import WHOWAS_LIMIT
from tests.server.world import SmallWorld


def test_looking_up_folds_names() -> None:
    small = SmallWorld()
    alice, room = small.user("Alice"), small.channel("#Room")
    assert small.world.user("aLICE") is alice
    assert small.world.channel("#rOOM") is room
    assert small.world.user("bob") is None
    assert small.world.channel("room") is None


def test_a_user_is_found_by_what_it_is() -> None:
    small = SmallWorld()
    alice, bob = small.user("alice", account="did:plc:x"), small.user("bob")
    assert list(small.world.users_of(PrincipalId("did:plc:x"))) == [alice]
    guest = bob.principal.id
    small.world.sign_in(bob, "did:plc:x")
    assert list(small.world.users_of(PrincipalId("did:plc:x"))) == [alice, bob]
    assert list(small.world.users_of(guest)) == []
    small.world.check()


def test_removing_a_session_removes_its_user_from_everything() -> None:
    small = SmallWorld()
    alice, bob, room = small.user("alice"), small.user("bob"), small.channel("#room")
    for user in (alice, bob):
        small.world.join(user, room, 0)
    small.world.watch(small.sessions[0], "bob")
    small.world.remove_session(small.sessions[0])
    assert list(room.members) == [bob]
    assert small.world.user("alice") is None
    assert list(small.world.watchers(fold("bob"))) == []
    small.world.check()


def test_holdings_are_noted_and_released() -> None:
    small = SmallWorld()
    who = PrincipalId("did:plc:founder")
    room = small.channel("#room")
    assert small.world.holdings(who) == (room.folded,)
    small.world.release(PrincipalId("nobody"), room.folded)
    small.world.remove_channel(room)
    assert small.world.holdings(who) == ()
    small.world.check()


def test_the_departed_are_remembered_up_to_a_limit() -> None:
    small = SmallWorld()
    alice = small.user("alice")
    for number in range(WHOWAS_LIMIT + 5):
        small.world.remember(alice, number)
    assert len(small.world.departed) == WHOWAS_LIMIT
    assert small.world.departed[-1].unix_ms == WHOWAS_LIMIT + 4


def test_counts_follow_modes_and_departures() -> None:
    small = SmallWorld()
    alice = small.user("alice")
    assert small.world.set_mode(alice, "o", on=True)
    assert not small.world.set_mode(alice, "o", on=True)
    small.world.set_mode(alice, "i", on=True)
    assert (small.world.operators, small.world.invisible, small.world.most_users) == (1, 1, 1)
    small.world.remove_session(small.sessions[0])
    assert (small.world.operators, small.world.invisible, small.world.most_users) == (0, 0, 1)


@pytest.mark.parametrize("break_", ["rename", "member", "audience", "holding"])
def test_the_check_sees_what_is_wrong(break_: str) -> None:
    """A check that cannot fail proves nothing."""
    small = SmallWorld()
    alice, room = small.user("alice"), small.channel("#room")
    small.world.join(alice, room, 0)
    small.world.check()
    if break_ == "rename":
        alice.nick = "bob"
    elif break_ == "member":
        del room.members[alice]
    elif break_ == "audience":
        room.audience.remove(next(iter(room.audience.groups)), next(iter(room.audience)))
    else:
        small.world.release(PrincipalId("did:plc:founder"), room.folded)
    with pytest.raises(AssertionError):
        small.world.check()


numbers = st.integers(0, 7)


class Changes(RuleBasedStateMachine):
    """Anything, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.small = SmallWorld()
        self.world = self.small.world
        self.next = 0

    def pick_session(self, number: int) -> Session | None:
        sessions = list(self.world.sessions.values())
        return sessions[number % len(sessions)] if sessions else None

    def pick_user(self, number: int) -> User | None:
        users = list(self.world.users.values())
        return users[number % len(users)] if users else None

    @rule(account=st.none() | st.sampled_from(["did:plc:a", "did:plc:b"]))
    def arrive(self, account: str | None) -> None:
        self.next += 1
        self.small.user(f"n{self.next}", account=account)

    @rule(number=numbers)
    def leave(self, number: int) -> None:
        if (session := self.pick_session(number)) is not None:
            self.world.remove_session(session)

    @rule(number=numbers)
    def rename(self, number: int) -> None:
        if (user := self.pick_user(number)) is not None:
            self.next += 1
            self.world.rename(user, f"n{self.next}")

    @rule(number=numbers, account=st.sampled_from(["did:plc:a", "did:plc:b"]))
    def sign_in(self, number: int, account: str) -> None:
        if (user := self.pick_user(number)) is not None:
            self.world.sign_in(user, account)

    @rule(number=numbers, name=st.sampled_from(["#a", "#B"]))
    def come_or_go(self, number: int, name: str) -> None:
        channel = self.world.channel(name) or self.small.channel(name)
        if (user := self.pick_user(number)) is None:
            return
        if user in channel.members:
            self.world.part(user, channel)
        else:
            self.world.join(user, channel, 0)

    @rule(name=st.sampled_from(["#a", "#b"]))
    def end(self, name: str) -> None:
        channel = self.world.channel(name)
        if channel is not None and not channel.members:
            self.world.remove_channel(channel)

    @rule(number=numbers, caps=st.sampled_from([0, MESSAGE_TAGS, AWAY_NOTIFY, SASL]))
    def negotiate(self, number: int, caps: int) -> None:
        if (session := self.pick_session(number)) is not None:
            self.world.set_caps(session, caps)

    @rule(number=numbers, letter=st.sampled_from("oiB"), on=st.booleans())
    def mode(self, number: int, letter: str, on: bool) -> None:
        if (user := self.pick_user(number)) is not None:
            self.world.set_mode(user, letter, on=on)

    @rule(number=numbers, nick=st.sampled_from(["x", "X", "y"]), on=st.booleans())
    def monitor(self, number: int, nick: str, on: bool) -> None:
        if (session := self.pick_session(number)) is not None:
            self.world.watch(session, nick) if on else self.world.unwatch(session, Folded(nick.lower().encode()))

    @invariant()
    def indices_agree(self) -> None:
        self.world.check()


TestChanges = Changes.TestCase
TestChanges.settings = settings(max_examples=40, stateful_step_count=40)
