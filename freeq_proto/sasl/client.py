"""The client's side of AUTHENTICATE: ATPROTO-CHALLENGE with a key."""

import attrs

from freeq_proto.boundary import Now
from freeq_proto.identity import Did, PrivateKey
from freeq_proto.sasl.atproto_challenge import ATPROTO_CHALLENGE, respond_crypto
from freeq_proto.sasl.authenticate import Reassembler, split_payload
from freeq_proto.sasl.challenge import MAX_CHALLENGE_LENGTH, UnacceptableChallengeError


@attrs.define
class ClientExchange:
    """One attempt to sign in. Its outcome is told by numerics (900 to 908), which are read elsewhere."""

    did: Did
    private_key: PrivateKey
    """A key of ``did``."""
    expected_server: str
    """The host name that was dialled: the server must name itself so in what it wants signed."""
    allow_unbound: bool = False
    """Sign also for a server that does not name itself; see :func:`~freeq_proto.sasl.challenge.parse_challenge`."""
    _answered: bool = attrs.field(default=False, init=False)
    _reassembler: Reassembler = attrs.field(factory=lambda: Reassembler(MAX_CHALLENGE_LENGTH), init=False)

    def begin(self) -> tuple[str, ...]:
        """Return the arguments of the AUTHENTICATE commands to send first."""
        return (ATPROTO_CHALLENGE.name,)

    def receive(self, argument: str, now: Now) -> tuple[str, ...]:
        """Take the argument of an AUTHENTICATE command; return those to send, none while a challenge is incomplete.

        Raises RemoteProtocolError (mostly UnacceptableChallengeError) for what must not be signed: then send
        :data:`~freeq_proto.sasl.authenticate.ABORT` and tell the user the message.
        """
        payload = self._reassembler.push(argument)
        if payload is None:
            return ()
        if self._answered:
            raise UnacceptableChallengeError("a second challenge in one exchange")
        self._answered = True
        return split_payload(
            respond_crypto(
                payload, self.did, self.private_key, self.expected_server, now, allow_unbound=self.allow_unbound
            )
        )
