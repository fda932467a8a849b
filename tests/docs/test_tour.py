"""The five minutes of the README, with the programs that it names, in terminals: what it promises is on the screens."""

import re
from pathlib import Path

import pytest

from tests.docs.markdown import Block, blocks
from tests.docs.running import Page
from tests.integration.clients import home
from tests.integration.terminal import Terminal, terminal

pytestmark = pytest.mark.needs("tmux", "irssi", "weechat")


def in_page(page: Page, block: Block) -> list[str]:
    """The command of a block, on the page's network."""
    return [*page.network, "sh", "-c", f"exec {block.text}"]


def talk(irssi: Terminal, weechat: Terminal) -> None:
    """Two people in one channel talk."""
    weechat.until("joined #garden")
    weechat.enter("good morning, ada")
    irssi.until("bob> good morning, ada")
    irssi.enter("good morning, bob")
    weechat.until("good morning, bob")


def see(irssi: Terminal, weechat: Terminal) -> None:
    """The account is on both screens, and can be made an operator."""
    irssi.enter("/whois cleo")
    irssi.enter("/window 1")
    found = re.search(r"account +: (did:key:zDn\w+)", irssi.until(r"account +: did:key:zDn"))
    assert found is not None
    weechat.enter("/whois cleo")
    weechat.enter("/buffer 1")
    weechat.until(f"is logged in as {found[1]}")
    irssi.enter("/window 2")
    irssi.enter(f"/mode #garden +o {found[1]}")
    irssi.until(r"\[\+o cleo\] by ada")


def test_the_five_minutes(tmp_path: Path) -> None:
    serve, _tests, irssi, weechat, sign_in, _program = blocks("README.md")
    with Page(tmp_path) as page, home() as ada, home() as bob:
        page.run(serve)
        with terminal(ada, in_page(page, irssi)) as first:
            first.until("Welcome to the freeq Network")
            first.enter("/join #garden")
            first.until(r"\[@ada\]")  # who comes first is the founder
            with terminal(bob, in_page(page, weechat)) as second:
                talk(first, second)
                page.run(sign_in)
                first.until("cleo> hello")
                see(first, second)
