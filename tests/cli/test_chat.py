"""``freeq chat``, in a pipe and in a terminal's place, on a whole server over TLS."""

import argparse
import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from freeq_cli.chat import Chat, InputLines, _advice
from freeq_cli.chat_view import plain, shown
from freeq_proto.boundary import LocalProtocolError
from freeq_proto.client import ClientConfig, MessageReceived, Source, Stopped
from freeq_runtime_asyncio import Client, OpensslFiles
from tests.examples.running import Example, running
from tests.runtime_asyncio.certificates import client_files
from tests.runtime_asyncio.real_server import RealServer, real_server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RealServer]:
    with real_server(tmp_path) as serving:
        yield serving


def chat(server: RealServer, *options: str, port: int | None = None) -> list[str]:
    secure = server.secure
    return ["-m", "freeq_cli", "chat", secure.host, "--port", str(port or secure.port), *options]


def printed(example: Example) -> list[str]:
    """Everything that it printed, once it has ended, without the times."""
    lines = []
    while (line := example.line()) is not None:
        lines.append(line.partition(" ")[2] if line[:1].isdigit() else line)
    return lines


def test_a_script_in_a_pipe_has_its_answers(server: RealServer) -> None:
    with running(server, *chat(server, "--nick", "ada", "--join", "#garden")) as ada:
        for line in ("hello", "/me waves", "/whois ada", "/join #kitchen", "//slash", "/nick", "/what", "/quit bye"):
            ada.write(line)
        assert ada.end() == 0
        lines = printed(ada)
    assert "-- connected to 127.0.0.1, whose certificate is verified" in lines
    assert "-- you are ada on localhost (Example), a guest" in lines
    assert lines.index("#garden <ada> hello") < lines.index("#garden * ada waves")
    assert any(line.startswith("-- 311 ada ") for line in lines)
    assert lines.index("#kitchen -- ada came") < lines.index("#kitchen <ada> /slash")
    assert "-- /nick NICK" in lines
    assert "-- /msg TARGET TEXT" in lines


def test_two_people_talk(server: RealServer) -> None:
    with (
        running(server, *chat(server, "--nick", "ada", "--join", "#garden")) as ada,
        running(server, *chat(server, "--nick", "bob", "--no-tls", port=server.plain.port)) as bob,
    ):
        ada.until("#garden -- ada came")
        bob.write("/join #garden")
        ada.until("#garden -- bob came")
        bob.write("good morning")
        ada.until("#garden <bob> good morning")
        ada.write("/msg bob between us")
        bob.until("bob <ada> between us")
        ada.write("/nick eve")
        bob.until("-- ada is eve now")
        ada.write("still me")
        bob.until("#garden <eve> still me")
        assert bob.end() == 0
        ada.until("#garden -- bob left the network")
        assert ada.end() == 0


def test_a_did_key_is_made_and_kept(server: RealServer, tmp_path: Path) -> None:
    key = tmp_path / "me.key"
    accounts = []
    for _ in range(2):
        with running(server, *chat(server, "--nick", "ada", "--key", str(key))) as ada:
            accounts.append(ada.until("-- signed in as did:key:z").split(" ")[5])
            assert ada.end() == 0
    assert accounts[0] == accounts[1]
    assert key.stat().st_mode & 0o777 == 0o600


def test_a_certificate_that_was_bound_by_another_way_signs_in(tmp_path: Path) -> None:
    """SASL EXTERNAL (RFC 4422 appendix A), after CERT ADD by whoever signed in with a key."""
    _, own = client_files(tmp_path)
    certificate, key = tmp_path / "own.crt", tmp_path / "own.key"
    before, begin, after = own.read_text().partition("-----BEGIN PRIVATE KEY-----")
    certificate.write_text(before)
    key.write_text(begin + after)
    two_files = ("--certificate", str(certificate), "--certificate-key", str(key))
    with real_server(tmp_path, tls=OpensslFiles) as asking:
        with running(asking, *chat(asking, "--nick", "ada", "--certificate", str(own))) as ada:
            assert ada.end() == 1
            assert "CERT ADD" in printed(ada)[-1]
        with running(asking, *chat(asking, "--nick", "ada", "--key", str(tmp_path / "me.key"), *two_files)) as ada:
            account = ada.until("-- signed in as did:key:z").split(" ")[5]
            ada.write("/raw CERT ADD :my laptop")
            ada.until("-- NOTE CERT CERTIFICATE_ADDED")
            assert ada.end() == 0
        for options in (two_files, ("--certificate", str(own))):
            with running(asking, *chat(asking, "--nick", "ada", *options)) as ada:
                ada.until(f"-- signed in as {account} by EXTERNAL")
                assert ada.end() == 0


def test_whoever_wants_a_nick_that_is_in_use_is_told_what_to_do(server: RealServer) -> None:
    with running(server, *chat(server, "--nick", "ada")) as ada, running(server, *chat(server, "--nick", "ada")) as bob:
        first = ada.until("-- you are ada")
        second = bob.until("-- you are ada")
        later = ada if "ada_" in first else bob
        assert "ada_" in first + second
        later.until("-- ada is in use: you get it when it is free, or /nick NICK")
        for line in ("/me waves", "/part"):
            later.write(line)
            later.until("-- join a channel first: /join #channel")


def test_a_wrong_app_password_is_explained() -> None:
    options = argparse.Namespace(port=None)
    reason = "signing in failed: the account's host does not accept this name and password"
    assert _advice(options, reason).startswith(" (an app password is made in the settings of the account")


def test_a_connection_that_is_gone_is_not_waited_for() -> None:
    """Else whoever obeys the lines that are typed would end, and the chat would hear nothing any more."""
    client = Client(ClientConfig(destination="irc.example.org", nick="ada"))
    with pytest.raises(LocalProtocolError):
        asyncio.run(client.request("PING", "nobody"))
    asyncio.run(Chat(client, InputLines(-1), [])._settle())


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--certificate-key", "a.key"], "--certificate-key is the key of a --certificate, which is not given"),
        (["--certificate", "a.crt", "--no-tls"], "a certificate is presented over TLS: leave --no-tls out"),
        (["--certificate", "/dev/null"], "cannot use /dev/null and /dev/null as a client's certificate"),
        (["--port", "70000"], "a port is a number from 1 to 65535, not 70000"),
    ],
)
def test_what_cannot_be_is_said_before_anything_begins(server: RealServer, options: list[str], why: str) -> None:
    with running(server, "-m", "freeq_cli", "chat", "irc.example.org", *options) as ada:
        assert ada.end() == 1
        (line,) = printed(ada)
        assert line.startswith(f"freeq: {why}")


def test_an_app_password_goes_to_no_server_that_proves_nothing(server: RealServer) -> None:
    command = ["-m", "freeq_cli", "chat", "irc.example.org", "--insecure", "--sign-in", "ada.example.org"]
    with running(server, *command) as ada:
        ada.write("app-password")
        assert ada.end() == 1
        assert printed(ada) == [
            "freeq: signing in needs a server whose certificate is verified: leave --insecure and --no-tls out"
        ]


def test_an_unknown_certificate_is_refused_unless_that_is_asked_for(server: RealServer) -> None:
    trusting_nobody = {"SSL_CERT_FILE": "/dev/null"}
    with running(server, *chat(server), **trusting_nobody) as ada:
        assert ada.end() == 1
        assert printed(ada)[-1] == (
            "freeq: the certificate of localhost is signed by nobody but itself: "
            "get it from its operator and trust it by name "
            "(SSL_CERT_FILE=FILE trusts it; or, to try it out, --insecure)"
        )
    with running(server, *chat(server, "--insecure", "--nick", "ada"), **trusting_nobody) as ada:
        ada.until("WARNING: whoever is in between can read and change everything (--insecure)")
        ada.until("-- you are ada")
        assert ada.end() == 0


def test_the_wrong_port_is_explained(server: RealServer) -> None:
    with running(server, *chat(server, port=server.plain.port)) as ada:
        assert ada.end() == 1
        assert printed(ada)[-1].endswith(
            "does not speak TLS: is it the right port? (or is this a server without TLS: --no-tls)"
        )


def test_nothing_that_strangers_write_commands_a_terminal() -> None:
    assert plain("\x02bold\x02 \x0304,12red\x0f \x1b]0;title\x07\u202eevil") == "bold red �]0;title��evil"
    event = MessageReceived("#a", Source("eve\x1b[2J"), "one\ntwo\x1b[H", conversation="#a")
    assert list(shown(event)) == ["#a <eve�[2J> one", "#a <eve�[2J> two�[H"]
    assert list(shown(Stopped("\x07"))) == ["-- the end: �"]
