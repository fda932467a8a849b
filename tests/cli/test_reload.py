"""A configuration that is read again: what is applied, what waits, and what a broken one changes (nothing)."""

import logging
from pathlib import Path

import attrs
import pytest

from freeq_cli.plan import Plan, load
from freeq_cli.reload import Certificates, Reloader, ReloadError
from freeq_cli.settings import SECTIONS
from freeq_runtime_asyncio import TlsFiles, self_signed

TLS = '[[listen]]\nkind = "irc"\nport = 6697\ntls = true\n[tls]\n'


@pytest.fixture(autouse=True)
def _level(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reload sets the level of the log: put it back."""
    monkeypatch.setattr(logging.getLogger(), "level", logging.getLogger().level)


OTHER = (
    "[server]\nname = 'b'\nnetwork = 'b'\ndescription = 'b'\nmotd = 'b'\n[limits]\nhistory_window = 1\nclients = 1\n"
    "[identity]\ndid = 'did:web:b'\nplc_directory = 'http://b'\nprivate_network = true\n"
    "document_seconds = 1\nrecheck_seconds = 11\nnick_seconds = 1\nnick_days = 2\n"
    "[sasl]\nmethods = []\nplain = true\nexternal = false\nbindings = ['aud']\nlegacy_audience = false\n"
)
LISTEN_KEYS = ("kind", "address", "port", "path", "tls")


class Running:
    """A server's reloader, and its file."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        path.write_text(text, encoding="utf-8")
        plan = load(path)
        files = TlsFiles(plan.certificate, plan.key) if plan.certificate and plan.key else None
        self.certificates = Certificates(files) if files else None
        self.reloader = Reloader(plan, self.read, self.certificates)

    def read(self) -> Plan:
        return load(self.path)


@pytest.fixture
def running(tmp_path: Path) -> Running:
    return Running(tmp_path / "freeq.toml", "[server]\nname = 'a.example'\nmotd = 'old'\n")


def test_what_can_be_applied_is(running: Running) -> None:
    running.path.write_text("[server]\nname = 'a.example'\nmotd = 'new'\n[log]\nlevel = 'error'\n", encoding="utf-8")
    config, notes = running.reloader.reload()
    assert (config.motd, notes) == (("new",), ())
    assert logging.getLogger().level == logging.ERROR


def test_the_file_of_the_motd_is_read_again(running: Running) -> None:
    running.path.write_text("[server]\nname = 'a.example'\nmotd_file = 'motd'\n", encoding="utf-8")
    motd = running.path.with_name("motd")
    for text in ("one", "two"):
        motd.write_text(text, encoding="utf-8")
        assert running.reloader.reload()[0].motd == (text,)


def test_what_cannot_be_applied_is_named_and_left(running: Running) -> None:
    text = "[server]\nname = 'b.example'\nnetwork = 'Other'\nmotd = 'new'\n[[listen]]\nkind = 'irc'\nport = 1\n"
    running.path.write_text(text, encoding="utf-8")
    config, notes = running.reloader.reload()
    assert (config.name, config.network, config.motd) == ("a.example", "freeq", ("new",))
    assert notes == (
        'server.name stays "a.example" until a restart, then it will be "b.example"',
        'server.network stays "freeq" until a restart, then it will be "Other"',
        "[[listen]] has changed: this waits for a restart",
    )


def test_a_change_that_is_taken_back_waits_no_longer(running: Running) -> None:
    before = running.path.read_text(encoding="utf-8")
    running.path.write_text("[server]\nname = 'b.example'\n", encoding="utf-8")
    assert running.reloader.reload()[1]
    running.path.write_text(before, encoding="utf-8")
    assert running.reloader.reload()[1] == ()


def test_a_broken_file_changes_nothing_and_says_everything(running: Running) -> None:
    level = logging.getLogger().level
    running.path.write_text("[server]\nname = 'b.example'\n[log]\nlevel = 'error'\n[limits]\nclient = 0\nmonitor = 0\n")
    with pytest.raises(ReloadError) as caught:
        running.reloader.reload()
    assert str(caught.value).replace(str(running.path), "FILE") == (
        "FILE:6: unknown key limits.client; did you mean limits.clients?;"
        " FILE:7: limits.monitor is 0; allowed is an integer from 1"
    )
    assert logging.getLogger().level == level


def test_a_missing_file_changes_nothing(running: Running) -> None:
    running.path.unlink()
    with pytest.raises(ReloadError, match="cannot be read: No such file or directory"):
        running.reloader.reload()


def write_certificate(folder: Path, name: str) -> None:
    for suffix, pem in zip(("pem", "key"), self_signed("a.example"), strict=True):
        (folder / f"{name}.{suffix}").write_bytes(pem)


def test_certificates_may_move_to_other_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_certificate(tmp_path, name)
    running = Running(tmp_path / "freeq.toml", TLS + 'certificate = "one.pem"\nkey = "one.key"\n')
    assert running.certificates is not None
    before = running.certificates.files
    running.reloader.reload()
    running.certificates.reload()
    running.path.write_text(TLS + 'certificate = "two.pem"\nkey = "two.key"\n', encoding="utf-8")
    _, notes = running.reloader.reload()
    assert running.certificates.files is not before
    assert notes == ()
    running.certificates.accept()


def test_a_certificate_that_does_not_fit_keeps_the_old_one(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_certificate(tmp_path, name)
    running = Running(tmp_path / "freeq.toml", TLS + 'certificate = "one.pem"\nkey = "one.key"\n')
    assert running.certificates is not None
    before = running.certificates.files
    running.path.write_text(TLS + 'certificate = "two.pem"\nkey = "one.key"\n', encoding="utf-8")
    with pytest.raises(ReloadError, match=r"tls\.key: .* is not the key of the first certificate"):
        running.reloader.reload()
    assert running.certificates.files is before


def test_the_core_keeps_what_the_table_says_waits(tmp_path: Path) -> None:
    """Set everything to something else: what the server goes on with is old where the table says restart, else new."""
    old = load(None).config
    path = tmp_path / "freeq.toml"
    path.write_text(OTHER, encoding="utf-8")
    new = load(path).config
    kept = new.keeping(old)
    assert (
        attrs.evolve(
            new,
            name=old.name,
            network=old.network,
            limits=attrs.evolve(new.limits, history_window=old.limits.history_window),
            identity=attrs.evolve(old.identity, recheck_seconds=11, nick_seconds=1, nick_days=2),
        )
        == kept
    )
    late = {
        f"{section.name}.{setting.key}" for section in SECTIONS for setting in section.settings if not setting.reload
    }
    outside = {
        "server.state",
        "tls.self_signed",
        "tls.client_certificates",
        "storage.path",
        "log.format",
        *(f"listen.{key}" for key in LISTEN_KEYS),
    }
    assert late - outside == {
        "server.name",
        "server.network",
        "limits.history_window",
        "identity.did",
        "identity.plc_directory",
        "identity.private_network",
        "identity.document_seconds",
    }
