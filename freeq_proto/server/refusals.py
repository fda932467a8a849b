"""The judge's refusals as clients hear them: one table from reason to numeric."""

from typing import Final

from freeq_proto.authority import Refusal
from freeq_proto.irc import Numeric, numerics
from freeq_proto.server.turn import Turn

_NUMERICS: Final[dict[Refusal, Numeric]] = {
    Refusal.NO_CHANNEL: numerics.ERR_NOSUCHCHANNEL,
    Refusal.NOT_MEMBER: numerics.ERR_NOTONCHANNEL,
    Refusal.BANNED: numerics.ERR_BANNEDFROMCHAN,
    Refusal.INVITE_ONLY: numerics.ERR_INVITEONLYCHAN,
    Refusal.WRONG_KEY: numerics.ERR_BADCHANNELKEY,
    Refusal.FULL: numerics.ERR_CHANNELISFULL,
    Refusal.NEEDS_ACCOUNT: numerics.ERR_NEEDREGGEDNICK,
    Refusal.OUTSIDER: numerics.ERR_CANNOTSENDTOCHAN,
    Refusal.MODERATED: numerics.ERR_CANNOTSENDTOCHAN,
    Refusal.QUIETED: numerics.ERR_CANNOTSENDTOCHAN,
    Refusal.NO_CTCP: numerics.ERR_CANNOTSENDTOCHAN,
    Refusal.LIST_FULL: numerics.ERR_BANLISTFULL,
}
"""What is not here is 482."""

_PRECISE: Final = (
    Refusal.OUTRANKED,
    Refusal.IS_FOUNDER,
    Refusal.IS_GRANTER,
    Refusal.NEEDS_FOUNDER,
    Refusal.OUTSIDER,
    Refusal.MODERATED,
    Refusal.QUIETED,
    Refusal.NO_CTCP,
)
"""Refusals whose numeric says too little: their own words replace its text."""


def refuse(turn: Turn, channel: str, refusal: Refusal, *, letter: str = "") -> None:
    """Tell the session why not; ``letter`` is the mode whose list may be full."""
    numeric = _NUMERICS.get(refusal, numerics.ERR_CHANOPRIVSNEEDED)
    text = f"{numeric.text} ({refusal.value})" if refusal in _PRECISE else None
    words = letter if refusal is Refusal.LIST_FULL else ""
    turn.numeric(numeric, channel, *words, text=text)
