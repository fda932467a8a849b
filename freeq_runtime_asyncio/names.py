"""Host names to addresses, by the operating system and beside the event loop.

The system's resolver blocks, for as long as half a minute if a name server does not answer, and it cannot be
cancelled. So each look-up has a thread of its own that nobody waits for: it keeps neither the loop nor the end of the
process. Their number is bounded, because whoever asks gives up earlier than they do.
"""

import asyncio
import contextlib
import itertools
import socket
import threading
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

Resolve: TypeAlias = Callable[[str, int], Awaitable[tuple[str, ...]]]
"""Addresses, in text form and in order of preference, of a host and for a port; raises OSError where there are none."""

LOOK_UPS: Final = 64
"""Look-ups under way at once, those included that nobody waits for any more."""

_room = threading.BoundedSemaphore(LOOK_UPS)
_numbers = itertools.count(1)


async def resolve_addresses(host: str, port: int) -> tuple[str, ...]:
    """All addresses of ``host`` for TCP, as the system's resolver orders them, hosts file and all.

    Raises OSError (``socket.gaierror``) if there are none, or if :data:`LOOK_UPS` are under way.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[tuple[str, ...]] = loop.create_future()

    def settle(addresses: tuple[str, ...], error: OSError | None) -> None:
        if answer.done():
            return  # nobody waits any more
        if error is None:
            answer.set_result(addresses)
        else:
            answer.set_exception(error)

    def look_up() -> None:
        addresses: tuple[str, ...] = ()
        failure: OSError | None = None
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses = tuple(dict.fromkeys(str(name[0]) for *_, name in found))
        except OSError as error:
            failure = error
        except UnicodeError:  # a label that is too long, or empty
            failure = socket.gaierror(socket.EAI_NONAME, "not a host name")
        finally:
            _room.release()
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(settle, addresses, failure)

    if not _room.acquire(blocking=False):
        raise socket.gaierror(socket.EAI_AGAIN, "too many look-ups are under way")
    threading.Thread(target=look_up, name=f"freeq-names-{next(_numbers)}", daemon=True).start()
    return await answer
