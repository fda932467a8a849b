"""How the account stands at its host, asked after every method and mechanism: who was taken down stays out.

A key, a certificate or a token can outlive the account that it is for: a PDS even goes on issuing tokens for accounts
that it took down. A PDS that does not answer keeps nobody out, and a DID without one is its own account.
"""

from freeq_proto.identity import PdsError, RepoStatus, repo_status
from freeq_proto.sasl.exchange import DetailedError, Mechanism, Outcome, SaslContext, Steps, Success


def converse(mechanism: Mechanism, context: SaslContext) -> Steps[Outcome]:
    """One sign-in by ``mechanism``, which fails if the account that it proved is not active."""
    outcome = yield from mechanism.start(context)
    if isinstance(outcome, Success):
        yield from _check_status(context, outcome, mechanism)
    return outcome


def _check_status(context: SaslContext, success: Success, mechanism: Mechanism) -> Steps[None]:
    document = success.document
    if document is None or document.pds is None:
        return
    try:
        status = yield from repo_status(context.resolver, document.pds, success.account)
    except PdsError:
        return
    if status is not RepoStatus.ACTIVE:
        name = success.method if success.method in context.methods else mechanism.name
        raise DetailedError("ACCOUNT_INACTIVE", "the account is not active at its host", (name,))
