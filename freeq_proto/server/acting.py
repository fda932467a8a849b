"""Doing something to a channel: judged, stored, placed, or refused in words. Whatever acts comes through here.

The judge is asked twice: before anything is stored, so that what is hopeless leaves no trace, and again when the acts
are placed, because the channel may have changed while they were being stored.
"""

from collections.abc import Sequence

from freeq_proto.authority import Ban, Body, Perform, Refusal, judge
from freeq_proto.boundary import Flow
from freeq_proto.server.channel import Channel
from freeq_proto.server.refusals import refuse
from freeq_proto.server.turn import Turn


def enact(turn: Turn, channel: Channel, bodies: Sequence[Body], reason: str = "") -> Flow[bool]:
    """Do what ``bodies`` say in the name of the turn's user; each kind of refusal is told once.

    Returns whether anything took effect. What did is announced when it is placed.
    """
    principal, name, member = turn.user.principal, channel.name, turn.user in channel.members
    refused: dict[Refusal, Body] = {}
    allowed: list[Body] = []
    for body in bodies:
        refusal = judge(channel.facts, principal, Perform(body, member)).refusal
        if refusal is None:
            allowed.append(body)
        else:
            refused.setdefault(refusal, body)
    _tell(turn, name, refused)
    if not allowed:
        return False
    verdicts = yield from turn.server.ledger.commit(turn, name, allowed, reason)
    if verdicts is None:
        return False
    judged = [(verdict.refusal, body) for verdict, body in zip(verdicts, allowed, strict=True)]
    _tell(turn, name, {refusal: body for refusal, body in judged if refusal is not None})
    return any(refusal is None for refusal, _ in judged)


def _tell(turn: Turn, name: str, refused: dict[Refusal, Body]) -> None:
    for refusal, body in refused.items():
        refuse(turn, name, refusal, letter=body.list if isinstance(body, Ban) else "I")
