"""What is printed when the server is ready."""

import sys
from pathlib import Path

import pytest

from freeq_cli.greeting import Bound, Kept, Typed, greeting
from freeq_proto.boundary import Listener

KEPT = Kept(Path("/state/server.json"), Path("/state/freeq.db"))
EVERYTHING = """\
freeq 1.2.3 is ready: irc.example

  IRC        ircs://[::]:6697
  IRC        irc://0.0.0.0:6667
  WebSocket  ws://127.0.0.1:8067/irc
  control    /state/control.sock
  state      /state/server.json
  database   /state/freeq.db
  pin        SHA-256 AB:CD

Connect with a client:
  irssi -c 127.0.0.1 -p 6667 -n yournick
  weechat irc://yournick@127.0.0.1:6667/#freeq
Sign in with a DID, from a checkout of the source:
  python examples/sign_in_with_did_key.py 127.0.0.1 6667 --server-name irc.example
Connect from a web page:
  new WebSocket("ws://127.0.0.1:8067/irc", "text.ircv3.net")
Look after the server:
  freeq ctl --socket /state/control.sock status
Stop the server: Ctrl-C
"""


def test_it_says_where_everything_is_and_what_to_type() -> None:
    bound = [
        Bound(Listener.IRC, "::", 6697, tls=True),
        Bound(Listener.IRC, "0.0.0.0", 6667),
        Bound(Listener.WEB, "127.0.0.1", 8067),
        Bound(Listener.CONTROL, "/state/control.sock"),
    ]
    assert greeting("irc.example", "1.2.3", KEPT, bound, "AB:CD") == EVERYTHING


def test_it_is_silent_about_what_is_not_there() -> None:
    bound = [Bound(Listener.IRC, "::1", 6697, tls=True)]
    text = greeting("irc.example", "1.2.3", KEPT, bound)
    assert "irssi" not in text  # it takes no TLS on its command line
    assert "WebSocket" not in text
    assert "freeq ctl" not in text
    assert "weechat ircs://yournick@[::1]:6697/#freeq" in text
    assert "sign_in_with_did_key.py ::1 6697 --tls --server-name irc.example" in text


def test_programs_are_named_as_they_can_be_typed_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the PATH by name, below this folder by a short path, elsewhere by the whole one."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "venv" / "bin"
    folder.mkdir(parents=True)
    program = folder / "freeq"
    program.write_text("#!/bin/sh\n", encoding="ascii")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(program)])
    monkeypatch.setattr(sys, "executable", "/elsewhere/python3")
    monkeypatch.setenv("PATH", "")
    assert Typed.here() == Typed("venv/bin/freeq", "/elsewhere/python3")
    monkeypatch.setenv("PATH", str(folder))
    assert Typed.here().freeq == "freeq"
    monkeypatch.setattr(sys, "argv", ["/somewhere/freeq_cli/__main__.py"])
    assert Typed.here().freeq == "/elsewhere/python3 -m freeq_cli"
    text = greeting("a.example", "1", KEPT, [Bound(Listener.CONTROL, "/c")], typed=Typed("venv/bin/freeq"))
    assert "  venv/bin/freeq ctl --socket /c status\n" in text
