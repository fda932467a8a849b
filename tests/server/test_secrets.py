"""Nothing that a client keeps to itself is printed with the object that holds it: tracebacks and logs show those."""

import pytest

from freeq_proto.boundary import HashPassword, Now, VerifyPassword
from freeq_proto.identity import Did
from freeq_proto.sasl import Challenge, Reassembler
from freeq_proto.sasl.answer import Answer
from freeq_proto.server.session import Registration
from tests.server.harness import SERVER, Net

SECRET = "correct-horse"


def an_answer() -> Answer:
    challenge = Challenge.mint(session_id="1.1", server=SERVER, now=Now(0.0, 0), entropy=bytes)
    return Answer(challenge, Now(0.0, 0), Did("did:plc:x"), SECRET, {"signature": SECRET}, 10)


def half_an_answer() -> Reassembler:
    reassembler = Reassembler()
    reassembler.push((SECRET * 40)[:400])
    return reassembler


@pytest.mark.parametrize(
    "holder",
    [
        VerifyPassword("phc", SECRET),
        HashPassword(SECRET, b"salt"),
        Registration("nick", "user", "Real Name", SECRET),
        an_answer(),
        half_an_answer(),
    ],
    ids=lambda holder: type(holder).__name__,
)
def test_a_secret_is_not_printed(holder: object) -> None:
    assert SECRET not in repr(holder)


def test_a_session_prints_none_of_what_it_was_sent() -> None:
    net = Net()
    client = net.connect()
    net.computes = False
    client.send(
        f"PASS {SECRET}", "CAP REQ sasl", "AUTHENTICATE ATPROTO-CHALLENGE", f"AUTHENTICATE {(SECRET * 40)[:400]}"
    )
    assert SECRET not in repr(net.engine.server.world.sessions[client.conn])
