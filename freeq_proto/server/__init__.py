"""The IRC server: users, sessions, channels, and every command on them.

This room knows the world, how lines become commands, how commands become acts and words, and who hears them. It refuses
to know sockets, framings and HTTP (the engine hands in lines and framings), who may do what (it asks the judge), and
when anything is durable (it waits for the store).
"""

from freeq_proto.server.admission import Admission
from freeq_proto.server.config import (
    Admin,
    Config,
    ConfigurationError,
    Flood,
    IdentityPolicy,
    Limits,
    Operator,
    SaslPolicy,
    StrictTransport,
)
from freeq_proto.server.identity import SEED_LENGTH, ServerIdentity, StateError
from freeq_proto.server.nicks import give_up
from freeq_proto.server.server import Server
from freeq_proto.server.session import Session

__all__ = [
    "SEED_LENGTH",
    "Admin",
    "Admission",
    "Config",
    "ConfigurationError",
    "Flood",
    "IdentityPolicy",
    "Limits",
    "Operator",
    "SaslPolicy",
    "Server",
    "ServerIdentity",
    "Session",
    "StateError",
    "StrictTransport",
    "give_up",
]
