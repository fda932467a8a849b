"""The generated parts of the documentation say what the code says."""

import pytest

from tests.docs.generated import GENERATED, HOW, names, pages_with_parts, regenerated
from tests.docs.markdown import PAGES, read


@pytest.mark.parametrize("page", pages_with_parts(PAGES))
def test_a_page_is_as_the_code_has_it(page: str) -> None:
    assert read(page) == regenerated(page), HOW


def test_every_part_has_its_place() -> None:
    assert sorted(name for page in PAGES for name in names(page)) == sorted(GENERATED)
