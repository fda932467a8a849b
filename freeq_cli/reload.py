"""A running server's configuration, read again: what changes at once, and what has to wait for a restart."""

from collections.abc import Callable, Iterator
from pathlib import Path

import attrs

from freeq_cli.document import Document
from freeq_cli.kinds import quoted
from freeq_cli.logs import set_level
from freeq_cli.plan import Plan
from freeq_cli.problems import UnusableConfigurationError
from freeq_cli.settings import SECTIONS
from freeq_proto.server import Config
from freeq_runtime_asyncio import Tls, TlsFiles, TlsSource


class ReloadError(Exception):
    """The new configuration is no good; the message says everything that is wrong with it, on one line."""


@attrs.define
class Certificates:
    """Where listeners get the TLS of a new connection from: files that a reload reads again, or exchanges."""

    files: TlsSource
    open: Callable[[Path, Path], TlsSource] = TlsFiles
    """Where a certificate and its key, in files, are served from."""

    def accept(self) -> Tls:
        """The TLS of one new connection."""
        return self.files.accept()

    def reload(self) -> None:
        """Read the files again. Raises TlsConfigurationError and keeps the old certificate."""
        self.files.reload()


@attrs.define
class Reloader:
    """Reads the configuration again for a server that was started by ``plan``."""

    plan: Plan
    read: Callable[[], Plan]
    """Load the file as it is now, with the options of the command line over it."""
    certificates: Certificates | None

    def reload(self) -> tuple[Config, tuple[str, ...]]:
        """The configuration to go on with, and what of it waits for a restart.

        Raises ReloadError, and then everything is as it was.
        """
        try:
            new = self.read()
        except UnusableConfigurationError as error:
            raise ReloadError("; ".join(map(str, error.problems))) from None  # it may be told on IRC
        if self.certificates is not None and not self.plan.self_signed and new.certificate and new.key:
            self.certificates.files = self.certificates.open(new.certificate, new.key)
        set_level(new.log_level)
        return new.config.keeping(self.plan.config), tuple(waiting(self.plan.document, new.document))


def waiting(started: Document, new: Document) -> Iterator[str]:
    """What has changed and cannot be applied to a running server."""
    for section in SECTIONS:
        late = [setting.key for setting in section.settings if not setting.reload]
        if section.repeated:
            if late and started.arrays[section.name] != new.arrays[section.name]:
                yield f"[[{section.name}]] has changed: this waits for a restart"
            continue
        for key in late:
            before, after = started[section.name].values[key], new[section.name].values[key]
            if before != after:
                yield f"{section.name}.{key} stays {quoted(before)} until a restart, then it will be {quoted(after)}"
