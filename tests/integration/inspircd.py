"""InspIRCd on loopback, as Debian packages it, with TLS and the modules that a client library is tried with."""

import contextlib
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import attrs

from freeq_proto.boundary import Destination
from tests.runtime_asyncio.harness import write_certificate

START_SECONDS = 20.0

_MODULES = """
botmode cap channames chghost customprefix ircv3 ircv3_accounttag ircv3_batch ircv3_capnotify ircv3_chghost
ircv3_ctctags ircv3_echomessage ircv3_invitenotify ircv3_labeledresponse ircv3_msgid ircv3_servertime monitor namesx
services_account setname ssl_gnutls sslinfo uhnames
""".split()

_CONFIGURATION = """
<server name="irc.example.org" description="InspIRCd" network="Example" id="00A">
<admin name="a" nick="a" email="a@example.org">
<bind address="127.0.0.1" port="{plain}" type="clients">
<bind address="127.0.0.1" port="{secure}" type="clients" sslprofile="own">
<sslprofile name="own" provider="gnutls" certfile="{certificate}" keyfile="{key}">
<connect allow="*" timeout="30" threshold="1000" commandrate="100000" fakelag="no" localmax="1000" globalmax="1000"
    limit="1000" resolvehostnames="no" useident="no" maxchans="20" pingfreq="600" recvq="65536" softsendq="1048576"
    hardsendq="2097152">
<options prefixquit="Quit: " noservices="yes">
<security runasuser="" runasgroup="">
<pid file="{folder}/inspircd.pid">
<log method="file" type="*" level="default" target="{folder}/inspircd.log">
<files motd="/dev/null">
"""


@attrs.frozen
class Inspircd:
    """A running server."""

    plain: Destination
    secure: Destination
    certificate: Path


@contextlib.contextmanager
def inspircd(folder: Path) -> Iterator[Inspircd]:
    """A server until the end of the block. Its ports are those that were free a moment ago."""
    certificate, key = write_certificate(folder, "localhost")
    ports = _free_ports(2)
    text = _CONFIGURATION.format(folder=folder, plain=ports[0], secure=ports[1], certificate=certificate, key=key)
    configuration = folder / "inspircd.conf"
    configuration.write_text(text + "".join(f'<module name="{name}">\n' for name in _MODULES), encoding="utf-8")
    with subprocess.Popen(
        ["inspircd", "--config", str(configuration), "--nofork", "--nopid", "--runasroot"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=folder,
    ) as process:
        try:
            _wait_for(process, ports[1])
            yield Inspircd(
                Destination("127.0.0.1", ports[0], tls=False), Destination("localhost", ports[1]), certificate
            )
        finally:
            process.kill()


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in sockets]


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(int(START_SECONDS * 20)):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
        assert process.stdout is not None
        raise AssertionError(f"inspircd does not start: {process.stdout.read().decode(errors='replace')}")
    raise AssertionError("inspircd does not listen")
