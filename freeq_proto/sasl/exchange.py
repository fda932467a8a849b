"""What a mechanism is: one sign-in as a generator, from its first challenge to its outcome.

A mechanism on the server's side reads like the conversation that it holds: it yields :class:`Send` to put bytes before
the client and is resumed with the client's answer; it yields a :data:`~freeq_proto.boundary.Request` for what takes
time (a signature, a look-up) and is resumed with the result; it returns an :data:`Outcome`. Framing, base64, deadlines,
aborting and counting failures are done around it (:mod:`freeq_proto.sasl.server`). It may raise RemoteProtocolError,
which means a :class:`Failure` with that message.
"""

from collections.abc import Callable, Generator
from typing import Protocol, TypeAlias, TypeVar

import attrs

from freeq_proto.boundary import (
    Computed,
    Entropy,
    Failed,
    Job,
    LocalProtocolError,
    Now,
    RemoteProtocolError,
    Request,
    Result,
    Work,
)
from freeq_proto.identity import Did, DidDocument, PdsError, PublicKey, ResolutionError, Resolver
from freeq_proto.sasl.challenge import DEFAULT_FORMS
from freeq_proto.sasl.guesses import GuessMemory
from freeq_proto.sasl.tokens import TokenMemory

T = TypeVar("T")


class Offer(Protocol):
    """What decides which mechanisms a connection is offered; a :class:`SaslContext` knows it."""

    @property
    def plain(self) -> bool:
        """Whether the operator allows PLAIN."""

    @property
    def external(self) -> bool:
        """Whether the operator allows EXTERNAL."""

    @property
    def confidential(self) -> bool:
        """Whether a secret may be sent on the connection."""

    @property
    def certificate(self) -> str:
        """The client's TLS certificate, or "" if it presented none."""


@attrs.frozen
class SaslContext:
    """What a mechanism may know of the connection and of the server that it runs on."""

    session_id: str
    """Names the connection; never used twice by one server."""
    server_name: str
    """The host name by which clients dial this server."""
    entropy: Entropy
    clock: Callable[[], Now]
    """Both clocks as they are now: after a look-up it is later than when the client's line came."""
    resolver: Resolver
    """Finds out who stands behind a DID or a handle; one per server."""
    confidential: bool = False
    """Whether a secret may be sent on the connection: over TLS, or from this machine."""
    certificate: str = ""
    """SHA-256 of the client's TLS certificate, 64 lower-case hexadecimal digits; "" if it presented none."""
    end_point: bytes = b""
    """The channel binding ``tls-server-end-point`` of the connection (RFC 5929 section 4), or empty if unknown."""
    methods: tuple[str, ...] = ("crypto", "service-auth")
    """Methods of ATPROTO-CHALLENGE that the operator allows."""
    bindings: tuple[str, ...] = DEFAULT_FORMS
    """Forms of service-auth tokens that are accepted."""
    legacy_audience: bool = True
    """Whether a token's audience may lack the service's fragment."""
    plain: bool = False
    """Whether the operator allows PLAIN."""
    external: bool = False
    """Whether the operator allows EXTERNAL."""
    tokens: TokenMemory = attrs.field(factory=TokenMemory)
    """The tokens that were used, of the whole server: the same object in every context."""
    guesses: GuessMemory = attrs.field(factory=GuessMemory)
    """The passwords that were tried, of the whole server: the same object in every context."""
    place: str = ""
    """Where the connection comes from: what counts as one address for limits."""
    server_id: str | None = None
    """The server's DID; None for ``did:web:`` and its name."""
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
    notice: str = ""
    """Text that the client is told with a NOTICE before."""


@attrs.frozen
class SignedChallenge:
    """Lasting proof of a sign-in: whoever knows that ``key`` belongs to the DID can check it again."""

    challenge: bytes
    """The exact bytes that were signed; they name the server and the time."""
    signature: bytes
    key: PublicKey


@attrs.frozen
class SignedToken:
    """Proof of a sign-in by ``service-auth``: whoever knows that ``key`` was the DID's ``#atproto`` can check it."""

    challenge: bytes
    """The exact bytes of the challenge that was answered."""
    token: str = attrs.field(repr=False)
    """A JWT, spent: the server that it was made for takes it once."""
    key: PublicKey


Evidence: TypeAlias = SignedChallenge | SignedToken


@attrs.frozen
class Success:
    """Control of ``account`` was proved."""

    account: Did
    method: str
    """How it was proved, as WHOIS shows it: a method of ATPROTO-CHALLENGE, ``app-password`` or ``certificate``."""
    evidence: Evidence | None = None
    """What others can check for themselves; None where the method leaves nothing of that kind."""
    handle: str = ""
    """The account's handle, verified in both directions, or "" where nothing has looked yet."""
    document: DidDocument | None = None
    """The account's DID document, where the proof needed it."""


@attrs.frozen
class Detail:
    """Why an attempt failed, for programs: ``FAIL AUTHENTICATE <code> <context>... :<text>``, before the numeric."""

    code: str
    text: str
    context: tuple[str, ...] = ()


class DetailedError(RemoteProtocolError):
    """Nothing was proved, and a program may be told why: raised in a mechanism, it means a :class:`Failure`."""

    def __init__(self, code: str, text: str, context: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self.detail = Detail(code, text, context)


def explained(error: ResolutionError | PdsError, name: str) -> RemoteProtocolError:
    """Return what to raise where somebody else's server was asked for the method or mechanism ``name``."""
    if not error.unavailable:
        return error
    return DetailedError("IDENTITY_UNAVAILABLE", f"{error}: try again later", (name,))


@attrs.frozen
class Failure:
    """Nothing was proved."""

    reason: str
    """A few words for the client's user; never quotes what the client sent."""
    detail: Detail | None = None


Outcome: TypeAlias = Success | Failure
Steps: TypeAlias = Generator[Send | Request, bytes | Result | None, T]


@attrs.frozen
class Mechanism:
    """One SASL mechanism (RFC 4422), server side."""

    name: str
    """As registered, in upper case: 1 to 20 characters of ``A-Z0-9-_`` (RFC 4422 §3.1)."""
    start: Callable[[SaslContext], Steps[Outcome]]
    encode: Callable[[bytes], str]
    """The spelling of base64 that its clients read; answers are read in every spelling."""
    offered: Callable[[Offer], bool] = lambda _offer: True
    """Whether it is listed, and may be used, on a connection."""
    empty_answers: bool = True
    """Whether an empty message can be an answer; where it cannot, it is not taken for one and changes nothing."""


def ask(data: bytes, notice: str = "") -> Steps[bytes]:
    """Put ``data`` before the client, after a ``notice`` if there is one, and return its answer."""
    answer = yield Send(data, notice)
    if not isinstance(answer, bytes):
        raise LocalProtocolError("a challenge is answered with bytes")
    return answer


def compute(job: Job) -> Steps[Computed | Failed]:
    """Have ``job`` done and return its result."""
    result = yield Work(job)
    if not isinstance(result, Computed | Failed):
        raise LocalProtocolError("a job is answered with Computed or Failed")
    return result
