"""Rules between settings, and between settings and the files that they name."""

import datetime
import importlib.util
import ipaddress
import os
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from freeq_cli.certificates import flaws
from freeq_cli.check import Checked
from freeq_cli.document import Document, Values
from freeq_cli.motd import MotdError, read_motd
from freeq_cli.problems import Problem
from freeq_cli.source import Place, Source

Broken: TypeAlias = tuple[Place, str]
"""Where a rule is broken, and the message."""

# The keys of [[listen]] that belong to other kinds.
_MEANINGLESS: Final = {"irc": ("path",), "web": ("path",), "control": ("address", "port", "tls")}

SOCKET_PATH_LIMIT: Final = 103
"""Bytes of a Unix socket's path that every system takes."""


def check_rules(source: Source, checked: Checked, at: datetime.datetime) -> list[Problem]:
    """Check what no setting can be checked for alone, at the time ``at`` (for certificates).

    A rule about a section with problems of its own is not asked: it would complain about values that nobody gave.
    """
    rules = ((sections, rule) for sections, rule in RULES if checked.broken.isdisjoint(sections))
    broken = (one for _, rule in rules for one in rule(checked.document, at))
    return [Problem(source.where(*place), text) for place, text in broken]


def message_of_the_day(document: Document, _at: datetime.datetime) -> Iterator[Broken]:
    """It is given once, and its file can be read."""
    server = document["server"]
    if server.text("motd") and server.text("motd_file"):
        yield ("server", 0, "motd_file"), "server.motd and server.motd_file are both given; allowed is one of them"
    try:
        read_motd(server.text("motd"), document.path("server", "motd_file"))
    except MotdError as error:
        yield ("server", 0, "motd_file"), f"server.motd_file: {error}"


def listeners(document: Document, _at: datetime.datetime) -> Iterator[Broken]:
    """Each listener has what its kind needs and nothing else, no two are one, and somebody can connect."""
    seen: dict[str, int] = {}
    for index, listen in enumerate(document.arrays["listen"]):
        kind = listen.text("kind")
        for key in _MEANINGLESS[kind]:
            if key in listen.given:
                yield ("listen", index, key), f'listen.{key} means nothing where kind is "{kind}"; leave it out'
        if kind == "control":
            path = document.resolve(listen.text("path"))
            address = str(path or "the default control socket")
            if path is not None and len(os.fsencode(path)) > SOCKET_PATH_LIMIT:
                text = f"listen.path is too long for a socket: {path}; allowed are {SOCKET_PATH_LIMIT} bytes"
                yield ("listen", index, "path"), text
        else:
            address = f"{listen.text('address')} port {listen.integer('port')}"
            if "port" not in listen.given:
                yield ("listen", index, ""), "listen.port is missing; allowed is an integer from 0 to 65535"
                continue
            if listen.integer("port") == 0:
                continue
        if address in seen:
            text = f"listens on {address} a second time; the first is table {seen[address] + 1} of [[listen]]"
            yield ("listen", index, ""), text
        seen.setdefault(address, index)
    if all(listen.text("kind") == "control" for listen in document.arrays["listen"]):
        yield ("listen", 0, ""), 'nobody can connect: no [[listen]] has kind = "irc" or "web"'


def transport_security(document: Document, at: datetime.datetime) -> Iterator[Broken]:
    """Who speaks TLS has a certificate that serves, and a certificate has somebody who uses it."""
    tls = document["tls"]
    certificate, key = document.path("tls", "certificate"), document.path("tls", "key")
    self_signed = tls.flag("self_signed")
    if self_signed and (certificate or key):
        yield ("tls", 0, "self_signed"), "tls.self_signed is true beside tls.certificate; allowed is one of them"
    elif certificate and not key:
        yield ("tls", 0, "certificate"), "tls.certificate has no tls.key; allowed are both or none"
    elif key and not certificate:
        yield ("tls", 0, "key"), "tls.key has no tls.certificate; allowed are both or none"
    elif certificate and key:
        for name, flaw in flaws(certificate, key, at):
            yield ("tls", 0, name), f"tls.{name}: {flaw}"
    wanting = [
        index
        for index, listen in enumerate(document.arrays["listen"])
        if listen.flag("tls") and listen.text("kind") != "control"
    ]
    if wanting and not (self_signed or certificate or key):
        text = (
            "listen.tls is true and there is no certificate: set tls.certificate and tls.key, or tls.self_signed = true"
        )
        for index in wanting:
            yield ("listen", index, "tls"), text
    if (self_signed or certificate) and not wanting:
        yield ("tls", 0, ""), "[tls] has a certificate and no [[listen]] has tls = true"


def client_certificates(document: Document, _at: datetime.datetime) -> Iterator[Broken]:
    """They are asked for where there is TLS, and something is installed that can ask."""
    if not document["tls"].flag("client_certificates"):
        return
    place = ("tls", 0, "client_certificates")
    if not _has_tls(document):
        yield place, "tls.client_certificates is true and no [[listen]] has tls = true"
    if importlib.util.find_spec("OpenSSL") is None:
        text = "needs pyOpenSSL: install it (pip install 'freeq-runtime-asyncio[client-certificates]')"
        yield place, f"tls.client_certificates {text}"


def signing_in(document: Document, _at: datetime.datetime) -> Iterator[Broken]:
    """What is switched on can be used by somebody."""
    if document["sasl"].flag("plain") and not _has_tls(document) and not any(map(_is_near, _open_to_all(document))):
        text = (
            "sasl.plain is true, and passwords are taken over TLS or from this machine only: nobody could use it; give"
            " a [[listen]] tls = true"
        )
        yield ("sasl", 0, "plain"), text


def identity(document: Document, _at: datetime.datetime) -> Iterator[Broken]:
    """The directory of a public server is spoken to over TLS."""
    values = document["identity"]
    if values.text("plc_directory").startswith("http://") and not values.flag("private_network"):
        text = "identity.plc_directory is not https; allowed is plain HTTP with identity.private_network = true only"
        yield ("identity", 0, "plc_directory"), text


def _has_tls(document: Document) -> bool:
    return any(listen.flag("tls") for listen in _open_to_all(document))


def _open_to_all(document: Document) -> list[Values]:
    """The listeners for clients."""
    return [listen for listen in document.arrays["listen"] if listen.text("kind") != "control"]


def _is_near(listen: Values) -> bool:
    """Whether a client on this machine reaches the listener without leaving the machine."""
    address = listen.text("address")
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address == "localhost"
    return parsed.is_loopback or parsed.is_unspecified


def strict_transport(document: Document, _at: datetime.datetime) -> Iterator[Broken]:
    """What clients are told to come back to is there, and they can trust it."""
    port = document["sts"].integer("port")
    secure = [
        listen.integer("port")
        for listen in document.arrays["listen"]
        if listen.text("kind") == "irc" and listen.flag("tls")
    ]
    if port and port not in secure:
        listed = ", ".join(map(str, secure)) or "none"
        text = f"sts.port is {port}; allowed is 0 or the port of an irc listener with tls = true (there: {listed})"
        yield ("sts", 0, "port"), text
    if port and document["tls"].flag("self_signed"):
        text = (
            "sts.port is set with a self-signed certificate: clients would refuse every connection; get a certificate"
        )
        yield ("sts", 0, "port"), text


def operators(document: Document, _at: datetime.datetime) -> Iterator[Broken]:
    """Each has a name of its own."""
    seen: set[str] = set()
    for index, operator in enumerate(document.arrays["operator"]):
        name = operator.text("name")
        if name in seen:
            yield ("operator", index, "name"), f'operator.name is "{name}" a second time; allowed is one table for each'
        seen.add(name)


RULES: Final[tuple[tuple[frozenset[str], Callable[[Document, datetime.datetime], Iterator[Broken]]], ...]] = (
    (frozenset({"server"}), message_of_the_day),
    (frozenset({"listen"}), listeners),
    (frozenset({"listen", "tls"}), transport_security),
    (frozenset({"listen", "tls", "sts"}), strict_transport),
    (frozenset({"listen", "tls"}), client_certificates),
    (frozenset({"listen", "sasl"}), signing_in),
    (frozenset({"identity"}), identity),
    (frozenset({"operator"}), operators),
)
