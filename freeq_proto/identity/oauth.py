"""Signing in to an account's own server by OAuth, as a public client: https://atproto.com/specs/oauth.

1. :meth:`OAuth.begin` finds the authorization server of an account, pushes the request to it (RFC 9126) with a
   challenge (PKCE, RFC 7636) and a proof (DPoP, RFC 9449), and returns an URL for the user's browser.
2. The browser comes back to ``redirect_uri`` with a query. :meth:`OAuth.finish` checks it, exchanges its code for
   tokens, and makes sure that the account is the expected one and still belongs to this authorization server: its DID
   document names a PDS, and that PDS names this issuer. Otherwise a server could claim anybody.
3. An :class:`OAuthSession` is what a client keeps. :class:`OAuthAccess` calls the PDS with it, and refreshes it when it
   has expired. A refresh token is good for one use: ``access.session`` replaces what was kept.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode

import attrs

from freeq_proto.boundary import Entropy, Failed, Fetched, Flow, HttpRequest, KeyType, Now
from freeq_proto.identity.did import Did
from freeq_proto.identity.dpop import Dpop, Nonces
from freeq_proto.identity.encoding import JsonValue, encode_base64url
from freeq_proto.identity.keys import PrivateKey
from freeq_proto.identity.metadata import (
    OAuthError,
    authorization_server,
    authorization_server_of,
    issuer_of,
)
from freeq_proto.identity.oauth_session import SCOPE, OAuthClient, OAuthSession, PendingAuthorization
from freeq_proto.identity.resolver import ResolutionError, Resolver
from freeq_proto.identity.xrpc import ANSWER_LIMIT, error_name, json_object, succeeded

_MAX_QUERY_LENGTH: Final = 8192  # characters
_DEFAULT_SECONDS: Final = 300  # of an access token whose server does not say how long it lives
_MAX_SECONDS: Final = 86_400
_EARLY_MS: Final = 30_000  # how long before its end an access token is refreshed

_REQUEST_URI: Final = re.compile(r"[!-~]{1,1024}")
_CODE: Final = re.compile(r"[!-~]{1,2048}")
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]{1,8192}={0,2}")
_REFRESH_TOKEN: Final = re.compile(r"[!-~]{1,8192}")
_SCOPE: Final = re.compile(r"[ -~]{1,4096}")

_REFUSALS: Final = {
    "access_denied": "the user, or the account's host, said no",
    "invalid_grant": "the session has ended: sign in again",
    "invalid_scope": "the account's host does not grant this scope",
    "login_required": "the account's host wants its user to sign in again",
}


def loopback_client_id(redirect_uri: str, scope: str = SCOPE) -> str:
    """The id of a program that runs on its user's machine and has no metadata anywhere.

    ``redirect_uri`` is ``http://127.0.0.1/path`` or ``http://[::1]/path``, without a port: any port may then be used.
    """
    return f"http://localhost?redirect_uri={quote(redirect_uri, safe='')}&scope={quote(scope, safe='')}"


def code_challenge(verifier: str) -> str:
    """The challenge of a code verifier by the method S256 (RFC 7636 §4.2)."""
    return encode_base64url(hashlib.sha256(verifier.encode("ascii")).digest())


class OAuth:
    """Makes, refreshes and ends sessions. One for a program: the nonces of the servers are remembered here."""

    def __init__(self, resolver: Resolver, clock: Callable[[], Now], entropy: Entropy) -> None:
        self.resolver = resolver
        self.clock = clock
        self._entropy = entropy
        self._nonces = Nonces()

    def begin(self, client: OAuthClient, did: Did) -> Flow[PendingAuthorization]:
        """Tell the authorization server of ``did`` that its user will come. Raises OAuthError."""
        server = yield from authorization_server_of(self.resolver, (yield from self._pds_of(did)))
        verifier, state = encode_base64url(self._entropy(32)), encode_base64url(self._entropy(16))
        key = PrivateKey.derive(KeyType.P256, self._entropy)
        form = {
            "client_id": client.client_id,
            "response_type": "code",
            "redirect_uri": client.redirect_uri,
            "scope": client.scope,
            "state": state,
            "code_challenge": code_challenge(verifier),
            "code_challenge_method": "S256",
            "login_hint": did,
        }
        members = yield from self._post(server.pushed_authorization_request_endpoint, form, key)
        request_uri = _text(members, "request_uri", _REQUEST_URI)
        mark = "&" if "?" in server.authorization_endpoint else "?"
        query = urlencode({"client_id": client.client_id, "request_uri": request_uri})
        url = f"{server.authorization_endpoint}{mark}{query}"
        return PendingAuthorization(url, client, server, did, state=state, verifier=verifier, key=key)

    def finish(self, pending: PendingAuthorization, query: str) -> Flow[OAuthSession]:
        """Exchange what the browser brought back, the ``query`` of its request without ``?``, for a session.

        Raises OAuthError; ``pending`` is spent either way.
        """
        form = {
            "grant_type": "authorization_code",
            "code": _code(pending, query),
            "code_verifier": pending.verifier,
            "redirect_uri": pending.client.redirect_uri,
            "client_id": pending.client.client_id,
        }
        members = yield from self._post(pending.server.token_endpoint, form, pending.key)
        granted = self._granted(members, pending.did)
        pds = yield from self._pds_behind(pending.did, pending.server.issuer)
        return OAuthSession(
            pending.did,
            pds,
            pending.server.issuer,
            pending.client.client_id,
            granted.scope,
            granted.expires_ms,
            access=granted.access,
            refresh=granted.refresh,
            key=pending.key,
        )

    def refresh(self, session: OAuthSession) -> Flow[OAuthSession]:
        """Exchange the refresh token for a session that lasts longer; ``session`` is of no use afterwards.

        Raises OAuthError, also if the account has moved to a host of another authorization server.
        """
        return (yield from self.exchange(session, (yield from self.place_of_exchange(session))))

    def place_of_exchange(self, session: OAuthSession) -> Flow["Exchange"]:
        """The first half of :meth:`refresh`: find out where. Nothing is spent, and the flow may be given up."""
        if not session.refresh:
            raise OAuthError("the session has ended: sign in again", error="invalid_grant")
        pds = yield from self._pds_behind(session.did, session.issuer)
        server = yield from authorization_server(self.resolver, session.issuer)
        return Exchange(pds, server.token_endpoint)

    def exchange(self, session: OAuthSession, place: "Exchange") -> Flow[OAuthSession]:
        """The second half of :meth:`refresh`: from its first request on, the refresh token may be spent."""
        form = {"grant_type": "refresh_token", "refresh_token": session.refresh, "client_id": session.client_id}
        members = yield from self._post(place.token_endpoint, form, session.key)
        granted = self._granted(members, session.did)
        return attrs.evolve(
            session,
            pds=place.pds,
            scope=granted.scope,
            expires_ms=granted.expires_ms,
            access=granted.access,
            refresh=granted.refresh,
        )

    def revoke(self, session: OAuthSession) -> Flow[None]:
        """End a session (RFC 7009). Raises OAuthError; it ends on this side in any case."""
        server = yield from authorization_server(self.resolver, session.issuer)
        if server.revocation_endpoint is not None:
            form = {"token": session.refresh or session.access, "client_id": session.client_id}
            _granted_or_raise((yield from self._send(server.revocation_endpoint, form, session.key)))

    def fetch(self, session: OAuthSession, request: HttpRequest) -> Flow[Fetched | Failed]:
        """Make a request with the session's token and a proof; the answer is as it came."""
        return (yield from self._dpop(session.key).fetch(request, session.access))

    def _pds_of(self, did: Did, *, fresh: bool = False) -> Flow[str]:
        issued_after_ms = self.clock().unix_ms if fresh else None
        try:
            document = yield from self.resolver.document(did, issued_after_ms=issued_after_ms)
        except ResolutionError as error:
            raise OAuthError(str(error), unavailable=error.unavailable) from None
        if document.pds is None:
            raise OAuthError("the DID document names no host of the account")
        return document.pds

    def _pds_behind(self, did: Did, issuer: str) -> Flow[str]:
        """Return the PDS of ``did``, which must lead back to the authorization server."""
        pds = yield from self._pds_of(did, fresh=True)
        if (yield from issuer_of(self.resolver, pds)) != issuer:
            raise OAuthError("the account does not belong to this authorization server")
        return pds

    def _post(self, url: str, form: Mapping[str, str], key: PrivateKey) -> Flow[dict[str, JsonValue]]:
        members = json_object(_granted_or_raise((yield from self._send(url, form, key))))
        if members is None:
            raise OAuthError("the authorization server does not answer with a JSON object")
        return members

    def _send(self, url: str, form: Mapping[str, str], key: PrivateKey) -> Flow[Fetched | Failed]:
        headers = (("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json"))
        body = urlencode(form).encode("ascii")
        try:
            request = self.resolver.request(url, method="POST", headers=headers, body=body, limit=ANSWER_LIMIT)
        except ResolutionError as error:
            raise OAuthError(f"the authorization server cannot be asked: {error}") from None
        return (yield from self._dpop(key).fetch(request))

    def _dpop(self, key: PrivateKey) -> Dpop:
        return Dpop(key, self.clock, self._entropy, self._nonces)

    def _granted(self, members: Mapping[str, JsonValue], did: Did) -> "_Granted":
        """Read a token response (RFC 6749 §5.1, RFC 9449 §5); AT Protocol adds ``sub``."""
        kind, seconds = members.get("token_type"), members.get("expires_in", _DEFAULT_SECONDS)
        if not isinstance(kind, str) or kind.lower() != "dpop":
            raise OAuthError("the authorization server gives a token that is not bound to a key")
        if members.get("sub") != did:
            raise OAuthError("the authorization server gives a token for another account")
        scope = _text(members, "scope", _SCOPE)
        if SCOPE not in scope.split(" "):
            raise OAuthError("the authorization server does not grant the scope atproto")
        if not isinstance(seconds, int) or not 0 < seconds <= _MAX_SECONDS:
            seconds = _DEFAULT_SECONDS
        return _Granted(
            scope,
            self.clock().unix_ms + seconds * 1000,
            access=_text(members, "access_token", _TOKEN),
            refresh=_text(members, "refresh_token", _REFRESH_TOKEN) if "refresh_token" in members else "",
        )


class OAuthAccess:
    """A session in use: calls the PDS, and refreshes the session when it has expired.

    A refresh must come to its end: the answer to its last request holds the only token that is good from then on. So a
    program that may give a flow up, because a connection is lost or its user goes away, runs :meth:`refresh` before,
    whenever :attr:`due`, as a flow of its own that it does not give up, and keeps :attr:`session` when that has ended.
    Whatever calls the PDS then has no need to refresh, unless the server takes a token back before its time.
    """

    def __init__(self, oauth: OAuth, session: OAuthSession) -> None:
        self._oauth = oauth
        self._refreshing = False
        self.session = session
        """The session as it is now: when it is another one than before, that one is of no use any more."""
        self.in_doubt = False
        """Whether a refresh went out whose answer never came, or made no sense: :attr:`session` may be spent.

        Only the server knows. The next refresh asks it, and if that raises OAuthError with ``invalid_grant``, the
        session is lost and its user has to authorize the program again.
        """

    @property
    def resolver(self) -> Resolver:
        """What makes requests."""
        return self._oauth.resolver

    @property
    def did(self) -> Did:
        """Whose account it is."""
        return self.session.did

    @property
    def pds(self) -> str:
        """The origin of the account's server."""
        return self.session.pds

    def call(self, request: HttpRequest) -> Flow[Fetched]:
        """Make a request to the PDS with authorization; returns a success (200). Raises PdsError.

        Refreshes first where that is :attr:`due`.
        """
        if self.due:
            yield from self.refresh()
        used = self.session
        answer = yield from self._oauth.fetch(used, request)
        if isinstance(answer, Fetched) and answer.status == 401 and error_name(answer) == "invalid_token":
            if self.session is used:
                yield from self.refresh()
            answer = yield from self._oauth.fetch(self.session, request)
        return succeeded(answer)

    @property
    def due(self) -> bool:
        """Whether the access token has expired, or is about to within half a minute."""
        return self._oauth.clock().unix_ms >= self.session.expires_ms - _EARLY_MS

    def refresh(self) -> Flow[None]:
        """Refresh the session now. Run it to its end: given up in its midst, it leaves the session :attr:`in_doubt`.

        Raises OAuthError; ``unavailable`` also while another refresh is under way.
        """
        # Two refreshes at once would use one token twice, and servers take that for theft.
        if self._refreshing:
            raise OAuthError("the session is being refreshed: try again", unavailable=True)
        self._refreshing = True
        try:
            yield from self._exchange((yield from self._oauth.place_of_exchange(self.session)))
        finally:
            self._refreshing = False

    def _exchange(self, place: "Exchange") -> Flow[None]:
        doubted, self.in_doubt = self.in_doubt, True
        try:
            self.session = yield from self._oauth.exchange(self.session, place)
        except OAuthError as error:
            if 400 <= error.status < 500:  # refused: the token was not spent now, but may have been before
                self.in_doubt = doubted and error.unavailable
            raise
        self.in_doubt = False


@attrs.frozen
class Exchange:
    """Where a refresh token is exchanged, and which PDS the account has now."""

    pds: str
    token_endpoint: str


@attrs.frozen
class _Granted:
    scope: str
    expires_ms: int
    access: str
    refresh: str


def _code(pending: PendingAuthorization, query: str) -> str:
    """Return the code of an authorization response (RFC 6749 §4.1.2, RFC 9207), whose sender is checked first."""
    try:
        pairs = parse_qsl(query[:_MAX_QUERY_LENGTH], keep_blank_values=True, max_num_fields=32)
    except ValueError:
        pairs = []
    members = dict(pairs)
    if len(members) != len(pairs) or len(query) > _MAX_QUERY_LENGTH:
        raise OAuthError("what the browser brought back is not an answer to this request")
    if not _equal(members.get("state", ""), pending.state):
        raise OAuthError("what the browser brought back is the answer to another request")
    if members.get("iss") != pending.server.issuer:
        raise OAuthError("what the browser brought back comes from another authorization server")
    if (error := members.get("error")) is not None:
        known = error if error in _REFUSALS else ""
        raise OAuthError(_REFUSALS.get(error, "the authorization server refuses"), error=known)
    code = members.get("code", "")
    if not _CODE.fullmatch(code):
        raise OAuthError("the authorization server gives no code")
    return code


def _equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode("ascii"))


def _granted_or_raise(answer: Fetched | Failed) -> Fetched:
    if not isinstance(answer, Fetched):
        raise OAuthError("the authorization server does not answer", unavailable=True)
    if answer.status not in (200, 201):
        name = error_name(answer)
        text = _REFUSALS.get(name, f"the authorization server refuses: status {answer.status}")
        unavailable = answer.status >= 500 or answer.status == 429
        raise OAuthError(text, status=answer.status, error=name, unavailable=unavailable)
    return answer


def _text(members: Mapping[str, JsonValue], name: str, pattern: re.Pattern[str]) -> str:
    value = members.get(name)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise OAuthError(f"the authorization server gives no usable {name}")
    return value
