"""PLAIN: a handle or a DID and an app password, for clients that know nothing better. Both roles.

RFC 4616: one message, ``authzid NUL authcid NUL password`` in UTF-8. The password goes through this server to the
account's PDS, so it is taken only where nobody can listen and the operator allows it. RFC 4616 asks a server to prepare
the password with SASLprep; here the PDS compares it, and gets it as it came.
"""

from typing import Final

import attrs

from freeq_proto.boundary import RemoteProtocolError
from freeq_proto.identity import PdsError, ResolutionError, encode_base64
from freeq_proto.sasl.app_passwords import close_session, open_session
from freeq_proto.sasl.exchange import (
    DetailedError,
    Failure,
    Mechanism,
    Outcome,
    SaslContext,
    Steps,
    Success,
    ask,
    explained,
)

METHOD: Final = "app-password"

MAX_MESSAGE_LENGTH: Final = 2048
"""Bytes of the client's message."""


class MalformedMessageError(RemoteProtocolError):
    """A client's message is not one of this mechanism."""


@attrs.frozen
class PlainMessage:
    """The client's message."""

    authorization: str
    """Who the client wants to act as; empty for the one that it signs in as."""
    account: str
    """A handle or a DID."""
    password: str = attrs.field(repr=False)

    def format(self) -> bytes:
        """Write it as it is sent."""
        return "\0".join((self.authorization, self.account, self.password)).encode("utf-8")


def parse_plain(data: bytes) -> PlainMessage:
    """Read a message (RFC 4616 section 2). Raises MalformedMessageError."""
    if len(data) > MAX_MESSAGE_LENGTH:
        raise MalformedMessageError(f"a message longer than {MAX_MESSAGE_LENGTH} bytes")
    try:
        parts = data.decode("utf-8").split("\0")
    except UnicodeDecodeError:
        raise MalformedMessageError("a message that is not UTF-8") from None
    if len(parts) != 3 or not parts[1] or not parts[2]:
        raise MalformedMessageError("a message that is not an account and a password after NULs")
    return PlainMessage(*parts)


def _start(context: SaslContext) -> Steps[Outcome]:
    asked = context.clock()
    message = parse_plain((yield from ask(b"")))
    if not context.guesses.begin(context.place, context.clock()):
        raise DetailedError("TOO_MANY_GUESSES", "too many wrong passwords: try again in ten minutes", ("PLAIN",))
    try:
        document, session = yield from open_session(
            context.resolver, message.account, message.password, issued_after_ms=asked.unix_ms
        )
    except RemoteProtocolError as error:
        if not isinstance(error, PdsError) or error.unavailable:  # then nobody looked at the password
            context.guesses.take_back(context.place)
        raise (explained(error, "PLAIN") if isinstance(error, ResolutionError | PdsError) else error) from None
    context.guesses.take_back(context.place)
    yield from close_session(session)
    if not session.active:
        return Failure("the account is not active at its host")
    if message.authorization not in ("", message.account, document.did):
        return Failure("signing in as one account and acting as another is not offered here")
    # The account's name, if it is a handle, led to the DID; if the document claims it, too, it is verified.
    handle = document.handle if document.handle == message.account.lower() else None
    return Success(document.did, METHOD, handle=handle or "", document=document)


PLAIN: Final = Mechanism("PLAIN", _start, encode_base64, offered=lambda offer: offer.plain and offer.confidential)
