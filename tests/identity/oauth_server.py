"""An authorization server and the PDS beside it, as strict as the reference: what a client must get right, it checks.

They speak for one account. Nonces are wanted of every proof, proofs are taken once, codes and refresh tokens too, and a
refresh token that comes twice ends the session. :class:`Signing` is a client at these servers.
"""

from urllib.parse import parse_qsl, urlencode

from freeq_proto.boundary import Fetched, HttpRequest, KeyType, Result
from freeq_proto.identity import (
    Did,
    JsonValue,
    Jwt,
    OAuth,
    OAuthAccess,
    OAuthClient,
    OAuthSession,
    PendingAuthorization,
    PublicKey,
    code_challenge,
    decode_base64url,
    encode_json,
    loopback_client_id,
    parse_jwt,
    public_key_of_point,
    thumbprint,
    verify,
    verify_job,
)
from tests.identity.support import Clock, Counting, Network, page, resolver

PDS = "https://pds.example"
ISSUER = "https://auth.example"
DID = Did("did:plc:5d7lbx2s6werij52mdwbmvup")
SCOPE = "atproto rpc:blue.irc.auth?aud=*"

RESOURCE: dict[str, JsonValue] = {"resource": PDS, "authorization_servers": [ISSUER]}
METADATA: dict[str, JsonValue] = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/oauth/authorize",
    "token_endpoint": f"{ISSUER}/oauth/token",
    "pushed_authorization_request_endpoint": f"{ISSUER}/oauth/par",
    "revocation_endpoint": f"{ISSUER}/oauth/revoke",
    "require_pushed_authorization_requests": True,
    "scopes_supported": ["atproto", "transition:generic"],
    "response_types_supported": ["code"],
    "grant_types_supported": ["authorization_code", "refresh_token"],
    "code_challenge_methods_supported": ["S256"],
    "authorization_response_iss_parameter_supported": True,
    "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
    "dpop_signing_alg_values_supported": ["RS256", "ES256"],
    "client_id_metadata_document_supported": True,
}
RESOURCE_URL = f"{PDS}/.well-known/oauth-protected-resource"
METADATA_URL = f"{ISSUER}/.well-known/oauth-authorization-server"
DOCUMENT_URL = f"https://plc.example/{DID}"
SESSION_URL = f"{PDS}/xrpc/com.atproto.server.getSession"


class OAuthServer:
    """Both servers of one account; ``network`` reaches them."""

    def __init__(self) -> None:
        self.nonces = {ISSUER: "as-1", PDS: "rs-1"}
        self.pushed: dict[str, str] = {}
        self.key = ""
        self.tokens = 0
        self.access = ""
        self.refresh = ""
        self.answer: dict[str, JsonValue] = {}
        """Members of token responses that differ from the usual."""
        self._proofs: set[str] = set()
        document: dict[str, JsonValue] = {
            "id": DID,
            "service": [{"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": PDS}],
        }
        self.network = Network(
            {
                DOCUMENT_URL: encode_json(document),
                RESOURCE_URL: encode_json(dict(RESOURCE)),
                METADATA_URL: encode_json(dict(METADATA)),
                f"{ISSUER}/oauth/par": self._par,
                f"{ISSUER}/oauth/token": self._token,
                f"{ISSUER}/oauth/revoke": self._revoke,
                SESSION_URL: self._session,
            }
        )

    def consent(self, url: str, **changed: str) -> str:
        """What a browser brings back after its user went to ``url`` and said yes."""
        endpoint, _, query = url.partition("?")
        asked = dict(parse_qsl(query, strict_parsing=True))
        assert endpoint == f"{ISSUER}/oauth/authorize"
        assert asked == {"client_id": self.pushed["client_id"], "request_uri": "urn:example:req-1"}
        return urlencode({"state": self.pushed["state"], "iss": ISSUER, "code": "cod-1", **changed})

    def _par(self, request: HttpRequest) -> Result:
        form, proof, refusal = self._form(request)
        if refusal is not None:
            return refusal
        assert (form["response_type"], form["code_challenge_method"]) == ("code", "S256")
        self.pushed, self.key = form, thumbprint(_key(proof))
        return self._json({"request_uri": "urn:example:req-1", "expires_in": 299}, 201)

    def _token(self, request: HttpRequest) -> Result:
        form, proof, refusal = self._form(request)
        if refusal is not None:
            return refusal
        if thumbprint(_key(proof)) != self.key:
            return self._json({"error": "invalid_dpop_proof"}, 400)
        match form["grant_type"]:
            case "authorization_code":
                pushed = self.pushed
                fits = (
                    form["code"] == "cod-1"
                    and code_challenge(form["code_verifier"]) == pushed.pop("code_challenge", "")
                    and form["redirect_uri"] == pushed["redirect_uri"]
                )
            case "refresh_token":
                fits = form["refresh_token"] == self.refresh
            case _:
                fits = False
        if not fits:
            self.access = self.refresh = ""
            return self._json({"error": "invalid_grant"}, 400)
        self.tokens += 1
        self.access, self.refresh = f"tok-{self.tokens}", f"ref-{self.tokens}"
        usual: dict[str, JsonValue] = {
            "access_token": self.access,
            "token_type": "DPoP",
            "refresh_token": self.refresh,
            "scope": SCOPE,
            "expires_in": 3599,
            "sub": DID,
        }
        return self._json({name: value for name, value in (usual | self.answer).items() if value != "absent"})

    def _revoke(self, request: HttpRequest) -> Result:
        form, _, refusal = self._form(request)
        if refusal is None and form["token"] in (self.access, self.refresh):
            self.access = self.refresh = ""
        return refusal or self._json({})

    def _session(self, request: HttpRequest) -> Result:
        _, refusal = self._proof(request, PDS)
        if refusal is not None:
            return refusal
        if dict(request.headers)["authorization"] != f"DPoP {self.access}":
            return page({"error": "invalid_token"}, 401, dpop_nonce=self.nonces[PDS])
        return page({"did": DID, "handle": "alice.test", "active": True}, dpop_nonce=self.nonces[PDS])

    def _form(self, request: HttpRequest) -> tuple[dict[str, str], Jwt, Result | None]:
        assert dict(request.headers)["content-type"] == "application/x-www-form-urlencoded"
        form = dict(parse_qsl(request.body.decode("ascii"), strict_parsing=True))
        assert form["client_id"].startswith("http://localhost?")
        return form, *self._proof(request, ISSUER)

    def _proof(self, request: HttpRequest, origin: str) -> tuple[Jwt, Result | None]:
        proof = parse_jwt(dict(request.headers)["dpop"])
        job = verify_job(proof, _key(proof))
        assert verify(PublicKey(*job.keys[0]), job.signature, job.message)
        assert (proof.claims["htm"], proof.claims["htu"]) == (request.method, request.url.partition("?")[0])
        assert ("ath" in proof.claims) is ("authorization" in dict(request.headers))
        jti = str(proof.claims["jti"])
        assert jti not in self._proofs, "a proof was used twice"
        self._proofs.add(jti)
        if proof.claims.get("nonce") == self.nonces[origin]:
            return proof, None
        status = 400 if origin == ISSUER else 401
        return proof, page({"error": "use_dpop_nonce"}, status, dpop_nonce=self.nonces[origin])

    def _json(self, members: dict[str, JsonValue], status: int = 200) -> Fetched:
        return page(members, status, dpop_nonce=self.nonces[ISSUER])


def _key(proof: Jwt) -> PublicKey:
    match proof.header["jwk"]:
        case {"kty": "EC", "crv": "P-256", "x": str() as x, "y": str() as y}:
            return public_key_of_point(KeyType.P256, b"\x04" + decode_base64url(x) + decode_base64url(y))
        case other:
            raise AssertionError(f"a proof without a key: {other}")


REDIRECT = "http://127.0.0.1/callback"
CLIENT = OAuthClient(loopback_client_id(REDIRECT, SCOPE), "http://127.0.0.1:7777/callback", SCOPE)


class Signing:
    """A client at its servers."""

    def __init__(self) -> None:
        self.server = OAuthServer()
        self.clock = Clock()
        self.oauth = OAuth(resolver(self.clock), self.clock, Counting())
        self.run = self.server.network.run

    def begin(self) -> PendingAuthorization:
        return self.run(self.oauth.begin(CLIENT, DID))

    def session(self) -> OAuthSession:
        pending = self.begin()
        return self.run(self.oauth.finish(pending, self.server.consent(pending.url)))

    def access(self) -> OAuthAccess:
        return OAuthAccess(self.oauth, self.session())
