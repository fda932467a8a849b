"""freeq: IRC with portable identity, as a pure protocol library.

No socket, thread, clock, randomness or file is in here: time and randomness are arguments, bytes go in, and a batch of
bytes and effects comes out. :class:`Engine` is a whole server and :class:`Client` a whole client, each for a runtime to
drive. Every room (``freeq_proto.irc``, ``.caps``, ``.authority``, ``.identity``, ...) is usable alone and has a door of
its own that says what it knows.
"""

from freeq_proto.authority import judge
from freeq_proto.boundary import (
    Batch,
    Close,
    Compute,
    Computed,
    ConnId,
    Destination,
    Dial,
    Dialled,
    DnsTxt,
    Failed,
    Fetched,
    Found,
    HttpFetch,
    Listener,
    LocalProtocolError,
    Now,
    PauseReading,
    PeerInfo,
    ReloadConfiguration,
    Reloaded,
    RemoteProtocolError,
    Shutdown,
    Stored,
    StoreQuery,
    StoreWrite,
    TxtRecords,
)
from freeq_proto.client import Client, ClientConfig
from freeq_proto.engine import Engine, perform
from freeq_proto.irc import Message
from freeq_proto.sasl import (
    AppPasswordCredentials,
    CertificateCredentials,
    KeyCredentials,
    OAuthCredentials,
    PlainCredentials,
)
from freeq_proto.server import Config, ServerIdentity

__all__ = [
    "AppPasswordCredentials",
    "Batch",
    "CertificateCredentials",
    "Client",
    "ClientConfig",
    "Close",
    "Compute",
    "Computed",
    "Config",
    "ConnId",
    "Destination",
    "Dial",
    "Dialled",
    "DnsTxt",
    "Engine",
    "Failed",
    "Fetched",
    "Found",
    "HttpFetch",
    "KeyCredentials",
    "Listener",
    "LocalProtocolError",
    "Message",
    "Now",
    "OAuthCredentials",
    "PauseReading",
    "PeerInfo",
    "PlainCredentials",
    "ReloadConfiguration",
    "Reloaded",
    "RemoteProtocolError",
    "ServerIdentity",
    "Shutdown",
    "StoreQuery",
    "StoreWrite",
    "Stored",
    "TxtRecords",
    "judge",
    "perform",
]
