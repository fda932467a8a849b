"""``freeq serve`` as an operator meets it: a process, its output, its signals, its codes."""

import asyncio
import hashlib
import importlib.machinery
import importlib.util
import json
import re
import signal
import socket
import ssl
import subprocess
import sys
import types
from pathlib import Path

import pytest

from freeq_cli.serve import event_loop
from freeq_proto.server import ServerIdentity
from tests.cli.processes import LISTEN, Client, Serving, command, environment, freeq


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "freeq.toml"
    path.write_text('[server]\nmotd = "Good morning"\n' + LISTEN, encoding="utf-8")
    return path


def greeted(server: Serving) -> str:
    """The message of the day, as a new user gets it."""
    with Client(server.address("irc")) as client:
        lines = client.register("eve")
    return "".join(line.partition(" 372 eve :- ")[2] for line in lines)


def state(folder: Path) -> Path:
    return folder / ".local" / "state" / "freeq" / "server.json"


def test_it_prints_where_it_is_and_serves_irc_there(tmp_path: Path, config: Path) -> None:
    with Serving(tmp_path, "--config", str(config)) as server, Client(server.address("irc")) as client:
        lines = client.register("ada")
        assert lines[0].startswith(":localhost 001 ada :")
        assert ":localhost 372 ada :- Good morning" in lines
        assert f"  state      {state(tmp_path)}\n" in server.greeting
        assert re.search(r" conn=\d+ nick=ada address=127.0.0.1 host=\S+$", server.log("registered"))


def test_it_serves_websocket(tmp_path: Path, config: Path) -> None:
    """RFC 6455 section 1.3: the example's key and its answer."""
    with Serving(tmp_path, "--config", str(config)) as server, Client(server.address("ws")) as client:
        client.send(
            "GET /irc HTTP/1.1",
            "Host: localhost",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Protocol: text.ircv3.net",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "",
        )
        head = [line.lower() for line in client.until("\r\n")]
        head += [line.lower() for line in client.until("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")]
        assert head[0].startswith("http/1.1 101")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_signal_ends_it_in_good_order(tmp_path: Path, config: Path, number: signal.Signals) -> None:
    with Serving(tmp_path, "--config", str(config)) as server, Client(server.address("irc")) as client:
        client.register("ada")
        server.signal(number)
        assert client.until("ERROR")[-1].startswith("ERROR :")
        code, log = server.end()
    assert code == 0
    assert "Traceback" not in log
    assert log.endswith("stopped\n")


def test_each_start_is_counted_and_the_key_stays(tmp_path: Path, config: Path) -> None:
    found: list[ServerIdentity] = []
    for _ in range(2):
        with Serving(tmp_path, "--config", str(config)):
            found.append(ServerIdentity.parse(state(tmp_path).read_bytes()))
    assert [identity.epoch for identity in found] == [1, 2]
    assert found[0].seed == found[1].seed


def test_a_killed_server_leaves_nothing_in_the_way(tmp_path: Path, config: Path) -> None:
    with Serving(tmp_path, "--config", str(config)) as server:
        server.signal(signal.SIGKILL)
        server.end()
    assert state(tmp_path).with_name("control.sock").exists()
    with Serving(tmp_path, "--config", str(config)) as server:
        assert server.ctl("status").returncode == 0


def test_a_second_server_on_the_same_state_is_refused(tmp_path: Path, config: Path) -> None:
    with Serving(tmp_path, "--config", str(config)):
        second = freeq(tmp_path, "serve", "--config", str(config))
    assert (second.returncode, second.stdout) == (1, "")
    assert second.stderr == (
        f"freeq: {state(tmp_path)}: another freeq server runs with this state file; stop it (freeq ctl stop), or give"
        " this one a state file of its own (--state FILE)\n"
    )


def test_a_port_that_is_taken_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        refused = freeq(tmp_path, "serve", "--listen", address)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        f"freeq: cannot listen for irc at {address}: Address already in use: stop the other program, or listen"
        " elsewhere (--listen HOST:PORT, or [[listen]] in a configuration)\n"
    )


@pytest.mark.parametrize("asking", ["false", "true"])
def test_the_certificate_is_the_one_that_it_told_to_pin(tmp_path: Path, asking: str) -> None:
    """Whether clients are asked for one of their own or not."""
    path = tmp_path / "freeq.toml"
    text = f'[[listen]]\nkind = "irc"\nport = 0\ntls = true\n[tls]\nclient_certificates = {asking}\n'
    path.write_text(text, encoding="utf-8")
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        Serving(tmp_path, "--config", str(path), "--tls", "self-signed") as server,
        Client(server.address("ircs"), lambda raw: context.wrap_socket(raw)) as client,
    ):
        assert client.register("ada")[0].startswith(":localhost 001 ada :")
        assert isinstance(client.socket, ssl.SSLSocket)
        seen = client.socket.getpeercert(binary_form=True)
        assert seen is not None
        assert f"SHA-256 {hashlib.sha256(seen).hexdigest().upper()}" in server.greeting.replace(":", "")


def test_ctl_looks_after_it(tmp_path: Path, config: Path) -> None:
    with Serving(tmp_path, "--config", str(config)) as server, Client(server.address("irc")) as client:
        client.register("ada")
        status = server.ctl("status")
        assert (status.returncode, status.stderr) == (0, "")
        assert "name: localhost\n" in status.stdout
        assert "users: 1\n" in status.stdout
        assert " ada - 127.0.0.1 plain\n" in server.ctl("sessions").stdout
        unknown = server.ctl("fly")
        assert (unknown.returncode, unknown.stdout) == (1, "")
        assert unknown.stderr.startswith("freeq: unknown command; ")
        assert server.ctl("kill", "ada", "be", "gone").returncode == 0
        assert "be gone" in client.until("ERROR")[-1]
        assert server.ctl("stop").returncode == 0
        assert server.end()[0] == 0


def test_a_reload_applies_what_it_can_and_names_the_rest(tmp_path: Path, config: Path) -> None:
    with Serving(tmp_path, "--config", str(config)) as server:
        config.write_text('[server]\nname = "b.example"\nmotd = "Good evening"\n' + LISTEN, encoding="utf-8")
        reload = server.ctl("rehash")
        assert reload.returncode == 0
        assert reload.stdout == 'server.name stays "localhost" until a restart, then it will be "b.example"\n'
        assert greeted(server) == "Good evening"

        config.write_text("[server]\nnmae = 1\n", encoding="utf-8")
        refused = server.ctl("rehash")
        assert refused.returncode == 1
        assert refused.stdout == f"{config}:2: unknown key server.nmae; did you mean server.name?\n"
        assert greeted(server) == "Good evening"


def test_sighup_reloads_and_the_log_says_how_it_went(tmp_path: Path, config: Path) -> None:
    with Serving(tmp_path, "--config", str(config)) as server:
        config.write_text('[server]\nmotd = "Good evening"\n' + LISTEN, encoding="utf-8")
        server.signal(signal.SIGHUP)
        server.log("configuration reloaded")
        assert greeted(server) == "Good evening"
        config.write_text("[limits]\nclients = 0\n", encoding="utf-8")
        server.signal(signal.SIGHUP)
        assert "limits.clients is 0; allowed is an integer from 1" in server.log("not reloaded")


def test_the_log_may_be_json(tmp_path: Path, config: Path) -> None:
    with Serving(tmp_path, "--config", str(config), "--log-json", "--no-uvloop") as server:
        running = json.loads(server.log("running"))
        assert (running["event"], running["loop"]) == ("running", "asyncio")
        with Client(server.address("irc")) as client:
            client.register("ada")
            client.send("QUIT :bye")
        registered, closed = (json.loads(server.log(event)) for event in ("registered", "closed"))
        assert (registered["nick"], registered["conn"]) == ("ada", closed["conn"])
        server.signal(signal.SIGTERM)
        _, log = server.end()
    assert [json.loads(line)["level"] for line in log.split("\n")[:-1]] == ["info"] * (log.count("\n"))


def test_output_that_nobody_reads_to_its_end_is_no_traceback(tmp_path: Path) -> None:
    with subprocess.Popen(
        command("config"), env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1


def test_a_terminal_that_cannot_show_a_name_is_no_traceback(tmp_path: Path) -> None:
    refused = subprocess.run(
        command("check-config", "grüße.toml"),
        env={**environment(tmp_path), "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "1"},
        capture_output=True,
        check=False,
    )
    assert refused.returncode == 2
    assert refused.stderr == b"gr\\xfc\\xdfe.toml: cannot be read: No such file or directory\n"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.1:6667", "Cannot assign requested address: this machine does not have that address"),
        ("no-such-host.invalid:6667", ""),
    ],
)
def test_an_address_that_is_not_ours_is_one_clear_line(tmp_path: Path, address: str, expected: str) -> None:
    """RFC 5737 section 3 and RFC 6761 section 6.4: an address and a name that no machine has."""
    refused = freeq(tmp_path, "serve", "--listen", address)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith(f"freeq: cannot listen for irc at {address}: {expected}")
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("wanted", "installed", "expected"),
    [(True, True, "uvloop"), (True, False, "asyncio"), (False, True, "asyncio"), (False, False, "asyncio")],
)
def test_uvloop_is_used_where_it_is_wanted_and_there(
    monkeypatch: pytest.MonkeyPatch, wanted: bool, installed: bool, expected: str
) -> None:
    loops = types.ModuleType("uvloop")
    loops.__dict__["new_event_loop"] = asyncio.new_event_loop
    loops.__spec__ = importlib.machinery.ModuleSpec("uvloop", None)
    monkeypatch.setitem(sys.modules, "uvloop", loops)
    if not installed:
        monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert event_loop(wanted=wanted) == (expected, asyncio.new_event_loop)
