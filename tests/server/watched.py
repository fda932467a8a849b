"""A net whose every byte is read by a client that believes nothing, and whose rosters must be the server's."""

from freeq_proto.boundary import Batch, ConnId, Event, Listener, Now
from freeq_proto.server import Config
from tests.server.harness import SERVER, Client, Net, config
from tests.server.sanity import Reader


class WatchedNet(Net):
    """``Net``, with one :class:`Reader` for each IRC connection."""

    def __init__(self, config_: Config | None = None, *, seed: int = 0) -> None:
        super().__init__(config_ or config(), seed=seed)
        self.readers: dict[ConnId, Reader] = {}
        self.started: Now = self.now

    def connect(
        self,
        address: str = "192.0.2.1",
        *,
        secure: bool = False,
        listener: Listener = Listener.IRC,
        certificate: str = "",
    ) -> Client:
        if listener is Listener.IRC:
            self.readers[ConnId(self._connections + 1)] = Reader(SERVER)
        return super().connect(address, secure=secure, listener=listener, certificate=certificate)

    def perform(self, batch: Batch[Event]) -> None:
        for conn, chunks in batch.writes:
            if conn in self.readers:
                self.readers[conn].push(b"".join(chunks))
        super().perform(batch)

    def check_rosters(self) -> None:
        """What each client drew from what it heard is what the server knows (clients with multi-prefix)."""
        for conn, session in self.engine.server.world.sessions.items():
            reader = self.readers.get(conn)
            if reader is None or session.user is None:
                continue
            assert not reader.batches
            assert reader.nick == session.user.nick
            known = {
                channel.folded.decode(): {
                    user.folded.decode(): "".join(
                        sorted({"@": "o", "%": "h", "+": "v"}[prefix] for prefix in channel.prefixes_of(user))
                    )
                    for user in channel.members
                }
                for channel in session.user.channels.values()
            }
            assert reader.rosters == known


# --- reading what came ---------------------------------------------------------------------------------------------


def numerics(lines: list[str]) -> list[str]:
    """The codes and the parameters up to the text, without server and nick."""
    words = [
        line.split(" :")[0].split(" ")
        for line in lines
        if line.startswith(f":{SERVER} ") and line.split(" ")[1].isdigit()
    ]
    return [" ".join([word[1], *word[3:]]) for word in words]


def bodies(lines: list[str]) -> list[str]:
    """Command and parameters, behind whatever source."""
    return [line.partition(" ")[2] for line in lines]


def names(client: Client, channel: str) -> list[str]:
    """What NAMES lists, sorted."""
    lines = client.ask(f"NAMES {channel}")
    return sorted(word for line in lines if " 353 " in line for word in line.split(" :")[1].split(" "))


def room(net: WatchedNet, *nicks: str, channel: str = "#room") -> list[Client]:
    """Clients in one channel, the first as its founder; what they heard of it is taken."""
    clients = [net.client(nick) for nick in nicks]
    for client in clients:
        client.send(f"JOIN {channel}")
    for client in clients:
        client.take()
    return clients


def mask(net: WatchedNet, nick: str) -> str:
    """The ``nick!user@host`` of a user who is here."""
    user = net.engine.server.world.user(nick)
    assert user is not None
    return user.hostmask
