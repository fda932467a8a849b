"""What a configuration comes to, and where state is kept when it does not say."""

from pathlib import Path

import pytest

from freeq_cli.check import check
from freeq_cli.plan import Listen, control_path, load, make_config, state_folder, state_path, storage_path
from freeq_cli.source import parse_source
from freeq_proto.boundary import Listener
from freeq_proto.server import (
    Admin,
    Config,
    Flood,
    IdentityPolicy,
    Limits,
    Operator,
    SaslPolicy,
    StrictTransport,
)
from tests.cli.configurations import FOLDER, PHC

FULL = f"""\
[server]
name = "irc.example"
network = "ExampleNet"
description = "an example"
motd_file = "motd.txt"
password = "{PHC}"
state = "state/server.json"

[admin]
location = "Here"
organisation = "We"
email = "we@example"

[[listen]]
kind = "irc"
address = "::"
port = 6697
tls = true

[[listen]]
kind = "control"
path = "run/control"

[tls]
self_signed = true
client_certificates = true

[identity]
did = "did:web:id.example"
plc_directory = "http://127.0.0.1:2582"
private_network = true
document_seconds = 1
recheck_seconds = 12
nick_seconds = 3
nick_days = 4

[sasl]
methods = ["crypto", "service-auth"]
plain = true
external = false
bindings = ["lxm"]
legacy_audience = false

[storage]
path = "data/channels.db"

[web]
origins = ["https://chat.example"]

[limits]
clients = 1
clients_per_address = 2
channels = 3
channels_per_user = 4
monitor = 5
sendq_bytes = 16386
recvq_bytes = 16387
registration_seconds = 8
ping_seconds = 9.5
pong_seconds = 10
history_window = 11

[flood]
burst = 12
lines_per_second = 0.5

[[operator]]
name = "ada"
password = "{PHC}"
hosts = ["~a:did:plc:abc"]

[log]
level = "error"
format = "json"
"""


def test_every_setting_arrives(tmp_path: Path) -> None:
    """No value here is a default, so a setting that is read and forgotten shows."""
    (tmp_path / "motd.txt").write_text("Welcome\n", encoding="utf-8")
    path = tmp_path / "freeq.toml"
    path.write_text(FULL, encoding="utf-8")
    plan = load(path)
    assert plan.config == Config(
        name="irc.example",
        network="ExampleNet",
        description="an example",
        motd=("Welcome",),
        admin=Admin("Here", "We", "we@example"),
        password=PHC,
        operators=(Operator("ada", PHC, ("~a:did:plc:abc",)),),
        flood=Flood(burst=12, lines_per_second=0.5),
        limits=Limits(
            clients=1,
            clients_per_address=2,
            channels=3,
            channels_per_user=4,
            monitor=5,
            sendq_bytes=16386,
            recvq_bytes=16387,
            registration_seconds=8,
            ping_seconds=9.5,
            pong_seconds=10,
            history_window=11,
        ),
        sasl=SaslPolicy(
            methods=("crypto", "service-auth"), plain=True, external=False, bindings=("lxm",), legacy_audience=False
        ),
        identity=IdentityPolicy(
            did="did:web:id.example",
            plc_directory="http://127.0.0.1:2582",
            private_network=True,
            document_seconds=1,
            recheck_seconds=12,
            nick_seconds=3,
            nick_days=4,
        ),
        web_origins=("https://chat.example",),
    )
    assert plan.listen == (
        Listen(Listener.IRC, "::", 6697, tls=True),
        Listen(Listener.CONTROL, path=tmp_path / "run" / "control"),
    )
    assert storage_path(plan) == tmp_path / "data" / "channels.db"
    assert plan.client_certificates
    assert (plan.self_signed, plan.log_level, plan.log_format) == (True, "error", "json")
    assert state_path(plan) == tmp_path / "state" / "server.json"
    assert control_path(plan) == tmp_path / "run" / "control"


def test_strict_transport_is_off_unless_it_has_a_port() -> None:
    assert load(None).config.strict_transport is None
    text = "[[listen]]\nkind = 'irc'\nport = 6697\ntls = true\n[sts]\nport = 6697\nduration_seconds = 60\n"
    checked = check(parse_source(text, "file", FOLDER))
    assert make_config(checked.document).strict_transport == StrictTransport(6697, 60)


def test_everything_is_beside_the_state_file(tmp_path: Path) -> None:
    path = tmp_path / "freeq.toml"
    path.write_text("[server]\nstate = 'there/server.json'\n", encoding="utf-8")
    assert control_path(load(path)) == tmp_path / "there" / "control.sock"
    assert storage_path(load(path)) == tmp_path / "there" / "freeq.db"


def test_a_server_may_keep_nothing(tmp_path: Path) -> None:
    path = tmp_path / "freeq.toml"
    path.write_text("[storage]\npath = ':memory:'\n", encoding="utf-8")
    assert storage_path(load(path)) is None


def test_a_server_may_have_no_control_socket(tmp_path: Path) -> None:
    path = tmp_path / "freeq.toml"
    path.write_text("[[listen]]\nkind = 'irc'\nport = 6667\n", encoding="utf-8")
    assert control_path(load(path)) is None


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (
            {"STATE_DIRECTORY": "/var/lib/freeq:/var/lib/other", "XDG_STATE_HOME": "/xdg", "HOME": "/home"},
            "/var/lib/freeq",
        ),
        ({"XDG_STATE_HOME": "/xdg", "HOME": "/home"}, "/xdg/freeq"),
        ({"XDG_STATE_HOME": "", "HOME": "/home"}, "/home/.local/state/freeq"),
        ({"XDG_STATE_HOME": "relative", "HOME": "/home"}, "/home/.local/state/freeq"),
        ({"HOME": "/home"}, "/home/.local/state/freeq"),
    ],
)
def test_where_state_is_kept(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: str) -> None:
    """XDG Base Directory Specification: the default, and that relative paths are to be ignored."""
    for name in ("STATE_DIRECTORY", "XDG_STATE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert str(state_folder()) == expected
