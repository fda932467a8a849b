"""What a checked configuration comes to: the core's configuration, and what the program around the core needs."""

import datetime
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import attrs

from freeq_cli.check import check
from freeq_cli.document import Document, Values
from freeq_cli.motd import read_motd
from freeq_cli.problems import UnusableConfigurationError
from freeq_cli.rules import check_rules
from freeq_cli.settings import section
from freeq_cli.source import Source, read_source
from freeq_proto.boundary import Listener
from freeq_proto.server import (
    Admin,
    Config,
    Flood,
    IdentityPolicy,
    Limits,
    Operator,
    SaslPolicy,
    StrictTransport,
)

TLS_PORT = 6697
"""Where IRC over TLS is spoken (RFC 7194), unless the configuration says otherwise."""

MEMORY = ":memory:"
"""``storage.path`` of a server that keeps nothing."""

Override: TypeAlias = Callable[[Source], None]
"""What an option of the command line does to the configuration before it is checked."""


@attrs.frozen
class Listen:
    """One place to listen."""

    kind: Listener
    address: str = ""
    port: int = 0
    """0 lets the system choose."""
    path: Path | None = None
    """Of a control socket; None for the default one."""
    tls: bool = False


@attrs.frozen
class Plan:
    """Everything that ``freeq serve`` works from."""

    config: Config
    listen: tuple[Listen, ...]
    certificate: Path | None
    key: Path | None
    self_signed: bool
    client_certificates: bool
    state: Path | None
    """The state file; None for the default one."""
    storage: Path | None
    """The database; None for the default one."""
    keeps: bool
    """Whether there is a database at all."""
    log_level: str
    log_format: str
    document: Document
    """What all of this was made from; two documents are compared at a reload."""


def load(path: Path | None, overrides: tuple[Override, ...] = ()) -> Plan:
    """Read, override and check a configuration file, or the defaults where ``path`` is None.

    Raises UnusableConfigurationError with every problem found.
    """
    source = read_source(path)
    for override in overrides:
        override(source)
    add_tls_listeners(source)
    checked = check(source)
    problems = [*checked.problems, *check_rules(source, checked, datetime.datetime.now(datetime.UTC))]
    if problems:
        raise UnusableConfigurationError(*problems)
    return make_plan(checked.document)


def add_tls_listeners(source: Source) -> None:
    """Where no listener is named and there is a certificate, have IRC over TLS beside the default listeners."""
    tls = source.tables.get("tls")
    if "listen" not in source.tables and isinstance(tls, dict) and (tls.get("certificate") or tls.get("self_signed")):
        from_where = source.where("tls")
        rows = [*default_rows(), {"kind": "irc", "address": "127.0.0.1", "port": TLS_PORT, "tls": True}]
        source.replace("listen", [(row, from_where) for row in rows])


def default_rows() -> list[dict[str, object]]:
    """The listeners of a configuration that names none, as a file would name them."""
    known = section("listen")
    assert known is not None
    return [dict(row) for row in known.rows]


def make_plan(document: Document) -> Plan:
    """Put the settings where they belong. Raises MotdError if that file has changed since it was checked."""
    return Plan(
        config=make_config(document),
        listen=tuple(_listen(document, listen) for listen in document.arrays["listen"]),
        certificate=document.path("tls", "certificate"),
        key=document.path("tls", "key"),
        self_signed=document["tls"].flag("self_signed"),
        client_certificates=document["tls"].flag("client_certificates"),
        state=document.path("server", "state"),
        storage=document.path("storage", "path"),
        keeps=document["storage"].text("path") != MEMORY,
        log_level=document["log"].text("level"),
        log_format=document["log"].text("format"),
        document=document,
    )


def make_config(document: Document) -> Config:
    """The core's part of the settings."""
    server, admin, sts, flood = (document[name] for name in ("server", "admin", "sts", "flood"))
    return Config(
        name=server.text("name"),
        network=server.text("network"),
        description=server.text("description"),
        motd=read_motd(server.text("motd"), document.path("server", "motd_file")),
        admin=Admin(admin.text("location"), admin.text("organisation"), admin.text("email")),
        password=server.text("password"),
        operators=tuple(
            Operator(operator.text("name"), operator.text("password"), operator.texts("hosts"))
            for operator in document.arrays["operator"]
        ),
        flood=Flood(burst=flood.integer("burst"), lines_per_second=flood.number("lines_per_second")),
        limits=_limits(document["limits"]),
        sasl=_sasl(document["sasl"]),
        identity=_identity(document["identity"]),
        strict_transport=(
            StrictTransport(sts.integer("port"), sts.integer("duration_seconds")) if sts.integer("port") else None
        ),
        web_origins=document["web"].texts("origins"),
    )


def _limits(values: Values) -> Limits:
    return Limits(
        clients=values.integer("clients"),
        clients_per_address=values.integer("clients_per_address"),
        channels=values.integer("channels"),
        channels_per_user=values.integer("channels_per_user"),
        monitor=values.integer("monitor"),
        sendq_bytes=values.integer("sendq_bytes"),
        recvq_bytes=values.integer("recvq_bytes"),
        registration_seconds=values.number("registration_seconds"),
        ping_seconds=values.number("ping_seconds"),
        pong_seconds=values.number("pong_seconds"),
        history_window=values.integer("history_window"),
    )


def _sasl(values: Values) -> SaslPolicy:
    return SaslPolicy(
        methods=values.texts("methods"),
        plain=values.flag("plain"),
        external=values.flag("external"),
        bindings=values.texts("bindings"),
        legacy_audience=values.flag("legacy_audience"),
    )


def _identity(values: Values) -> IdentityPolicy:
    return IdentityPolicy(
        did=values.text("did"),
        plc_directory=values.text("plc_directory"),
        private_network=values.flag("private_network"),
        document_seconds=values.number("document_seconds"),
        recheck_seconds=values.number("recheck_seconds"),
        nick_seconds=values.number("nick_seconds"),
        nick_days=values.number("nick_days"),
    )


def _listen(document: Document, values: Values) -> Listen:
    return Listen(
        kind=Listener(values.text("kind")),
        address=values.text("address") if values.text("kind") != "control" else "",
        port=values.integer("port"),
        path=document.resolve(values.text("path")),
        tls=values.flag("tls"),
    )


def state_folder() -> Path:
    """Where state is kept unless the configuration says otherwise.

    ``$STATE_DIRECTORY`` (the first, as systemd sets it), ``$XDG_STATE_HOME/freeq`` or ``~/.local/state/freeq``. Raises
    RuntimeError where there is no home directory either.
    """
    if given := os.environ.get("STATE_DIRECTORY"):
        return Path(given.partition(":")[0])
    base = Path(os.environ.get("XDG_STATE_HOME", ""))
    if base.is_absolute():
        return base / "freeq"
    return Path.home() / ".local" / "state" / "freeq"


def state_path(plan: Plan) -> Path:
    """The state file. Raises RuntimeError where no place for one is known."""
    return plan.state or state_folder() / "server.json"


def storage_path(plan: Plan) -> Path | None:
    """The database; None where nothing is kept. Raises RuntimeError where no place for one is known."""
    return (plan.storage or state_path(plan).parent / "freeq.db") if plan.keeps else None


def control_path(plan: Plan) -> Path | None:
    """The first control socket, or None where the configuration has none."""
    listen = next((listen for listen in plan.listen if listen.kind is Listener.CONTROL), None)
    return None if listen is None else listen.path or state_path(plan).parent / "control.sock"
