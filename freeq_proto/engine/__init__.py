"""The engine: the whole of a server behind one object that a runtime drives.

This room knows which connection speaks what (IRC, WebSocket, control), how turns are bounded, how faults are contained
and how everything is handed out at once. It refuses to know any command, any rule about users or channels, and any
socket. ``perform`` does the slow jobs that the engine asks for, anywhere.
"""

from freeq_proto.engine.compute import perform
from freeq_proto.engine.engine import Engine

__all__ = ["Engine", "perform"]
