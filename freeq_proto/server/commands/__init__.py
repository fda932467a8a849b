"""The commands of a server, one family a file: this table is what exists, where it is legal, and what HELP says."""

from collections.abc import Mapping
from typing import Final

from freeq_proto.server.commands import (
    channels,
    connection,
    modes,
)
from freeq_proto.server.dispatch import Command

COMMANDS: Final[Mapping[str, Command]] = {
    "AUTHENTICATE": Command(connection.authenticate, 1, unregistered=True, summary="sign in with SASL"),
    "CAP": Command(connection.cap, 1, unregistered=True, summary="negotiate capabilities"),
    "INVITE": Command(channels.invite, summary="invite somebody to a channel, or list your invitations"),
    "ISUPPORT": Command(connection.isupport, unregistered=True, summary="what this server supports"),
    "JOIN": Command(channels.join, 1, summary="enter channels"),
    "KICK": Command(channels.kick, 2, summary="put somebody out of a channel"),
    "MODE": Command(modes.mode, 1, summary="see or change modes"),
    "NAMES": Command(channels.names, summary="who is in a channel"),
    "NICK": Command(connection.nick, unregistered=True, summary="change your nick"),
    "PART": Command(channels.part, 1, summary="leave channels"),
    "PASS": Command(connection.password, 1, unregistered=True, summary="the server's password"),
    "PING": Command(connection.ping, unregistered=True, summary="is the connection alive?"),
    "PONG": Command(connection.pong, unregistered=True, summary="it is"),
    "QUIT": Command(connection.quit_, unregistered=True, summary="leave the server"),
    "TOPIC": Command(channels.topic, 1, summary="see or set a channel's topic"),
    "USER": Command(connection.user, 4, unregistered=True, summary="say who you are"),
}
