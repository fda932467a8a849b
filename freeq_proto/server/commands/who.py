"""Who is here and who was: WHO with WHOX, WHOIS, WHOWAS, USERHOST, ISON.

https://modern.ircdocs.horse/#user-based-queries and https://ircv3.net/specs/extensions/whox
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Self

import attrs

from freeq_proto.boundary import Breathe, Flow
from freeq_proto.caps import MULTI_PREFIX
from freeq_proto.irc import (
    CHANNEL_PREFIX,
    MASK_LIMIT,
    Mask,
    Message,
    canonical_hostmask,
    fold,
    format_server_time,
    numerics,
)
from freeq_proto.server.channel import Channel
from freeq_proto.server.commands.information import is_here
from freeq_proto.server.packing import pack
from freeq_proto.server.turn import Turn
from freeq_proto.server.user import User
from freeq_proto.server.visibility import seen_channels, sees_member, sees_user
from freeq_proto.server.world import Departed

WHO_LIMIT: Final = 500
"""Users that a WHO by mask finds for somebody who is no server operator."""
WHOWAS_LIMIT: Final = 50
"""Entries that a WHOWAS shows."""
USERHOST_TARGETS: Final = 5
_USERS_PER_TURN: Final = 200
"""Users looked at before the others have a turn."""
_HIDDEN_ADDRESS: Final = "255.255.255.255"
_TOKEN_DIGITS: Final = 3


# --- WHO -----------------------------------------------------------------------------------------------------------


@attrs.frozen
class _Query:
    """``<mask> [<flags>][%<fields>[,<token>]]``."""

    mask: str
    operators_only: bool
    fields: str | None
    """Letters of WHOX, or None for the classic reply."""
    token: str

    @classmethod
    def parse(cls, params: Sequence[str]) -> Self:
        """Read the parameters; none asks for everybody."""
        flags, has_fields, extended = (params[1] if len(params) > 1 else "").partition("%")
        fields, _, token = extended.partition(",")
        is_token = token.isascii() and token.isdigit() and len(token) <= _TOKEN_DIGITS
        mask = (params[0] if params else "") or "*"
        return cls(mask, "o" in flags, fields if has_fields else None, token if is_token else "0")

    @property
    def names_everybody(self) -> bool:
        """RFC 2812 section 3.6.1: ``0`` is no mask at all."""
        return self.mask in ("*", "0")

    @property
    def is_search(self) -> bool:
        """Whether users have to be searched for; else the mask is a nick."""
        return self.names_everybody or any(sign in self.mask for sign in "*?!@")

    def matcher(self) -> Callable[[User], bool]:
        """Whether a user is meant: by the whole hostmask, or else by nick, username, host or realname."""
        if self.names_everybody:
            return lambda _user: True
        if "!" in self.mask or "@" in self.mask:
            whole = Mask.compile(canonical_hostmask(self.mask))
            return lambda user: whole.matches(user.hostmask)
        part = Mask.compile(self.mask)
        return lambda user: any(map(part.matches, (user.nick, user.username, user.host, user.realname)))


def who(turn: Turn, message: Message) -> Flow[None]:
    """``WHO [<channel | nick | mask> [[o]%<fields>[,<token>]]]``."""
    query = _Query.parse(message.params)
    if query.mask.startswith(CHANNEL_PREFIX):
        yield from _who_channel(turn, query)
    elif query.is_search:
        yield from _who_matching(turn, query)
    elif (user := turn.world.user(query.mask)) is not None:
        _answer(turn, query, user, next(seen_channels(turn.user, user), None))
    turn.numeric(numerics.RPL_ENDOFWHO, query.mask)


def _who_channel(turn: Turn, query: _Query) -> Flow[None]:
    channel = turn.world.channel(query.mask)
    if channel is None:
        return
    for index, user in enumerate(tuple(channel.members)):
        if index and index % _USERS_PER_TURN == 0:
            yield Breathe()
        if user in channel.members and sees_member(turn.user, channel, user):
            _answer(turn, query, user, channel)


def _who_matching(turn: Turn, query: _Query) -> Flow[None]:
    if len(query.mask.encode()) > MASK_LIMIT:
        return
    users, viewer, matches = turn.world.users, turn.user, query.matcher()
    left = len(users) if viewer.operator is not None else WHO_LIMIT
    for index, folded in enumerate(tuple(users)):
        if index and index % _USERS_PER_TURN == 0:
            yield Breathe()
        user = users.get(folded)
        if user is None or not sees_user(viewer, user) or not matches(user):
            continue
        if not left:
            text = f"Only the first {WHO_LIMIT} users are shown"
            turn.standard("WARN", "WHO", "TOO_MANY_MATCHES", query.mask, text=text)
            return
        left -= _answer(turn, query, user, next(seen_channels(viewer, user), None))


def _answer(turn: Turn, query: _Query, user: User, channel: Channel | None) -> bool:
    """One reply, unless only operators were asked for; whether there was one."""
    if query.operators_only and user.operator is None:
        return False
    if query.fields is None:
        words = [_FIELDS[letter](turn, query, user, channel) for letter in "cuhsnf"]
        turn.numeric(numerics.RPL_WHOREPLY, *words, text=f"0 {user.realname}")
    else:
        words = [write(turn, query, user, channel) for letter, write in _FIELDS.items() if letter in query.fields]
        turn.numeric(numerics.RPL_WHOSPCRPL, *words, text=user.realname if "r" in query.fields else None)
    return True


def _flags(turn: Turn, user: User, channel: Channel | None) -> str:
    """Modern IRC, RPL_WHOREPLY: here or gone, server operator, prefixes, user modes (bot)."""
    here = "H" if user.away is None else "G"
    operator = "*" if user.operator is not None else ""
    prefix = "" if channel is None else _prefix(turn, channel, user)
    return f"{here}{operator}{prefix}{'B' if user.is_bot else ''}"


def _prefix(turn: Turn, channel: Channel, user: User) -> str:
    prefixes = channel.prefixes_of(user)
    return prefixes if turn.session.caps & MULTI_PREFIX else prefixes[:1]


def _idle_seconds(turn: Turn, user: User) -> str:
    return str(max(0, int(turn.server.now.mono - user.active_at)))


_Field = Callable[[Turn, _Query, User, Channel | None], str]

_FIELDS: Final[dict[str, _Field]] = {
    "t": lambda _turn, query, _user, _channel: query.token,
    "c": lambda _turn, _query, _user, channel: "*" if channel is None else channel.name,
    "u": lambda _turn, _query, user, _channel: user.username,
    "i": lambda turn, _query, user, _channel: next(_addresses(turn, user), _HIDDEN_ADDRESS),
    "h": lambda _turn, _query, user, _channel: user.host,
    "s": lambda turn, _query, _user, _channel: turn.config.name,
    "n": lambda _turn, _query, user, _channel: user.nick,
    "f": lambda turn, _query, user, channel: _flags(turn, user, channel),
    "d": lambda _turn, _query, _user, _channel: "0",  # servers between
    "l": lambda turn, _query, user, _channel: _idle_seconds(turn, user),
    "a": lambda _turn, _query, user, _channel: user.account or "0",
    "o": lambda _turn, _query, _user, _channel: "n/a",  # levels of operators, which no channel has
}
"""The fields of WHOX but the realname, in the order of the reply."""


# --- WHOIS and WHOWAS ----------------------------------------------------------------------------------------------


def whois(turn: Turn, message: Message) -> None:
    """``WHOIS [<server>] <nick>``; of several nicks the first is answered (ISUPPORT TARGMAX)."""
    *server, asked = message.params[:2] or [""]
    nick = asked.partition(",")[0]
    if not nick:
        turn.numeric(numerics.ERR_NONICKNAMEGIVEN)
        return
    if server and not is_here(turn, server[0]):
        return
    user = turn.world.user(nick)
    if user is None:
        turn.numeric(numerics.ERR_NOSUCHNICK, nick)
    else:
        _describe(turn, user)
    turn.numeric(numerics.RPL_ENDOFWHOIS, asked)


def _describe(turn: Turn, user: User) -> None:
    nick, config = user.nick, turn.config
    turn.numeric(numerics.RPL_WHOISUSER, nick, user.username, user.host, "*", text=user.realname)
    names = (_prefix(turn, channel, user) + channel.name for channel in seen_channels(turn.user, user))
    for line in pack(names):
        turn.numeric(numerics.RPL_WHOISCHANNELS, nick, text=line)
    turn.numeric(numerics.RPL_WHOISSERVER, nick, config.name, text=config.description)
    if user.operator is not None:
        turn.numeric(numerics.RPL_WHOISOPERATOR, nick)
    if user.account is not None:
        turn.numeric(numerics.RPL_WHOISACCOUNT, nick, user.account)
        _describe_account(turn, user)
    if user.is_bot:
        turn.numeric(numerics.RPL_WHOISBOT, nick, text=f"is a bot on {config.network}")
    _describe_certificates(turn, user)
    for address in _addresses(turn, user):
        turn.numeric(numerics.RPL_WHOISACTUALLY, nick, address)
    if user.sessions and all(session.peer.secure for session in user.sessions):
        turn.numeric(numerics.RPL_WHOISSECURE, nick)
    if user.away is not None:
        turn.numeric(numerics.RPL_AWAY, nick, text=user.away)
    if user.sessions:
        signed_on = str(user.signed_on_ms // 1000)
        turn.numeric(numerics.RPL_WHOISIDLE, nick, _idle_seconds(turn, user), signed_on)


def _describe_account(turn: Turn, user: User) -> None:
    """Handle and method (320: 671, which other servers use for this, says that a connection is secure)."""
    if user.handle:
        turn.numeric(numerics.RPL_WHOISSPECIAL, user.nick, text=f"has the verified handle {user.handle}")
    methods = dict.fromkeys(session.login.method for session in user.sessions if session.login is not None)
    if methods:
        turn.numeric(numerics.RPL_WHOISSPECIAL, user.nick, text=f"signed in by {', '.join(methods)}")


def _describe_certificates(turn: Turn, user: User) -> None:
    """The fingerprints of his certificates, for the user himself and for server operators."""
    if turn.user is user or turn.user.operator is not None:
        for fingerprint in dict.fromkeys(session.peer.certificate for session in user.sessions):
            if fingerprint:
                text = f"has client certificate fingerprint {fingerprint}"
                turn.numeric(numerics.RPL_WHOISCERTFP, user.nick, text=text)


def _addresses(turn: Turn, user: User) -> Iterator[str]:
    """The real addresses of a user, for himself and for server operators. A Unix socket has none."""
    if turn.user is user or turn.user.operator is not None:
        for address in dict.fromkeys(session.peer.address for session in user.sessions):
            if address:
                # RPL_WHOISACTUALLY: an IPv6 address may not look like a last parameter.
                yield f"0{address}" if address.startswith(":") else address


def whowas(turn: Turn, message: Message) -> None:
    """``WHOWAS <nick> [<count>]``: the latest first."""
    nick = message.params[0]
    folded = fold(nick)
    left = _count(message.params[1]) if len(message.params) > 1 else WHOWAS_LIMIT
    found = False
    for departed in reversed(turn.world.departed):
        if not left:
            break
        if fold(departed.nick) == folded:
            _recall(turn, departed)
            found = True
            left -= 1
    if not found:
        turn.numeric(numerics.ERR_WASNOSUCHNICK, nick)
    turn.numeric(numerics.RPL_ENDOFWHOWAS, nick)


def _count(text: str) -> int:
    """A positive number; whatever is none asks for all."""
    is_number = text.isascii() and text.isdigit()
    return min(int(text) or WHOWAS_LIMIT, WHOWAS_LIMIT) if is_number else WHOWAS_LIMIT


def _recall(turn: Turn, departed: Departed) -> None:
    nick = departed.nick
    turn.numeric(numerics.RPL_WHOWASUSER, nick, departed.username, departed.host, "*", text=departed.realname)
    if departed.account is not None:
        turn.numeric(numerics.RPL_WHOISACCOUNT, nick, departed.account, text="was logged in as")
    turn.numeric(numerics.RPL_WHOISSERVER, nick, turn.config.name, text=format_server_time(departed.unix_ms))


# --- USERHOST and ISON ---------------------------------------------------------------------------------------------


def userhost(turn: Turn, message: Message) -> None:
    """``USERHOST <nick>{ <nick>}``, up to five."""
    users = filter(None, map(turn.world.user, message.params[:USERHOST_TARGETS]))
    for line in list(pack(map(_userhost, users))) or [""]:
        turn.numeric(numerics.RPL_USERHOST, text=line)


def _userhost(user: User) -> str:
    operator = "*" if user.operator is not None else ""
    here = "+" if user.away is None else "-"
    return f"{user.nick}{operator}={here}{user.username}@{user.host}"


def ison(turn: Turn, message: Message) -> None:
    """``ISON <nick>{ <nick>}``: those that are here."""
    asked = " ".join(message.params).split(" ")
    users = filter(None, map(turn.world.user, asked))
    for line in list(pack(user.nick for user in users)) or [""]:
        turn.numeric(numerics.RPL_ISON, text=line)
