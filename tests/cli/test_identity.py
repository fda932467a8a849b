"""``freeq identity`` where nobody has to be asked; with real servers it is tried in ``tests/integration/atproto``."""

from pathlib import Path

import pytest

from freeq_cli.identity import Known, _lines, look_up
from freeq_proto.boundary import Failed, Fetched, Now
from freeq_proto.identity import (
    DidDocument,
    Resolver,
    Service,
    VerificationMethod,
    parse_did,
    parse_multikey,
)
from tests.cli.processes import freeq

DID_KEY = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"
ALICE = parse_did("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa")
K256 = "zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme"
PDS = Service("atproto_pds", "AtprotoPersonalDataServer", ("https://pds.example",))


def document(*keys: str, aliases: tuple[str, ...] = (), services: tuple[Service, ...] = ()) -> DidDocument:
    methods = tuple(VerificationMethod(name, ALICE, parse_multikey(K256)) for name in keys)
    return DidDocument(ALICE, aliases, methods, services=services)


def test_a_key_is_shown_without_asking_anybody(tmp_path: Path) -> None:
    shown = freeq(tmp_path, "identity", "show", DID_KEY)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout == (
        f"did         {DID_KEY}\nhandle      none\nPDS         none\nlogin key   {DID_KEY}\n\n"
        "Its owner can sign in with the private half of a login key (method crypto).\n"
    )


def test_an_account_is_shown_with_all_that_is_known() -> None:
    services = (PDS, Service("irc", "IrcServer", ("ircs://irc.example:6697",)))
    known = Known(
        document("atproto", "freeq", aliases=("at://alice.example",), services=services), "alice.example", "active"
    )
    assert list(_lines(known))[:-3] == [
        f"did         {ALICE}",
        "handle      alice.example (verified: it names this DID, and the DID claims it)",
        "PDS         https://pds.example (account: active)",
        f"PDS's key   did:key:{K256}",
        f"login key   did:key:{K256}",
        "IRC         irc.example",
    ]


def test_a_handle_that_names_somebody_else_is_not_shown_as_verified() -> None:
    lines = list(_lines(Known(document(aliases=("at://alice.example",), services=(PDS,)), "", "")))
    assert "handle      alice.example (claimed, and not verified: it does not name this DID now)" in lines
    assert lines[-1] == "To sign in with a key of his own, its owner adds one: freeq identity add-key --help"


def test_a_handle_that_could_not_be_looked_up_is_not_said_to_be_somebody_elses() -> None:
    resolver = Resolver(
        plc_directory="https://plc.example", private_network=False, clock=lambda: Now(0.0, 0), document_seconds=600
    )
    asking = look_up(resolver, ALICE)
    next(asking)  # for the document
    asking.send(Fetched(200, body=b'{"id":"%s","alsoKnownAs":["at://alice.example.org"]}' % ALICE.encode()))
    asking.send(Failed("no name server answered"))
    with pytest.raises(StopIteration) as ended:
        asking.send(Failed("the host could not be reached"))
    claimed = "handle      alice.example.org (claimed, and not verified: the DID of the handle could not be fetched)"
    assert claimed in list(_lines(ended.value.value))


def test_a_did_that_nobody_can_sign_in_as() -> None:
    lines = list(_lines(Known(document("atproto"), "", "")))
    assert lines[-1] == "Nobody can sign in as it: it has neither a login key nor a PDS."


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("did:example:abc", "freeq: did:example:abc: a DID of a method other than plc, web and key\n"),
        ("did:key:zzz", "freeq: did:key:zzz: not a usable did:key: "),
        ("not a handle", "freeq: not a handle: "),
        ("\x1b[2J", "freeq: \\x1b[2J: "),
    ],
)
def test_what_cannot_be_shown_is_one_clear_line(tmp_path: Path, who: str, expected: str) -> None:
    refused = freeq(tmp_path, "identity", "show", who)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith(expected)
    assert refused.stderr.count("\n") == 1


def test_keys_are_added_to_did_plc_only(tmp_path: Path) -> None:
    refused = freeq(tmp_path, "identity", "add-key", DID_KEY, "--key", str(tmp_path / "key"))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        f"freeq: {DID_KEY}: only the documents of did:plc are kept by a directory; a did:key is its key\n"
    )
    refused = freeq(tmp_path, "identity", "add-key", "did:web:a.example", "--key", str(tmp_path / "key"))
    assert refused.stderr.endswith("that of a did:web is a file on its own host: put the key into it there\n")
    assert not (tmp_path / "key").exists()


def test_the_way_to_sign_is_one(tmp_path: Path) -> None:
    both = freeq(tmp_path, "identity", "add-key", ALICE, "--key", "k", "--code", "c", "--rotation-key", "r")
    assert both.returncode == 2
    assert "not allowed with" in both.stderr
