"""What is built is what was meant: each distribution carries its package and no more, and the core stands alone."""

import json
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import attrs
import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]

# A distribution, and the folder that holds its pyproject.toml.
DISTRIBUTIONS = {
    "freeq-proto": ROOT / "freeq_proto",
    "freeq-storage": ROOT / "freeq_storage",
    "freeq-runtime-asyncio": ROOT / "freeq_runtime_asyncio",
    "freeq-runtime-threaded": ROOT / "freeq_runtime_threaded",
    "freeq-cli": ROOT,
}

# The rooms that a consumer of the core alone can import. The others drive HTTP connections and need the extra `web`.
ROOMS_WITHOUT_EXTRAS = ["boundary", "irc", "caps", "authority", "identity", "sasl", "history", "web", "server"]


@attrs.frozen
class Wheel:
    """A built wheel: where it is, the names of its files, and its METADATA."""

    path: Path
    names: frozenset[str]
    metadata: Message

    @property
    def requirements(self) -> list[Requirement]:
        return [Requirement(text) for text in self.metadata.get_all("Requires-Dist", [])]

    def requires(self, extra: str = "") -> set[str]:
        """The names required with an extra, beyond those required without one."""
        always = {r.name for r in self.requirements if r.marker is None or r.marker.evaluate({"extra": ""})}
        if not extra:
            return always
        return {r.name for r in self.requirements if r.marker and r.marker.evaluate({"extra": extra})} - always


def build(folder: Path, into: Path, *options: str) -> None:
    """Build with the backend that is installed here: to fetch it anew for each distribution would prove no more."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(into), *options, str(folder)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def read_wheel(path: Path) -> Wheel:
    with zipfile.ZipFile(path) as archive:
        names = frozenset(archive.namelist())
        metadata = next(name for name in names if name.endswith(".dist-info/METADATA"))
        return Wheel(path, names, Parser().parsestr(archive.read(metadata).decode("utf-8")))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel of each distribution, and the sdist of the core, from which its wheel was built."""
    folder = tmp_path_factory.mktemp("dist")
    for name, source in DISTRIBUTIONS.items():
        build(source, folder, *([] if name == "freeq-proto" else ["--wheel"]))
    return folder


@pytest.fixture(scope="session")
def wheels(built: Path) -> dict[str, Wheel]:
    return {str(wheel.metadata["Name"]): wheel for wheel in map(read_wheel, sorted(built.glob("*.whl")))}


def package_of(distribution: str) -> str:
    return distribution.replace("-", "_")


def source_names(package: str) -> set[str]:
    """The files of a package that a wheel must carry, as paths from the root."""
    folder = ROOT / package
    return {path.relative_to(ROOT).as_posix() for path in [*folder.rglob("*.py"), folder / "py.typed"]}


def test_every_package_is_a_distribution() -> None:
    """A new ``freeq_*`` folder is built and examined here from its first day."""
    assert {folder.name for folder in ROOT.glob("freeq_*") if folder.is_dir()} == set(map(package_of, DISTRIBUTIONS))


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_a_wheel_carries_its_package_and_nothing_else(distribution: str, wheels: dict[str, Wheel]) -> None:
    package = package_of(distribution)
    carried = {name for name in wheels[distribution].names if ".dist-info/" not in name}
    assert carried == source_names(package)
    assert f"{package}/py.typed" in carried


def test_the_source_distribution_of_the_core_is_complete(built: Path) -> None:
    (archive,) = built.glob("freeq_proto-*.tar.gz")
    with tarfile.open(archive) as files:
        names = {name.partition("/")[2] for name in files.getnames()}
    package = {name.partition("/")[2] for name in source_names("freeq_proto")}
    assert names == package | {"pyproject.toml", "PKG-INFO", "LICENSE", ".gitignore"}


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_the_licence_travels_with_every_distribution(distribution: str, wheels: dict[str, Wheel]) -> None:
    """The licence asks that its notice be in all copies; each folder that is built needs its own."""
    wheel = wheels[distribution]
    (licence,) = (name for name in wheel.names if name.endswith(".dist-info/licenses/LICENSE"))
    with zipfile.ZipFile(wheel.path) as archive:
        assert archive.read(licence) == (ROOT / "LICENSE").read_bytes()
    assert wheel.metadata["License-Expression"] == "MIT"


def test_all_distributions_carry_one_version_and_pin_one_another_exactly(wheels: dict[str, Wheel]) -> None:
    assert set(wheels) == set(DISTRIBUTIONS)
    (version,) = {str(wheel.metadata["Version"]) for wheel in wheels.values()}
    pins = {
        (name, requirement.name): str(requirement.specifier)
        for name, wheel in wheels.items()
        for requirement in wheel.requirements
        if requirement.name.startswith("freeq-")
    }
    assert pins.keys() >= {("freeq-runtime-asyncio", "freeq-proto"), ("freeq-cli", "freeq-proto")}
    assert set(pins.values()) == {f"=={version}"}


def test_each_distribution_asks_for_what_it_stands_on_and_no_more(wheels: dict[str, Wheel]) -> None:
    core, storage, command = wheels["freeq-proto"], wheels["freeq-storage"], wheels["freeq-cli"]
    runtime, threaded = wheels["freeq-runtime-asyncio"], wheels["freeq-runtime-threaded"]
    assert core.requires() == {"attrs", "cryptography"}
    assert core.requires(extra="web") == {"h11", "wsproto"}
    assert storage.requires() == {"attrs", "freeq-proto"}
    assert runtime.requires() == {"attrs", "cryptography", "dnspython", "freeq-proto", "httpcore", "httpx"}
    assert threaded.requires() == {"attrs", "dnspython", "freeq-proto", "httpx"}
    assert runtime.requires(extra="client-certificates") == {"pyopenssl"}
    assert command.requires() == {"attrs", "cryptography", "freeq-proto", "freeq-runtime-asyncio", "freeq-storage"}
    assert {str(wheel.metadata["Requires-Python"]) for wheel in wheels.values()} == {">=3.11"}


def test_the_command_exists() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    module, _, name = str(scripts["freeq"]).partition(":")
    probe = f"import importlib; assert callable(importlib.import_module({module!r}).{name})"
    subprocess.run([sys.executable, "-c", probe], cwd=ROOT, check=True)


PROBE = """
import importlib, json, sys
import attrs, cryptography.x509  # which imports email.utils, and that socket
theirs = set(sys.modules)
import freeq_proto
for room in sys.argv[1:]:
    importlib.import_module(f"freeq_proto.{room}")
impure = sorted({"asyncio", "socket", "ssl", "logging", "h11", "wsproto"} & (set(sys.modules) - theirs))
import importlib.metadata
print(json.dumps({
    "installed": sorted(d.name.lower() for d in importlib.metadata.distributions()),
    "door": freeq_proto.__file__,
    "missing": [name for name in freeq_proto.__all__ if not hasattr(freeq_proto, name)],
    "impure": impure,
}))
"""


@pytest.mark.timeout(300)  # pip fetches the dependencies
def test_the_core_installs_and_imports_alone(tmp_path: Path, wheels: dict[str, Wheel]) -> None:
    """A consumer who installs ``freeq-proto`` gets attrs, cryptography and what they need, and can import its door."""
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", str(wheels["freeq-proto"].path)]
    installed = subprocess.run(install, capture_output=True, text=True, check=False)
    assert installed.returncode == 0, installed.stdout + installed.stderr

    rooms = [room for room in ROOMS_WITHOUT_EXTRAS if (ROOT / "freeq_proto" / room / "__init__.py").exists()]
    command = [str(python), "-I", "-W", "error", "-c", PROBE, *rooms]
    probe = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert probe.returncode == 0, probe.stderr
    found = json.loads(probe.stdout)
    assert set(found["installed"]) - {"cffi", "pycparser", "typing-extensions", "typing_extensions"} == {
        "attrs",
        "cryptography",
        "freeq-proto",
    }
    assert Path(found["door"]).is_relative_to(tmp_path)
    assert found["missing"] == []
    assert found["impure"] == []
