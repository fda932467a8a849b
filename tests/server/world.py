"""A world without wires: users and channels made by hand."""

from freeq_proto.authority import Act, Create, PrincipalId, apply
from freeq_proto.boundary import ConnId, Listener, Outbox, PeerInfo
from freeq_proto.caps import CapSet
from freeq_proto.server.channel import Channel
from freeq_proto.server.session import Session
from freeq_proto.server.user import User
from freeq_proto.server.world import World


class SmallWorld:
    """A world, and the sessions in it by number."""

    def __init__(self) -> None:
        self.world = World()
        self.sessions: list[Session] = []

    def session(self, *, caps: CapSet = 0, transport: int = 0) -> Session:
        """A connection that is no user yet."""
        conn = ConnId(len(self.sessions) + 1)
        peer = PeerInfo(Listener.IRC, "192.0.2.1")
        session = Session(conn, peer, transport, "host.cloak", Outbox(conn), tokens=1.0, refilled_at=0.0, heard_at=0.0)
        self.sessions.append(session)
        self.world.add_session(session)
        self.world.set_caps(session, caps)
        return session

    def user(self, nick: str, *, account: str | None = None, caps: CapSet = 0, transport: int = 0) -> User:
        """A user with one session."""
        session = self.session(caps=caps, transport=transport)
        user = User(nick, "~u", "Realname", "host.cloak", PrincipalId(f"guest:z/1.{session.conn}"), 0, account=account)
        self.world.add_user(user, session)
        return user

    def channel(self, name: str, by: str = "did:plc:founder") -> Channel:
        """A channel that somebody absent founded."""
        act = Act(Create(), PrincipalId(by), "01K742SG00SM3JSP5YDYFP42E5", 0, "f!f@f")
        channel = self.world.add_channel(name, apply(None, act))
        self.world.hold(PrincipalId(by), channel.folded)
        return channel
