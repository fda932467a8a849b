"""Files that cannot be used, and files that must not be touched."""

import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from freeq_proto.boundary import NickRow
from freeq_storage import SqliteStore, StorageError, schema
from tests.storage.samples import ADA, act, founding, nick


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "freeq.db"


def refusal(path: Path) -> str:
    with pytest.raises(StorageError) as caught:
        SqliteStore(path)
    return str(caught.value)


def filled(path: Path, count: int = 200) -> bytes:
    store = SqliteStore(path)
    store.write((founding("#garden", ADA), *map(act, range(count))))
    store.close()
    return path.read_bytes()


def test_what_was_written_is_there_after_closing(path: Path) -> None:
    filled(path)
    store = SqliteStore(path)
    assert len(list(store.restore())) == 201
    store.close()


def test_the_file_and_its_folder_are_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "freeq.db"
    store = SqliteStore(path)
    store.write((nick("ada", ADA),))
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    assert modes == dict.fromkeys(["freeq.db", "freeq.db-wal", "freeq.db-shm", "freeq.db.lock"], 0o600)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    store.close()
    assert {each.name for each in path.parent.iterdir()} == {"freeq.db", "freeq.db.lock"}


def test_a_commit_waits_for_the_disk(path: Path) -> None:
    """https://sqlite.org/pragma.html#pragma_synchronous: FULL is 2."""
    store = SqliteStore(path)
    assert store._connection is not None
    assert store._connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert store._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    store.close()


def test_two_stores_cannot_have_one_file(path: Path) -> None:
    store = SqliteStore(path)
    assert refusal(path) == (
        f"{path}: another server keeps its data in this database; stop it, or give this one a database of its own"
    )
    other_name = path.with_name("link.db")
    other_name.symlink_to(path)
    assert refusal(other_name).startswith(f"{path}: another server")
    store.close()
    SqliteStore(path).close()


def test_a_failure_to_open_leaves_no_lock(path: Path) -> None:
    path.write_bytes(b"no database" * 100)
    refusal(path)
    path.unlink()
    SqliteStore(path).close()


def test_a_backup_can_be_taken_while_it_is_used(path: Path) -> None:
    store = SqliteStore(path)
    store.write((nick("ada", ADA),))
    with sqlite3.connect(path) as reading, sqlite3.connect(path.with_name("copy.db")) as copy:
        reading.backup(copy)
    reading.close()
    copy.close()
    store.write((nick("bob", ADA),))
    store.close()
    restored = SqliteStore(path.with_name("copy.db"))
    assert list(restored.restore()) == [nick("ada", ADA)]
    restored.close()


def test_one_thread_may_open_it_and_another_use_it(path: Path) -> None:
    store = SqliteStore(path)
    worker = threading.Thread(target=lambda: store.write((nick("ada", ADA),)))
    worker.start()
    worker.join()
    assert list(store.restore()) == [nick("ada", ADA)]
    store.close()


@pytest.mark.parametrize("content", [b"SQLite format 2\0" * 64, b"x", b"\0" * 8192, b'{"not": "a database"}' * 99])
def test_what_is_no_database_is_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert refusal(path).startswith(f"{path}: is damaged, or no database. ")
    assert path.read_bytes() == content


@pytest.mark.parametrize("page", [1, 2, 5])
def test_a_damaged_file_is_named_and_left_alone(path: Path, page: int) -> None:
    data = bytearray(filled(path))
    start = 100 if page == 1 else (page - 1) * 4096  # the first page begins with the header of the file
    data[start : start + 1900] = b"\xff" * 1900
    path.write_bytes(data)
    message = refusal(path)
    assert message.startswith(f"{path}: is damaged")
    assert message.endswith(
        "It was left as it is: put back a copy of it; or move it away, and the server will start without the channels,"
        " nicks and certificates that were in it"
    )
    assert path.read_bytes() == bytes(data)


def test_a_file_that_was_cut_off_is_named(path: Path) -> None:
    path.write_bytes(filled(path)[:8192])
    assert refusal(path).startswith(f"{path}: is damaged")


@pytest.mark.parametrize("application", [0, 0x0F055112])
def test_the_database_of_another_program_is_left_alone(path: Path, application: int) -> None:
    foreign = sqlite3.connect(path)
    foreign.execute(f"PRAGMA application_id = {application}")
    foreign.execute("CREATE TABLE acts (something)")
    foreign.commit()
    foreign.close()
    before = path.read_bytes()
    assert refusal(path) == (f"{path}: is the database of another program. It was left as it is: name another file")
    assert path.read_bytes() == before


def test_a_newer_schema_is_left_alone(path: Path) -> None:
    filled(path)
    newer = sqlite3.connect(path)
    newer.execute("UPDATE schema SET version = 99")
    newer.commit()
    newer.close()
    message = refusal(path)
    assert message.startswith(f"{path}: was written by a newer version of freeq (its schema is 99, this version knows")
    after = sqlite3.connect(path)
    assert after.execute("SELECT version, (SELECT count(*) FROM acts) FROM schema").fetchone() == (99, 201)
    after.close()


def test_an_older_schema_is_brought_up_all_at_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(path)
    good = (*schema.MIGRATIONS, ("ALTER TABLE nicks ADD COLUMN colour TEXT",), ("CREATE TABLE more (a) STRICT",))
    monkeypatch.setattr(schema, "MIGRATIONS", good)  # STRICT asks for a type: the last step fails
    assert refusal(path).startswith(f"{path}: cannot be used: ")
    monkeypatch.setattr(schema, "MIGRATIONS", (*good[:-1], ("CREATE TABLE more (a TEXT) STRICT",)))
    store = SqliteStore(path)
    assert len(list(store.restore())) == 201
    assert store._connection is not None
    assert store._connection.execute("SELECT version FROM schema").fetchone() == (3,)
    store.close()


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert refusal(tmp_path / "file" / "freeq.db") == f"{tmp_path}/file: cannot keep a database here: File exists"
    assert refusal(tmp_path) == f"{tmp_path}: cannot be opened: Is a directory"


def test_a_full_disk_refuses_the_write_and_keeps_the_rest(path: Path) -> None:
    store = SqliteStore(path)
    store.write((founding("#garden", ADA),))
    assert store._connection is not None
    (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
    store._connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    before = list(store.restore())
    with pytest.raises(StorageError, match=r"^there is no room left$"):
        store.write((nick("ada", ADA), *(act(number, text="x" * 300) for number in range(200))))
    assert list(store.restore()) == before
    store._connection.execute("PRAGMA max_page_count = 100000")
    store.write((nick("ada", ADA),))
    store.close()
    store = SqliteStore(path)
    assert [row for row in store.restore() if isinstance(row, NickRow)] == [nick("ada", ADA)]
    store.close()


def test_a_database_that_another_program_holds_refuses_the_write(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("freeq_storage.file.BUSY_SECONDS", 0.0)
    store = SqliteStore(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match=r"^another program holds the database$"):
        store.write((nick("ada", ADA),))
    other.execute("ROLLBACK")
    other.close()
    store.write((nick("ada", ADA),))
    assert list(store.restore()) == [nick("ada", ADA)]
    store.close()


def test_an_error_later_on_names_no_file(path: Path) -> None:
    """It may be told to a user."""
    store = SqliteStore(path)
    assert store._connection is not None
    store._connection.execute("DROP TABLE nicks")
    with pytest.raises(StorageError) as caught:
        store.write((nick("ada", ADA),))
    assert str(caught.value) == "the database does not work"
    assert isinstance(caught.value.__cause__, sqlite3.OperationalError)
    store.close()


def test_an_error_at_the_start_names_the_file(path: Path) -> None:
    store = SqliteStore(path)
    assert store._connection is not None
    store._connection.execute("DROP TABLE nicks")
    with pytest.raises(StorageError) as caught:
        list(store.restore())
    assert str(caught.value) == f"{path}: the database does not work"
    store.close()
