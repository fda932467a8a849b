"""A client that believes nothing: every line that a server sends is held to the grammar and to what was negotiated.

``Reader`` follows one connection from its first byte. It asserts that no line holds CR, LF or NUL, or is too long; that
tags, commands and shapes are those of capabilities that were acknowledged; that batches open and close; and it keeps
the roster that a client would draw from what it heard.
"""

from typing import Final

from freeq_proto.irc import CHANNEL_MODES, MEMBER_PREFIXES, SERVER_TAGS_LIMIT, Message, parse_modes

BODY_BYTES: Final = 510

TAGS: Final = {
    "time": "server-time",
    "account": "account-tag",
    "msgid": "message-tags",
    "bot": "message-tags",
    "batch": "batch",
    "label": "labeled-response",
    "draft/multiline-concat": "draft/multiline",
}
COMMANDS: Final = {
    "BATCH": ("batch",),
    "ACCOUNT": ("account-notify",),
    "AWAY": ("away-notify",),
    "CHGHOST": ("chghost",),
    "SETNAME": ("setname",),
    "TAGMSG": ("message-tags",),
    "REDACT": ("draft/message-redaction",),
    "ACK": ("labeled-response",),
    "AUTHENTICATE": ("sasl",),
    "FAIL": ("standard-replies", "setname", "draft/multiline", "draft/message-redaction"),
    "WARN": ("standard-replies",),
    "NOTE": ("standard-replies",),
}
FREE: Final = "CAP ERROR INVITE JOIN KICK KILL MODE NICK NOTICE PART PING PONG PRIVMSG QUIT TOPIC WALLOPS".split(" ")
LETTER_OF: Final = {prefix: letter for letter, prefix in MEMBER_PREFIXES.items()}


class Reader:
    """What one client knows from what it heard."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.nick = "*"
        self.caps: set[str] = set()
        self.batches: dict[str, str] = {}
        """Open batches, by reference: their type."""
        self.rosters: dict[str, dict[str, str]] = {}
        """Folded channel to folded nick to the letters of the roles that were shown."""
        self._left = b""

    def push(self, data: bytes) -> list[Message]:
        """Read what came; whole lines only are judged."""
        *lines, self._left = (self._left + data).split(b"\r\n")
        return [self._line(line) for line in lines]

    def _line(self, line: bytes) -> Message:
        assert not set(line) & set(b"\r\n\0"), line
        tags = line.partition(b" ")[0] + b" " if line.startswith(b"@") else b""
        assert len(tags) <= SERVER_TAGS_LIMIT, line
        assert len(line) - len(tags) <= BODY_BYTES, line
        message = Message.parse(line)
        self._tags(message)
        needed = COMMANDS.get(message.command)
        if needed is None:
            assert message.command in FREE or (len(message.command) == 3 and message.command.isdigit()), line
        else:
            assert self.caps & set(needed), line
        if message.command.isdigit():
            assert message.source == self.server, line
            assert message.params[0] in (self.nick, "*") or self.nick == "*", line
        handler = getattr(self, f"_on_{message.command.lower()}", None)
        if handler is not None:
            handler(message)
        return message

    def _tags(self, message: Message) -> None:
        for tag, value in message.tags.items():
            assert (TAGS.get(tag) or ("message-tags" if tag.startswith("+") else "")) in self.caps, message
            if tag == "batch":
                assert value in self.batches, message

    # --- negotiation and batches -----------------------------------------------------------------------------------

    def _on_cap(self, message: Message) -> None:
        subcommand, listed = message.params[1], message.params[-1].split(" ")
        if subcommand == "ACK":
            for word in listed:
                (self.caps.discard if word.startswith("-") else self.caps.add)(word.removeprefix("-"))
        elif subcommand == "DEL":
            self.caps -= set(listed)

    def _on_batch(self, message: Message) -> None:
        sign, reference = message.params[0][0], message.params[0][1:]
        if sign == "+":
            assert reference not in self.batches, message
            self.batches[reference] = message.params[1]
        else:
            assert sign == "-", message
            del self.batches[reference]

    # --- who is where ----------------------------------------------------------------------------------------------

    def _who(self, message: Message) -> str:
        assert message.source is not None, message
        nick, bang, host = message.source.partition("!")
        assert message.source == self.server or (bang and "@" in host), message
        return nick

    def _is_me(self, nick: str) -> bool:
        return nick.lower() == self.nick.lower()

    def _roster(self, message: Message, name: str) -> dict[str, str]:
        assert name.lower() in self.rosters, f"nothing of a channel that one is not in: {message}"
        return self.rosters[name.lower()]

    def _on_001(self, message: Message) -> None:
        self.nick = message.params[0]

    def _on_nick(self, message: Message) -> None:
        before, after = self._who(message), message.params[0]
        if self._is_me(before):
            self.nick = after
        for roster in self.rosters.values():
            if before.lower() in roster:
                roster[after.lower()] = roster.pop(before.lower())

    def _on_join(self, message: Message) -> None:
        assert len(message.params) == (3 if "extended-join" in self.caps else 1), message
        name, nick = message.params[0].lower(), self._who(message)
        if self._is_me(nick):
            assert name not in self.rosters, message
            self.rosters[name] = {}
        assert nick.lower() not in self._roster(message, name), message
        self.rosters[name][nick.lower()] = ""

    def _on_part(self, message: Message) -> None:
        self._leave(message, message.params[0], self._who(message))

    def _on_kick(self, message: Message) -> None:
        self._who(message)
        self._leave(message, message.params[0], message.params[1])

    def _leave(self, message: Message, name: str, nick: str) -> None:
        del self._roster(message, name)[nick.lower()]
        if self._is_me(nick):
            del self.rosters[name.lower()]

    def _on_quit(self, message: Message) -> None:
        nick = self._who(message).lower()
        assert not self._is_me(nick), message
        assert any(nick in roster for roster in self.rosters.values()), message
        for roster in self.rosters.values():
            roster.pop(nick, None)

    def _on_mode(self, message: Message) -> None:
        self._who(message)
        if not message.params[0].startswith("#"):
            return
        roster = self._roster(message, message.params[0])
        changes, unknown = parse_modes(message.params[1:], CHANNEL_MODES)
        assert changes, message
        assert not unknown, message
        for change in changes:
            if change.letter in MEMBER_PREFIXES and (nick := (change.argument or "").lower()) in roster:
                others = roster[nick].replace(change.letter, "")
                roster[nick] = "".join(sorted(others + change.letter)) if change.adding else others

    def _on_topic(self, message: Message) -> None:
        self._roster(message, message.params[0])

    def _on_invite(self, message: Message) -> None:
        assert self._is_me(message.params[0]) or "invite-notify" in self.caps, message

    def _on_353(self, message: Message) -> None:
        """Prefixes of members, several only with multi-prefix; names with hosts only with userhost-in-names."""
        roster = self.rosters.get(message.params[2].lower())
        for word in filter(None, message.params[3].split(" ")):
            name = word.lstrip("".join(LETTER_OF))
            prefixes = word[: len(word) - len(name)]
            assert len(prefixes) <= 1 or "multi-prefix" in self.caps, message
            assert ("!" in name) == ("userhost-in-names" in self.caps), message
            if roster is not None:
                nick = name.partition("!")[0].lower()
                letters = "".join(sorted(LETTER_OF[prefix] for prefix in prefixes))
                assert "multi-prefix" not in self.caps or roster.setdefault(nick, letters) in ("", letters), message
                roster[nick] = letters
