"""The tables of ``docs/protocol.md``, made from the tables that the server runs on."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from freeq_proto.authority import (
    ACCOUNT_LIMIT,
    KEY_LIMIT,
    LIST_LIMIT,
    PATTERN_LIMIT,
    REASON_LIMIT,
    ROLE_LIMIT,
    TOPIC_LIMIT,
)
from freeq_proto.caps import BY_NAME, CAPABILITIES, Capability, names
from freeq_proto.irc import (
    AUTHENTICATE_LIMIT,
    BODY_LIMIT,
    CHANNEL_LIMIT,
    CHANNEL_MODES,
    CLIENT_TAGS_LIMIT,
    MEMBER_PREFIXES,
    NICK_LIMIT,
    USER_MODES,
    USERNAME_LIMIT,
    ModeKind,
    Numeric,
    numerics,
)
from freeq_proto.sasl import EXCHANGE_SECONDS, MAX_FAILURES, MECHANISMS
from freeq_proto.server import Config
from freeq_proto.server.announce import MODES_PER_LINE
from freeq_proto.server.commands import COMMANDS
from freeq_proto.server.commands.certificates import CERTIFICATES_LIMIT
from freeq_proto.server.context import CLAIMS_FROM_ONE_PLACE
from freeq_proto.server.nicks import OWNED_LIMIT
from freeq_proto.server.offer import MULTILINE_BYTES, MULTILINE_LINES, Ground, offer
from freeq_proto.server.welcome import AWAY_LIMIT, LIST_COMMAND_TARGETS, REALNAME_LIMIT, TARGETS_LIMIT, isupport
from tests.contract.sources import sources_under

CONFIG: Final = Config(name="irc.example.org", network="ExampleNet")
"""What the examples of values are those of."""

_TYPES: Final[Mapping[ModeKind, str]] = {
    ModeKind.LIST: "list: a mask to add or remove; none to see the list",
    ModeKind.SETTING: "a value to set and to unset",
    ModeKind.LIMIT: "a number to set, nothing to unset",
    ModeKind.FLAG: "no argument",
    ModeKind.PREFIX: "a nick or a DID",
}
_CHANNEL_MODES: Final[Mapping[str, str]] = {
    "b": "ban: may neither join nor, without a role, speak",
    "e": "exempt from `b` and `q`",
    "I": "exempt from `i`",
    "q": "quiet: may join and not speak",
    "k": "key: whoever joins must give it",
    "l": "so many members at most",
    "C": "no CTCP but ACTION",
    "R": "only those who signed in may join",
    "i": "only who is invited may join",
    "m": "moderated: only who has a role may speak",
    "n": "no messages from outside",
    "s": "secret: shown to its members alone",
    "t": "only operators set the topic",
    "o": "operator",
    "h": "half-operator",
    "v": "voice",
}
_USER_MODES: Final[Mapping[str, str]] = {
    "B": "is a bot; shown in WHOIS and WHO, and by the tag `bot`",
    "i": "invisible: found only by those who share a channel, and by operators",
    "o": "server operator; given by OPER, and anybody may lay it down",
    "w": "receives WALLOPS",
}
_METHODS: Final[Mapping[str, str]] = {
    "ATPROTO-CHALLENGE": "an answer to the server's challenge; there are four methods",
    "EXTERNAL": "a TLS client certificate that its owner bound to the DID",
    "PLAIN": "an app password, which the account's own host checks",
}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown; a cell's ``|`` is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n" for cells in lines)


def _tick(text: str) -> str:
    return f"`{text}`" if text else ""


def _yes(holds: bool) -> str:
    return "yes" if holds else ""


def commands() -> str:
    """Every command, from ``COMMANDS``."""
    rows = [
        [_tick(name), str(command.parameters), _yes(command.unregistered), _yes(command.operator), command.summary]
        for name, command in COMMANDS.items()
    ]
    return table(["command", "parameters at least", "before registration", "operators only", "what it does"], rows)


def capabilities() -> str:
    """Every capability, from ``CAPABILITIES`` and what a server with TLS and ``[sts]`` offers."""
    values = offer(CONFIG, Ground(secure=False, confidential=False, certified=False)).values

    def row(capability: Capability) -> list[str]:
        value = "see below" if capability is BY_NAME["sts"] else _tick(values[capability.bit])
        needs = ", ".join(_tick(name) for name in names(capability.needs))
        return [f"[`{capability.name}`]({capability.specification})", value, needs]

    return table(["capability", "value", "works together with"], [row(each) for each in CAPABILITIES])


def channel_modes() -> str:
    """Every channel mode, from ``CHANNEL_MODES``."""
    rows = [
        [_tick(letter), _tick(MEMBER_PREFIXES.get(letter, "")), _CHANNEL_MODES[letter], _TYPES[kind]]
        for letter, kind in CHANNEL_MODES.items()
    ]
    return table(["mode", "prefix", "meaning", "argument"], rows)


def user_modes() -> str:
    """Every user mode, from ``USER_MODES``."""
    return table(["mode", "meaning"], [[_tick(letter), _USER_MODES[letter]] for letter in USER_MODES])


def isupport_tokens() -> str:
    """The tokens of 005, as the server makes them."""
    tokens = isupport(CONFIG)
    return table(["token", "value"], [[_tick(name), _tick(value or "")] for name, value in tokens.items()])


def mechanisms() -> str:
    """Every SASL mechanism, from ``MECHANISMS``."""
    return table(["mechanism", "what proves the DID"], [[_tick(name), _METHODS[name]] for name in MECHANISMS])


def limits() -> str:
    """The limits that are constants. Those that an operator sets are in the configuration reference."""
    rows = [
        ["a line without tags, with CR LF", f"{BODY_LIMIT} bytes"],
        ["the tags of a client's line, with `@` and the space", f"{CLIENT_TAGS_LIMIT} bytes"],
        ["an `AUTHENTICATE` line before registration", f"{AUTHENTICATE_LIMIT} bytes"],
        ["nick", f"{NICK_LIMIT} characters"],
        ["username, with its `~`", f"{USERNAME_LIMIT} bytes"],
        ["realname", f"{REALNAME_LIMIT} bytes"],
        ["channel name, with its `#`", f"{CHANNEL_LIMIT} bytes"],
        ["topic", f"{TOPIC_LIMIT} bytes"],
        ["key of a channel", f"{KEY_LIMIT} bytes"],
        ["reason of a KICK", f"{REASON_LIMIT} bytes"],
        ["away message", f"{AWAY_LIMIT} bytes"],
        ["account (DID)", f"{ACCOUNT_LIMIT} characters"],
        ["mask in a list", f"{PATTERN_LIMIT} bytes"],
        ["entries of one list of a channel", str(LIST_LIMIT)],
        ["holders of a role in one channel", str(ROLE_LIMIT)],
        ["mode changes with an argument in one command", str(MODES_PER_LINE)],
        ["targets of a PRIVMSG, NOTICE or TAGMSG", str(TARGETS_LIMIT)],
        ["channels of a JOIN, PART, NAMES or KICK", str(LIST_COMMAND_TARGETS)],
        ["a multiline message", f"{MULTILINE_BYTES} bytes and {MULTILINE_LINES} lines"],
        ["one sign-in, from AUTHENTICATE to its answer", f"{EXCHANGE_SECONDS:.0f} seconds"],
        ["failed sign-ins of one connection", str(MAX_FAILURES)],
        ["nicks of one account", str(OWNED_LIMIT)],
        ["nicks that become accounts' from one address", f"{CLAIMS_FROM_ONE_PLACE} in an hour"],
        ["certificates of one account", str(CERTIFICATES_LIMIT)],
    ]
    return table(["what", "at most"], rows)


def server_numerics() -> str:
    """Every numeric that some module of the server names, with its fixed text."""
    used = {
        node.attr
        for source in sources_under("freeq_proto/server")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "numerics"
    }
    known = [each for each in vars(numerics).values() if isinstance(each, Numeric) and each.name in used]
    rows = [[each.code, _tick(each.name), each.text] for each in sorted(known, key=lambda each: each.code)]
    return table(["code", "name", "text, where it is always the same"], rows)


def standard_replies() -> str:
    """The codes of FAIL, WARN and NOTE, as they stand in the sources: capitals with an underscore in them."""
    rows = {code: path for path, code in _reply_codes()}
    return table(["code", "said by"], [[_tick(code), _tick(rows[code])] for code in sorted(rows)])


def _reply_codes() -> Iterator[tuple[str, str]]:
    for source in sources_under("freeq_proto/server"):
        if not any(mark in source.text for mark in (".fail(", ".standard(")):
            continue
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words = node.value.split("_")
                if len(words) > 1 and all(word.isalnum() and word.isupper() for word in words):
                    yield source.path, node.value
