"""What MONITOR brings beyond coming and going: AWAY, ACCOUNT, CHGHOST and SETNAME of a watched nick.

https://ircv3.net/specs/extensions/extended-monitor
"""

from freeq_proto.caps import EXTENDED_MONITOR, CapSet
from freeq_proto.server.context import Context
from freeq_proto.server.speech import Speech
from freeq_proto.server.user import User


def tell_watchers(server: Context, user: User, speech: Speech, needs: CapSet) -> None:
    """Say it to the sessions that MONITOR ``user`` and have extended-monitor and ``needs``.

    Call it besides :meth:`Fanout.to_neighbours`: whoever shares a channel with ``user`` is left out here, because he
    was told there.
    """
    needs |= EXTENDED_MONITOR
    for session in server.world.watchers(user.folded):
        watcher = session.user
        if watcher is None or needs & ~session.caps:
            continue
        if watcher is not user and watcher.channels.keys().isdisjoint(user.channels):
            server.fanout.to_session(session, speech)
