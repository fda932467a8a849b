"""How acts that took effect are told to a channel: one function, whoever made them, wherever they come from."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from freeq_proto.authority import (
    FOUNDER,
    OP,
    Act,
    Ban,
    Body,
    ChannelFacts,
    End,
    Grant,
    Invite,
    Kick,
    Pattern,
    PrincipalId,
    Revoke,
    SetFlag,
    SetKey,
    SetLimit,
    SetTopic,
    Transfer,
    Unban,
    is_account,
)
from freeq_proto.caps import INVITE_NOTIFY
from freeq_proto.irc import BODY_LIMIT, ModeChange, format_modes, truncate
from freeq_proto.server.channel import Channel
from freeq_proto.server.context import Context, Proposer
from freeq_proto.server.presence import SHOWN_AS
from freeq_proto.server.saved import forget_channel
from freeq_proto.server.speech import Line, Speech
from freeq_proto.server.user import User

MODES_PER_LINE: Final = 6
"""Mode changes in one MODE line; also how many a client may send with arguments (ISUPPORT MODES)."""
_LINE_LIMIT: Final = BODY_LIMIT - 2  # without CR LF


def announce(
    server: Context,
    channel: Channel,
    placed: Sequence[tuple[Act, ChannelFacts | None]],
    turn: Proposer | None,
    *,
    names_absent: bool,
) -> None:
    """Tell ``channel`` of acts of one principal; each comes with the facts before it. ``turn``: who proposed them.

    ``names_absent``: whether roles of somebody who is not in the channel are told, under his DID.
    """
    changes: list[ModeChange] = []
    for act, before in placed:
        if before is None:
            continue  # a create: the founder's JOIN and NAMES say so
        described = _MODES.get(type(act.body))
        if described is not None:
            changes += described(server, channel, act.body, before)
            continue
        told = _TOLD.get(type(act.body))
        if told is not None:
            told(server, channel, act, turn)
    if not names_absent:
        changes = [change for change in changes if not is_account(change.argument or "")]
    source = placed[0][0].shown
    room = _LINE_LIMIT - len(f":{source} MODE {channel.name} ".encode())
    for some in _lines_of(changes, room):
        words = format_modes(some)
        _say(server, channel, _line(server, placed[0][0], source, "MODE", channel.name, *words), turn)


def _lines_of(changes: Sequence[ModeChange], room: int) -> Iterator[list[ModeChange]]:
    """Cut into what one MODE line may hold: so many changes, and so many bytes."""
    some: list[ModeChange] = []
    for change in changes:
        longer = [*some, change]
        if some and (len(longer) > MODES_PER_LINE or len(" ".join(format_modes(longer)).encode()) > room):
            yield some
            longer = [change]
        some = longer
    if some:
        yield some


def _say(server: Context, channel: Channel, speech: Speech, turn: Proposer | None) -> None:
    if turn is None:
        server.fanout.to_channel(channel, speech)
    else:
        turn.broadcast(channel, speech)


def _line(server: Context, act: Act, source: str, *words: str, text: str | None = None, needs: int = 0) -> Line:
    body = " ".join((":" + source, *words))
    account = act.by if is_account(act.by) else None
    body = body if text is None else truncate(f"{body} :{text}", _LINE_LIMIT)
    return Line(body, server.stamp(), account=account, needs=needs)


# --- what reads as a mode change -----------------------------------------------------------------------------------


def _names(server: Context, channel: Channel, subject: PrincipalId) -> list[str]:
    """The nicks under which a principal is in the channel, or the principal itself while it is away."""
    return [user.nick for user in server.world.users_of(subject) if user in channel.members] or [subject]


def _role(server: Context, channel: Channel, body: Grant | Revoke, before: ChannelFacts) -> list[ModeChange]:
    if before.roles_of(body.subject) == channel.facts.roles_of(body.subject):
        return []
    adding = isinstance(body, Grant)
    return [ModeChange(adding, body.role, name) for name in _names(server, channel, body.subject)]


def _flag(_server: Context, _channel: Channel, body: SetFlag, before: ChannelFacts) -> list[ModeChange]:
    return [] if (body.flag in before.flags) == body.on else [ModeChange(body.on, body.flag, None)]


def _key(_server: Context, _channel: Channel, body: SetKey, before: ChannelFacts) -> list[ModeChange]:
    if body.key == before.key:
        return []
    return [ModeChange(body.key is not None, "k", body.key or "*")]


def _limit(_server: Context, _channel: Channel, body: SetLimit, before: ChannelFacts) -> list[ModeChange]:
    if body.limit == before.limit:
        return []
    return [ModeChange(body.limit is not None, "l", None if body.limit is None else str(body.limit))]


def _banned(_server: Context, _channel: Channel, body: Ban, before: ChannelFacts) -> list[ModeChange]:
    pattern = Pattern.parse(body.pattern)
    return [] if pattern.key in before.entries(body.list) else [ModeChange(True, body.list, pattern.text)]


def _unbanned(_server: Context, _channel: Channel, body: Unban, before: ChannelFacts) -> list[ModeChange]:
    entry = before.entries(body.list).get(Pattern.parse(body.pattern).key)
    return [] if entry is None else [ModeChange(False, body.list, entry.pattern.text)]


def _transferred(server: Context, channel: Channel, body: Transfer, before: ChannelFacts) -> list[ModeChange]:
    if before.roles_of(body.subject) & (OP | FOUNDER):
        return []
    return [ModeChange(True, "o", name) for name in _names(server, channel, body.subject)]


def _ended(server: Context, channel: Channel, body: End, before: ChannelFacts) -> list[ModeChange]:
    """A guest whom nobody sees any more, as a rule; one who signed in and out again meanwhile loses what others saw."""
    held = before.roles_of(body.subject)
    here = [user.nick for user in server.world.users_of(body.subject) if user in channel.members]
    return [ModeChange(False, letter, nick) for role, letter in SHOWN_AS if held & role for nick in here]


_MODES: Final[dict[type[Body], Callable[..., list[ModeChange]]]] = {
    Grant: _role,
    Revoke: _role,
    SetFlag: _flag,
    SetKey: _key,
    SetLimit: _limit,
    Ban: _banned,
    Unban: _unbanned,
    Transfer: _transferred,
    End: _ended,
}


# --- what has a command of its own ---------------------------------------------------------------------------------


def _topic(server: Context, channel: Channel, act: Act, turn: Proposer | None) -> None:
    assert isinstance(act.body, SetTopic)
    _say(server, channel, _line(server, act, act.shown, "TOPIC", channel.name, text=act.body.text), turn)


def _kicked(server: Context, channel: Channel, act: Act, turn: Proposer | None) -> None:
    body = act.body
    assert isinstance(body, Kick)
    user = server.world.user(body.nick)
    if user is None or user not in channel.members or user.principal.id != body.subject:
        return  # gone by himself meanwhile
    _say(server, channel, _line(server, act, act.shown, "KICK", channel.name, user.nick, text=act.reason), turn)
    forget_channel(server, user, channel)
    server.world.part(user, channel)


def _invited(server: Context, channel: Channel, act: Act, _turn: Proposer | None) -> None:
    """The invited hear it; so do members with the capability who could have invited themselves (invite-notify)."""
    assert isinstance(act.body, Invite)
    for user in server.world.users_of(act.body.subject):
        words = ("INVITE", user.nick, channel.name)
        server.fanout.to_user(user, _line(server, act, act.shown, *words))
        _notify_inviters(server, channel, user, _line(server, act, act.shown, *words, needs=INVITE_NOTIFY))


def _notify_inviters(server: Context, channel: Channel, invited: User, speech: Speech) -> None:
    closed = "i" in channel.facts.flags
    for member in channel.members:
        may_invite = not closed or channel.facts.roles_of(member.principal.id) & (OP | FOUNDER)
        if member is not invited and may_invite:
            server.fanout.to_user(member, speech)


_TOLD: Final[dict[type[Body], Callable[[Context, Channel, Act, Proposer | None], None]]] = {
    SetTopic: _topic,
    Kick: _kicked,
    Invite: _invited,
}
