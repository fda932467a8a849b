"""The ``freeq`` command: its subcommands, their options and their exit codes.

0: done, or stopped in good order. 1: it cannot run, or the server refused. 2: the command line or the configuration is
wrong.
"""

import argparse
import io
import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from freeq_cli import chat, identity, identity_keys, overrides, passwords
from freeq_cli.chat import ChatError
from freeq_cli.control import ControlError, ask
from freeq_cli.identity import IdentityError
from freeq_cli.key_files import KeyFileError
from freeq_cli.plan import control_path, load
from freeq_cli.problems import UnusableConfigurationError
from freeq_cli.serve import CannotRunError, serve
from freeq_cli.template import default_text

DONE: Final = 0
CANNOT: Final = 1
USAGE: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with ``arguments`` (those of the process), and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # what a terminal cannot show is no reason to fail
    options = make_parser().parse_args(arguments)
    run = COMMANDS[options.command]
    try:
        code = run(options)
        sys.stdout.flush()
        return code
    except UnusableConfigurationError as error:
        print(error, file=sys.stderr)
        return USAGE
    except (CannotRunError, ChatError, ControlError, IdentityError, KeyFileError, passwords.PasswordError) as error:
        print(f"freeq: {error}", file=sys.stderr)
        return CANNOT
    except BrokenPipeError:  # whoever reads our output has enough of it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CANNOT
    except KeyboardInterrupt:
        return CANNOT


def make_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    parser = argparse.ArgumentParser(prog="freeq", description="An IRC server whose accounts are AT Protocol DIDs.")
    parser.add_argument("--version", action="version", version=f"freeq {own_version()}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    serving = commands.add_parser("serve", help="run a server; without options, one for this machine alone")
    serving.add_argument("--config", metavar="FILE", type=Path, help="the configuration (TOML)")
    overrides.add_options(serving)
    serving.add_argument(
        "--no-uvloop", action="store_true", help="use asyncio's own event loop, though uvloop is there"
    )

    commands.add_parser("config", help="print the default configuration, with comments")

    checking = commands.add_parser("check-config", help="say everything that is wrong with a configuration")
    checking.add_argument("file", metavar="FILE", type=Path)

    commands.add_parser("hash-password", help="turn a password into what a configuration holds")

    control = commands.add_parser("ctl", help="give a command to a running server")
    control.add_argument("--socket", metavar="PATH", type=Path, help="the server's control socket")
    control.add_argument("--config", metavar="FILE", type=Path, help="the server's configuration, to find its socket")
    control.add_argument(
        "words",
        metavar="COMMAND",
        nargs=argparse.REMAINDER,
        help="status, sessions, kill NICK REASON, drop-nick NICK, rehash or stop",
    )

    chat.add_options(commands.add_parser("chat", help="talk on a server, to try it out"))

    identities = commands.add_parser("identity", help="look at a DID, or put a key of your own into yours")
    asked = identities.add_subparsers(dest="asked", required=True, metavar="COMMAND")
    identity.add_options(asked.add_parser("show", help="what the world knows of a handle or a DID"))
    adding = asked.add_parser("add-key", help="put a key of your own into your did:plc, to sign in with")
    identity.add_options(adding)
    identity_keys.add_options(adding)
    return parser


def _serve(options: argparse.Namespace) -> int:
    serve(options.config, overrides.overrides(options), version=own_version(), uvloop=not options.no_uvloop)
    return DONE


def _config(_options: argparse.Namespace) -> int:
    print(default_text(), end="")
    return DONE


def _check_config(options: argparse.Namespace) -> int:
    load(options.file)
    print(f"{options.file}: nothing is wrong")
    return DONE


def _hash_password(_options: argparse.Namespace) -> int:
    print(passwords.hash_password())
    return DONE


def _ctl(options: argparse.Namespace) -> int:
    if not options.words:
        print("freeq ctl: a command is missing; for example: freeq ctl status", file=sys.stderr)
        return USAGE
    path = options.socket or control_path(load(options.config))
    if path is None:
        raise ControlError(f'{options.config} has no [[listen]] with kind = "control"')
    for line in ask(path, options.words):
        print(line)
    return DONE


def _identity(options: argparse.Namespace) -> int:
    match options.asked:
        case "show":
            for line in identity.show(options):
                print(line)
        case "add-key":
            identity_keys.add_key(options)
    return DONE


def _chat(options: argparse.Namespace) -> int:
    chat.chat(options)
    return DONE


COMMANDS: Final = {
    "serve": _serve,
    "config": _config,
    "check-config": _check_config,
    "hash-password": _hash_password,
    "ctl": _ctl,
    "identity": _identity,
    "chat": _chat,
}


def own_version() -> str:
    """The version of the installed distribution."""
    try:
        return version("freeq-cli")
    except PackageNotFoundError:
        return "(not installed)"
