"""Everybody else: a PLC directory, personal data servers, DNS and a store, as far as signing in asks them."""

from collections.abc import Callable, Generator
from typing import Final, TypeVar

import attrs

from freeq_proto.boundary import (
    CertificateOf,
    CertificateRow,
    Failed,
    Fetch,
    Fetched,
    Found,
    HttpRequest,
    KeyType,
    LookUp,
    Now,
    Read,
    Request,
    Result,
    TxtRecords,
    Work,
)
from freeq_proto.engine.compute import perform
from freeq_proto.identity import (
    Did,
    JsonValue,
    PdsSession,
    PrivateKey,
    Resolver,
    encode_json,
    format_multikey,
    parse_did,
    parse_json,
    sign_jwt,
)

T = TypeVar("T")

PLC: Final = "https://plc.example"
PDS: Final = "https://pds.example.net"
ALICE: Final = parse_did("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa")
BOB: Final = parse_did("did:plc:bbbbbbbbbbbbbbbbbbbbbbbb")
ATPROTO_KEY: Final = PrivateKey(KeyType.SECP256K1, bytes([3]) * 32)
OWN_KEY: Final = PrivateKey(KeyType.ED25519, bytes([5]) * 32)
PASSWORD: Final = "abcd-efgh-ijkl-mnop"


def document_of(
    did: Did,
    *,
    keys: dict[str, PrivateKey] | None = None,
    pds: str | None = PDS,
    handle: str | None = None,
    **members: JsonValue,
) -> dict[str, JsonValue]:
    """A document as the PLC directory makes it: no ``authentication``, keys by fragment."""
    methods: list[JsonValue] = [
        {
            "id": f"{did}#{fragment}",
            "type": "Multikey",
            "controller": did,
            "publicKeyMultibase": format_multikey(key.public_key),
        }
        for fragment, key in (keys if keys is not None else {"atproto": ATPROTO_KEY}).items()
    ]
    services: list[JsonValue] = (
        [] if pds is None else [{"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": pds}]
    )
    aliases: list[JsonValue] = [] if handle is None else [f"at://{handle}"]
    return {"id": did, "alsoKnownAs": aliases, "verificationMethod": methods, "service": services, **members}


def url_of(did: Did) -> str:
    """Where the document of a did:plc or of a did:web without a path is."""
    if did.startswith("did:web:"):
        return f"https://{did.removeprefix('did:web:')}/.well-known/did.json"
    return f"{PLC}/{did}"


def json_answer(value: JsonValue, status: int = 200, *headers: tuple[str, str]) -> Fetched:
    """An answer with a JSON body."""
    return Fetched(status, (("content-type", "application/json"), *headers), encode_json(value))


@attrs.define
class World:
    """Answers requests; whatever nobody prepared fails."""

    clock: Callable[[], Now]
    web: dict[str, Fetched | Failed | Callable[[HttpRequest], Fetched | Failed]] = attrs.field(factory=dict)
    """By URL, with or without its query."""
    txt: dict[str, tuple[str, ...]] = attrs.field(factory=dict)
    certificates: dict[str, str] = attrs.field(factory=dict)
    """Account by fingerprint."""
    requests: list[HttpRequest] = attrs.field(factory=list)
    jobs: int = 0
    works: bool = True

    @property
    def urls(self) -> list[str]:
        """What was fetched, without queries."""
        return [request.url.partition("?")[0] for request in self.requests]

    def resolver(self) -> Resolver:
        """A resolver that asks this world."""
        return Resolver(plc_directory=PLC, private_network=False, clock=self.clock, document_seconds=600.0)

    def publish(self, document: dict[str, JsonValue]) -> None:
        """Serve a document where its DID says."""
        self.web[url_of(parse_did(str(document["id"])))] = json_answer(document)

    def perform(self, request: Request) -> Result:
        """Do what a runtime would."""
        match request:
            case Work(job):
                self.jobs += 1
                return perform(job) if self.works else Failed("no worker", timed_out=True)
            case Fetch(http):
                self.requests.append(http)
                found = self.web.get(http.url, self.web.get(http.url.partition("?")[0]))
                return Failed("no such host") if found is None else found(http) if callable(found) else found
            case LookUp(name):
                return TxtRecords(self.txt.get(name, ()))
            case Read(CertificateOf(fingerprint)):
                account = self.certificates.get(fingerprint)
                return Found(() if account is None else (CertificateRow(fingerprint, account, "", 0),))
            case _:
                raise AssertionError(request)

    def run(self, flow: Generator[Request, Result | None, T]) -> T:
        """Run a flow to its end."""
        try:
            request = next(flow)
        except StopIteration as end:
            value: T = end.value
            return value
        return self.finish(flow, request)

    def finish(self, flow: Generator[Request, Result | None, T], request: Request) -> T:
        """Run a flow that waits for ``request`` to its end."""
        while True:
            try:
                request = flow.send(self.perform(request))
            except StopIteration as end:
                value: T = end.value
                return value


@attrs.define
class Pds:
    """A PDS with one account, as new as the reference implementation 0.5, or as old as 0.4."""

    world: World
    did: Did = ALICE
    origin: str = PDS
    key: PrivateKey = ATPROTO_KEY
    old: bool = False
    """Whether it knows no fragments in audiences."""
    allows: Callable[[str, str], bool] = lambda _audience, _method: True
    """Whether the session's scopes allow a token for an audience and a method."""
    claims: dict[str, JsonValue] = attrs.field(factory=dict)
    """What it puts into tokens instead of what is right."""
    claimed_did: str | None = None
    """Whose session it says it is, if not the account's."""
    active: bool = True
    tokens: int = 0

    def __attrs_post_init__(self) -> None:
        """Answer from now on."""
        for name, call in {
            "createSession": self.create_session,
            "deleteSession": lambda _request: json_answer({}),
            "getSession": self.get_session,
            "getServiceAuth": self.get_service_auth,
        }.items():
            self.world.web[f"{self.origin}/xrpc/com.atproto.server.{name}"] = call
        self.world.web[f"{self.origin}/xrpc/com.atproto.sync.getRepoStatus"] = self.get_repo_status

    def session(self) -> PdsSession:
        """A session with the account's password."""
        resolver = self.world.resolver()
        return PdsSession(resolver, self.origin, self.did, "alice.example.net", "access.a.b", "refresh.a.b")

    def create_session(self, request: HttpRequest) -> Fetched:
        asked = parse_json(request.body, 10_000)
        assert isinstance(asked, dict)
        if asked["password"] != PASSWORD:
            return json_answer({"error": "AuthenticationRequired", "message": "Invalid identifier or password"}, 401)
        session: dict[str, JsonValue] = {"did": self.claimed_did or self.did, "handle": "alice.example.net"}
        return json_answer({**session, "accessJwt": "access.a.b", "refreshJwt": "refresh.a.b", "active": self.active})

    def get_session(self, request: HttpRequest) -> Fetched:
        if dict(request.headers).get("authorization") not in ("Bearer access.a.b", "DPoP access.a.b"):
            return json_answer({"error": "InvalidToken", "message": "Token could not be verified"}, 400)
        session: dict[str, JsonValue] = {"did": self.claimed_did or self.did, "handle": "alice.example.net"}
        return json_answer({**session, "active": self.active})

    def get_repo_status(self, _request: HttpRequest) -> Fetched:
        status: dict[str, JsonValue] = {} if self.active else {"status": "takendown"}
        return json_answer({"did": self.did, "active": self.active, **status})

    def get_service_auth(self, request: HttpRequest) -> Fetched:
        assert dict(request.headers)["authorization"] == "Bearer access.a.b"
        query = dict(part.split("=", 1) for part in request.url.partition("?")[2].split("&"))
        audience, method = (query[name].replace("%3A", ":").replace("%23", "#") for name in ("aud", "lxm"))
        if self.old and "#" in audience:
            return json_answer({"error": "InternalServerError", "message": "Internal Server Error"}, 500)
        if not self.allows(audience, method):
            return json_answer({"error": "ScopeMissingError", "message": "Missing required scope"}, 403)
        return json_answer({"token": self.token(audience, method)})

    def token(self, audience: str, method: str, **claims: JsonValue) -> str:
        """A token as the reference implementation makes it; ``claims`` replace what is right (None: leave it out)."""
        self.tokens += 1
        seconds = self.world.clock().unix_ms // 1000
        right: dict[str, JsonValue] = {
            "iat": seconds,
            "iss": self.did,
            "aud": audience,
            "exp": seconds + 60,
            "lxm": method,
            "jti": f"{self.tokens:032x}",
        }
        members = {name: value for name, value in (right | self.claims | claims).items() if value is not None}
        return sign_jwt({"typ": "JWT"}, members, self.key)
