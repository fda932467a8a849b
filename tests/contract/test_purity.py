"""The core is pure: it reaches no socket, clock, randomness, file or log, whatever a module is asked to do.

Imports are judged by a list of what is allowed, so that a module nobody thought of is refused until somebody has.
"""

import ast
from collections.abc import Iterator

import pytest

from tests.contract.sources import CORE, Imported, Source, calls, imports, rooms, sample, sources_under

# Modules, or names in them, that compute and do nothing else.
STANDARD_LIBRARY = frozenset(
    """
    __future__ abc base64 binascii bisect calendar collections collections.abc contextlib copy datetime enum functools
    hashlib heapq hmac html http.HTTPStatus ipaddress itertools json keyword math operator re string struct types typing
    unicodedata urllib.parse zlib
    """.split()
)

EVERY_ROOM = None
# What the core stands on, and the rooms that may know it.
THIRD_PARTY: dict[str, frozenset[str] | None] = {
    "attrs": EVERY_ROOM,
    "cryptography": EVERY_ROOM,
    "h11": frozenset({"web"}),
    "wsproto": frozenset({"web"}),
    "automerge": frozenset({"federation"}),
}

# Calls refused by the last part of their name, whatever they are called on.
CALLS = {
    "open": "opens a file",
    "print": "writes to the terminal",
    "input": "reads the terminal",
    "breakpoint": "stops for a debugger",
    "__import__": "hides an import from this test",
    "eval": "hides code from this test",
    "exec": "hides code from this test",
    "hash": "differs between processes",
    "now": "reads a clock: time is an argument",
    "utcnow": "reads a clock: time is an argument",
    "today": "reads a clock: time is an argument",
    "generate": "draws randomness: take bytes from Entropy and build the key from them",
    "generate_private_key": "draws randomness: take bytes from Entropy and build the key from them",
    "generate_key": "draws randomness: take bytes from Entropy",
    "read_text": "reads a file",
    "read_bytes": "reads a file",
    "write_text": "writes a file",
    "write_bytes": "writes a file",
}


def impurities(source: Source) -> Iterator[str]:
    for imported in imports(source):
        if not allowed(imported, source.room):
            yield source.at(imported.node, f"imports {imported.dotted}")
    for name, call in calls(source):
        if name in CALLS:
            yield source.at(call, f"calls {name}(), which {CALLS[name]}")
        elif name == "sign" and any(draws_a_nonce(inner) for inner in ast.walk(call)):
            yield source.at(call, "signs with a random nonce: ECDSA needs deterministic_signing=True")


def allowed(imported: Imported, room: str) -> bool:
    package = imported.module.split(".")[0]
    if package == CORE or not STANDARD_LIBRARY.isdisjoint({imported.module, imported.dotted}):
        return True
    permitted = THIRD_PARTY.get(package, frozenset())
    return permitted is EVERY_ROOM or room in permitted


def draws_a_nonce(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="ECDSA") | ast.Attribute(attr="ECDSA"), keywords=keywords):
            return not any(
                keyword.arg == "deterministic_signing" and ast.unparse(keyword.value) == "True" for keyword in keywords
            )
        case _:
            return False


def test_the_core_is_pure() -> None:
    assert rooms(), "no room was found, so nothing was checked"
    assert [complaint for source in sources_under(CORE) for complaint in impurities(source)] == []


BANNED_MODULES = """
    asyncio concurrent.futures ctypes http.client importlib inspect io locale logging multiprocessing os os.path pathlib
    pickle queue random secrets select selectors shutil signal socket socketserver sqlite3 ssl subprocess sys tempfile
    threading time urllib.request uuid warnings weakref httpx dns.resolver freeq_runtime_asyncio
""".split()


@pytest.mark.parametrize("module", BANNED_MODULES)
def test_a_banned_module_is_refused(module: str) -> None:
    assert list(impurities(sample(f"import {module}")))
    assert list(impurities(sample(f"from {module} import anything")))
    assert list(impurities(sample(f"def f() -> None:\n    import {module} as harmless")))


@pytest.mark.parametrize(
    "text",
    [
        "open('x')",
        "print(1)",
        "hash('x')",
        "eval('1')",
        "datetime.now(UTC)",
        "datetime.datetime.utcnow()",
        "date.today()",
        "Ed25519PrivateKey.generate()",
        "ec.generate_private_key(ec.SECP256K1())",
        "generate_private_key(curve)",
        "ChaCha20Poly1305.generate_key()",
        "key.sign(data, ec.ECDSA(hashes.SHA256()))",
        "key.sign(data, ECDSA(hashes.SHA256(), deterministic_signing=False))",
        "import h11",
        "from wsproto import events",
        "import automerge",
        "from . import os",
        "from urllib import request",
        "from http import client",
    ],
)
def test_an_impure_sample_is_refused(text: str) -> None:
    assert list(impurities(sample(text)))


@pytest.mark.parametrize(
    ("module", "text"),
    [
        ("freeq_proto.irc.sample", "import re\nfrom collections.abc import Callable\nimport attrs"),
        ("freeq_proto.identity.sample", "from urllib.parse import urlsplit\nfrom urllib import parse"),
        ("freeq_proto.identity.sample", "from datetime import UTC, datetime\ndatetime.fromisoformat(text)"),
        ("freeq_proto.identity.sample", "key.sign(data, ECDSA(SHA256(), deterministic_signing=True))"),
        ("freeq_proto.identity.sample", "key.verify(signature, data, ECDSA(SHA256()))"),
        ("freeq_proto.web.sample", "import h11\nfrom wsproto.events import Ping"),
        ("freeq_proto.server.sample", "from freeq_proto.irc import Message\nturn.now.mono"),
    ],
)
def test_a_pure_sample_passes(module: str, text: str) -> None:
    assert list(impurities(sample(text, module))) == []
