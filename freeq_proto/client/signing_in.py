"""Signing in (SASL): one set of credentials after the other, until the server takes one.

What a mechanism says is ``sasl``'s; here the conversation is held, and its outcome read from the numerics.
"""

from collections.abc import Callable
from typing import Final

from freeq_proto.boundary import Destination, Dialled, Flow, FlowTable, RemoteProtocolError
from freeq_proto.client.core import Core
from freeq_proto.client.events import SignedIn, SignInFailed
from freeq_proto.client.requests import text_of
from freeq_proto.identity import Resolver
from freeq_proto.irc import Message
from freeq_proto.sasl import ABORT, ClientExchange, Credentials, UnauthenticatedServerError

SUCCEEDED: Final = "903"
FAILED: Final = frozenset({"902", "904", "905", "906"})
ALREADY: Final = "907"
NUMERICS: Final = FAILED | {SUCCEEDED, ALREADY, "908"}
_OWNER: Final = "sign-in"
_LINES: Final = 64
"""AUTHENTICATE lines that may wait while an answer is being made."""


class SignIn:
    """The signing in of one connection.

    ``ended`` is told why we are not signed in (None: we are), and whether that may be otherwise later.
    """

    def __init__(
        self,
        core: Core,
        flows: FlowTable[str],
        resolver: Resolver,
        destination: Destination,
        dialled: Dialled,
        ended: Callable[[str | None, bool], None],
    ) -> None:
        self._core = core
        self._flows = flows
        self._resolver = resolver
        self._destination = destination
        self._dialled = dialled
        self._ended = ended
        self._left: list[Credentials] = []
        self._exchange: ClientExchange | None = None
        self._listed: frozenset[str] | None = None
        self._aborted = ""
        self._temporary = False
        self._waiting: list[str] = []
        self._reason = ""
        self._mechanism = ""

    @property
    def busy(self) -> bool:
        """Whether an outcome is awaited."""
        return self._exchange is not None

    def start(self, listed: str | None) -> None:
        """Begin; ``listed`` are the mechanisms of the server ("" if it does not say), None for no SASL at all."""
        self._left = list(self._core.config.credentials)
        self._mechanism = ""
        if listed is None:
            self._end("the server offers no way to sign in")
            return
        self._reason = "the server offers no mechanism that fits our credentials"
        self._listed = frozenset(listed.upper().split(",")) if listed else None
        self._next()

    def _begin(self, credentials: Credentials) -> ClientExchange:
        core, dialled = self._core, self._dialled
        return ClientExchange(
            credentials,
            expected_server=self._destination.host,
            authenticated=dialled.authenticated or core.config.allow_unauthenticated,
            resolver=self._resolver,
            clock=lambda: core.now,
            entropy=core.entropy,
            end_point=dialled.end_point,
        )

    def _next(self) -> None:
        while self._left:
            credentials = self._left.pop(0)
            try:
                exchange = self._begin(credentials)
            except UnauthenticatedServerError as error:
                self._end(str(error))
                return
            if self._listed is not None and exchange.mechanism not in self._listed:
                continue
            self._exchange = exchange
            self._mechanism = exchange.mechanism
            self._aborted = ""
            self._temporary = False
            for argument in exchange.begin():
                self._core.urgent("AUTHENTICATE", argument)
            return
        self._end(self._reason)

    def _end(self, reason: str) -> None:
        self.cancel()
        self._core.emit(SignInFailed(reason, self._mechanism))
        self._ended(reason, self._temporary)

    def cancel(self) -> None:
        """The connection is gone, or an outcome is here."""
        self._exchange = None
        self._waiting.clear()
        self._flows.cancel(_OWNER)

    # --- what the server says --------------------------------------------------------------------------------------

    def authenticate(self, argument: str) -> None:
        """AUTHENTICATE of the server."""
        if self._exchange is None or self._aborted:
            return
        if self._flows.waits(_OWNER):
            if len(self._waiting) < _LINES:
                self._waiting.append(argument)
            return
        self._flows.start(_OWNER, self._answer(self._exchange, argument))

    def notice(self, text: str) -> None:
        """NOTICE of the server: with one it may tell what the next answer needs (``DPOP_NONCE``)."""
        if self._exchange is not None:
            self._exchange.receive_notice(text)

    def _answer(self, exchange: ClientExchange, argument: str) -> Flow[None]:
        try:
            arguments = yield from exchange.receive(argument, self._core.now)
        except RemoteProtocolError as error:
            self._aborted = str(error)
            # A PDS or a directory that did not answer (ResolutionError, PdsError) may do so another time.
            self._temporary = bool(getattr(error, "unavailable", False))
            self._core.urgent("AUTHENTICATE", ABORT)
            return
        for each in arguments:
            self._core.urgent("AUTHENTICATE", each)

    def continue_(self) -> None:
        """A flow ended: what came meanwhile is next."""
        while self._waiting and not self._flows.waits(_OWNER):
            self.authenticate(self._waiting.pop(0))

    def numeric(self, message: Message) -> None:
        """One of ``NUMERICS``."""
        if self._exchange is None:
            return
        if message.command in (SUCCEEDED, ALREADY):
            self.cancel()
            self._core.emit(SignedIn(self._core.world.me.account or "", self._mechanism))
            self._ended(None, False)
        elif message.command in FAILED:
            self._reason = self._aborted or text_of(message)
            self.cancel()
            self._next()
