"""``freeq hash-password``: a password in, the string for the configuration out."""

import getpass
import os
import sys
from typing import Final

from freeq_proto.boundary import HashPassword
from freeq_proto.engine import perform

SALT_LENGTH: Final = 16
LENGTH_LIMIT: Final = 1024
"""Bytes of a password."""


class PasswordError(Exception):
    """No password that can be used was given."""


def hash_password() -> str:
    """Ask for a password (twice and unseen on a terminal, else one line of standard input) and hash it.

    The answer is an Argon2id PHC string. Raises PasswordError.
    """
    password = _ask() if sys.stdin.isatty() else _read()
    if not password:
        raise PasswordError("no password was given")
    value = perform(HashPassword(password, os.urandom(SALT_LENGTH))).value
    assert isinstance(value, str)
    return value


def read_secret(prompt: str) -> str:
    """Ask for somebody's password: once and unseen on a terminal, else one line of standard input.

    Raises PasswordError.
    """
    secret = getpass.getpass(prompt) if sys.stdin.isatty() else _read()
    if not secret:
        raise PasswordError("no password was given")
    return secret


def _ask() -> str:
    password = getpass.getpass("Password: ")
    if password and getpass.getpass("Again: ") != password:
        raise PasswordError("the two are not the same")
    return password


def _read() -> str:
    line = sys.stdin.buffer.readline(LENGTH_LIMIT + 2)
    if len(line.rstrip(b"\r\n")) > LENGTH_LIMIT:
        raise PasswordError(f"the password is too long; allowed are {LENGTH_LIMIT} bytes")
    try:
        return line.rstrip(b"\r\n").decode()
    except UnicodeDecodeError:
        raise PasswordError("the password is not UTF-8") from None
