"""A running server that the accounts of real PDSs sign in to, and what it needs to find them."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from tests.integration.atproto.servers import Account, Servers
from tests.integration.internet import Authority, Internet, internet
from tests.integration.process import ServerProcess, serving
from tests.integration.signing_in import SigningIn

SETTINGS = """
[[listen]]
kind = "irc"
port = 0
tls = true

[tls]
certificate = "{certificate}"
key = "{key}"
client_certificates = true

[identity]
plc_directory = "{plc}"
private_network = true
recheck_seconds = 10

[sasl]
methods = ["crypto", "service-auth", "pds-session", "pds-oauth"]
plain = true
"""


@attrs.frozen
class Place:
    """A server called localhost, the hosts that it knows, and whose accounts they have."""

    server: ServerProcess
    internet: Internet
    servers: Servers

    def create_account(self, name: str) -> Account:
        """A new account, whose handle can be resolved."""
        return self.publish(self.servers.pds().create_account(name))

    def publish(self, account: Account) -> Account:
        self.internet.hosts[account.handle] = account.pds.url
        return account

    def connect(self, certificate: str = "") -> SigningIn:
        """Over TLS, with a client certificate of this name if there is one."""
        return SigningIn(self.server.port("ircs"), tls=self.internet.authority.client(certificate))


@contextlib.contextmanager
def live(servers: Servers, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """The server and its internet, until the end of the block."""
    authority = Authority(folder)
    certificate, key = authority.files("localhost")
    settings = SETTINGS.format(certificate=certificate, key=key, plc=servers.plc)
    with internet(authority, monkeypatch) as there, serving(folder, settings, "localhost") as server:
        yield Place(server, there, servers)
