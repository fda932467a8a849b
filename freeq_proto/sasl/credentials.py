"""What a client signs in with: one class for each thing that a user may have."""

from collections.abc import Callable
from typing import Final, TypeAlias

import attrs

from freeq_proto.boundary import LocalProtocolError
from freeq_proto.identity import Did, OAuthAccess, PdsAccess, PrivateKey
from freeq_proto.sasl.pds_methods import PDS_OAUTH, PDS_SESSION
from freeq_proto.sasl.service_token import SERVICE_AUTH

_WITH_PASSWORD: Final = (SERVICE_AUTH, PDS_SESSION)
_WITH_OAUTH: Final = (SERVICE_AUTH, PDS_OAUTH)


def _only(*known: str) -> Callable[[object, object, tuple[str, ...]], None]:
    def validate(_owner: object, _attribute: object, value: tuple[str, ...]) -> None:
        if not value or not set(value) <= set(known):
            raise LocalProtocolError(f"these credentials are for the methods {' and '.join(known)}")

    return validate


def _no_nul(_owner: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    if "\0" in value:
        raise LocalProtocolError(f"{attribute.name} holds a NUL, which PLAIN cannot carry")


@attrs.frozen
class KeyCredentials:
    """A key of the DID, in its user's hands: ATPROTO-CHALLENGE, method ``crypto``."""

    did: Did
    private_key: PrivateKey


@attrs.frozen
class AppPasswordCredentials:
    """An account and an app password, which goes to the account's PDS and nowhere else: ATPROTO-CHALLENGE."""

    identifier: str
    """The account's handle or its DID."""
    password: str = attrs.field(repr=False)
    methods: tuple[str, ...] = attrs.field(default=(SERVICE_AUTH,), validator=_only(*_WITH_PASSWORD))
    """The methods that may be used, the preferred one first. ``pds-session`` hands the IRC server an access token with
    which it can act as the user: name it for servers that know nothing better and deserve that trust."""


@attrs.frozen
class OAuthCredentials:
    """A session at the account's PDS that somebody else keeps, of OAuth or any other kind: ATPROTO-CHALLENGE."""

    session: PdsAccess
    methods: tuple[str, ...] = attrs.field(default=(SERVICE_AUTH,), validator=_only(*_WITH_OAUTH))
    """The methods that may be used, the preferred one first. ``pds-oauth`` hands the IRC server a proof that it could
    show to another server in the user's name: name it for servers that know nothing better and deserve that trust. It
    needs a session of OAuth."""

    def __attrs_post_init__(self) -> None:
        """Refuse a method that the session cannot do."""
        if PDS_OAUTH in self.methods and not isinstance(self.session, OAuthAccess):
            raise LocalProtocolError("pds-oauth needs a session of OAuth")


@attrs.frozen
class PlainCredentials:
    """An account and a password for the server: PLAIN. The server sees the password."""

    account: str = attrs.field(validator=_no_nul)
    password: str = attrs.field(repr=False, validator=_no_nul)


@attrs.frozen
class CertificateCredentials:
    """The TLS client certificate that the connection was made with: EXTERNAL."""

    account: str = attrs.field(default="", validator=_no_nul)
    """The DID that it is bound to, if that is to be said."""


Credentials: TypeAlias = (
    KeyCredentials | AppPasswordCredentials | OAuthCredentials | PlainCredentials | CertificateCredentials
)
