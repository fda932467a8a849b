"""Options of ``freeq serve`` that say something over the file, and what they come to."""

import argparse
from pathlib import Path

import pytest

from freeq_cli.overrides import add_options, overrides
from freeq_cli.plan import Listen, Plan, load
from freeq_cli.problems import UnusableConfigurationError
from freeq_proto.boundary import Listener

IRC = Listen(Listener.IRC, "127.0.0.1", 6667)
IRC_TLS = Listen(Listener.IRC, "127.0.0.1", 6697, tls=True)
WEB = Listen(Listener.WEB, "127.0.0.1", 8067)
CONTROL = Listen(Listener.CONTROL)


def plan(tmp_path: Path, text: str | None, *arguments: str) -> Plan:
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_options(parser)
    path = tmp_path / "freeq.toml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    return load(path if text is not None else None, overrides(parser.parse_args(arguments)))


def test_without_options_and_file_it_serves_this_machine(tmp_path: Path) -> None:
    made = plan(tmp_path, None)
    assert made.listen == (IRC, WEB, CONTROL)
    assert (made.config.name, made.state, made.self_signed) == ("localhost", None, False)


def test_each_option_has_its_effect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = plan(
        tmp_path,
        "[server]\nname = 'a.example'\n",
        "--name",
        "b.example",
        "--state",
        "s.json",
        "--verbose",
        "--log-json",
    )
    assert made.config.name == "b.example"
    assert made.state == tmp_path / "s.json", "from where the command was typed, not from the file's folder"
    assert (made.log_level, made.log_format) == ("debug", "json")


@pytest.mark.parametrize(
    ("text", "arguments", "expected"),
    [
        (None, ["--listen", "[::]:7000"], (Listen(Listener.IRC, "::", 7000), WEB, CONTROL)),
        (
            None,
            ["--listen", "a:1", "--listen", "b:2"],
            (Listen(Listener.IRC, "a", 1), Listen(Listener.IRC, "b", 2), WEB, CONTROL),
        ),
        (None, ["--tls", "self-signed"], (IRC, WEB, CONTROL, IRC_TLS)),
        (
            None,
            ["--tls", "self-signed", "--listen", "0.0.0.0:6667"],
            (Listen(Listener.IRC, "0.0.0.0", 6667), WEB, CONTROL, Listen(Listener.IRC, "0.0.0.0", 6697, tls=True)),
        ),
        ("[tls]\nself_signed = true\n", [], (IRC, WEB, CONTROL, IRC_TLS)),
        (
            "[tls]\nself_signed = true\n[[listen]]\nkind = 'irc'\nport = 1\ntls = true\n",
            ["--tls", "self-signed"],
            (Listen(Listener.IRC, "127.0.0.1", 1, tls=True),),
        ),
        (
            "[[listen]]\nkind = 'irc'\nport = 1\n[[listen]]\nkind = 'web'\nport = 2\n",
            ["--listen", "127.0.0.1:3"],
            (Listen(Listener.IRC, "127.0.0.1", 3), Listen(Listener.WEB, "127.0.0.1", 2)),
        ),
    ],
)
def test_where_it_listens(tmp_path: Path, text: str | None, arguments: list[str], expected: tuple[Listen, ...]) -> None:
    assert plan(tmp_path, text, *arguments).listen == expected


def test_a_problem_of_the_command_line_names_the_option(tmp_path: Path) -> None:
    with pytest.raises(UnusableConfigurationError) as caught:
        plan(tmp_path, "[limits]\nclients = 0\n", "--name", "a b", "--listen", "a:1", "--listen", "a:1")
    assert str(caught.value).replace(str(tmp_path), "") == (
        '--name: server.name is "a b"; allowed is a host name of at most 63 characters\n'
        "/freeq.toml:2: limits.clients is 0; allowed is an integer from 1\n"
        "--listen: listens on a port 1 a second time; the first is table 1 of [[listen]]"
    )


@pytest.mark.parametrize(
    "address", ["", "6667", ":6667", "host:", "host:x", "host:-1", "host:65536", "::1:6667", "[a]:1", "[::1:1", "h:٣"]
)
def test_an_address_that_is_none_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(argparse.ArgumentError) as caught:
        plan(tmp_path, None, "--listen", address)
    assert str(caught.value) == (
        f"argument --listen: {address!r}; allowed is HOST:PORT, as in 127.0.0.1:6667 or [::1]:6667"
    )
