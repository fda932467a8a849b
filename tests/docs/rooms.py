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
    ("What proves a DID?", "sasl", "atproto_challenge.py", "ATPROTO_CHALLENGE"),
    ("What must be in a challenge, and what will our client sign?", "sasl", "challenge.py", "parse_challenge"),
    ("Which keys and signatures are accepted?", "identity", "keys.py", "verify"),
    ("Where do message ids and times come from?", "history", "mint.py", "Mint"),
    ("What may a web client send, and what closes it?", "web", "connection.py", "WebConnection"),
    ("What is spoken on which listener?", "engine", "connections.py", "Connection"),
    ("What does the operator's socket understand?", "engine", "control.py", "ControlConnection"),
)
"""Question, room, file in it, and the name that answers."""

_LINK: Final = "../freeq_proto/{}/{}"


def rooms() -> str:
    """Each room, lowest first: its door's own words, and whom it may import."""
    return "\n".join(f"### `{room}`\n\n{_words(room)}\n\n{_imports(room)}\n" for room in _lowest_first())


def rules() -> str:
    """From a question to a room and to a file."""
    rows = [
        [question, f"`{room}`", f"[`{file}`]({_LINK.format(room, file)}): `{name}`"]
        for question, room, file, name in RULES
    ]
    return table(["question", "room", "file"], rows)


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
