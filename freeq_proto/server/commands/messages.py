"""Saying something: PRIVMSG, NOTICE and TAGMSG.

https://modern.ircdocs.horse/#sending-messages and https://ircv3.net/specs/extensions/message-tags
"""

from freeq_proto.irc import Message, fold, numerics
from freeq_proto.server.delivery import deliver
from freeq_proto.server.saying import NOTICE, PRIVMSG, TAGMSG, Kind, Saying, Words, client_only_tags, is_query
from freeq_proto.server.turn import Turn
from freeq_proto.server.welcome import TARGETS_LIMIT


def privmsg(turn: Turn, message: Message) -> None:
    """``PRIVMSG <target>{,<target>} :<text>``."""
    _speak(turn, message, PRIVMSG)


def notice(turn: Turn, message: Message) -> None:
    """``NOTICE <target>{,<target>} :<text>``: what goes wrong is not answered."""
    _speak(turn, message, NOTICE)


def tagmsg(turn: Turn, message: Message) -> None:
    """``TAGMSG <target>{,<target>}``: client-only tags without a text; without those there is nothing to say."""
    if not message.params or not message.params[0]:
        _no_recipient(turn, TAGMSG)
    elif tags := client_only_tags(message):
        _say(turn, Words(TAGMSG, None, tags), message.params[0])


def _speak(turn: Turn, message: Message, kind: Kind) -> None:
    params = message.params
    if not params or not params[0]:
        _no_recipient(turn, kind)
    elif len(params) == 1 or not params[1]:
        if kind.answered:
            turn.numeric(numerics.ERR_NOTEXTTOSEND)
    else:
        text = params[1]
        turn.user.active_at = turn.now.mono
        tags = client_only_tags(message) if message.tags else ""
        _say(turn, Words(kind, text, tags, is_query(text)), params[0])


def _no_recipient(turn: Turn, kind: Kind) -> None:
    if kind.answered:
        turn.numeric(numerics.ERR_NORECIPIENT, text=f"No recipient given ({kind.command})")


def _say(turn: Turn, saying: Saying, targets: str) -> None:
    if "," not in targets:
        deliver(turn, saying, targets)
        return
    distinct = list({fold(target): target for target in targets.split(",") if target}.values())
    if not distinct:
        _no_recipient(turn, saying.kind)
    for target in distinct[:TARGETS_LIMIT]:
        deliver(turn, saying, target)
    if saying.kind.answered:
        for target in distinct[TARGETS_LIMIT:]:
            turn.numeric(numerics.ERR_TOOMANYTARGETS, target)
