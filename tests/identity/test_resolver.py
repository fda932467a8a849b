"""DIDs to documents, handles to DIDs and back: https://atproto.com/specs/did, https://atproto.com/specs/handle."""

import tracemalloc

import pytest

from freeq_proto.boundary import Failed, Fetched, KeyType, Now
from freeq_proto.identity import (
    DOCUMENT_LIMIT,
    Did,
    DidDocument,
    JsonValue,
    PrivateKey,
    ResolutionError,
    encode_json,
    format_multikey,
    parse_document,
    parse_handle,
    public_key_to_did_key,
)
from freeq_proto.identity.cache import MAX_BYTES, MAX_DOCUMENTS, DocumentCache, footprint
from tests.identity.support import Answer, Clock, Network, resolver

PLC = Did("did:plc:z72i7hdynmk6r22z27h6tvur")
PLC_URL = f"https://plc.example/{PLC}"
WEB = Did("did:web:alice.example.org")
WEB_URL = "https://alice.example.org/.well-known/did.json"
HANDLE = parse_handle("alice.example.org")
WELL_KNOWN = "https://alice.example.org/.well-known/atproto-did"


def document(did: Did = PLC, handle: str = HANDLE) -> bytes:
    return encode_json({"id": did, "alsoKnownAs": [f"at://{handle}"]})


@pytest.mark.parametrize(("did", "url"), [(PLC, PLC_URL), (WEB, WEB_URL)])
def test_documents_are_fetched_where_their_method_says(did: Did, url: str) -> None:
    network = Network({url: document(did)})
    assert network.run(resolver().document(did)) == parse_document(document(did), did)
    (request,) = network.requests
    assert (request.method, request.limit, request.private) == ("GET", DOCUMENT_LIMIT, False)


@pytest.mark.parametrize("key_type", list(KeyType))
def test_a_did_key_needs_nobody(key_type: KeyType) -> None:
    key = PrivateKey(key_type, b"\x07" * 32).public_key
    network = Network()
    found = network.run(resolver().document(public_key_to_did_key(key)))
    assert found.login_keys == (key,)
    assert (found.atproto_key, found.pds, found.handle) == (None, None, None)
    assert network.requests == []


@pytest.mark.parametrize(
    ("answer", "gone", "unavailable"),
    [
        (Failed("no such host"), False, True),
        (Failed("no answer in time", timed_out=True), False, True),
        (Fetched(404), True, False),
        (Fetched(410), True, False),
        (Fetched(500), False, True),
        (Fetched(503), False, True),
        (Fetched(429), False, True),
        (Fetched(403), False, False),
        (Fetched(301, (("location", PLC_URL),)), False, False),
        (Fetched(302, (("location", "http://169.254.169.254/"),), document()), False, False),
        (Fetched(204), False, False),
        (b"", False, False),
        (b"<html>", False, False),
        (document(WEB), False, False),
        (b'{"id":"%s","id":"%s"}' % (PLC.encode(), PLC.encode()), False, False),
        (document() + b" " * 50_000_000, False, True),
    ],
    ids=range(16),
)
def test_what_is_no_document(answer: Answer, gone: bool, unavailable: bool) -> None:
    with pytest.raises(ResolutionError) as raised:
        Network({PLC_URL: answer}).run(resolver().document(PLC))
    assert (raised.value.gone, raised.value.unavailable) == (gone, unavailable)
    assert "html" not in str(raised.value)


@pytest.mark.parametrize("did", ["did:example:alice", "did:key:z6Mkalice", "did:web:a/b", "did:ion:a"])
def test_dids_that_nobody_resolves(did: str) -> None:
    network = Network()
    with pytest.raises(ResolutionError) as raised:
        network.run(resolver().document(Did(did)))
    assert raised.value.gone
    assert network.requests == []


def test_plain_http_is_for_private_networks() -> None:
    did = Did("did:web:localhost%3A8080")
    network = Network({"http://localhost:8080/.well-known/did.json": document(did)})
    with pytest.raises(ResolutionError):
        network.run(resolver().document(did))
    assert network.requests == []
    assert network.run(resolver(private_network=True).document(did)).did == did
    assert network.requests[0].private


# --- the cache ----------------------------------------------------------------------------------------------------


def test_a_document_is_remembered_until_it_expires() -> None:
    clock, network = Clock(), Network({PLC_URL: document()})
    resolves = resolver(clock, document_seconds=600)
    for seconds, fetches in ((0, 1), (599, 1), (1, 2), (599, 2), (600, 3)):
        clock.seconds += seconds
        network.run(resolves.document(PLC))
        assert len(network.requests) == fetches


def test_a_document_can_be_asked_for_that_is_not_older_than_a_challenge() -> None:
    clock, network = Clock(), Network({PLC_URL: document()})
    resolves = resolver(clock)
    network.run(resolves.document(PLC))
    clock.seconds += 5
    issued = clock().unix_ms
    clock.seconds += 1
    network.run(resolves.document(PLC, issued_after_ms=issued))
    assert len(network.requests) == 2
    network.run(resolves.document(PLC, issued_after_ms=issued))
    network.run(resolves.document(PLC))
    assert len(network.requests) == 2, "the newer copy serves both"


def test_a_copy_from_the_future_does_not_count_as_fresh() -> None:
    """The wall clock was set back: what was fetched before then says nothing about the time after."""
    clock, network = Clock(), Network({PLC_URL: document()})
    resolves = resolver(clock)
    network.run(resolves.document(PLC))
    clock.seconds -= 100
    network.run(resolves.document(PLC, issued_after_ms=clock().unix_ms))
    assert len(network.requests) == 2


def test_what_is_forgotten_is_fetched_again() -> None:
    network, resolves = Network({PLC_URL: document()}), resolver()
    network.run(resolves.document(PLC))
    resolves.forget(PLC)
    resolves.forget(WEB)
    network.run(resolves.document(PLC))
    assert len(network.requests) == 2


@pytest.mark.parametrize(("answer", "still_there"), [(Fetched(404), False), (b"{}", False), (Failed("down"), True)])
def test_a_did_that_ended_is_forgotten_and_one_that_is_out_of_reach_is_not(answer: Answer, still_there: bool) -> None:
    clock, network = Clock(), Network({PLC_URL: document()})
    resolves = resolver(clock)
    network.run(resolves.document(PLC))
    network.pages[PLC_URL] = answer
    clock.seconds += 1
    with pytest.raises(ResolutionError):
        network.run(resolves.document(PLC, issued_after_ms=clock().unix_ms))
    network.requests.clear()
    network.pages[PLC_URL] = document()
    network.run(resolves.document(PLC))
    assert (network.requests == []) is still_there


def test_the_later_of_two_answers_is_kept_whatever_their_order() -> None:
    clock, cache = Clock(), DocumentCache(600)
    earlier = clock()
    clock.seconds += 1
    later = clock()
    old, new = DidDocument(PLC), DidDocument(PLC, also_known_as=("at://a.example",))
    cache.put(new, later)
    cache.put(old, earlier)
    assert cache.get(PLC, later, None) is new


def test_the_cache_is_bounded_in_number() -> None:
    cache, now = DocumentCache(600), Clock()()
    dids = [Did(f"did:web:a{number}.example") for number in range(MAX_DOCUMENTS + 2)]
    for did in dids:
        cache.put(DidDocument(did), now)
    kept = [did for did in dids if cache.get(did, now, None) is not None]
    assert kept == dids[2:], "the oldest went"


def test_the_cache_is_bounded_in_bytes() -> None:
    cache, now = DocumentCache(600), Clock()()
    dids = [Did(f"did:web:a{number}.example") for number in range(5)]
    for did in dids:
        cache.put(DidDocument(did, also_known_as=("a" * (MAX_BYTES // 3),)), now)
    assert [did for did in dids if cache.get(did, now, None) is not None] == dids[3:]


# What a stranger may write so that his document takes much memory for its bytes; {} is told apart from its like.
KEY = format_multikey(PrivateKey(KeyType.P256, b"\x07" * 32).public_key)
HOSTILE: list[dict[str, JsonValue]] = [
    {},
    {"service": [{"id": "#a", "type": [""] * 21_000, "serviceEndpoint": ""}]},
    {
        "service": [
            {
                "id": f"#{i}-{{}}",
                "type": [f"t{i}{j}" for j in range(8)],
                "serviceEndpoint": [f"e{i}{j}" for j in range(8)],
            }
            for i in range(20)
        ]
    },
    {
        "service": [
            {"id": "#irc", "type": "IrcServer", "serviceEndpoint": [f"wss://{i}{j}{{}}.a" for j in range(8)]}
            for i in range(20)
        ]
    },
    {"verificationMethod": [{"id": f"#{i}-{{}}", "controller": f"{i}"} for i in range(20)]},
    {"verificationMethod": [{"id": f"#{i}", "type": "Multikey", "publicKeyMultibase": KEY} for i in range(20)]},
    {"alsoKnownAs": [f"\U0001f331{{}}-{i}" for i in range(20)]},
    {"alsoKnownAs": [f"\U0001f331{{}}-{i}" + "a" * 2000 for i in range(20)]},
]


def remember(cache: DocumentCache, document: DidDocument, now: Now) -> None:
    """With everything computed that a document computes once."""
    assert document.pds is None
    assert document.handle is None
    assert len(document.irc_hosts) <= 160
    cache.put(document, now)


@pytest.mark.parametrize("members", HOSTILE, ids=range(len(HOSTILE)))
def test_the_cache_takes_no_more_memory_than_it_counts(members: dict[str, JsonValue]) -> None:
    """Held against the allocator: full of any of these, it stays under twice its bound, 64 MiB."""
    pages = []
    for number in range(50):
        did = Did(f"did:web:a{number}.example")
        text = encode_json(members | {"id": did}).decode().replace("{}", f"x{number}")
        pages.append((did, text.encode()))
    cache, now = DocumentCache(600), Clock()()
    tracemalloc.start()
    for did, data in pages:
        remember(cache, parse_document(data, did), now)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken <= 2 * sum(footprint(parse_document(data, did)) for did, data in pages)
    assert MAX_BYTES <= 32 << 20


# --- handles ------------------------------------------------------------------------------------------------------

RECORD = "_atproto.alice.example.org"


@pytest.mark.parametrize(
    ("records", "did"),
    [
        ((f"did={PLC}",), PLC),
        ((f"did={PLC}", "v=spf1 -all", f"did={PLC}"), PLC),
        (("did=nonsense", "did=", f"did={PLC}"), PLC),
        ((f"did={WEB}",), WEB),
    ],
)
def test_a_handle_names_a_did_in_dns(records: tuple[str, ...], did: Did) -> None:
    network = Network({WELL_KNOWN: b"did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"}, {RECORD: records})
    assert network.run(resolver().did_of_handle(HANDLE)) == did
    assert network.lookups == [RECORD]
    assert network.requests == [], "DNS comes first, and its answer is the answer"


@pytest.mark.parametrize(
    ("records", "served"),
    [
        ((), PLC),
        ((f" did={PLC}", f"DID={PLC}", "did=did:plc:short"), f" {PLC}\r\n"),
        (None, f"{PLC}\n"),
    ],
)
def test_a_handle_names_a_did_at_its_host(records: tuple[str, ...] | None, served: str) -> None:
    network = Network({WELL_KNOWN: served.encode()}, {} if records is None else {RECORD: records})
    assert network.run(resolver().did_of_handle(HANDLE)) == PLC


@pytest.mark.parametrize(
    ("records", "served", "gone", "unavailable"),
    [
        ((f"did={PLC}", f"did={WEB}"), PLC.encode(), True, False),
        ((), Fetched(404), True, False),
        (None, Fetched(404), False, True),
        (None, Fetched(403), False, True),
        (None, b"<html>", False, True),
        ((), None, False, True),
        ((), Fetched(500), False, True),
        ((), Fetched(302, (("location", WELL_KNOWN),)), False, False),
        ((), b"", True, False),
        ((), b"<html>", True, False),
        ((), f"{PLC} {PLC}".encode(), True, False),
        ((), "did:plc:é".encode(), True, False),
        ((), b"\xff", True, False),
        ((), PLC.encode() + b" " * 5000, False, True),
    ],
    ids=range(14),
)
def test_handles_that_name_no_did(
    records: tuple[str, ...] | None, served: Answer | None, gone: bool, unavailable: bool
) -> None:
    """ "If there are multiple TXT records with different DIDs, resolution should fail": there is no falling back."""
    network = Network({} if served is None else {WELL_KNOWN: served}, {} if records is None else {RECORD: records})
    with pytest.raises(ResolutionError) as raised:
        network.run(resolver().did_of_handle(HANDLE))
    assert (raised.value.gone, raised.value.unavailable) == (gone, unavailable)


@pytest.mark.parametrize(("handle", "private"), [("alice.test", False), ("alice.onion", True), ("a.invalid", False)])
def test_names_that_nobody_can_own_are_not_looked_up(handle: str, private: bool) -> None:
    network = Network(records={f"_atproto.{handle}": (f"did={PLC}",)})
    with pytest.raises(ResolutionError):
        network.run(resolver(private_network=private).did_of_handle(parse_handle(handle)))
    assert network.lookups == []


def test_a_handle_of_a_private_network() -> None:
    network = Network(records={"_atproto.alice.test": (f"did={PLC}",)})
    assert network.run(resolver(private_network=True).did_of_handle(parse_handle("alice.test"))) == PLC


@pytest.mark.parametrize(
    ("claimed", "named", "verified"),
    [
        ("at://Alice.Example.org", PLC, HANDLE),
        ("at://alice.example.org", WEB, None),
        ("at://not a handle", PLC, None),
        ("https://alice.example.org", PLC, None),
    ],
)
def test_a_handle_counts_if_both_sides_say_so(claimed: str, named: Did | None, verified: str | None) -> None:
    network = Network(records={RECORD: (f"did={named}",)} if named else {})
    assert network.run(resolver().verified_handle(DidDocument(PLC, also_known_as=(claimed,)))) == verified


@pytest.mark.parametrize("served", [Fetched(404), Fetched(403), b"<html>", f"{WEB}".encode()])
def test_a_handle_that_names_nobody_or_somebody_else_is_known_not_to_count(served: Answer) -> None:
    network = Network({WELL_KNOWN: served}, {RECORD: ()})
    assert network.run(resolver().verified_handle(DidDocument(PLC, also_known_as=(f"at://{HANDLE}",)))) is None


@pytest.mark.parametrize("records", [{}, {RECORD: ()}])
@pytest.mark.parametrize("served", [Failed("no answer in time", timed_out=True), Fetched(503), Fetched(429)])
def test_of_a_handle_for_which_nobody_answers_nothing_is_known(
    records: dict[str, tuple[str, ...]], served: Answer
) -> None:
    network = Network({WELL_KNOWN: served}, records)
    with pytest.raises(ResolutionError) as raised:
        network.run(resolver().verified_handle(DidDocument(PLC, also_known_as=(f"at://{HANDLE}",))))
    assert raised.value.unavailable


# --- requests -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["http://a.example/", "ftp://a.example", "https://a.example\n", "https://u@a.example"])
def test_what_may_not_be_asked(url: str) -> None:
    with pytest.raises(ResolutionError):
        resolver().request(url)


def test_a_request_says_whether_it_may_stay_at_home() -> None:
    request = resolver(private_network=True).request("http://LOCALHOST:80/a?b", method="POST", body=b"c", limit=7)
    assert (request.url, request.method, request.body, request.limit) == ("http://localhost/a?b", "POST", b"c", 7)
    assert request.private
    assert not resolver().request("https://a.example").private
