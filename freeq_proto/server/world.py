"""Everything that is: sessions, users, channels, and the indices over them.

Each method changes all indices that a change touches, or none: between two calls the world is consistent, and
:meth:`World.check` says so in tests. Nothing here speaks to anybody, asks the judge, or knows a command.
"""

from collections import deque
from collections.abc import Iterator

import attrs

from freeq_proto.authority import ChannelFacts, PrincipalId
from freeq_proto.boundary import ConnId
from freeq_proto.caps import CapSet
from freeq_proto.irc import Folded, fold
from freeq_proto.server.channel import Channel, Member
from freeq_proto.server.session import Session
from freeq_proto.server.speech import wire_class
from freeq_proto.server.user import User

WHOWAS_LIMIT = 1000
"""Users remembered after they left."""


@attrs.frozen
class Departed:
    """Somebody who was here (WHOWAS)."""

    nick: str
    username: str
    host: str
    realname: str
    account: str | None
    unix_ms: int


@attrs.frozen
class Claim:
    """A nick that belongs to an account."""

    nick: str
    """As its owner writes it."""
    account: str
    unix_ms: int
    """When its owner was last known to be here; about a day may be missing."""


class World:
    """The state of one server."""

    def __init__(self) -> None:
        self.sessions: dict[ConnId, Session] = {}
        self.users: dict[Folded, User] = {}
        self.channels: dict[Folded, Channel] = {}
        self.departed: deque[Departed] = deque(maxlen=WHOWAS_LIMIT)
        self.most_users = 0
        self.operators = 0
        self.invisible = 0
        self._by_principal: dict[PrincipalId, tuple[User, ...]] = {}  # nearly always one: a tuple is small
        self._holdings: dict[PrincipalId, dict[Folded, None]] = {}
        self._watchers: dict[Folded, dict[ConnId, Session]] = {}
        self._claims: dict[Folded, Claim] = {}
        self._claims_of: dict[str, dict[Folded, None]] = {}

    # --- looking up ------------------------------------------------------------------------------------------------

    def user(self, nick: str) -> User | None:
        """The user of a nick."""
        return self.users.get(fold(nick))

    def channel(self, name: str) -> Channel | None:
        """The channel of a name."""
        return self.channels.get(fold(name))

    def users_of(self, principal: PrincipalId) -> Iterator[User]:
        """Every user that is this principal now."""
        return iter(self._by_principal.get(principal, ()))

    def holdings(self, principal: PrincipalId) -> tuple[Folded, ...]:
        """The channels in which a principal was given anything."""
        return tuple(self._holdings.get(principal, ()))

    def watchers(self, folded: Folded) -> Iterator[Session]:
        """The sessions that MONITOR a nick."""
        return iter(tuple(self._watchers.get(folded, {}).values()))

    # --- sessions and users ----------------------------------------------------------------------------------------

    def add_session(self, session: Session) -> None:
        """A connection begins."""
        self.sessions[session.conn] = session

    def remove_session(self, session: Session) -> None:
        """A connection ended; a user that has no other session goes too, out of every index."""
        del self.sessions[session.conn]
        for folded in tuple(session.monitored or ()):
            self.unwatch(session, folded)
        user = session.user
        if user is None:
            return
        for channel in user.channels.values():
            self._unhear(channel, session)
        user.sessions.remove(session)
        if not user.sessions:
            self._remove_user(user)

    def add_user(self, user: User, session: Session) -> None:
        """A connection becomes a user. The nick must be free."""
        assert user.folded not in self.users, "a nick names one user"
        self.users[user.folded] = user
        self._remember_principal(user)
        user.sessions.append(session)
        session.user = user
        session.registration = None
        self.most_users = max(self.most_users, len(self.users))

    def attach(self, user: User, session: Session) -> None:
        """A connection becomes one more of a user who is here."""
        user.sessions.append(session)
        session.user = user
        session.registration = None
        for channel in user.channels.values():
            self._hear(channel, session)

    def _remove_user(self, user: User) -> None:
        for channel in tuple(user.channels.values()):
            self.part(user, channel)
        del self.users[user.folded]
        self._forget_principal(user)
        for letter in user.modes:
            self._count_mode(letter, -1)

    def rename(self, user: User, nick: str) -> None:
        """Give a user another nick. It must be free, or the same but for case."""
        del self.users[user.folded]
        user.nick = nick
        self._reidentify(user)
        assert user.folded not in self.users, "a nick names one user"
        self.users[user.folded] = user

    def sign_in(self, user: User, account: str | None) -> None:
        """The user is that account from now on, or a guest again."""
        user.account = account
        user.handle = ""
        self._reidentify(user)

    def _reidentify(self, user: User) -> None:
        self._forget_principal(user)
        user.changed()
        self._remember_principal(user)

    def _remember_principal(self, user: User) -> None:
        principal = user.principal.id
        self._by_principal[principal] = (*self._by_principal.get(principal, ()), user)

    def _forget_principal(self, user: User) -> None:
        principal = user.principal.id
        others = tuple(each for each in self._by_principal[principal] if each is not user)
        if others:
            self._by_principal[principal] = others
        else:
            del self._by_principal[principal]

    def set_mode(self, user: User, letter: str, *, on: bool) -> bool:
        """Set or clear a user mode, keeping the counts of LUSERS; whether anything changed."""
        changed = user.set_mode(letter, on=on)
        if changed:
            self._count_mode(letter, 1 if on else -1)
        return changed

    def _count_mode(self, letter: str, step: int) -> None:
        if letter == "o":
            self.operators += step
        elif letter == "i":
            self.invisible += step

    def remember(self, user: User, unix_ms: int) -> None:
        """Note somebody who leaves or changes nick, for WHOWAS."""
        self.departed.append(
            Departed(user.nick, user.username, user.host, user.realname, user.account, unix_ms),
        )

    def set_caps(self, session: Session, caps: CapSet) -> None:
        """Other capabilities are in force now; the session moves to another class in its channels."""
        wire = wire_class(caps, session.transport)
        if session.user is not None and wire != session.wire:
            for channel in session.user.channels.values():
                self._unhear(channel, session)
        changed = wire != session.wire
        session.caps = caps
        session.wire = wire
        if session.user is not None and changed:
            for channel in session.user.channels.values():
                self._hear(channel, session)

    # --- channels --------------------------------------------------------------------------------------------------

    def add_channel(self, name: str, facts: ChannelFacts) -> Channel:
        """A channel begins; nobody is in it."""
        channel = Channel(name, fold(name), facts)
        self.channels[channel.folded] = channel
        return channel

    def remove_channel(self, channel: Channel) -> None:
        """A channel that nobody is in ends."""
        assert not channel.members, "a channel with members stays"
        del self.channels[channel.folded]
        for principal in {**channel.facts.roles, **channel.facts.invitations}:
            self.release(principal, channel.folded)

    def hold(self, principal: PrincipalId, folded: Folded) -> None:
        """Note that a principal was given something in a channel."""
        self._holdings.setdefault(principal, {})[folded] = None

    def release(self, principal: PrincipalId, folded: Folded) -> None:
        """Note that a principal holds nothing there any more."""
        held = self._holdings.get(principal)
        if held is not None:
            held.pop(folded, None)
            if not held:
                del self._holdings[principal]

    def join(self, user: User, channel: Channel, unix_ms: int) -> None:
        """A user becomes a member."""
        channel.members[user] = Member(unix_ms)
        user.channels[channel.folded] = channel
        for session in user.sessions:
            self._hear(channel, session)

    def part(self, user: User, channel: Channel) -> None:
        """A member leaves."""
        del channel.members[user]
        del user.channels[channel.folded]
        for session in user.sessions:
            self._unhear(channel, session)

    @staticmethod
    def _hear(channel: Channel, session: Session) -> None:
        channel.audience.add(session.wire, session.outbox)

    @staticmethod
    def _unhear(channel: Channel, session: Session) -> None:
        channel.audience.remove(session.wire, session.outbox)

    # --- nicks that belong to accounts --------------------------------------------------------------------------------

    def owner(self, nick: str) -> str | None:
        """The account that a nick belongs to."""
        claim = self._claims.get(fold(nick))
        return None if claim is None else claim.account

    def claim_on(self, folded: Folded) -> Claim | None:
        """Whose a nick is, and since when."""
        return self._claims.get(folded)

    def claims_of(self, account: str) -> tuple[Claim, ...]:
        """The nicks of an account, oldest first."""
        return tuple(self._claims[folded] for folded in self._claims_of.get(account, ()))

    def oldest_claim(self) -> Claim | None:
        """The claim that was made or renewed longest ago."""
        return next(iter(self._claims.values()), None)

    def claim(self, claim: Claim) -> None:
        """A nick belongs to an account from now on, whoever had it before."""
        folded = fold(claim.nick)
        self.disclaim(folded)
        self._claims[folded] = claim
        self._claims_of.setdefault(claim.account, {})[folded] = None

    def disclaim(self, folded: Folded) -> None:
        """A nick belongs to nobody from now on."""
        claim = self._claims.pop(folded, None)
        if claim is not None:
            claimed = self._claims_of[claim.account]
            del claimed[folded]
            if not claimed:
                del self._claims_of[claim.account]

    # --- monitoring ------------------------------------------------------------------------------------------------

    def watch(self, session: Session, nick: str) -> None:
        """Tell a session when a nick comes and goes."""
        if session.monitored is None:
            session.monitored = {}
        session.monitored[fold(nick)] = nick
        self._watchers.setdefault(fold(nick), {})[session.conn] = session

    def unwatch(self, session: Session, folded: Folded) -> None:
        """Stop that, if it was so."""
        if session.monitored is not None and session.monitored.pop(folded, None) is not None:
            watching = self._watchers[folded]
            del watching[session.conn]
            if not watching:
                del self._watchers[folded]

    # --- proof -----------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Assert that the indices agree: called by tests and simulations after every turn."""
        for folded, user in self.users.items():
            assert folded == user.folded == fold(user.nick)
            assert user in self._by_principal[user.principal.id]
            for name, joined in user.channels.items():
                assert self.channels[name] is joined
                assert user in joined.members
            for session in user.sessions:
                assert session.user is user
                assert self.sessions[session.conn] is session
        for folded, channel in self.channels.items():
            assert folded == channel.folded
            heard = {outbox.conn for outbox in channel.audience}
            present = {session.conn for user in channel.members for session in user.sessions}
            assert heard == present
            assert all(channel.audience.groups.values())
            for user in channel.members:
                assert user.channels[folded] is channel
        given = {
            (principal, folded)
            for folded, channel in self.channels.items()
            for principal in (*channel.facts.roles, *channel.facts.invitations)
        }
        assert given == {(principal, folded) for principal, held in self._holdings.items() for folded in held}
        assert self.operators == sum("o" in user.modes for user in self.users.values())
        assert self.invisible == sum("i" in user.modes for user in self.users.values())
        assert all(principals for principals in self._by_principal.values())
        owned = {(folded, claim.account) for folded, claim in self._claims.items()}
        assert owned == {(folded, account) for account, claimed in self._claims_of.items() for folded in claimed}
        assert all(self._claims_of.values())
        for folded, watching in self._watchers.items():
            assert watching
            assert all(folded in (session.monitored or {}) for session in watching.values())
