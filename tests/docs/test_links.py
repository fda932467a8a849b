"""Links within the repository lead somewhere: to a file that is there, and to a heading that is in it."""

from pathlib import PurePosixPath

import pytest

from tests.docs.markdown import PAGES, ROOT, anchors, links

LINKING = (*PAGES, "CONTRIBUTING.md", "CHANGELOG.md")


def broken(page: str) -> list[str]:
    """The targets of a page's links that lead nowhere; those to other sites are taken as they are."""
    return [target for target in links(page) if "://" not in target and not leads_somewhere(page, target)]


def leads_somewhere(page: str, target: str) -> bool:
    path, _, anchor = target.partition("#")
    file = (ROOT / page).parent / path if path else ROOT / page
    if not file.exists() or not file.resolve().is_relative_to(ROOT):
        return False
    return not anchor or anchor in anchors(PurePosixPath(file.resolve().relative_to(ROOT)).as_posix())


@pytest.mark.parametrize("page", LINKING)
def test_links_lead_somewhere(page: str) -> None:
    assert broken(page) == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached = {"README.md"}
    waiting = ["README.md"]
    while waiting:
        page = waiting.pop()
        for target in links(page):
            file = ((ROOT / page).parent / target.partition("#")[0]).resolve()
            if "://" not in target and file.suffix == ".md":
                found = file.relative_to(ROOT).as_posix()
                if found not in reached:
                    reached.add(found)
                    waiting.append(found)
    assert set(LINKING) <= reached


@pytest.mark.parametrize(
    ("target", "leads"),
    [
        ("docs/boundary.md", True),
        ("docs/boundary.md#the-contract", True),
        ("#run-it", True),
        ("docs/no-such-page.md", False),
        ("docs/boundary.md#no-such-heading", False),
        ("../outside", False),
    ],
)
def test_a_link_is_followed_to_its_anchor(target: str, leads: bool) -> None:
    assert leads_somewhere("README.md", target) is leads
