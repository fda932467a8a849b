"""Accounts for tests: DIDs with documents in a network that is a table, and users who are signed in as them."""

import json

from freeq_proto.boundary import Failed, Fetched, KeyType
from freeq_proto.identity import Did, PrivateKey, format_multikey
from freeq_proto.sasl import respond_crypto, split_payload
from tests.server.harness import SERVER, Client, Net

PLC = "https://plc.directory"
PDS = "https://pds.example"


class Account:
    """A did:plc with a key of its owner's own, at a PDS."""

    def __init__(self, name: str, seed: int = 1) -> None:
        self.did = Did(f"did:plc:{(name + 'a' * 24)[:24]}")
        self.handle = f"{name}.example.net"
        self.key = PrivateKey(KeyType.ED25519, bytes([seed]) * 32)

    def publish(self, net: Net, *, key: PrivateKey | None = None, status: str = "active") -> None:
        """Put the document, the handle and the state of the account where they are looked for."""
        method = {
            "id": f"{self.did}#freeq",
            "type": "Multikey",
            "controller": self.did,
            "publicKeyMultibase": format_multikey((key or self.key).public_key),
        }
        service = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": PDS}
        document = {
            "id": self.did,
            "alsoKnownAs": [f"at://{self.handle}"],
            "verificationMethod": [method],
            "service": [service],
        }
        net.web[self.url] = Fetched(200, (), json.dumps(document).encode())
        net.dns[f"_atproto.{self.handle}"] = (f"did={self.did}",)
        state = {"did": self.did, "active": status == "active", "status": status}
        net.web[self.status_url] = Fetched(200, (), json.dumps(state).encode())

    def tombstone(self, net: Net) -> None:
        net.web[self.url] = Fetched(410)

    def vanish(self, net: Net) -> None:
        """Nobody answers any more."""
        net.web[self.url] = Failed("nobody answers there")
        net.web[self.status_url] = Failed("nobody answers there")

    @property
    def url(self) -> str:
        return f"{PLC}/{self.did}"

    @property
    def status_url(self) -> str:
        return f"{PDS}/xrpc/com.atproto.sync.getRepoStatus?did={self.did.replace(':', '%3A')}"

    def sign_in(self, net: Net, client: Client, key: PrivateKey | None = None, server: str = SERVER) -> list[str]:
        """Answer a challenge; returns what the server says to the answer."""
        challenge = client.ask("AUTHENTICATE ATPROTO-CHALLENGE")[-1].removeprefix("AUTHENTICATE ")
        answer = respond_crypto(challenge, self.did, key or self.key, server, net.now)
        return client.ask(*(f"AUTHENTICATE {chunk}" for chunk in split_payload(answer)))

    def client(self, net: Net, nick: str, *caps: str, key: PrivateKey | None = None) -> Client:
        """A registered user who is signed in; its welcome is taken."""
        client = net.connect()
        client.send("CAP LS 302", f"CAP REQ :{' '.join([*caps, 'sasl'])}", f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        answers = self.sign_in(net, client, key)
        assert any(" 903 " in line for line in answers), answers
        client.send("CAP END")
        welcome = client.take()
        assert any(f" 001 {nick} " in line for line in welcome), welcome
        return client
