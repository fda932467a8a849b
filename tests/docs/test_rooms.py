"""``docs/rooms.md``: the names that answer a question are where the table says."""

import ast

import pytest

from tests.contract.sources import CORE, rooms, sources_under
from tests.docs.rooms import RULES


@pytest.mark.parametrize(("question", "room", "file", "name"), RULES)
def test_a_rule_is_where_the_page_says(question: str, room: str, file: str, name: str) -> None:
    (source,) = (each for each in sources_under(CORE) if each.path == f"{CORE}/{room}/{file}")
    defined = {getattr(node, "name", None) for node in source.tree.body}
    for node in source.tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=assigned)]) | ast.AnnAssign(target=ast.Name(id=assigned)):
                defined.add(assigned)
            case _:
                pass
    assert question.endswith("?")
    assert name in defined


def test_every_room_answers_something() -> None:
    """But the boundary, which has a page of its own."""
    assert {room for _, room, _, _ in RULES} == set(rooms()) - {"boundary"}
