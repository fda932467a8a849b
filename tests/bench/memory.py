"""What an idle, registered client costs in memory, in a real server process.

Run ``python tests/bench/memory.py [CLIENTS]``. Starts ``freeq serve`` on a free port of this machine, connects that
many clients, and prints the growth of the server's resident memory per client, for plain connections and for TLS.
"""

import contextlib
import resource
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

CONFIGURATION = """
[server]
name = "bench.example"
[limits]
clients = 100000
clients_per_address = 100000
[[listen]]
kind = "irc"
address = "127.0.0.1"
port = 0
tls = {tls}
{certificate}
"""


@contextlib.contextmanager
def server(folder: Path, *, tls: bool) -> Iterator[tuple[int, int]]:
    """A server process: its pid and its port."""
    certificate = "[tls]\nself_signed = true" if tls else ""
    path = folder / "freeq.toml"
    path.write_text(CONFIGURATION.format(tls=str(tls).lower(), certificate=certificate), encoding="utf-8")
    command = [sys.executable, "-m", "freeq_cli", "serve", "--config", str(path), "--state", str(folder / "state")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "://" in line:
                break
        else:
            raise SystemExit("the server did not start")
        try:
            yield process.pid, int(line.rstrip().rpartition(":")[2])
        finally:
            process.terminate()


def resident(pid: int) -> int:
    """Resident memory in bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split(" ")[1])
    return pages * resource.getpagesize()


def register(port: int, number: int, context: ssl.SSLContext | None) -> socket.socket:
    """Connect and register; returns when the server has said everything that it says to newcomers."""
    client: socket.socket = socket.create_connection(("127.0.0.1", port))
    if context is not None:
        client = context.wrap_socket(client)
    client.sendall(f"NICK u{number}\r\nUSER u{number} 0 * :bench\r\n".encode())
    received = b""
    while b" 376 " not in received and b" 422 " not in received:
        received += client.recv(65536)
    return client


def measure(count: int, *, tls: bool) -> float:
    """Bytes per client."""
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    with tempfile.TemporaryDirectory() as folder, server(Path(folder), tls=tls) as (pid, port):
        clients = [register(port, number, context) for number in range(100)]  # so that first times are not counted
        before = resident(pid)
        clients += [register(port, number, context) for number in range(100, 100 + count)]
        per_client = (resident(pid) - before) / count
        for client in clients:
            client.close()
    return per_client


def main() -> None:
    """Print both figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, count + 200)), hard))
    for tls in (False, True):
        per_client = measure(count, tls=tls) / 1024
        print(f"{'TLS' if tls else 'plain':>5}: {per_client:.1f} KiB per idle client ({count} clients)")


if __name__ == "__main__":
    main()
