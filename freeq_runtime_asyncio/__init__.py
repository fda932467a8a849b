"""Sockets, TLS, threads and clocks on asyncio for an engine of ``freeq_proto``.

This package knows how bytes get in and out, how the operating system tells the time, and how a process ends. It
refuses to know any protocol: what a rule would need to know of IRC, the web or identity belongs in the core.
:func:`serve` is all that a server needs; :class:`Driver` is the loop inside it, for programs that bring connections
of their own.
"""

from freeq_runtime_asyncio.certificates import self_signed
from freeq_runtime_asyncio.client import CannotConnectError, Client
from freeq_runtime_asyncio.client_limits import ClientLimits
from freeq_runtime_asyncio.client_tls import ClientCertificate, client_context
from freeq_runtime_asyncio.clock import read_clocks
from freeq_runtime_asyncio.contract import Connection, Engine, Store
from freeq_runtime_asyncio.dns import Dns
from freeq_runtime_asyncio.driver import Driver
from freeq_runtime_asyncio.http import Http
from freeq_runtime_asyncio.limits import TransportLimits
from freeq_runtime_asyncio.listeners import Address, ListenerError, ListenerSpec
from freeq_runtime_asyncio.server import Server, serve
from freeq_runtime_asyncio.tls import Tls, TlsAdapter, TlsConfigurationError
from freeq_runtime_asyncio.tls_files import OpensslFiles, TlsFiles, TlsSource

__all__ = [
    "Address",
    "CannotConnectError",
    "Client",
    "ClientCertificate",
    "ClientLimits",
    "Connection",
    "Dns",
    "Driver",
    "Engine",
    "Http",
    "ListenerError",
    "ListenerSpec",
    "OpensslFiles",
    "Server",
    "Store",
    "Tls",
    "TlsAdapter",
    "TlsConfigurationError",
    "TlsFiles",
    "TlsSource",
    "TransportLimits",
    "client_context",
    "read_clocks",
    "self_signed",
    "serve",
]
