"""``freeq serve``: from a plan to a running server, and to its end."""

import asyncio
import contextlib
import datetime
import errno
import gc
import importlib.util
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

from freeq_cli.greeting import Bound, Kept, Typed, greeting
from freeq_cli.logs import log, log_event, start_logging
from freeq_cli.open_files import allow_connections
from freeq_cli.plan import Listen, Override, Plan, control_path, load, state_path, storage_path
from freeq_cli.reload import Certificates, Reloader
from freeq_cli.self_signed import fingerprint, own_certificate
from freeq_cli.state import StateFileError, next_boot
from freeq_proto.boundary import Listener
from freeq_proto.engine import Engine, perform
from freeq_runtime_asyncio import (
    ListenerError,
    ListenerSpec,
    OpensslFiles,
    Server,
    TlsConfigurationError,
    TlsFiles,
    read_clocks,
)
from freeq_runtime_asyncio import serve as run_server
from freeq_storage import MemoryStore, SqliteStore, StorageError


class CannotRunError(Exception):
    """The server cannot run here; the message says why, and what to do."""


def serve(path: Path | None, overrides: tuple[Override, ...], *, version: str, uvloop: bool) -> None:
    """Run the server of the configuration at ``path`` (None for the defaults) until it is told to stop.

    Raises UnusableConfigurationError, and CannotRunError for what is not the configuration's fault.
    """
    plan = load(path, overrides)
    start_logging(plan.log_level, plan.log_format)
    allow_connections(plan.config.limits.clients)
    try:
        state = state_path(plan)
    except RuntimeError:
        raise CannotRunError("no home directory to keep the state file in; name one with --state FILE") from None
    try:
        with next_boot(state, os.urandom) as identity, contextlib.closing(open_store(plan)) as store:
            reloader = Reloader(plan, lambda: load(path, overrides), certificates_of(plan, state.parent))
            engine = Engine(
                plan.config, identity=identity, entropy=os.urandom, now=read_clocks(), restored=store.restore()
            )
            _run(engine, store, reloader, state, version, uvloop=uvloop)
    except (StateFileError, StorageError) as error:
        raise CannotRunError(str(error)) from None
    except ListenerError as error:
        raise CannotRunError(f"{error}{_advice(error)}") from None
    except (TlsConfigurationError, OSError) as error:
        raise CannotRunError(str(error)) from error


def open_store(plan: Plan) -> SqliteStore | MemoryStore:
    """Where the plan has things kept. Raises StorageError."""
    path = storage_path(plan)
    return SqliteStore(path) if path is not None else MemoryStore()


def certificates_of(plan: Plan, folder: Path) -> Certificates | None:
    """The certificate that the plan asks for; one of the server's own is kept in ``folder``."""
    source = OpensslFiles if plan.client_certificates else TlsFiles
    if plan.self_signed:
        files = own_certificate(folder, plan.config.name, datetime.datetime.now(datetime.UTC))
    elif plan.certificate and plan.key:
        files = plan.certificate, plan.key
    else:
        return None
    return Certificates(source(*files), source)


def _run(
    engine: Engine, store: SqliteStore | MemoryStore, reloader: Reloader, state: Path, version: str, *, uvloop: bool
) -> None:
    plan = reloader.plan

    def started(server: Server) -> None:
        bound = [Bound(address.spec.kind, address.host, address.port, address.spec.tls) for address in server.addresses]
        pin = fingerprint(state.parent / "self-signed.pem") if plan.self_signed else ""
        with contextlib.suppress(OSError):  # nobody reads it: the server runs all the same
            kept = Kept(state, storage_path(plan))
            print(greeting(plan.config.name, version, kept, bound, pin, Typed.here()), end="", flush=True)
        log(logging.INFO, "running", version=version, server=plan.config.name, loop=loop, pid=os.getpid())

    spare_the_collector()
    favour_the_loop()
    loop, factory = event_loop(wanted=uvloop)
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(
            run_server(
                engine,
                [_specification(listen, plan) for listen in plan.listen],
                store=store,
                perform=perform,
                reload=reloader.reload,
                tls=reloader.certificates,
                observe=log_event,
                started=started,
            )
        )
    log(logging.INFO, "stopped")


def spare_the_collector() -> None:
    """Look for garbage in cycles less often than Python's default, after every 700 new containers.

    A line to a thousand members makes thousands of containers that die with the turn, none of them in a cycle. Looking
    through them each time costs a tenth of the work.
    """
    gc.freeze()  # what was imported stays
    gc.set_threshold(50_000, 20, 100)


def favour_the_loop() -> None:
    """Have the interpreter change from one thread to another that waits for it within a millisecond, not within five.

    Worker threads verify signatures and take apart what strangers' hosts answer. Each time the event loop wakes up, one
    of them may have the interpreter, and everybody's next line waits until it comes back.
    """
    sys.setswitchinterval(0.001)


def event_loop(*, wanted: bool) -> tuple[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The event loop to run on, by name: uvloop where it is wanted and installed, else asyncio's own."""
    if wanted and importlib.util.find_spec("uvloop") is not None:
        import uvloop

        return "uvloop", uvloop.new_event_loop
    return "asyncio", asyncio.new_event_loop


def _specification(listen: Listen, plan: Plan) -> ListenerSpec:
    if listen.kind is Listener.CONTROL:
        return ListenerSpec(listen.kind, path=str(listen.path or control_path(plan)))
    return ListenerSpec(listen.kind, listen.address, listen.port, tls=listen.tls)


def _advice(error: ListenerError) -> str:
    """What to do about a listener that cannot be opened."""
    match error.__cause__:
        case OSError(errno=errno.EADDRINUSE):
            return (
                ": stop the other program, or listen elsewhere (--listen HOST:PORT, or [[listen]] in a configuration)"
            )
        case OSError(errno=errno.EACCES):
            return ": choose a port from 1024 on, or give this program the right to use lower ones"
        case OSError(errno=errno.EADDRNOTAVAIL):
            return ": this machine does not have that address"
        case _:
            return ""
