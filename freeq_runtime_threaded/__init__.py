"""A blocking client on threads for the client engine of ``freeq_proto``.

One thread owns engine and sockets, a few workers do what blocks, and any number of threads may use the client.
This package knows how bytes get in and out and how the operating system tells the time. It refuses to know any
protocol: what a rule would need to know of IRC or identity belongs in the core.
"""

from freeq_runtime_threaded.client import CannotConnectError, Client
from freeq_runtime_threaded.clock import read_clocks
from freeq_runtime_threaded.errors import ClosedError
from freeq_runtime_threaded.limits import ClientLimits
from freeq_runtime_threaded.tls import ClientCertificate, TlsConfigurationError

__all__ = [
    "CannotConnectError",
    "Client",
    "ClientCertificate",
    "ClientLimits",
    "ClosedError",
    "TlsConfigurationError",
    "read_clocks",
]
