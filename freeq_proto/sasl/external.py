"""EXTERNAL: sign in with a TLS client certificate that an account has bound to itself. Server side.

RFC 4422 appendix A. The certificate was proved in the TLS handshake; whose it is, the store knows. The client's one
message is the identity that it wants to act as: empty, or the DID that the certificate is bound to.
"""

from typing import Final

from freeq_proto.boundary import CertificateOf, CertificateRow, Found, Read
from freeq_proto.identity import Did, ResolutionError, encode_base64, parse_did
from freeq_proto.sasl.exchange import Failure, Mechanism, Outcome, SaslContext, Steps, Success, ask

METHOD: Final = "certificate"


def _start(context: SaslContext) -> Steps[Outcome]:
    authorization = yield from ask(b"")
    match (yield Read(CertificateOf(context.certificate))):
        case Found((CertificateRow(account=account, bound=True),)):
            if authorization and authorization != account.encode("utf-8"):
                return Failure("the certificate is bound to another account")
            return (yield from _sign_in(context, parse_did(account)))
        case Found():
            return Failure("the certificate is bound to no account")
        case _:
            return Failure("the bound certificates cannot be read now")


def _sign_in(context: SaslContext, account: Did) -> Steps[Outcome]:
    """Sign in, unless the DID is no more. Somebody else's server that does not answer keeps nobody out."""
    try:
        document = yield from context.resolver.document(account)
    except ResolutionError as error:
        return Failure(str(error)) if error.gone else Success(account, METHOD)
    return Success(account, METHOD, document=document)


EXTERNAL: Final = Mechanism(
    "EXTERNAL", _start, encode_base64, offered=lambda offer: offer.external and offer.certificate != ""
)
