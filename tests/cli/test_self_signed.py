"""The certificate of a server's own: kept as long as it serves, made anew when it does not."""

import datetime
import stat
from pathlib import Path

from freeq_cli.certificates import flaws
from freeq_cli.self_signed import fingerprint, own_certificate

NOW = datetime.datetime.now(datetime.UTC)


def test_it_is_made_once_and_serves(tmp_path: Path) -> None:
    certificate, key = own_certificate(tmp_path, "irc.example", NOW)
    before = certificate.read_bytes(), key.read_bytes()
    assert list(flaws(certificate, key, NOW)) == []
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert own_certificate(tmp_path, "irc.example", NOW + datetime.timedelta(days=300)) == (certificate, key)
    assert (certificate.read_bytes(), key.read_bytes()) == before, "clients that pinned it find it again"


def test_another_name_or_its_coming_end_makes_a_new_one(tmp_path: Path) -> None:
    certificate, _ = own_certificate(tmp_path, "irc.example", NOW)
    seen = {fingerprint(certificate)}
    for name, days in (("other.example", 0), ("other.example", 340)):
        own_certificate(tmp_path, name, NOW + datetime.timedelta(days=days))
        seen.add(fingerprint(certificate))
    assert len(seen) == 3


def test_what_a_crash_left_behind_is_replaced(tmp_path: Path) -> None:
    certificate, key = own_certificate(tmp_path, "irc.example", NOW)
    key.write_bytes(b"")
    own_certificate(tmp_path, "irc.example", NOW)
    assert list(flaws(certificate, key, NOW)) == []


def test_the_fingerprint_is_written_as_clients_show_it(tmp_path: Path) -> None:
    certificate, _ = own_certificate(tmp_path, "irc.example", NOW)
    parts = fingerprint(certificate).split(":")
    assert len(parts) == 32
    assert all(len(part) == 2 and part == part.upper() for part in parts)
