"""The wall: what crosses between the pure core and the program that drives it.

This room knows the shape of every input, effect, result and event, how deadlines are kept, how sequential conversations
wait, and how bytes are owed to a connection. It refuses to know what any of it means: no IRC, no identity, no store, no
socket. Nothing here reads a clock or draws randomness; both come in.
"""

from freeq_proto.boundary.batch import Batch
from freeq_proto.boundary.clock import Entropy, Now
from freeq_proto.boundary.compute import HashPassword, Job, KeyType, VerifyPassword, VerifySignature
from freeq_proto.boundary.dirty import Audience, Dirty
from freeq_proto.boundary.effects import (
    Close,
    Compute,
    Computed,
    Effect,
    Failed,
    PauseReading,
    ReloadConfiguration,
    Reloaded,
    Result,
    Shutdown,
    Stored,
    StoreWrite,
    Ticket,
)
from freeq_proto.boundary.errors import LocalProtocolError, ProtocolError, RemoteProtocolError
from freeq_proto.boundary.events import Closed, Event, Fault, OperatorAct, Registered, SignedIn, SignInRefused
from freeq_proto.boundary.flows import Await, Breathe, Flow, FlowTable, Reload, Request, Work
from freeq_proto.boundary.outbox import Outbox
from freeq_proto.boundary.peer import ConnId, Listener, PeerInfo
from freeq_proto.boundary.store import ActRow, Row
from freeq_proto.boundary.timers import Timers

__all__ = [
    "ActRow",
    "Audience",
    "Await",
    "Batch",
    "Breathe",
    "Close",
    "Closed",
    "Compute",
    "Computed",
    "ConnId",
    "Dirty",
    "Effect",
    "Entropy",
    "Event",
    "Failed",
    "Fault",
    "Flow",
    "FlowTable",
    "HashPassword",
    "Job",
    "KeyType",
    "Listener",
    "LocalProtocolError",
    "Now",
    "OperatorAct",
    "Outbox",
    "PauseReading",
    "PeerInfo",
    "ProtocolError",
    "Registered",
    "Reload",
    "ReloadConfiguration",
    "Reloaded",
    "RemoteProtocolError",
    "Request",
    "Result",
    "Row",
    "Shutdown",
    "SignInRefused",
    "SignedIn",
    "StoreWrite",
    "Stored",
    "Ticket",
    "Timers",
    "VerifyPassword",
    "VerifySignature",
    "Work",
]
