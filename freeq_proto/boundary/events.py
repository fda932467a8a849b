"""What the core tells the program around it: for logs, metrics and embedders. Nothing has to react to them."""

from typing import TypeAlias

import attrs

from freeq_proto.boundary.peer import ConnId


@attrs.frozen
class Registered:
    """A connection completed registration and is a user now."""

    conn: ConnId
    nick: str
    address: str
    """Where it comes from: an IP address, or "" for a Unix socket. Others see the cloak only."""
    host: str
    """The cloak."""
    account: str | None
    """The DID it signed in with, or None for a guest."""


@attrs.frozen
class SignedIn:
    """A connection proved control of a DID."""

    conn: ConnId
    account: str
    mechanism: str
    method: str


@attrs.frozen
class SignInRefused:
    """An attempt to sign in failed."""

    conn: ConnId
    reason: str


@attrs.frozen
class SignedOut:
    """A connection lost its account, by its own wish or because the identity behind it changed."""

    conn: ConnId
    account: str
    reason: str


@attrs.frozen
class Closed:
    """The core is done with a connection."""

    conn: ConnId
    reason: str


@attrs.frozen
class OperatorAct:
    """A server operator did something that an audit wants to know."""

    operator: str
    act: str


@attrs.frozen
class Fault:
    """A bug of ours, contained to the connection that met it (None: to a turn)."""

    conn: ConnId | None
    error: Exception


Event: TypeAlias = Registered | SignedIn | SignInRefused | SignedOut | Closed | OperatorAct | Fault
