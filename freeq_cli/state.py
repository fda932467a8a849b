"""The state file: who this server is, and how often it has started.

One server at a time uses it (a lock beside it says so), and it is replaced, never written over: at every moment of a
crash the file is either the old one or the new one, whole. A file that cannot be understood is left alone.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from freeq_proto.boundary import Entropy, LocalProtocolError
from freeq_proto.server import ServerIdentity

SIZE_LIMIT = 1 << 16
"""Bytes of a state file; a whole one has a few hundred."""


class StateFileError(Exception):
    """The state file cannot be used; the message names it and says what to do."""


@contextmanager
def next_boot(path: Path, entropy: Entropy) -> Iterator[ServerIdentity]:
    """Be the server of the state file ``path`` until the block is left.

    The boot epoch is one more than ever before and safely on the disk. A missing file is made, with a key of 32 bytes
    from ``entropy``, in a folder that only its owner may enter. Raises StateFileError.
    """
    path = Path(os.path.realpath(path))
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = _open_lock(path)
    except OSError as error:
        raise StateFileError(
            f"{error.filename or path}: cannot keep the server's state here: {error.strerror}"
        ) from None
    try:
        before = _read(path)
        identity = before.next_boot() if before else ServerIdentity(entropy(32), 1)
        try:
            replace(path, identity.format())
        except OSError as error:
            raise StateFileError(f"{path}: cannot be written: {error.strerror}") from None
        yield identity
    finally:
        os.close(lock)


def _open_lock(path: Path) -> int:
    """Lock the file beside ``path`` until it is closed, or the process ends in whatever way."""
    lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise StateFileError(
            f"{path}: another freeq server runs with this state file; stop it (freeq ctl stop), or give this one a"
            " state file of its own (--state FILE)"
        ) from None
    except OSError:
        os.close(lock)
        raise
    return lock


def _read(path: Path) -> ServerIdentity | None:
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_LIMIT + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateFileError(f"{path}: cannot be read: {error.strerror}") from None
    try:
        return ServerIdentity.parse(data[:SIZE_LIMIT])
    except LocalProtocolError as error:
        raise StateFileError(
            f"{path}: is not a state file of freeq ({error}). It was left as it is: put back a copy of it; or move it"
            " away, and the server will start with a new key, as a new server"
        ) from None


def replace(path: Path, data: bytes) -> None:
    """Make ``data`` the content of ``path``, all of it or not at all, whatever happens meanwhile. Raises OSError.

    The name is given to the new file only when its bytes are on the disk, and then the folder, which holds the name.
    """
    draft = f"{path}.new"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    Path(draft).replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
