"""A network of its own for the commands of the documentation, which name ports that this machine may use otherwise.

On Linux, where the kernel allows it, a process holds a network namespace in which there is a loopback interface and
nothing else; commands are run in it by ``nsenter``. Elsewhere they run on the machine's own network.
"""

import contextlib
import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

# Sets the flags IFF_UP and IFF_RUNNING of "lo" and gives it one more address (netdevice(7)), says so, and lives until
# its input ends. With 127.0.0.1 alone, getaddrinfo(3) with AI_ADDRCONFIG, as WeeChat calls it, finds not even that.
_HOLDER = """
import fcntl, socket, struct, sys
with socket.socket() as any:
    fcntl.ioctl(any, 0x8914, struct.pack("16sh14x", b"lo", 0x41))
    address = struct.pack("16sH2x4s8x", b"lo:1", socket.AF_INET, socket.inet_aton("192.0.2.1"))
    fcntl.ioctl(any, 0x8916, address)
print("up", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def own_network() -> Iterator[tuple[str, ...]]:
    """What to write before a command, so that it runs in a network of its own; nothing where that is not possible."""
    if not _possible():
        yield ()
        return
    user = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    with subprocess.Popen(
        ["unshare", *user, "--net", sys.executable, "-c", _HOLDER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == "up\n"
        entering = ("--user", "--preserve-credentials") if user else ()
        try:
            yield ("nsenter", "--target", str(holder.pid), *entering, "--net", "--")
        finally:
            holder.stdin.close()


@functools.cache
def _possible() -> bool:
    if not all(map(shutil.which, ("unshare", "nsenter"))):
        return False
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    command = ["unshare", *user, "--net", sys.executable, "-c", _HOLDER]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0
