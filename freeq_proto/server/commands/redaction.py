"""Taking a message back: REDACT (https://ircv3.net/specs/extensions/message-redaction).

A message can be redacted where it was said and nowhere else. Whoever could not have received it is told the same as
if it had never been: message ids of one millisecond count up, so they can be guessed.
"""

from typing import Final

import attrs

from freeq_proto.authority import ROLES_OF_PREFIX, PrincipalId, Redact, is_account, judge
from freeq_proto.caps import MESSAGE_REDACTION
from freeq_proto.history import Remembered
from freeq_proto.irc import CHANNEL_PREFIX, Message, fold, numerics
from freeq_proto.server.channel import Channel
from freeq_proto.server.delivery import (
    conversation_with,
    speaking_refused,
    status_prefix,
    users_named,
    with_status,
)
from freeq_proto.server.saying import said
from freeq_proto.server.speech import Line
from freeq_proto.server.turn import Turn
from freeq_proto.server.user import User

_FORBIDDEN: Final = "REDACT_FORBIDDEN"
_UNKNOWN: Final = "UNKNOWN_MSGID"
_TEXTS: Final = {
    _FORBIDDEN: "You are not authorised to delete this message",
    _UNKNOWN: "This message does not exist or is too old",
}


def redact(turn: Turn, message: Message) -> None:
    """``REDACT <target> <msgid> [:<reason>]``."""
    target, msgid = message.params[:2]
    reason = message.params[2] if len(message.params) > 2 else ""
    prefix = status_prefix(target)
    if not turn.session.caps & MESSAGE_REDACTION:
        turn.numeric(numerics.ERR_UNKNOWNCOMMAND, "REDACT", text="This needs the capability draft/message-redaction")
    elif target.startswith(prefix + CHANNEL_PREFIX):
        _in_channel(turn, target, prefix, msgid, reason)
    else:
        _direct(turn, target, msgid, reason)


def _line(turn: Turn, target: str, msgid: str, reason: str) -> Line:
    user = turn.user
    body = said(user, "REDACT", f"{target} {msgid}", reason or None)
    return Line(body, turn.stamp(), user.account, bot=user.is_bot, needs=MESSAGE_REDACTION)


def _fail(turn: Turn, code: str, target: str, msgid: str) -> None:
    turn.fail("REDACT", code, target, msgid, text=_TEXTS[code])


def _no_target(turn: Turn, target: str) -> None:
    turn.fail("REDACT", "INVALID_TARGET", target, text=f"You cannot delete messages from {target}")


# --- channels ------------------------------------------------------------------------------------------------------


def _in_channel(turn: Turn, target: str, prefix: str, msgid: str, reason: str) -> None:
    channel = turn.world.channel(target.removeprefix(prefix))
    if channel is None:
        _no_target(turn, target)
        return
    refused = _refused_in_channel(turn.user, channel, prefix, turn.server.recent.find(msgid))
    if refused is not None:
        _fail(turn, refused, target, msgid)
        return
    turn.server.recent.forget(msgid)
    if speaking_refused(turn.user, channel) is not None:
        reason = ""  # a reason is speech too
    line = _line(turn, prefix + channel.name, msgid, reason)
    if prefix:
        turn.fanout.to_users(with_status(channel, prefix), line, skip=[turn.session])
    else:
        turn.fanout.to_channel(channel, line, skip=turn.session)
    turn.hear(line)


def _refused_in_channel(user: User, channel: Channel, prefix: str, message: Remembered | None) -> str | None:
    facts, principal = channel.facts, user.principal
    if message is None or message.target != fold(prefix + channel.name) or message.unix_ms < facts.created_ms:
        return _UNKNOWN
    own = message.sender == principal.id
    verdict = judge(facts, principal, Redact(own))
    if own:
        return None if verdict.allowed else _FORBIDDEN
    member = channel.members.get(user)
    if member is None or (prefix and not facts.roles_of(principal.id) & ROLES_OF_PREFIX[prefix]):
        return _UNKNOWN
    if verdict.allowed:
        return None
    return _FORBIDDEN if member.joined_ms <= message.unix_ms else _UNKNOWN


# --- direct messages -----------------------------------------------------------------------------------------------


def _direct(turn: Turn, target: str, msgid: str, reason: str) -> None:
    """Only the sender takes a direct message back; the recipient is told so, and everybody else knows of nothing."""
    named = users_named(turn, target)
    if not named:
        _no_target(turn, target)
        return
    refused = _refused_between(turn.user.principal.id, named[0].principal.id, turn.server.recent.find(msgid))
    if refused is not None:
        _fail(turn, refused, target, msgid)
        return
    turn.server.recent.forget(msgid)
    own = _line(turn, target if is_account(target) else named[0].nick, msgid, reason)
    recipients = tuple(turn.world.users_of(named[0].principal.id))
    for recipient in recipients:
        body = said(turn.user, "REDACT", f"{recipient.nick} {msgid}", reason or None)
        turn.fanout.to_user(recipient, attrs.evolve(own, body=body), skip=turn.session)
    if turn.user not in recipients:
        turn.fanout.to_user(turn.user, own, skip=turn.session)
    turn.hear(own)


def _refused_between(mine: PrincipalId, theirs: PrincipalId, message: Remembered | None) -> str | None:
    if message is not None:
        if (message.sender, message.target) == (mine, conversation_with(theirs)):
            return None
        if (message.sender, message.target) == (theirs, conversation_with(mine)):
            return _FORBIDDEN
    return _UNKNOWN
