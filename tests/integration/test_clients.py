"""irssi, WeeChat and a program made with this library, in one channel of one server, as their users see it."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from tests.integration.clients import irssi, weechat
from tests.integration.process import ROOT, ServerProcess, serving
from tests.integration.terminal import Terminal

pytestmark = pytest.mark.needs("tmux", "irssi", "weechat")

JUNK = re.compile(r"@time=|msgid=| PRIVMSG [^:]+ :|Unknown command|Not enough parameters|�")
"""What nobody wants to see."""


@attrs.frozen
class Garden:
    """A server and two clients in #garden, of which iris founded it."""

    server: ServerProcess
    iris: Terminal
    wendy: Terminal

    def check(self) -> None:
        for screen in (self.iris.screen, self.wendy.screen):
            assert not JUNK.search(screen), screen


@pytest.fixture
def garden(tmp_path: Path) -> Iterator[Garden]:
    with serving(tmp_path) as server:
        port = server.port("irc")
        with irssi(port, "iris") as iris, weechat(port, "wendy") as wendy:
            iris.until("Welcome to the garden")
            iris.until(r"Mode change \[\+i\] for user iris")
            iris.enter("/join #garden")
            iris.until(r"\[@iris\]")
            wendy.until("Welcome to the garden")
            wendy.enter("/join #garden")
            wendy.until(r"Channel #garden: 2 nicks")
            iris.until(r"wendy \[~wendy@.*\] has joined #garden")
            garden = Garden(server, iris, wendy)
            yield garden
            garden.check()


def test_talking(garden: Garden) -> None:
    iris, wendy = garden.iris, garden.wendy
    iris.enter("Grüße, wendy: 你好 ✿")
    wendy.until(r"@?iris +\| Grüße, wendy: 你好 ✿")
    wendy.enter("and to you, iris")
    iris.until("< wendy> and to you, iris")
    wendy.enter("/me waters the roses")
    iris.until(r"\* wendy waters the roses")
    wendy.enter("/notice #garden a word to all")
    iris.until("-wendy:#garden- a word to all")
    # A private conversation has a window of its own.
    wendy.enter("/query iris")
    wendy.enter("between us")
    iris.enter("/query wendy")
    iris.until("<wendy> between us")
    iris.enter("and the roses")
    wendy.until(r"iris +\| and the roses")


def test_changes(garden: Garden) -> None:
    iris, wendy = garden.iris, garden.wendy
    iris.enter("/topic Of delights")
    wendy.until(r'iris has (set|changed) topic .*"Of delights"')
    iris.until("iris changed the topic of #garden to: Of delights")
    iris.enter("/op wendy")
    wendy.until(r"Mode #garden \[\+o wendy\] by iris")
    wendy.enter("/nick gwen")
    iris.until("wendy is now known as gwen")
    wendy.until("You are now known as gwen")
    iris.enter("/window 1")
    iris.enter("/away in the greenhouse")
    iris.until("You have been marked as being away")
    wendy.enter("/whois iris")
    wendy.until(r"\[iris\].* is away: in the greenhouse")
    wendy.until(r"\[iris\] End of /WHOIS list")


def test_kicking_and_leaving(garden: Garden) -> None:
    iris, wendy = garden.iris, garden.wendy
    iris.enter("/kick wendy Closing time")
    wendy.until(r"iris has kicked wendy \(Closing time\)")
    iris.until(r"wendy was kicked from #garden by iris \[Closing time\]")
    wendy.enter("/join #garden")
    iris.until("(?s)Closing time.*wendy .*has joined #garden")
    wendy.enter("/part #garden To the shed")
    iris.until(r"wendy \[.*\] has left #garden \[To the shed\]")
    wendy.enter("/join #garden")
    iris.until("(?s)To the shed.*wendy .*has joined #garden")
    iris.enter("/quit Good night")
    wendy.until(r"iris .*has quit \(Quit: Good night\)")


def test_who_signed_in(garden: Garden, tmp_path: Path) -> None:
    """The DID is what others are told by WHOIS; what is said is said to everybody alike."""
    example = [sys.executable, str(ROOT / "examples" / "sign_in_with_did_key.py"), "127.0.0.1"]
    options = ["--nick", "dora", "--key", str(tmp_path / "key"), "--join", "#garden", "--say", "It is I", "--stay"]
    with subprocess.Popen(
        [*example, str(garden.server.port("irc")), *options],
        env={"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as dora:
        assert dora.stdout is not None
        try:
            heard = []
            for line in dora.stdout:
                heard.append(line)
                if "-- the server knows me as" in line:
                    break
            did = heard[-1].rpartition(" ")[2].strip()
            assert did.startswith("did:key:zDn"), heard
            garden.wendy.until(r"dora +\| It is I")
            garden.iris.until("< dora> It is I")
            garden.wendy.enter("Who are you?")
            assert any(line.rstrip().endswith("PRIVMSG #garden :Who are you?") for line in dora.stdout)
            garden.wendy.enter("/whois dora")
            garden.wendy.until(rf"\[dora\].*{did}")
            garden.iris.enter("/window 1")
            garden.iris.enter("/whois dora")
            garden.iris.until(rf"account +: {did}")
        finally:
            dora.send_signal(signal.SIGINT)
    garden.wendy.until("dora .*has quit")
    garden.iris.enter("/window 2")
    garden.iris.until("dora .*has quit")
