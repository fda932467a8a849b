"""Laws of the table of settings, and that it says what the core does."""

import attrs
import pytest

from freeq_cli.check import check
from freeq_cli.document import defaults
from freeq_cli.kinds import Integer, Number, quoted
from freeq_cli.plan import make_config
from freeq_cli.settings import SECTIONS, Setting, section
from freeq_cli.source import Source, parse_source
from freeq_proto.server import Config, ConfigurationError, Flood, IdentityPolicy, Limits, SaslPolicy
from tests.cli.configurations import FOLDER

SETTINGS = {
    f"{section.name}.{setting.key}": (setting, section.repeated) for section in SECTIONS for setting in section.settings
}


def test_no_name_is_used_twice() -> None:
    assert len({section.name for section in SECTIONS}) == len(SECTIONS)
    assert len(SETTINGS) == sum(len(section.settings) for section in SECTIONS)


@pytest.mark.parametrize("name", SETTINGS)
def test_each_default_is_allowed(name: str) -> None:
    setting, _ = SETTINGS[name]
    default = list(setting.default) if isinstance(setting.default, tuple) else setting.default
    assert setting.default is None or setting.kind.accept(default) == setting.default


@pytest.mark.parametrize("name", SETTINGS)
def test_each_default_survives_being_written(name: str) -> None:
    setting, _ = SETTINGS[name]
    if setting.default is not None:
        written = parse_source(f"[x]\ny = {quoted(setting.default)}\n", "file", FOLDER).tables["x"]
        assert isinstance(written, dict)
        assert setting.kind.accept(written["y"]) == setting.default


@pytest.mark.parametrize("name", SETTINGS)
def test_only_arrays_of_tables_require_a_key(name: str) -> None:
    setting, repeated = SETTINGS[name]
    assert setting.default is not None or repeated


@pytest.mark.parametrize("name", SETTINGS)
def test_each_help_is_a_sentence(name: str) -> None:
    setting, _ = SETTINGS[name]
    assert setting.help[0].isupper() or setting.help.startswith(("irc:", "user@host"))
    assert setting.help.endswith(".")
    assert "\n" not in setting.help


def test_the_defaults_are_those_of_the_core() -> None:
    """A server that is configured by nobody is one and the same, whether a program or this command makes it."""
    assert make_config(defaults()) == Config(name="localhost")


OF_THE_CORE: list[tuple[type[Limits | Flood | SaslPolicy | IdentityPolicy], str]] = [
    (Limits, "limits"),
    (Flood, "flood"),
    (SaslPolicy, "sasl"),
    (IdentityPolicy, "identity"),
]


@pytest.mark.parametrize(("cls", "name"), OF_THE_CORE)
def test_each_setting_of_the_core_can_be_set(
    cls: type[Limits | Flood | SaslPolicy | IdentityPolicy], name: str
) -> None:
    known = section(name)
    assert known is not None
    assert [setting.key for setting in known.settings] == [field.name for field in attrs.fields(cls)]


NUMBERS = [
    (cls, setting)
    for cls, name in OF_THE_CORE
    for known in [section(name)]
    if known is not None
    for setting in known.settings
    if isinstance(setting.kind, Integer | Number)
]


@pytest.mark.parametrize(("cls", "setting"), NUMBERS, ids=[setting.key for _, setting in NUMBERS])
def test_the_least_value_is_the_core_s(
    cls: type[Limits | Flood | SaslPolicy | IdentityPolicy], setting: Setting
) -> None:
    """What the table allows, the core takes; what it refuses as too little, the core would refuse too."""
    assert isinstance(setting.kind, Integer | Number)
    least = setting.kind.least
    cls(**{setting.key: setting.kind.accept(int(least))})  # type: ignore[arg-type] # an int or a float, as its key asks
    assert setting.kind.accept(int(least) - 1) is None
    with pytest.raises(ConfigurationError):
        cls(**{setting.key: int(least) - 1})  # type: ignore[arg-type] # the same


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("server.name", ["", "-a", "a_b", "irc.example.", "a" * 64, "ä.example", "a b", 1, None]),
        ("server.network", ["", "two words", "n" * 33, "ü", 3]),
        ("server.description", ["two\nlines", "bell\x07", 1]),
        ("server.motd", ["nul\0", ["a"], 1]),
        ("server.password", ["hunter2", "$argon2id$", "$argon2i$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAA"]),
        ("server.state", ["~/state.json", 1]),
        ("listen.kind", ["", "IRC", "tcp", 1]),
        ("listen.port", [-1, 65536, "6667", 6667.0, True]),
        ("listen.tls", [0, 1, "true", "yes"]),
        ("identity.did", ["ada", "did:", "did:plc:", "did:web:a.example#irc", "did:web:a b", 1]),
        ("identity.plc_directory", ["", "plc.directory", "ftp://plc.directory", "https://plc.directory/", 1]),
        ("identity.recheck_seconds", [0, 9.5, "60", True]),
        ("sasl.methods", ["crypto", ["Crypto"], ["scram"], [1]]),
        ("sasl.bindings", [["exp"], "lxm"]),
        ("sasl.plain", [1, "yes"]),
        ("storage.path", ["~/freeq.db", 1]),
        ("web.origins", ["https://a.example", ["a.example"], ["https://a.example/"], ["https://a.example\n"], [1]]),
        ("limits.clients", [0, -1, 1.5, "1", True, 2**31]),
        ("limits.ping_seconds", [0, 0.5, float("nan"), float("inf"), "60", True]),
        ("operator.name", ["", "two words", "a\n"]),
        ("operator.password", ["", "hunter2"]),
        ("operator.hosts", ["*@*", [""], ["a b"]]),
        ("log.level", ["INFO", "trace", 1]),
    ],
)
def test_what_is_not_allowed_is_refused(name: str, refused: list[object]) -> None:
    setting, _ = SETTINGS[name]
    assert [value for value in refused if setting.kind.accept(value) is not None] == []


def test_no_configuration_that_passes_is_refused_by_the_core() -> None:
    """Each text of the server's own is judged by the core itself."""
    source = Source({"server": {"name": "irc.example", "network": "ExampleNet"}}, "file", FOLDER)
    checked = check(source)
    assert checked.problems == []
    assert make_config(checked.document).network == "ExampleNet"
