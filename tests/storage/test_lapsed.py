"""Channels of guests are forgotten at a start; what an account may hold never is."""

from pathlib import Path

import pytest

from freeq_proto.authority import KINDS
from freeq_proto.boundary import ActRow
from freeq_storage import MemoryStore, SqliteStore
from freeq_storage.lapsed import may_give_to_an_account
from tests.storage.samples import ADA, GUEST, act, founding, nick


def after_a_restart(folder: Path, *rows: ActRow) -> list[str]:
    """The logs that are still there."""
    for _ in range(2):
        store = SqliteStore(folder / "freeq.db")
        if not list(store.restore()):
            store.write(rows)
        store.close()
    store = SqliteStore(folder / "freeq.db")
    kept = list(store.restore())
    store.close()
    assert kept == [row for row in rows if row in kept]
    return [row.log for row in kept if isinstance(row, ActRow)]


def test_a_guests_channel_is_forgotten_whole(tmp_path: Path) -> None:
    ended = act(2, "#guests", "end", "", subject=GUEST)
    rows = (founding("#guests", GUEST), founding("#a", ADA), act(1, "#guests", "ban", GUEST, pattern="x"), ended)
    assert after_a_restart(tmp_path, *rows) == ["#a"]


@pytest.mark.parametrize("kind", ["grant", "transfer"])
def test_what_a_guest_gave_to_an_account_is_kept_with_all_that_led_to_it(tmp_path: Path, kind: str) -> None:
    rows = (founding("#a", GUEST), act(1, "#a", by=GUEST), act(2, "#a", kind, GUEST, subject=ADA, role="o"))
    assert after_a_restart(tmp_path, *rows) == ["#a"] * 3


def test_what_is_given_to_guests_only_is_forgotten(tmp_path: Path) -> None:
    """An account may act there, be invited and be kicked: none of it makes him an operator."""
    rows = (
        founding("#a", GUEST),
        act(1, "#a", "grant", GUEST, subject="guest:z6Mk/1.8", role="o"),
        act(2, "#a", "invite", GUEST, subject=ADA),
        act(3, "#a", "topic", ADA),
        act(4, "#a", "kick", GUEST, subject=ADA, nick="ada"),
    )
    assert after_a_restart(tmp_path, *rows, founding("#b", ADA)) == ["#b"]


def test_names_are_no_guests_channel(tmp_path: Path) -> None:
    """Nicks belong to accounts and are never forgotten here."""
    store = SqliteStore(tmp_path / "freeq.db")
    store.write((founding("#a", GUEST), nick("ada", ADA)))
    store.close()
    store = SqliteStore(tmp_path / "freeq.db")
    assert list(store.restore()) == [nick("ada", ADA)]
    store.close()


def test_memory_forgets_nothing() -> None:
    store = MemoryStore()
    store.write((founding("#a", GUEST),))
    assert list(store.restore()) == [founding("#a", GUEST)]
    store.close()


@pytest.mark.parametrize(
    ("kind", "principal", "body"),
    [
        ("create", ADA, "{}"),
        ("grant", GUEST, '{"subject":"did:key:z6Mk","role":"v"}'),
        ("unheard-of", GUEST, "{}"),
        ("grant", GUEST, "no JSON"),
        ("grant", GUEST, "[]"),
        ("grant", GUEST, "{}"),
        ("transfer", GUEST, '{"subject":7}'),
    ],
)
def test_what_is_not_understood_is_kept(kind: str, principal: str, body: str) -> None:
    assert may_give_to_an_account(kind, principal, body)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_that_gives_a_role_is_known(kind: str) -> None:
    """Those whose body names a subject that gains by it: a new one has to be judged here."""
    taking = {"revoke", "kick", "end", "invite"}
    gives = may_give_to_an_account(kind, ADA, f'{{"subject":"{ADA}"}}')
    subject = "subject" in getattr(KINDS[kind], "__annotations__", {})
    assert gives == (kind == "create" or (subject and kind not in taking))
