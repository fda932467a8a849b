"""A server that takes service tokens, a PDS that makes them, and tokens that no PDS makes."""

from typing import Final

import attrs

from freeq_proto.boundary import Now
from freeq_proto.identity import Did, JsonValue, PrivateKey, encode_base64url, encode_json
from freeq_proto.sasl import (
    Binding,
    Detail,
    Refused,
    Reply,
    ServerExchange,
    binding_hash,
)
from tests.sasl.support import NOW, SERVER, Clock, Session, context, failed
from tests.sasl.world import ALICE, ATPROTO_KEY, Pds, World, document_of

AUDIENCE: Final = f"did:web:{SERVER}#irc"
METHOD: Final = "blue.irc.auth"
END_POINT: Final = bytes(range(32))
SECONDS: Final = NOW.unix_ms // 1000


@attrs.define
class Case:
    """A session on a server that takes tokens, and the PDS that makes them."""

    world: World = attrs.field(factory=lambda: World(Clock()))
    settings: dict[str, object] = attrs.field(factory=dict)
    did: Did = ALICE
    session: Session = attrs.field(init=False)
    pds: Pds = attrs.field(init=False)
    challenge: bytes = b""

    def __attrs_post_init__(self) -> None:
        self.pds = Pds(self.world, self.did)
        self.world.publish(document_of(self.did))
        settings = {"confidential": True, "end_point": END_POINT, "methods": ("crypto", "service-auth")}
        self.session = Session(ServerExchange(context(self.world, **settings | self.settings)), self.world)
        self.challenge = self.session.challenge()

    def tag(self, binding: Binding | None = None) -> str:
        return f"n{binding_hash(self.challenge, binding or Binding())}"

    def token(self, audience: str = AUDIENCE, method: str = METHOD, **claims: JsonValue) -> str:
        return self.pds.token(audience, method, **claims)

    def answer(self, token: str, members: dict[str, JsonValue] | None = None, now: Now = NOW) -> Reply:
        answer: dict[str, JsonValue] = {"did": self.did, "method": "service-auth", "signature": token}
        return self.session.answer(answer | (members or {}), now)


def refused(reply: Reply) -> Detail:
    """Assert that ``reply`` refuses with a detail, and return it."""
    failed(reply)
    assert isinstance(reply, Refused)
    assert reply.detail is not None
    assert reply.detail.context[0] == "service-auth"
    assert reply.detail.text in reply.reason
    return reply.detail


def rewritten(token: str, **claims: JsonValue) -> str:
    """A token whose claims were replaced, under its old signature."""
    header, _, signature = token.split(".")
    return f"{header}.{encode_base64url(encode_json(dict(claims)))}.{signature}"


def signed(header: dict[str, JsonValue], claims: JsonValue = None, key: PrivateKey = ATPROTO_KEY) -> str:
    """A token with any header, correctly signed."""
    right: JsonValue = {
        "iss": ALICE,
        "aud": AUDIENCE,
        "lxm": METHOD,
        "iat": SECONDS,
        "exp": SECONDS + 60,
        "jti": "0" * 32,
    }
    parts = [encode_base64url(encode_json(part)) for part in (header, right if claims is None else claims)]
    signing_input = ".".join(parts)
    return f"{signing_input}.{encode_base64url(key.sign(signing_input.encode()))}"
