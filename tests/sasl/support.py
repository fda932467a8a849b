"""A server exchange to talk to, and the runtime's part of it."""

import attrs

from freeq_proto.boundary import Entropy, KeyType, Now
from freeq_proto.identity import (
    JsonValue,
    PrivateKey,
    decode_base64url,
    encode_base64url,
    encode_json,
    public_key_to_did_key,
)
from freeq_proto.sasl import (
    ClientExchange,
    Continue,
    Credentials,
    Refusal,
    Refused,
    Reply,
    SaslContext,
    ServerExchange,
    SignedIn,
    Wait,
    split_payload,
)
from tests.sasl.world import World

SERVER = "irc.example.org"
KEYS = {key_type: PrivateKey(key_type, bytes([7]) * 32) for key_type in KeyType}
KEY = KEYS[KeyType.ED25519]
DID = public_key_to_did_key(KEY.public_key)
NOW = Now(mono=1000.0, unix_ms=1_750_000_000_500)


def at(seconds: float) -> Now:
    """A later (or earlier) reading of both clocks."""
    return Now(NOW.mono + seconds, NOW.unix_ms + int(seconds * 1000))


def counting_entropy(seed: int = 0) -> Entropy:
    """Bytes that differ from draw to draw, the same in each run."""
    drawn = seed * 1000

    def draw(count: int) -> bytes:
        nonlocal drawn
        drawn += 1
        return drawn.to_bytes(count, "big")

    return draw


@attrs.define
class Clock:
    """Both clocks, set by hand."""

    now: Now = NOW

    def __call__(self) -> Now:
        """What they show."""
        return self.now


def context(world: World | None = None, **changes: object) -> SaslContext:
    """What a server tells its mechanisms, with what a test changes."""
    clock = Clock() if world is None else world.clock
    values: dict[str, object] = {
        "session_id": "session-1",
        "server_name": SERVER,
        "entropy": counting_entropy(),
        "clock": clock,
        "resolver": (world or World(clock)).resolver(),
    }
    return SaslContext(**{**values, **changes})  # type: ignore[arg-type]  # tests name the fields they change


@attrs.define
class Session:
    """A session's exchange, with a runtime that does what it is asked for at once."""

    exchange: ServerExchange = attrs.field(factory=lambda: ServerExchange(context()))
    world: World = attrs.field(factory=lambda: World(Clock()))

    def send(self, argument: str, now: Now = NOW) -> Reply:
        """Put one AUTHENTICATE argument in and return the reply."""
        clock = self.exchange.context.clock
        if isinstance(clock, Clock):
            clock.now = now
        return self.world.run(self.exchange.receive(argument, now))

    def send_all(self, payload: str, now: Now = NOW) -> Reply:
        """Put a payload in, cut as the specification says, and return the last reply."""
        *_, reply = [self.send(argument, now) for argument in split_payload(payload)]
        return reply

    def challenge(self, now: Now = NOW) -> bytes:
        """Begin ATPROTO-CHALLENGE and return the challenge's bytes."""
        reply = self.send("ATPROTO-CHALLENGE", now)
        assert isinstance(reply, Continue)
        (payload,) = reply.lines
        return decode_base64url(payload)

    def answer(self, response: JsonValue, now: Now = NOW) -> Reply:
        """Answer the challenge with ``response`` as JSON."""
        return self.send_all(encode_base64url(encode_json(response)), now)

    def sign_in(self, now: Now = NOW) -> Reply:
        """Sign in with the default key."""
        return self.answer(response_to(self.challenge(now)), now)


def response_to(challenge: bytes, key: PrivateKey = KEY, did: str | None = None) -> dict[str, JsonValue]:
    """A well-formed answer, signed by ``key``, for its own did:key unless another DID is given."""
    return {
        "did": public_key_to_did_key(key.public_key) if did is None else did,
        "method": "crypto",
        "signature": encode_base64url(key.sign(challenge)),
    }


def signed_in(reply: Reply) -> SignedIn:
    """Assert that ``reply`` is a success, and return it."""
    assert isinstance(reply, SignedIn), reply
    return reply


def failed(reply: Reply, kind: Refusal = Refusal.FAILED) -> str:
    """Assert that ``reply`` refuses with ``kind``, and return the reason."""
    assert isinstance(reply, Refused), reply
    assert reply.kind is kind
    assert reply.reason.isascii()
    assert reply.reason.isprintable()
    assert len(reply.reason) < 150
    return reply.reason


def client_exchange(
    credentials: Credentials,
    world: World,
    *,
    server: str = SERVER,
    end_point: bytes = b"",
    allow_unbound: bool = False,
) -> ClientExchange:
    """A client that dialled ``server`` and whose TLS found it to be that."""
    return ClientExchange(
        credentials,
        expected_server=server,
        authenticated=True,
        resolver=world.resolver(),
        clock=world.clock,
        entropy=counting_entropy(),
        end_point=end_point,
        allow_unbound=allow_unbound,
    )


def converse(client: ClientExchange, session: Session, now: Now = NOW) -> Reply:
    """Carry arguments to and fro until the server has nothing more to ask."""
    to_server = client.begin()
    reply: Reply = Wait()
    while to_server:
        for argument in to_server:
            reply = session.send(argument, now)
        to_server = ()
        if isinstance(reply, Continue):
            client.receive_notice(reply.notice)
            to_server = tuple(sent for line in reply.lines for sent in session.world.run(client.receive(line, now)))
    return reply
