"""The tables of ``docs/rooms.md``: what each room says of itself, and in which file a rule lives."""

import ast
import re
from typing import Final

from tests.contract.sources import CORE, sources_under
from tests.contract.sources import rooms as room_names
from tests.contract.test_imports import ROOMS
from tests.docs.protocol_tables import table

RULES: Final = (
    ("Which commands are there, and where is each legal?", "server", "commands/__init__.py", "COMMANDS"),
    ("Who may do what in a channel?", "authority", "judge.py", "judge"),
    ("What does an act change?", "authority", "facts.py", "apply"),
    ("Which acts are there, and how long may a topic, key or reason be?", "authority", "acts.py", "Body"),
    ("Whom does a ban mean?", "authority", "patterns.py", "Pattern"),
    ("How does a command act on a channel?", "server", "acting.py", "enact"),
    ("What may a rule read and use?", "server", "context.py", "Context"),
    ("When does an act take effect?", "server", "ledger.py", "Ledger"),
    ("What do the members see of an act?", "server", "announce.py", "announce"),
    ("Which numeric answers a refusal?", "server", "refusals.py", "refuse"),
    ("Who hears a message, and what of it is rendered once?", "server", "fanout.py", "Fanout"),
    ("Which tags and words does one client see?", "server", "speech.py", "Line"),
    ("Where does a PRIVMSG go?", "server", "delivery.py", "deliver"),
    ("Who may know of whom (`i`, `s`)?", "server", "visibility.py", "sees_user"),
    ("What is the host that others see?", "server", "cloak.py", "cloak"),
    ("When is a connection a user?", "server", "registration.py", "may_register"),
    ("How fast may a client talk?", "server", "intake.py", "Intake"),
    ("How many connections may one address have?", "server", "admission.py", "Admission"),
    ("When is a silent or slow client closed?", "server", "server.py", "Server"),
    ("What does 005 say?", "server", "welcome.py", "isupport"),
    ("Which capabilities are there, and what does each need?", "caps", "registry.py", "CAPABILITIES"),
    ("How is a capability requested, acknowledged and dropped?", "caps", "negotiation.py", "ServerNegotiation"),
    ("What does a line look like?", "irc", "message.py", "Message"),
    ("How long may a line be?", "irc", "framing.py", "line_fits"),
    ("Which names are the same, and which are valid?", "irc", "folding.py", "fold"),
    ("Which modes are there, and which take an argument?", "irc", "modes.py", "CHANNEL_MODES"),
    ("How is a text split where readers see a boundary?", "irc", "graphemes.py", "split_text"),
    ("What proves a DID?", "sasl", "atproto_challenge.py", "ATPROTO_CHALLENGE"),
    ("What must be in a challenge, and what will our client sign?", "sasl", "challenge.py", "parse_challenge"),
    ("What makes a token of service-auth good for this sign-in alone?", "sasl", "service_token.py", "token_forms"),
    ("Which service tokens are taken?", "sasl", "service_auth.py", "verify_service_auth"),
    ("How is a token kept from being used twice?", "sasl", "tokens.py", "TokenMemory"),
    ("Which mechanisms are offered on a connection?", "sasl", "mechanisms.py", "mechanisms_for"),
    ("What can a client sign in with?", "sasl", "credentials.py", "Credentials"),
    ("What does our client do in AUTHENTICATE?", "sasl", "client.py", "ClientExchange"),
    ("Which keys and signatures are accepted?", "identity", "keys.py", "verify"),
    ("How does a DID become a document, and is a handle verified?", "identity", "resolver.py", "Resolver"),
    ("What is read from a DID document, and which keys sign in?", "identity", "documents.py", "DidDocument"),
    ("Which JWTs are read?", "identity", "jwt.py", "parse_jwt"),
    ("How is a PDS asked?", "identity", "pds.py", "PdsAccess"),
    ("How does a program sign in by OAuth?", "identity", "oauth.py", "OAuth"),
    ("What is in a DPoP proof?", "identity", "dpop.py", "dpop_proof"),
    ("How is a key put into a did:plc?", "identity", "plc.py", "sign_operation"),
    ("How many sign-ins ask the network at once?", "server", "gate.py", "Gate"),
    ("What does a server do on nobody's connection?", "server", "background.py", "Background"),
    ("Whose is a nick?", "server", "nicks.py", "claim_nick"),
    ("How do several connections share one nick?", "server", "devices.py", "attach"),
    ("How does an account come back to its channels?", "server", "rejoining.py", "rejoin"),
    ("When does somebody lose his account?", "server", "rechecking.py", "watch_identity"),
    ("What comes back when a server starts again?", "server", "restoring.py", "restore"),
    ("How does a client come from connection to connection?", "client", "session.py", "Session"),
    ("Where does a client connect next, and when?", "client", "route.py", "Route"),
    ("How does a client know who is where?", "client", "tracking.py", "COMMANDS"),
    ("Which message answers which request?", "client", "requests.py", "Requests"),
    ("How does a long text become lines?", "client", "composing.py", "lines_of"),
    ("How is nothing told twice after a reconnection?", "client", "conversations.py", "Conversations"),
    ("How fast does a client speak?", "client", "outgoing.py", "Outgoing"),
    ("Where do message ids and times come from?", "history", "mint.py", "Mint"),
    ("What may a web client send, and what closes it?", "web", "connection.py", "WebConnection"),
    ("What is spoken on which listener?", "engine", "connections.py", "Connection"),
    ("What does the operator's socket understand?", "engine", "control.py", "ControlConnection"),
)
"""Question, room, file in it, and the name that answers."""

AROUND: Final = (
    ("How is each row kept, and what takes it away?", "freeq_storage", "rows.py", "KEEPING"),
    ("What does the database look like, and how is an older one brought up?", "freeq_storage", "schema.py", "upgrade"),
    ("Which acts are forgotten at a start?", "freeq_storage", "lapsed.py", "forget_lapsed"),
    ("What must a file be before it is used?", "freeq_storage", "file.py", "open_database"),
    ("What does a driver do with a batch?", "freeq_runtime_asyncio", "driver.py", "Driver"),
    ("How is an HTTP request kept from private addresses?", "freeq_runtime_asyncio", "http.py", "Http"),
    ("How are TXT records looked up?", "freeq_runtime_asyncio", "dns.py", "Dns"),
    ("How are client certificates asked for?", "freeq_runtime_asyncio", "openssl.py", "openssl_context"),
    ("How does a client's connection carry bytes?", "freeq_runtime_asyncio", "client_driver.py", "ClientDriver"),
    ("What runs on which thread?", "freeq_runtime_threaded", "loop.py", "Loop"),
    ("Which settings are there?", "freeq_cli", "settings.py", "SECTIONS"),
    ("What is in a key file?", "freeq_cli", "key_files.py", "read_key_file"),
)
"""The same for the packages around the core."""

_LINK: Final = "../{}/{}"


def rooms() -> str:
    """Each room, lowest first: its door's own words, and whom it may import."""
    return "\n".join(f"### `{room}`\n\n{_words(room)}\n\n{_imports(room)}\n" for room in _lowest_first())


def rules() -> str:
    """From a question to a room and to a file."""
    return table(["question", "room", "file"], map(_row, RULES, [f"{CORE}/{room}" for _, room, _, _ in RULES]))


def around() -> str:
    """From a question to a package around the core and to a file."""
    return table(["question", "package", "file"], map(_row, AROUND, [package for _, package, _, _ in AROUND]))


def _row(rule: tuple[str, str, str, str], folder: str) -> list[str]:
    question, place, file, name = rule
    return [question, f"`{place}`", f"[`{file}`]({_LINK.format(folder, file)}): `{name}`"]


def _lowest_first() -> list[str]:
    there = room_names()
    return [room for room in ROOMS if room in there]


def _imports(room: str) -> str:
    there = room_names()
    below = [f"`{each}`" for each in ROOMS if each in ROOMS[room] and each in there]
    return f"May import: {', '.join(below) or 'no other room'}."


def _words(room: str) -> str:
    """The docstring of a room's door, as Markdown."""
    (door,) = (each for each in sources_under(CORE) if each.path == f"{CORE}/{room}/__init__.py")
    text = ast.get_docstring(door.tree) or ""
    return re.sub(r":[a-z]+:`~?([^`]+)`", r"`\1`", text).replace("``", "`")
