"""An implementation that was written from the document alone makes of every vector what the document says."""

import ast
from pathlib import Path

import pytest

from tests.spec import stranger
from tests.spec.test_vectors import ANSWERS, CHALLENGES, VECTORS


def test_the_stranger_knows_nothing_of_this_project() -> None:
    tree = ast.parse(Path(stranger.__file__).read_text(encoding="utf-8"))
    imported = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert [name for name in imported if name.startswith(("freeq", "tests"))] == []


@pytest.mark.parametrize("name", CHALLENGES)
def test_challenges(name: str) -> None:
    vector = CHALLENGES[name]
    data = stranger.base64url(vector["challenge"])
    if vector["valid"]:
        assert stranger.may_answer(data, vector["dialled"], vector["now"])
    else:
        with pytest.raises(stranger.RefusedError):
            stranger.may_answer(data, vector["dialled"], vector["now"])


@pytest.mark.parametrize("name", ANSWERS)
def test_answers(name: str) -> None:
    vector = ANSWERS[name]
    if vector["valid"]:
        assert stranger.verify(vector, VECTORS["documents"]).startswith("did:")
    else:
        with pytest.raises(stranger.RefusedError) as refused:
            stranger.verify(vector, VECTORS["documents"])
        assert refused.value.code == vector.get("code")


def test_hashes() -> None:
    for vector in VECTORS["hashes"]:
        data = stranger.base64url(vector["challenge"])
        assert stranger.binding_hash(data, vector["type"], bytes.fromhex(vector["data"])) == vector["hash"]
