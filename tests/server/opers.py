"""A server operator for tests, with a password that costs next to nothing to check."""

from typing import Final

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from freeq_proto.server import Config, Operator
from tests.server.harness import Client, config

NAME: Final = "root"
PASSWORD: Final = "correct-horse"
PHC: Final = Argon2id(salt=bytes(16), length=32, iterations=1, lanes=1, memory_cost=8).derive_phc_encoded(
    PASSWORD.encode()
)


def config_with_operator(*hosts: str, **changes: object) -> Config:
    """A configuration with one operator, who comes from ``hosts``."""
    return config(operators=(Operator(NAME, PHC, hosts),), **changes)


def become_operator(client: Client) -> None:
    """Use OPER; the answers are taken."""
    assert any(" 381 " in line for line in client.ask(f"OPER {NAME} {PASSWORD}"))
