"""What ``freeq serve`` keeps: channels of accounts, over restarts and crashes, in a database of its own."""

import signal
import sqlite3
from pathlib import Path

import pytest

from freeq_proto.authority import Act, Create, PrincipalId
from freeq_proto.history import format_ulid
from freeq_storage import SqliteStore
from tests.cli.processes import LISTEN, Client, Serving, freeq

ADA = PrincipalId("did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "freeq.toml"
    path.write_text('[storage]\npath = "data/freeq.db"\n' + LISTEN, encoding="utf-8")
    return path


def founded(path: Path) -> None:
    """A database in which an account founded #Garden, where everybody may set the topic."""
    store = SqliteStore(path)
    act = Act(Create(flags="n", name="#Garden"), ADA, format_ulid(1, 1), 1, "ada!~ada@a.cloak")
    store.write((act.row("#garden"),))
    store.close()


def joined(server: Serving) -> list[str]:
    """What a guest gets to see who enters #garden."""
    with Client(server.address("irc")) as client:
        client.register("eve")
        client.send("JOIN #garden")
        return client.until(" 366 ")


def test_what_was_acknowledged_is_there_after_a_crash(tmp_path: Path, config: Path) -> None:
    founded(tmp_path / "data" / "freeq.db")
    with Serving(tmp_path, "--config", str(config)) as server, Client(server.address("irc")) as client:
        client.register("bob")
        client.send("JOIN #garden", "TOPIC #garden :Peas and beans", "JOIN #guests", "TOPIC #guests :ours")
        client.until("TOPIC #Garden :Peas and beans")
        client.until("TOPIC #guests :ours")
        server.signal(signal.SIGKILL)
        server.end()
    with Serving(tmp_path, "--config", str(config)) as server:
        lines = joined(server)
        assert ":localhost 332 eve #Garden :Peas and beans" in lines
        assert ":localhost 353 eve = #Garden :eve" in lines  # it has a founder, and it is not she
    with sqlite3.connect(tmp_path / "data" / "freeq.db") as connection:
        assert connection.execute("SELECT DISTINCT log FROM acts").fetchall() == [("#garden",)]
    connection.close()


def test_without_a_setting_it_is_beside_the_state_file(tmp_path: Path, config: Path) -> None:
    config.write_text(LISTEN, encoding="utf-8")
    folder = tmp_path / ".local" / "state" / "freeq"
    founded(folder / "freeq.db")
    with Serving(tmp_path, "--config", str(config)) as server:
        assert f"  database   {folder}/freeq.db\n" in server.greeting
        assert ":localhost 353 eve = #Garden :eve" in joined(server)


def test_a_server_may_keep_nothing(tmp_path: Path, config: Path) -> None:
    config.write_text('[storage]\npath = ":memory:"\n' + LISTEN, encoding="utf-8")
    with Serving(tmp_path, "--config", str(config)) as server:
        assert "  database   none: channels and accounts end with the server\n" in server.greeting
        assert ":localhost 353 eve = #garden :@eve" in joined(server)
    assert not list(tmp_path.rglob("*.db"))


def test_a_database_that_cannot_be_used_is_one_clear_line(tmp_path: Path, config: Path) -> None:
    path = tmp_path / "data" / "freeq.db"
    path.parent.mkdir()
    path.write_bytes(b"something else")
    refused = freeq(tmp_path, "serve", "--config", str(config))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        f"freeq: {path}: is damaged, or no database. It was left as it is: put back a copy of it; or move it away, and"
        " the server will start without the channels, nicks and certificates that were in it\n"
    )


def test_a_second_server_on_the_same_database_is_refused(tmp_path: Path, config: Path) -> None:
    path = tmp_path / "data" / "freeq.db"
    with Serving(tmp_path, "--config", str(config)):
        second = freeq(tmp_path, "serve", "--config", str(config), "--state", str(tmp_path / "other.json"))
    assert (second.returncode, second.stdout) == (1, "")
    assert second.stderr == (
        f"freeq: {path}: another server keeps its data in this database; stop it, or give this one a database of its"
        " own\n"
    )
