"""What every store does, in a file or in memory."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias, get_args

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeq_proto.boundary import (
    AccountOf,
    AccountRow,
    CertificateOf,
    CertificateRow,
    CertificatesOf,
    Found,
    Query,
    Row,
    SavedChannelRow,
    SavedChannelsOf,
    Stored,
)
from freeq_storage import MemoryStore, SqliteStore, StorageError
from freeq_storage.queries import ANSWERS
from freeq_storage.rows import KEEPING, MAX_SAVED_CHANNELS
from tests.storage.samples import ADA, BOB, act, founding, nick

Store: TypeAlias = SqliteStore | MemoryStore


@pytest.fixture(params=["sqlite", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    store = SqliteStore(tmp_path / "freeq.db") if request.param == "sqlite" else MemoryStore()
    yield store
    store.close()


def found(store: Store, query: Query) -> list[Row]:
    return list(store.query(query).rows)


def test_the_whole_vocabulary_is_known() -> None:
    assert set(KEEPING) == set(get_args(Row))
    assert set(ANSWERS) == set(get_args(Query))


def test_an_empty_store_knows_nothing(store: Store) -> None:
    assert list(store.restore()) == []
    for query in (AccountOf(ADA), CertificateOf("00"), CertificatesOf(ADA), SavedChannelsOf(ADA)):
        assert store.query(query) == Found(())


def test_acts_come_back_in_the_order_in_which_they_were_written(store: Store) -> None:
    """Across channels too; the same act twice is two acts."""
    rows = (founding("#b", ADA), act(9, "#a"), act(3, "#b"), act(3, "#b"), act(1, "#a"))
    assert store.write(rows[:2]) == Stored()
    assert store.write(rows[2:]) == Stored()
    assert list(store.restore()) == list(rows)


def test_the_last_row_of_a_nick_counts_and_has_the_last_place(store: Store) -> None:
    store.write((nick("Ada", ADA), nick("bob", BOB), nick("ADA", BOB, 2)))
    assert list(store.restore()) == [nick("bob", BOB), nick("ADA", BOB, 2)]


def test_an_owner_who_signs_in_again_keeps_his_nick_with_the_later_time(store: Store) -> None:
    """Rows come back in the order in which they were written last, so that whoever was away longest comes first."""
    store.write((nick("ada", ADA, 1), nick("bob", BOB, 2)))
    store.write((nick("ada", ADA, 3),))
    assert list(store.restore()) == [nick("bob", BOB, 2), nick("ada", ADA, 3)]
    store.write((nick("bob", BOB, 4), nick("ada", ADA, 4)))
    assert list(store.restore()) == [nick("bob", BOB, 4), nick("ada", ADA, 4)]


def test_a_nick_that_belongs_to_nobody_is_forgotten(store: Store) -> None:
    store.write((nick("ada", ADA), nick("bob", BOB)))
    store.write((nick("ada", "", 2), nick("nobody", "", 2)))
    assert list(store.restore()) == [nick("bob", BOB)]


def test_acts_come_back_before_nicks(store: Store) -> None:
    store.write((nick("ada", ADA), founding("#a", ADA)))
    assert list(store.restore()) == [founding("#a", ADA), nick("ada", ADA)]


def test_the_last_row_of_an_account_counts(store: Store) -> None:
    first = AccountRow(ADA, "ada.example", "ATPROTO-CHALLENGE", "crypto", 1)
    last = attrs.evolve(first, handle="", mechanism="EXTERNAL", method="certificate", unix_ms=2)
    store.write((first, attrs.evolve(first, account=BOB), last))
    assert found(store, AccountOf(ADA)) == [last]


def test_certificates_are_bound_and_released(store: Store) -> None:
    laptop, phone = (CertificateRow(mark * 32, ADA, label, 1) for mark, label in (("0a", "laptop"), ("0b", "phone")))
    store.write((laptop, phone))
    assert found(store, CertificatesOf(ADA)) == [laptop, phone]
    assert found(store, CertificateOf(phone.fingerprint)) == [phone]
    store.write((attrs.evolve(laptop, bound=False),))
    assert found(store, CertificatesOf(ADA)) == [phone]
    assert found(store, CertificateOf(laptop.fingerprint)) == []


def test_a_certificate_is_not_taken_from_its_account(store: Store) -> None:
    """Two who bind it at once have both asked first, and found it free; the one who comes later is told."""
    ada = CertificateRow("0a" * 32, ADA, "laptop", 1)
    bob = attrs.evolve(ada, account=BOB, label="mine", unix_ms=2)
    store.write((ada,))
    with pytest.raises(StorageError, match=r"^the certificate belongs to another account$"):
        store.write((nick("bob", BOB), bob))
    assert found(store, CertificateOf(ada.fingerprint)) == [ada]
    assert found(store, CertificatesOf(BOB)) == []
    assert list(store.restore()) == [], "all of a write or nothing"
    store.write((attrs.evolve(bob, bound=False),))
    assert found(store, CertificateOf(ada.fingerprint)) == [ada], "nor does another account release it"


def test_a_certificate_that_was_released_can_be_bound_by_another(store: Store) -> None:
    ada = CertificateRow("0a" * 32, ADA, "", 1)
    bob = attrs.evolve(ada, account=BOB)
    store.write((ada, attrs.evolve(ada, bound=False), bob))
    assert found(store, CertificateOf(ada.fingerprint)) == [bob]
    assert found(store, CertificatesOf(ADA)) == []


def test_a_certificate_that_is_bound_again_keeps_its_place(store: Store) -> None:
    first, second = (CertificateRow(mark * 32, ADA, "", 1) for mark in ("0a", "0b"))
    again = attrs.evolve(first, label="laptop", unix_ms=3)
    store.write((first, second, again))
    assert found(store, CertificatesOf(ADA)) == [again, second]


def test_so_many_channels_of_an_account_are_kept(store: Store) -> None:
    def channel(number: int, account: str = ADA) -> SavedChannelRow:
        return SavedChannelRow(account, f"#{number}", f"#{number}")

    store.write([channel(0, BOB), *map(channel, range(MAX_SAVED_CHANNELS))])
    kept = attrs.evolve(channel(0), key="k")
    store.write((kept,))
    assert found(store, SavedChannelsOf(ADA)) == [kept, *map(channel, range(1, MAX_SAVED_CHANNELS))]
    store.write(list(map(channel, (MAX_SAVED_CHANNELS, MAX_SAVED_CHANNELS + 1))))
    assert found(store, SavedChannelsOf(ADA)) == list(map(channel, range(2, MAX_SAVED_CHANNELS + 2))), "the oldest went"
    assert found(store, SavedChannelsOf(BOB)) == [channel(0, BOB)]


def test_a_file_of_an_earlier_version_may_hold_more_channels(store: Store) -> None:
    assert store._connection is not None
    insert = "INSERT INTO saved_channels (account, folded, channel, key) VALUES (?, ?, ?, '')"
    for number in range(MAX_SAVED_CHANNELS + 50):
        store._connection.execute(insert, (ADA, f"#{number}", f"#{number}"))
    assert [row.channel for row in found(store, SavedChannelsOf(ADA)) if isinstance(row, SavedChannelRow)] == [
        f"#{number}" for number in range(50, MAX_SAVED_CHANNELS + 50)
    ]
    store.write((SavedChannelRow(ADA, "#new", "#new"),))
    assert store._connection.execute("SELECT count(*) FROM saved_channels").fetchone() == (MAX_SAVED_CHANNELS,)


def test_saved_channels_keep_their_places(store: Store) -> None:
    garden, shed = SavedChannelRow(ADA, "#garden", "#Garden"), SavedChannelRow(ADA, "#shed", "#shed", "k")
    opened = attrs.evolve(garden, channel="#GARDEN", key="open sesame")
    store.write((garden, shed, attrs.evolve(garden, account=BOB), opened))
    assert found(store, SavedChannelsOf(ADA)) == [opened, shed]
    store.write((attrs.evolve(opened, saved=False),))
    assert found(store, SavedChannelsOf(ADA)) == [shed]
    assert found(store, SavedChannelsOf(BOB)) == [attrs.evolve(garden, account=BOB)]
    store.write((garden,))
    assert found(store, SavedChannelsOf(ADA)) == [shed, garden]


def test_all_of_a_write_or_nothing(store: Store) -> None:
    """A lone surrogate is no text that can be kept; what was before it in the same write is not kept either."""
    store.write((founding("#a", ADA),))
    with pytest.raises(StorageError, match=r"^it holds what cannot be stored$"):
        store.write((act(1, "#a"), nick("ada", ADA), act(2, "#\ud800")))
    assert list(store.restore()) == [founding("#a", ADA)]
    store.write((act(3, "#a"),))
    assert list(store.restore()) == [founding("#a", ADA), act(3, "#a")]


def test_a_number_that_is_too_large_is_refused(store: Store) -> None:
    with pytest.raises(StorageError, match=r"^it holds what cannot be stored$"):
        store.write((nick("ada", ADA, 2**63),))
    assert list(store.restore()) == []


def test_nothing_to_write_is_no_mistake(store: Store) -> None:
    assert store.write(()) == Stored()


def test_a_closed_store_says_so(store: Store) -> None:
    store.close()
    store.close()
    with pytest.raises(StorageError, match=r"^the store is closed$"):
        store.write(())
    with pytest.raises(StorageError, match=r"^the store is closed$"):
        store.query(AccountOf(ADA))
    with pytest.raises(StorageError, match=r"the store is closed$"):
        next(store.restore())


def test_who_may_call_them() -> None:
    assert (SqliteStore.blocking, MemoryStore.blocking) == (True, False)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(TEXT, TEXT, TEXT, TEXT, st.integers(0, 2**53))
def test_any_text_comes_back_as_it_was(one: str, two: str, three: str, four: str, unix_ms: int) -> None:
    """NUL, line ends, quotes, combining characters, what SQL would call a name: all of it is text."""
    store = MemoryStore()
    account = AccountRow(one, two, three, four, unix_ms)
    certificate = CertificateRow(one, two, three, unix_ms)
    channel = SavedChannelRow(one, two, three, four)
    store.write((account, certificate, channel))
    assert found(store, AccountOf(one)) == [account]
    assert found(store, CertificateOf(one)) == found(store, CertificatesOf(two)) == [certificate]
    assert found(store, SavedChannelsOf(one)) == [channel]
    store.close()


@pytest.mark.parametrize("name", ["#ʞɔıʞ", "#été", "#e\u0301te\u0301", "#日本語", "#\U0001f331", "#a\0b"])
def test_unicode_names_are_kept_apart(store: Store, name: str) -> None:
    """Text is compared code point by code point: what only looks the same is another channel."""
    rows: list[Row] = [founding(name, ADA), founding(name + "\u200d", BOB), nick("Łukasz", ADA)]
    store.write(rows)
    assert list(store.restore()) == rows
