"""Roles in a channel, as bits of one int, and how they are written.

The founder is an op that nobody can depose. A principal may hold several roles; the highest decides.
"""

from typing import Final

VOICE: Final = 1
HALFOP: Final = 2
OP: Final = 4
FOUNDER: Final = 8

ROLE_OF: Final = {"o": OP, "h": HALFOP, "v": VOICE}
"""Mode letter to role; the founder's role has no letter, it is shown as op."""

LETTER_OF: Final = {role: letter for letter, role in ROLE_OF.items()}

_SHOWN: Final = ((OP | FOUNDER, "@"), (HALFOP, "%"), (VOICE, "+"))

_PREFIXES: Final = tuple("".join(prefix for bits, prefix in _SHOWN if roles & bits) for roles in range(16))

ROLES_OF_PREFIX: Final = {"@": OP | FOUNDER, "%": HALFOP | OP | FOUNDER, "+": VOICE | HALFOP | OP | FOUNDER}
"""Who is addressed by a STATUSMSG prefix: holders of that role or a higher one."""


def prefixes(roles: int) -> str:
    """All prefixes of ``roles``, highest first (``multi-prefix``); the first alone is the classic answer."""
    return _PREFIXES[roles]


def rank(roles: int) -> int:
    """The level of the highest role: founder 4, op 3, halfop 2, voice 1, none 0."""
    return roles.bit_length()
