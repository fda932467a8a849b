"""The client's side of AUTHENTICATE: one attempt to sign in, with any credentials.

It reads like the server's side turned round: each argument that the server sends goes in, the arguments to send come
out. That is a flow, because some proofs must be fetched: a token from the user's PDS, the documents that lead there.
Whether the attempt succeeded is told by numerics (900 to 908), which are read elsewhere.
"""

from collections.abc import Callable

import attrs

from freeq_proto.boundary import Entropy, Flow, LocalProtocolError, Now, RemoteProtocolError
from freeq_proto.identity import (
    Did,
    JsonValue,
    OAuthAccess,
    PrivateKey,
    Resolver,
    decode_base64_any,
    encode_base64,
    encode_base64url,
    encode_json,
)
from freeq_proto.sasl.app_passwords import close_session, open_session
from freeq_proto.sasl.atproto_challenge import ATPROTO_CHALLENGE, MAX_ROTATIONS
from freeq_proto.sasl.authenticate import Reassembler, split_payload
from freeq_proto.sasl.challenge import MAX_CHALLENGE_LENGTH, Challenge, UnacceptableChallengeError, parse_challenge
from freeq_proto.sasl.credentials import (
    AppPasswordCredentials,
    CertificateCredentials,
    Credentials,
    KeyCredentials,
    OAuthCredentials,
    PlainCredentials,
)
from freeq_proto.sasl.crypto import CRYPTO, sign_challenge
from freeq_proto.sasl.external import EXTERNAL
from freeq_proto.sasl.pds_client import nonce_of_notice, show_oauth, show_session
from freeq_proto.sasl.pds_methods import PDS_OAUTH, PDS_SESSION
from freeq_proto.sasl.plain import PLAIN, PlainMessage
from freeq_proto.sasl.service_auth_client import prove_by_token


class UnauthenticatedServerError(LocalProtocolError):
    """Nobody has shown that the server is the one that was dialled, so nothing is proved to it."""


@attrs.define
class ClientExchange:
    """One attempt to sign in; raises UnauthenticatedServerError unless the server is ``authenticated``."""

    credentials: Credentials
    expected_server: str = attrs.field(kw_only=True)
    """The host name that was dialled: the server must name itself so, and proofs are made for it and for no other."""
    authenticated: bool = attrs.field(kw_only=True)
    """Whether TLS has shown that the server is that host (its certificate is trusted and names it), or the server is on
    this machine."""
    resolver: Resolver = attrs.field(kw_only=True)
    clock: Callable[[], Now] = attrs.field(kw_only=True)
    entropy: Entropy = attrs.field(kw_only=True)
    end_point: bytes = attrs.field(kw_only=True, default=b"")
    """The channel binding ``tls-server-end-point`` of the connection (RFC 5929 section 4), or empty if unknown."""
    allow_unbound: bool = attrs.field(kw_only=True, default=False)
    """Sign also for a server that does not name itself; see :func:`~freeq_proto.sasl.challenge.parse_challenge`."""
    _answered: bool = attrs.field(default=False, init=False)
    _nonce: str | None = attrs.field(default=None, init=False)
    _rotations: int = attrs.field(default=0, init=False)
    _reassembler: Reassembler = attrs.field(factory=lambda: Reassembler(MAX_CHALLENGE_LENGTH), init=False)

    def __attrs_post_init__(self) -> None:
        """Refuse where a stranger may listen, or be the one who asks."""
        if not self.authenticated:
            raise UnauthenticatedServerError(f"nothing shows that this is {self.expected_server}: not signing in")

    @property
    def mechanism(self) -> str:
        """The name of the mechanism that the credentials are for."""
        match self.credentials:
            case PlainCredentials():
                return PLAIN.name
            case CertificateCredentials():
                return EXTERNAL.name
            case _:
                return ATPROTO_CHALLENGE.name

    def begin(self) -> tuple[str, ...]:
        """Return the arguments of the AUTHENTICATE commands to send first."""
        return (self.mechanism,)

    def receive(self, argument: str, now: Now) -> Flow[tuple[str, ...]]:
        """Take the argument of an AUTHENTICATE command; return those to send, none while a challenge is incomplete.

        A flow, which must run to its end before the next argument is taken. Raises RemoteProtocolError for what must
        not be answered, and if the user's PDS does not help: then send
        :data:`~freeq_proto.sasl.authenticate.ABORT` and tell the user the message.
        """
        payload = self._reassembler.push(argument)
        if payload is None:
            return ()
        if self._answered:
            raise UnacceptableChallengeError("a second challenge in one exchange")
        self._answered = True
        match self.credentials:
            case PlainCredentials(account, password):
                return _first(payload, PlainMessage("", account, password).format())
            case CertificateCredentials(account):
                return _first(payload, account.encode("utf-8"))
            case _:
                data = decode_base64_any(payload)
                challenge = parse_challenge(data, self.expected_server, now, allow_unbound=self.allow_unbound)
                members = yield from self._answer(challenge)
                return split_payload(encode_base64url(encode_json(members)))

    def receive_notice(self, text: str) -> None:
        """Take the text of a NOTICE that comes from the server during the exchange; most mean nothing here.

        With one the server tells which nonce the user's PDS wants; a fresh challenge follows, at most three times.
        """
        nonce = nonce_of_notice(text)
        shown = isinstance(self.credentials, OAuthCredentials) and PDS_OAUTH in self.credentials.methods
        if nonce is not None and shown and self._answered and self._rotations < MAX_ROTATIONS:
            self._rotations += 1
            self._nonce, self._answered = nonce, False

    def _answer(self, challenge: Challenge) -> Flow[dict[str, JsonValue]]:
        match self.credentials:
            case KeyCredentials(did, private_key):
                _choose(challenge, (CRYPTO,))
                return sign_challenge(challenge, did, private_key)
            case AppPasswordCredentials():
                return (yield from self._answer_with_password(challenge, self.credentials))
            case OAuthCredentials(session, methods):
                if _choose(challenge, methods) == PDS_OAUTH and isinstance(session, OAuthAccess):
                    return (yield from show_oauth(session, challenge, self._nonce, self.clock(), self.entropy))
                return (
                    yield from prove_by_token(self.resolver, session, challenge, self.expected_server, self.end_point)
                )
            case _:
                raise AssertionError("credentials of another mechanism")

    def _answer_with_password(
        self, challenge: Challenge, credentials: AppPasswordCredentials
    ) -> Flow[dict[str, JsonValue]]:
        method = _choose(challenge, credentials.methods)
        _, session = yield from open_session(self.resolver, credentials.identifier, credentials.password)
        if method == PDS_SESSION:
            return show_session(session, challenge)
        try:
            members = yield from prove_by_token(self.resolver, session, challenge, self.expected_server, self.end_point)
        except RemoteProtocolError:
            yield from close_session(session)
            raise
        yield from close_session(session)
        return members


def respond_crypto(
    challenge_payload: str,
    did: Did,
    private_key: PrivateKey,
    expected_server: str,
    now: Now,
    *,
    allow_unbound: bool = False,
) -> str:
    """Return the answer to a challenge by ``crypto``, both as payloads of AUTHENTICATE: all that a key needs.

    Signs with ``private_key``, a key of ``did``, what :func:`~freeq_proto.sasl.challenge.parse_challenge` accepts; see
    there for the other arguments. Raises UnacceptableChallengeError or InvalidEncodingError.
    """
    challenge = parse_challenge(decode_base64_any(challenge_payload), expected_server, now, allow_unbound=allow_unbound)
    return encode_base64url(encode_json(sign_challenge(challenge, did, private_key)))


def _choose(challenge: Challenge, methods: tuple[str, ...]) -> str:
    """The first of ``methods`` that the server takes; it takes any that it does not rule out."""
    for method in methods:
        if not challenge.methods or method in challenge.methods:
            return method
    raise UnacceptableChallengeError(f"the server does not take the method {' or '.join(methods)} here")


def _first(payload: str, message: bytes) -> tuple[str, ...]:
    """The only message of a mechanism in which the client speaks first (RFC 4422 section 5)."""
    if payload:
        raise UnacceptableChallengeError("the server asks for something where it should only listen")
    return split_payload(encode_base64(message))
