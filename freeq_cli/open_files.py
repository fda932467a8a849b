"""How many files the process may have open: each connection is one, and systems start with few."""

import logging
import resource
from typing import Final

from freeq_cli.logs import log

OWN: Final = 128
"""Files that the server needs beside its connections: listeners, the event loop, the state's lock, what it reads."""


def allow_connections(clients: int) -> None:
    """Raise this process's own limit as far as ``clients`` connections need; log a warning where that is forbidden."""
    wanted = clients + OWN
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    possible = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (possible, hard))
    except (OSError, ValueError):  # some systems have a lower limit that they do not tell
        possible = soft
    if possible < wanted:
        text = "the system allows fewer open files than limits.clients needs: raise the limit (ulimit -n, LimitNOFILE)"
        log(logging.WARNING, text, allowed=possible, needed=wanted)
