"""``docs/signing-in.md``: what it has people type is typed, into irssi, WeeChat and a shell, at a server here.

The page's server, account and files stand for others here; everything else is as it is written there. Signing in with
an app password needs a PDS: ``tests/integration/atproto`` does that.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from tests.cli.processes import command, environment
from tests.docs.markdown import Block, blocks
from tests.integration.clients import home
from tests.integration.internet import Authority
from tests.integration.process import ServerProcess, serving
from tests.integration.terminal import Terminal, terminal

pytestmark = pytest.mark.needs("tmux", "irssi", "weechat")

PAGE = "docs/signing-in.md"
SETTINGS = """
[[listen]]
kind = "irc"
port = 0
tls = true
"""


def block(mark: str, containing: str) -> Block:
    """The block of the page that is marked so and has this in it."""
    (found,) = (each for each in blocks(PAGE) if each.mark == mark and containing in each.text)
    return found


@attrs.frozen
class Place:
    """A server called localhost that asks for certificates, and a user's folder."""

    server: ServerProcess
    folder: Path
    authority: Authority

    @property
    def certificate(self) -> Path:
        return self.folder / "freeq.pem"

    def make_certificate(self) -> None:
        """As the page says, where there is openssl."""
        if shutil.which("openssl") is None:
            certificate, key = self.authority.files("laptop")
            self.certificate.touch(0o600)
            self.certificate.write_bytes(key.read_bytes() + certificate.read_bytes())
        else:
            text = block("in a terminal", "openssl req").text
            subprocess.run(["sh", "-ec", text], cwd=self.folder, capture_output=True, check=True)
        assert self.certificate.stat().st_mode & 0o077 == 0

    def run(self, *command: str) -> str:
        """A program that trusts the authority and sees the user's folder; what it prints."""
        ran = subprocess.run(
            command,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            env={**environment(self.folder), "SSL_CERT_FILE": str(self.authority.file)},
        )
        assert (ran.returncode, ran.stderr) == (0, ""), ran
        return ran.stdout

    def chat(self) -> str:
        """Sign in by ``freeq chat`` with a key, as the page has it; the DID."""
        port = str(self.server.port("ircs"))
        shown = self.run(*command("chat", "localhost", "--port", port, "--nick", "alice", "--key", "alice.key"))
        signed_in = re.search("-- signed in as (did:key:z[A-Za-z0-9]+) by ATPROTO-CHALLENGE", shown)
        assert signed_in is not None, shown
        assert f"-- you are alice on localhost (Example), {signed_in[1]}" in shown
        return signed_in[1]

    def bind(self) -> str:
        """Make a certificate and bind it, with the page's program and a key where that has an app password; the DID."""
        self.make_certificate()
        did = self.chat()
        program = block("in a terminal", "asyncio.run").text
        for old, new in (
            ('AppPasswordCredentials("alice.example.net", getpass("App password: "))', f'KeyCredentials("{did}", KEY)'),
            ("import AppPasswordCredentials", "import KeyCredentials"),
            ('"irc.example.org"', f'Destination("localhost", {self.server.port("ircs")})'),
            ("from getpass import getpass", _FOR_A_KEY),
        ):
            assert program.count(old) == 1
            program = program.replace(old, new)
        assert "signs you in from now on" in self.run(sys.executable, "-W", "error", "-c", program)
        return did


_FOR_A_KEY = """\
from pathlib import Path
from freeq_proto.boundary import Destination
from freeq_proto.identity import parse_private_key
KEY = parse_private_key(Path("alice.key").read_text())
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    authority = Authority(tmp_path)
    certificate, key = authority.files("localhost")
    (written,) = (each.text for each in blocks(PAGE) if each.language == "toml")
    files = f'[tls]\ncertificate = "{certificate}"\nkey = "{key}"\n'
    settings = SETTINGS + written.replace("[tls]\n", files)
    with serving(tmp_path, settings, "localhost") as server, home() as folder:
        yield Place(server, folder, authority)


def type_block(opened: Terminal, place: Place, text: str, **replaced: str) -> None:
    """Type the lines of a block, with this machine's server and files in place of the page's."""
    for line in text.rstrip("\n").split("\n"):
        here = line.replace("irc.example.org/6697", f"localhost/{place.server.port('ircs')}")
        here = here.replace("irc.example.org 6697", f"localhost {place.server.port('ircs')}")
        for old, new in replaced.items():
            here = re.sub(rf"\b{old}\b", new, here)
        opened.enter(here)


def test_irssi_with_a_certificate(place: Place) -> None:
    did = place.bind()
    authority = f"tls_verify -tls_cafile {place.authority.file}"
    program = ["irssi", f"--home={place.folder / 'irssi'}", "-n", "alice"]
    with terminal(place.folder, program, IRCUSER="alice", IRCNAME="Alice") as irssi:
        irssi.until(r"\[\(status\)\]")
        type_block(irssi, place, block("in irssi", "EXTERNAL").text, tls_verify=authority)
        irssi.until(rf"You are now logged in as\s+{did}")
        irssi.until("Welcome to the garden")
        irssi.enter("/whois alice")
        irssi.until(rf"(?s)account +: {did}.*signed in by certificate.*has client certificate fingerprint")


def test_weechat_with_a_certificate(place: Place) -> None:
    did = place.bind()
    version = subprocess.run(["weechat", "--version"], capture_output=True, text=True, check=True).stdout
    older = {"tls": "ssl", "tls_cert": "ssl_cert"} if int(version.split(".")[0]) < 4 else {}
    runs = [
        "/set irc.server_default.nicks alice",
        "/set irc.look.server_buffer independent",
        "/set weechat.look.paste_max_lines -1",  # a test types faster than a person
        f"/set weechat.network.gnutls_ca_user {place.authority.file}",
    ]
    arguments = [argument for run in runs for argument in ("-r", run)]
    with terminal(place.folder, ["weechat", "-d", str(place.folder / "weechat"), *arguments]) as weechat:
        weechat.until("gnutls_ca_user")
        type_block(weechat, place, block("in weechat", "external").text, **older)
        weechat.until(rf"You are now logged in as\s+{did}")


def test_what_the_log_shows(place: Place) -> None:
    """The lines of the page, but for their times, numbers and names."""
    place.chat()
    (example,) = (each.text for each in blocks(PAGE) if " signed out conn=" in each.text)
    shapes = {
        " ".join(re.findall(r"[a-z-]+(?==)|signed in|signed out|sign-in refused", line)) for line in example.split("\n")
    }
    (logged,) = (line for line in place.server.log.split("\n") if " signed in " in line)
    assert " ".join(re.findall(r"[a-z-]+(?==)|signed in", logged)) in shapes
