"""Learning who the members of a channel are that were there before us: WHO with WHOX, one channel at a time.

NAMES tells nicks, and no server tells accounts and absences but by events from then on.
"""

from typing import Final

from freeq_proto.boundary import LocalProtocolError
from freeq_proto.client.answers import Answer
from freeq_proto.client.core import Core
from freeq_proto.client.events import MembersIdentified
from freeq_proto.client.requests import Requests
from freeq_proto.client.tracking import account_of
from freeq_proto.irc import Message

TOKEN: Final = "354"
"""What marks the answers that we asked for: WHOX lets one choose any number of up to three digits."""
FIELDS: Final = f"%tcuhnfar,{TOKEN}"
_REPLY_PARAMS: Final = 9
"""Our nick, and one for each field: token, channel, username, host, nick, flags, account, realname."""


class Who:
    """The questions of one client."""

    def __init__(self, core: Core, requests: Requests) -> None:
        self._core = core
        self._requests = requests
        self._waiting: dict[str, str] = {}
        """Names by folded name, in order."""
        self._asked = False

    def listed(self, name: str) -> None:
        """All nicks of a channel are known: ask for the rest where that is wanted and can be had."""
        core = self._core
        channel = core.world.channel(name)
        if channel is None or len(channel.members) > core.config.whox_members or not core.features.has("WHOX"):
            return
        if len(self._waiting) < core.config.bounds.channels:
            self._waiting[core.features.fold(name)] = channel.name
        self._next()

    def _next(self) -> None:
        while self._waiting and not self._asked:
            name = self._waiting.pop(next(iter(self._waiting)))
            if self._core.world.channel(name) is not None:
                self._asked = self._ask(name)

    def _ask(self, name: str) -> bool:
        """Whether that was possible."""

        def answered(answer: Answer, _past: list[Message]) -> None:
            self._asked = False
            channel = self._core.world.channel(name)
            if channel is not None and not answer.failed:
                self._core.emit(MembersIdentified(channel.name))
            self._next()

        try:
            self._requests.ask("WHO", (name, FIELDS), then=answered)
        except LocalProtocolError:  # a name that fits no line, or too many requests
            return False
        return True

    def lost(self) -> None:
        """The connection is gone."""
        self._waiting.clear()


def identified(core: Core, params: list[str]) -> None:
    """RPL_WHOSPCRPL (354), if it answers ``FIELDS``; its fields come in an order of their own."""
    if len(params) != _REPLY_PARAMS or params[1] != TOKEN:
        return
    _, _, _, username, host, nick, flags, account, realname = params
    user = core.world.user(nick)
    if user is not None:
        user.username, user.host, user.realname = username, host, realname
        user.account = account_of(account)
        user.away = (user.away or "") if flags[:1] == "G" else None
