"""The transcripts of the specification: our client and our server talk, and what they say is what is printed.

``python -m tests.docs.regenerate`` writes them into the document.
"""

from collections.abc import Callable
from typing import Final
from urllib.parse import quote

import attrs

from freeq_proto.boundary import ConnId, Fetched, HttpRequest, KeyType, Listener, PeerInfo
from freeq_proto.identity import OAuth, OAuthAccess, OAuthSession, PrivateKey, decode_base64url
from freeq_proto.sasl import (
    AppPasswordCredentials,
    ClientExchange,
    Credentials,
    KeyCredentials,
    OAuthCredentials,
)
from freeq_proto.server import SaslPolicy
from tests.sasl.support import counting_entropy
from tests.sasl.world import PASSWORD, Pds, World, json_answer
from tests.server.harness import Client, Net, config
from tests.spec.parts import ALICE, DOCUMENTS, END_POINT, KEYS, PDS, SERVER, did_of

DIRECTORY: Final = "https://plc.directory"


@attrs.define
class Talk:
    """One connection over TLS, and what was said on it."""

    methods: tuple[str, ...] = ("crypto", "service-auth")
    net: Net = attrs.field(init=False)
    connection: Client = attrs.field(init=False)
    world: World = attrs.field(init=False)
    pds: Pds = attrs.field(init=False)
    lines: list[str] = attrs.field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.net = Net(config(sasl=SaslPolicy(methods=self.methods)), seed=1)
        self.connection = Client(self.net, ConnId(7))
        self.net.clients[self.connection.conn] = self.connection
        peer = PeerInfo(Listener.IRC, "192.0.2.7", 40_000, secure=True, end_point=END_POINT)
        self.net.engine.connected(self.connection.conn, peer, self.net.now)
        self.net.settle()
        self.world = World(lambda: self.net.now)
        self.pds = Pds(self.world, ALICE, PDS, KEYS["host secp256k1"])
        answer = json_answer(DOCUMENTS[ALICE])
        self.world.web[f"https://plc.example/{ALICE}"] = self.net.web[f"{DIRECTORY}/{ALICE}"] = answer
        status = f"{PDS}/xrpc/com.atproto.sync.getRepoStatus?did={quote(ALICE, safe='')}"
        self.net.web[status] = json_answer({"did": ALICE, "active": True})

    def say(self, *lines: str) -> list[str]:
        """Send lines; what comes back is returned."""
        self.connection.send(*lines)
        heard = self.connection.take()
        self.lines += [f"C: {line}" for line in lines] + [f"S: {line}" for line in heard]
        return heard

    def sign_in(self, credentials: Credentials, capabilities: str = "sasl") -> None:
        """Sign in with our client, from negotiation to the last numeric."""
        client = ClientExchange(
            credentials,
            expected_server=SERVER,
            authenticated=True,
            resolver=self.world.resolver(),
            clock=lambda: self.net.now,
            entropy=counting_entropy(),
            end_point=END_POINT,
        )
        self.say(f"CAP REQ :{capabilities}")
        heard = self.say(*(f"AUTHENTICATE {argument}" for argument in client.begin()))
        while any(line.startswith("AUTHENTICATE ") for line in heard):
            arguments: tuple[str, ...] = ()
            for line in heard:
                if " NOTICE " in line:
                    client.receive_notice(line.rpartition(" :")[2])
                elif line.startswith("AUTHENTICATE "):
                    self.net.tick(1)
                    argument = line.removeprefix("AUTHENTICATE ")
                    arguments = self.world.run(client.receive(argument, self.net.now))
            heard = self.say(*(f"AUTHENTICATE {argument}" for argument in arguments))

    def block(self) -> str:
        """What was said, as a block."""
        return "\n".join(("", "```", *self.lines, "```", ""))

    def decoded(self) -> str:
        """The challenges and the answers, without their encoding."""
        texts = []
        for side, what in (("S: ", "challenge"), ("C: ", "answer")):
            start = f"{side}AUTHENTICATE "
            arguments = [line.removeprefix(start) for line in self.lines if line.startswith(start)]
            payload = "".join(each for each in arguments if each != "ATPROTO-CHALLENGE")
            texts.append(f"The {what}, decoded:\n\n```\n{decode_base64url(payload).decode()}\n```\n")
        return "\n".join(texts)


def crypto() -> str:
    """Signing in with a key."""
    talk = Talk()
    talk.sign_in(KeyCredentials(did_of("alice"), KEYS["alice"]))
    return f"{talk.block()}\n{talk.decoded()}"


def service_auth() -> str:
    """Signing in with a token that is bound to challenge and channel."""
    talk = Talk()
    talk.sign_in(AppPasswordCredentials(ALICE, PASSWORD))
    return f"{talk.block()}\n{talk.decoded()}"


def failure() -> str:
    """A token that has expired."""
    talk = Talk()
    talk.pds.claims = {"iat": talk.net.now.unix_ms // 1000 - 100, "exp": talk.net.now.unix_ms // 1000 - 40}
    talk.sign_in(AppPasswordCredentials(ALICE, PASSWORD), "sasl standard-replies")
    return talk.block()


def nonces() -> str:
    """A PDS that wants another nonce in the proof."""
    talk = Talk(methods=("pds-oauth",))
    question = f"{PDS}/xrpc/com.atproto.server.getSession"
    asked: list[HttpRequest] = []

    def get_session(request: HttpRequest) -> Fetched:
        asked.append(request)
        if len(asked) == 1:
            return json_answer({"error": "use_dpop_nonce"}, 401, ("dpop-nonce", "lTMz9Ar_fPGmbVAVOdmRIw"))
        return talk.pds.get_session(request)

    talk.net.web[question] = get_session
    session = OAuthSession(
        did=ALICE,
        pds=PDS,
        issuer=PDS,
        client_id="http://localhost",
        scope="atproto",
        expires_ms=talk.net.now.unix_ms + 3_600_000,
        access="access.a.b",
        refresh="refresh",
        key=PrivateKey(KeyType.P256, bytes(range(7, 39))),
    )
    oauth = OAuth(talk.world.resolver(), lambda: talk.net.now, counting_entropy(1))
    talk.sign_in(OAuthCredentials(OAuthAccess(oauth, session), ("pds-oauth",)))
    return talk.block()


TRANSCRIPTS: Final[dict[str, Callable[[], str]]] = {
    "transcript of crypto": crypto,
    "transcript of service auth": service_auth,
    "transcript of failure": failure,
    "transcript of nonces": nonces,
}
"""What makes each part of the document."""
