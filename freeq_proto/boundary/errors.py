"""Whose fault it is: two abstract errors, one for each side of the wall.

Inside a room one kind is raised; the engine's door converts. A peer's bytes never raise out of the engine at all: they
end as the protocol's own answer (a numeric, a standard reply, ``ERROR`` and a close).
"""


class ProtocolError(Exception):
    """Base of both blames; never raised itself."""


class LocalProtocolError(ProtocolError):
    """The program that embeds this library asked for something that the protocol does not allow: a bug on this side."""


class RemoteProtocolError(ProtocolError):
    """A peer sent something that the protocol does not allow; the message is fit to be shown to that peer."""
