"""Options of the command line that say something over the configuration file."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from freeq_cli.plan import TLS_PORT, Override, default_rows
from freeq_cli.source import Source


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give ``parser`` the options whose values :func:`overrides` reads."""
    parser.add_argument(
        "--listen",
        metavar="HOST:PORT",
        action="append",
        type=_address,
        help="listen for plain IRC here and not where the configuration says; may be given again ([::1]:6667 for IPv6)",
    )
    parser.add_argument("--name", help="the server's host name")
    parser.add_argument("--state", metavar="FILE", type=Path, help="the state file")
    parser.add_argument(
        "--tls",
        choices=["self-signed"],
        help=f"IRC over TLS too (port {TLS_PORT}), with a certificate of the server's own",
    )
    parser.add_argument("--verbose", action="store_true", help="log more")
    parser.add_argument("--log-json", action="store_true", help="log one JSON object a line")


def overrides(options: argparse.Namespace) -> tuple[Override, ...]:
    """What the options do to a configuration, in order."""
    return tuple(_overrides(options))


def _overrides(options: argparse.Namespace) -> Iterator[Override]:
    if options.name is not None:
        yield lambda source: source.override("server", "name", options.name, "--name")
    if options.state is not None:
        state = str(Path.cwd() / options.state)
        yield lambda source: source.override("server", "state", state, "--state")
    if options.verbose:
        yield lambda source: source.override("log", "level", "debug", "--verbose")
    if options.log_json:
        yield lambda source: source.override("log", "format", "json", "--log-json")
    if options.listen:
        yield lambda source: _listen(source, options.listen)
    if options.tls:
        yield _self_signed


def _listen(source: Source, addresses: list[tuple[str, int]]) -> None:
    """Put plain IRC listeners in the place of those of the file."""
    rows = source.tables.get("listen", default_rows())
    if not isinstance(rows, list):
        return
    own: list[tuple[dict[str, object], str]] = [
        ({"kind": "irc", "address": host, "port": port}, "--listen") for host, port in addresses
    ]
    kept = [(row, source.where("listen", index)) for index, row in enumerate(rows) if not _is_plain_irc(row)]
    source.replace("listen", own + kept)


def _self_signed(source: Source) -> None:
    """Have a self-signed certificate, and IRC over TLS beside each plain listener if nobody speaks it yet."""
    for key, value in (("certificate", ""), ("key", ""), ("self_signed", True)):
        source.override("tls", key, value, "--tls")
    if "listen" not in source.tables:
        source.replace("listen", [(row, "--tls") for row in default_rows()])
    rows = source.tables["listen"]
    if not isinstance(rows, list) or any(isinstance(row, dict) and row.get("tls") is True for row in rows):
        return
    addresses = dict.fromkeys(row.get("address", "127.0.0.1") for row in rows if _is_plain_irc(row))
    for address in addresses:
        source.append("listen", {"kind": "irc", "address": address, "port": TLS_PORT, "tls": True}, "--tls")


def _is_plain_irc(row: object) -> bool:
    return isinstance(row, dict) and row.get("kind") == "irc" and row.get("tls") is not True


def _address(text: str) -> tuple[str, int]:
    """``HOST:PORT``, the host in brackets if it has colons."""
    host, _, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    host = host[1:-1] if bracketed else host
    if not host or (":" in host) is not bracketed or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r}; allowed is HOST:PORT, as in 127.0.0.1:6667 or [::1]:6667")
    return host, int(port)
