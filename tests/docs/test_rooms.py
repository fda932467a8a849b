"""``docs/rooms.md``: the names that answer a question are where the table says."""

import ast

import pytest

from tests.contract.sources import CORE, rooms, sources_under
from tests.docs.rooms import AROUND, RULES

PLACES = [(question, CORE, f"{CORE}/{room}/{file}", name) for question, room, file, name in RULES]
PLACES += [(question, package, f"{package}/{file}", name) for question, package, file, name in AROUND]


@pytest.mark.parametrize(("question", "package", "path", "name"), PLACES)
def test_a_rule_is_where_the_page_says(question: str, package: str, path: str, name: str) -> None:
    (source,) = (each for each in sources_under(package) if each.path == path)
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
