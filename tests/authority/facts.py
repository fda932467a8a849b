"""People and channels for tests of the judge."""

from collections.abc import Sequence
from typing import Final

from freeq_proto.authority import Act, Body, ChannelFacts, Create, Grant, Principal, PrincipalId, apply, guest

NOW: Final = 1_760_000_000_000
DAY: Final = 24 * 3600 * 1000


def account(name: str) -> Principal:
    did = f"did:plc:{name}"
    return Principal(PrincipalId(did), f"{name}!~{name}@{name}.cloak", did)


def stranger(name: str, number: int = 1) -> Principal:
    return Principal(guest("z6MkServer", 1, number), f"{name}!~{name}@{name}.cloak", None)


FOUNDER = account("founder")
OPERATOR = account("operator")
JUNIOR = account("junior")
HALF = account("half")
VOICED = account("voiced")
MEMBER = account("member")
GUEST = stranger("guest")


def act(by: Principal, body: Body, *, at: int = NOW, reason: str = "") -> Act:
    return Act(body, by.id, "01K742SG00SM3JSP5YDYFP42E5", at, by.hostmask, reason)


def after(facts: ChannelFacts | None, *acts: Act) -> ChannelFacts:
    for each in acts:
        facts = apply(facts, each)
    assert facts is not None
    return facts


def channel(*bodies: Body | Act) -> ChannelFacts:
    """A channel of FOUNDER with everybody in his role; then ``bodies`` of the founder, or acts."""
    acts: Sequence[Act] = [
        act(FOUNDER, Create()),
        act(FOUNDER, Grant(OPERATOR.id, "o")),
        act(OPERATOR, Grant(JUNIOR.id, "o")),
        act(FOUNDER, Grant(HALF.id, "h")),
        act(FOUNDER, Grant(VOICED.id, "v")),
        *(each if isinstance(each, Act) else act(FOUNDER, each) for each in bodies),
    ]
    return after(None, *acts)
