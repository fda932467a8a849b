"""So many times from one place within so many seconds, and nothing remembered for longer."""

from freeq_proto.server.allowance import Allowance


def test_what_was_done_counts_for_so_long() -> None:
    allowance = Allowance(2, 60)
    assert [allowance.take("a", mono) for mono in (0.0, 10.0, 20.0, 59.0, 60.0, 61.0, 70.0)] == [
        True,
        True,
        False,
        False,
        True,
        False,
        True,
    ]


def test_places_count_apart_and_a_unix_socket_not_at_all() -> None:
    allowance = Allowance(1, 60)
    assert [allowance.take(place, 0.0) for place in ("a", "b", "a", "", "")] == [True, True, False, True, True]


def test_places_are_forgotten() -> None:
    allowance = Allowance(1, 60)
    for number in range(1000):
        allowance.take(f"place {number}", float(number))
    assert len(allowance) == 60
