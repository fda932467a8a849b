"""Several sessions of one account under one nick: how another one is brought to where the others are.

The nick, the memberships, the user modes and away are the user's and shared; capabilities, labels, batches and MONITOR
are each session's own. A session that ends takes nothing with it while others remain, so a dead connection of the same
account is in nobody's way: it is found dead by its silence.
"""

from freeq_proto.boundary import Flow, Registered
from freeq_proto.irc import numerics
from freeq_proto.server.joining import show_channel
from freeq_proto.server.operating import review_operator
from freeq_proto.server.presence import joined
from freeq_proto.server.turn import Turn
from freeq_proto.server.user import User
from freeq_proto.server.welcome import send_welcome


def attach(turn: Turn, user: User) -> Flow[None]:
    """The turn's session becomes one more of ``user``, whose account it proved: it is shown what the others know."""
    server, session = turn.server, turn.session
    turn.world.attach(user, session)
    server.registered(session)
    send_welcome(turn)
    review_operator(server, user)
    server.emit_event(Registered(session.conn, user.nick, session.peer.address, user.host, user.account))
    if user.modes:
        turn.numeric(numerics.RPL_UMODEIS, f"+{user.modes}")
    if user.away is not None:
        turn.numeric(numerics.RPL_NOWAWAY)
    for channel in tuple(user.channels.values()):
        if channel.folded in user.channels:  # he may leave while a long list is sent
            turn.hear(joined(server, user, channel))
            yield from show_channel(turn, channel)
