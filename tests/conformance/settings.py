"""``config: KEY=VALUE`` of a transcript's head, as a configuration of the server."""

from collections.abc import Callable, Iterable
from typing import Any, Final

import attrs

from freeq_proto.boundary import HashPassword
from freeq_proto.engine import perform
from freeq_proto.server import Admin, Config, Flood, Limits, Operator
from tests.conformance.patterns import SERVER


def _motd(config: Config, value: str) -> Config:
    """``motd=LINE|LINE``."""
    return attrs.evolve(config, motd=tuple(value.split("|")))


def _password(config: Config, value: str) -> Config:
    """``password=SECRET``: what PASS must say."""
    return attrs.evolve(config, password=_hash(value))


def _operator(config: Config, value: str) -> Config:
    """``operator=NAME SECRET [HOST...]``."""
    name, secret, *hosts = value.split(" ")
    return attrs.evolve(config, operators=(*config.operators, Operator(name, _hash(secret), tuple(hosts))))


def _admin(config: Config, value: str) -> Config:
    """``admin=LOCATION|ORGANISATION|EMAIL``."""
    return attrs.evolve(config, admin=Admin(*value.split("|")))


def _limit(config: Config, value: str) -> Config:
    """``limit=NAME NUMBER``."""
    name, number = value.split(" ")
    changes: dict[str, Any] = {name: int(number)}
    return attrs.evolve(config, limits=attrs.evolve(config.limits, **changes))


_SETTINGS: Final[dict[str, Callable[[Config, str], Config]]] = {
    "admin": _admin,
    "limit": _limit,
    "motd": _motd,
    "operator": _operator,
    "password": _password,
}


def configuration(settings: Iterable[str]) -> Config:
    """The server's configuration: nobody is throttled, and what ``settings`` say."""
    config = Config(SERVER, "Example", flood=Flood(lines_per_second=0), limits=Limits(sendq_bytes=1 << 22))
    for setting in settings:
        key, _, value = setting.partition("=")
        config = _SETTINGS[key](config, value)
    return config


def _hash(secret: str) -> str:
    phc = perform(HashPassword(secret, b"conformance-salt")).value
    assert isinstance(phc, str)
    return phc
