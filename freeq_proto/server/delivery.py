"""From a target, as a client wrote it, to those who hear: what PRIVMSG, NOTICE, TAGMSG and multiline messages share.

A target is a channel, a channel behind a STATUSMSG prefix, a nick, or a DID, which means whoever is that account here.
What is delivered is remembered under its conversation, so that REDACT finds it there and nowhere else: a channel's
folded name, with the prefix of a STATUSMSG before it; for direct messages the folded principal of whoever received it,
because a nick may belong to somebody else by then.

https://modern.ircdocs.horse/#sending-messages
"""

from collections.abc import Iterable

from freeq_proto.authority import ROLES_OF_PREFIX, PrincipalId, Refusal, Speak, is_account, judge
from freeq_proto.caps import ECHO_MESSAGE
from freeq_proto.history import Remembered, Stamp
from freeq_proto.irc import CHANNEL_PREFIX, Folded, Numeric, fold, numerics
from freeq_proto.server.channel import Channel
from freeq_proto.server.refusals import refuse
from freeq_proto.server.saying import Saying
from freeq_proto.server.session import Session
from freeq_proto.server.speech import Speech
from freeq_proto.server.turn import Turn
from freeq_proto.server.user import User


def deliver(turn: Turn, saying: Saying, target: str) -> None:
    """Say it to one target, which is not empty, or tell the client why not."""
    if target[0] == CHANNEL_PREFIX:
        _to_channel(turn, saying, target)
    elif status_prefix(target):
        _to_status(turn, saying, target)
    else:
        _to_users(turn, saying, target)


# --- channels ------------------------------------------------------------------------------------------------------


def _to_channel(turn: Turn, saying: Saying, target: str) -> None:
    """The hot path: one look at the cached verdict, one speech, one fan-out."""
    channel = turn.world.channels.get(fold(target))
    if channel is None:
        _complain(turn, saying, numerics.ERR_NOSUCHCHANNEL, target)
    elif _may_speak(turn, saying, channel, target):
        user, session, stamp = turn.user, turn.session, turn.stamp()
        speech = saying.speech(user, stamp, channel.name)
        turn.fanout.to_channel_but(channel, speech, _deaf(turn))
        if session.caps & ECHO_MESSAGE:
            turn.hear(speech)
        _remember(turn, stamp, channel.folded)


def _to_status(turn: Turn, saying: Saying, target: str) -> None:
    """STATUSMSG: only members with the prefix's role or a higher one hear it, and they see that."""
    prefix, name = target[0], target[1:]
    channel = turn.world.channel(name)
    if channel is None:
        _complain(turn, saying, numerics.ERR_NOSUCHCHANNEL, target)
    elif _may_speak(turn, saying, channel, target):
        stamp = turn.stamp()
        speech = saying.speech(turn.user, stamp, prefix + channel.name)
        turn.fanout.to_users(with_status(channel, prefix), speech, skip=_deaf(turn))
        if turn.session.caps & ECHO_MESSAGE:
            turn.hear(speech)
        _remember(turn, stamp, fold(prefix + channel.name))


def _deaf(turn: Turn) -> list[Session]:
    """The speaker's own sessions to which his words do not go: this one, and others that did not ask (echo-message)."""
    return [each for each in turn.user.sessions if each is turn.session or not each.caps & ECHO_MESSAGE]


def status_prefix(target: str) -> str:
    """The STATUSMSG prefix of a target, or ""."""
    return target[0] if target[1:2] == CHANNEL_PREFIX and target[0] in ROLES_OF_PREFIX else ""


def with_status(channel: Channel, prefix: str) -> Iterable[User]:
    """The members of ``channel`` whom a STATUSMSG prefix addresses."""
    roles = ROLES_OF_PREFIX[prefix]
    return (member for member in channel.members if channel.facts.roles_of(member.principal.id) & roles)


def _may_speak(turn: Turn, saying: Saying, channel: Channel, target: str) -> bool:
    refusal = speaking_refused(turn.user, channel, query=saying.is_query)
    if refusal is not None and saying.kind.answered:
        refuse(turn, target, refusal)
    return refusal is None


def speaking_refused(user: User, channel: Channel, *, query: bool = False) -> Refusal | None:
    """Why ``user`` may not speak in ``channel`` now (``query``: a CTCP message other than ACTION); None if he may."""
    member = channel.members.get(user)
    if member is not None and not query:
        return member.may_speak(channel.facts, user.principal).refusal
    return judge(channel.facts, user.principal, Speak(member is not None, query)).refusal


def silenced_in(user: User) -> Channel | None:
    """A channel of ``user`` where a ban or a quiet silences him: a new nick or realname would speak there, or dodge it.

    A moderated channel (+m) silences nobody in particular, and everybody may change names in it.
    """
    for channel in user.channels.values():
        if channel.members[user].may_speak(channel.facts, user.principal).refusal is Refusal.QUIETED:
            return channel
    return None


# --- users ---------------------------------------------------------------------------------------------------------


def users_named(turn: Turn, target: str) -> tuple[User, ...]:
    """Whom a nick or a DID means here; nobody, perhaps."""
    if is_account(target):
        return tuple(turn.world.users_of(PrincipalId(target)))
    user = turn.world.user(target)
    return () if user is None else (user,)


def conversation_with(principal: PrincipalId) -> Folded:
    """What direct messages to ``principal`` are remembered under."""
    return fold(principal)


def _to_users(turn: Turn, saying: Saying, target: str) -> None:
    """Each recipient is shown his own nick as the target, by which clients know a direct message."""
    recipients = users_named(turn, target)
    if not recipients:
        _complain(turn, saying, numerics.ERR_NOSUCHNICK, target)
        return
    speaker, stamp = turn.user, turn.stamp()
    for recipient in recipients:
        turn.fanout.to_user(recipient, saying.speech(speaker, stamp, recipient.nick))
        if recipient.away is not None and saying.kind.reports_away:
            turn.numeric(numerics.RPL_AWAY, recipient.nick, text=recipient.away)
    shown = target if is_account(target) else recipients[0].nick
    _echo(turn, saying.speech(speaker, stamp, shown), heard=speaker in recipients)
    _remember(turn, stamp, conversation_with(recipients[0].principal.id))


def _echo(turn: Turn, speech: Speech, *, heard: bool) -> None:
    """What a user said to others, on those of his sessions that asked for it; ``heard``: the others heard it anyway."""
    for session in turn.user.sessions:
        if session.caps & ECHO_MESSAGE:
            if session is turn.session:
                turn.hear(speech)
            elif not heard:
                turn.fanout.to_session(session, speech)


# --- both ----------------------------------------------------------------------------------------------------------


def _complain(turn: Turn, saying: Saying, numeric: Numeric, target: str) -> None:
    if saying.kind.answered:
        turn.numeric(numeric, target)


def _remember(turn: Turn, stamp: Stamp, conversation: Folded) -> None:
    message = Remembered(conversation, turn.user.principal.id, stamp.unix_ms)
    turn.server.recent.remember(stamp.msgid, message)
