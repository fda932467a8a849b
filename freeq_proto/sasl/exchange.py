"""What a mechanism is: one sign-in as a generator, from its first challenge to its outcome.

A mechanism on the server's side reads like the conversation that it holds: it yields :class:`Send` to put bytes before
the client and is resumed with the client's answer; it yields a :data:`~freeq_proto.boundary.Request` for what takes
time (a signature, a look-up) and is resumed with the result; it returns an :data:`Outcome`. Framing, base64, deadlines,
aborting and counting failures are done around it (:mod:`freeq_proto.sasl.server`). It may raise RemoteProtocolError,
which means a :class:`Failure` with that message.
"""

from collections.abc import Callable, Generator
from typing import TypeAlias, TypeVar

import attrs

from freeq_proto.boundary import Computed, Entropy, Failed, Job, LocalProtocolError, Now, Request, Result, Work
from freeq_proto.identity import Did, PublicKey

T = TypeVar("T")


@attrs.frozen
class SaslContext:
    """What a mechanism may know of the connection and of the server that it runs on."""

    session_id: str
    """Names the connection; never used twice by one server."""
    server_name: str
    """The host name by which clients dial this server."""
    entropy: Entropy
    secure: bool = False
    """Whether nobody between can read the connection."""
    server_id: str | None = None
    """The server's DID."""
    origin: str | None = None
    """The server's federation key, as a multikey."""
    network: str | None = None
    """The short hash of the network's genesis."""
    scope: str | None = None
    """What the sign-in is for."""
    reauthentication: bool = True
    """Whether a session that is signed in may sign in again (sasl-3.2, "SASL Reauthentication")."""


@attrs.frozen
class Send:
    """Put ``data`` (raw, perhaps empty) before the client; the generator is resumed with its answer, decoded."""

    data: bytes


@attrs.frozen
class SignedChallenge:
    """Lasting proof of a sign-in: whoever knows that ``key`` belongs to the DID can check it again."""

    challenge: bytes
    """The exact bytes that were signed; they name the server and the time."""
    signature: bytes
    key: PublicKey


@attrs.frozen
class Success:
    """Control of ``account`` was proved."""

    account: Did
    method: str
    """How it was proved, as WHOIS shows it: ``crypto``."""
    evidence: SignedChallenge


@attrs.frozen
class Failure:
    """Nothing was proved."""

    reason: str
    """A few words for the client's user; never quotes what the client sent."""


Outcome: TypeAlias = Success | Failure
Steps: TypeAlias = Generator[Send | Request, bytes | Result | None, T]


@attrs.frozen
class Mechanism:
    """One SASL mechanism (RFC 4422), server side."""

    name: str
    """As registered, in upper case: 1 to 20 characters of ``A-Z0-9-_`` (RFC 4422 §3.1)."""
    start: Callable[[SaslContext, Now], Steps[Outcome]]
    encode: Callable[[bytes], str]
    """The spelling of base64 that its clients read; answers are read in every spelling."""


def ask(data: bytes) -> Steps[bytes]:
    """Put ``data`` before the client and return its answer."""
    answer = yield Send(data)
    if not isinstance(answer, bytes):
        raise LocalProtocolError("a challenge is answered with bytes")
    return answer


def compute(job: Job) -> Steps[Computed | Failed]:
    """Have ``job`` done and return its result."""
    result = yield Work(job)
    if not isinstance(result, Computed | Failed):
        raise LocalProtocolError("a job is answered with Computed or Failed")
    return result
