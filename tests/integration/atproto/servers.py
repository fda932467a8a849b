"""A PLC directory and PDSs of one release, running, and what their operators and users can do with them."""

import base64
import contextlib
import itertools
import json
import re
import secrets
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import attrs

from tests.integration.atproto.install import HERE, installed, node_program
from tests.integration.atproto.web import Json, call, fetch

_END_SECONDS: Final = 20
_CODE: Final = re.compile(r">([a-z0-9]{5}-[a-z0-9]{5})<", re.IGNORECASE)
_numbers: Final = itertools.count(1)


class Servers:
    """The process that runs them all: see servers.mjs."""

    def __init__(self, release: str, process: subprocess.Popen[str], errors: Path) -> None:
        self.release = release
        self._process = process
        self._errors = errors
        self._pds: dict[str, Pds] = {}
        self.plc = str(self.command("startPlc", port=_free_port()))

    def command(self, command: str, **parameters: object) -> object:
        """Have a command of servers.mjs done; its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"command": command, **parameters}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the servers ended: {self._errors.read_text(encoding='utf-8')}"
        answer = json.loads(line)
        assert "ok" in answer, f"{command}: {answer}"
        return answer["ok"]

    def pds(self, name: str = "test") -> "Pds":
        """The PDS for handles that end in this name; it is started now if it does not run."""
        if name not in self._pds:
            password = secrets.token_hex(8)
            url = self.command("startPds", name=name, port=_free_port(), adminPassword=password)
            self._pds[name] = Pds(self, name, str(url), password)
        return self._pds[name]

    @contextlib.contextmanager
    def modern_documents(self) -> Iterator[None]:
        """The PLC directory answers with documents as the public directory forms them, until the end of the block."""
        self.command("setModern", modern=True)
        try:
            yield
        finally:
            self.command("setModern", modern=False)

    @contextlib.contextmanager
    def rotating_nonces(self, name: str = "test", milliseconds: int = 1000) -> Iterator[None]:
        """A PDS whose DPoP nonces live for two to three times ``milliseconds`` (1000 at least), until the end."""
        self.command("setNonces", name=name, milliseconds=milliseconds)
        try:
            yield
        finally:
            self.command("setNonces", name=name)

    def mailed_codes(self, address: str) -> list[str]:
        """The confirmation codes that were mailed to this address."""
        mails = self.command("mails", to=address)
        assert isinstance(mails, list)
        return [found[1] for mail in mails if (found := _CODE.search(mail["body"]))]


@attrs.frozen
class Pds:
    """A Personal Data Server."""

    servers: Servers = attrs.field(repr=False)
    name: str
    """The end of its handles, without a dot."""
    url: str
    admin_password: str = attrs.field(repr=False)

    def xrpc(self, method: str) -> str:
        return f"{self.url}/xrpc/{method}"

    def create_account(self, name: str, recovery_key: str | None = None) -> "Account":
        """A new account whose handle begins with ``name``; ``recovery_key`` (a did:key) may sign PLC operations."""
        handle = f"{name}-{next(_numbers)}.{self.name}"
        password = secrets.token_hex(8)
        request = {"handle": handle, "email": f"{handle}@mail.test", "password": password}
        if recovery_key is not None:
            request["recoveryKey"] = recovery_key
        created = call("POST", self.xrpc("com.atproto.server.createAccount"), request)
        return Account(self, created.text("did"), handle, password, created.text("accessJwt"))

    def take_down(self, account: "Account", *, applied: bool = True) -> None:
        """Take an account down, or undo it, as this server's operator."""
        subject = {"$type": "com.atproto.admin.defs#repoRef", "did": account.did}
        call(
            "POST",
            self.xrpc("com.atproto.admin.updateSubjectStatus"),
            {"subject": subject, "takedown": {"applied": applied, "ref": "test"}},
            self.administrator,
        )

    def delete(self, account: "Account") -> None:
        """Delete an account, as this server's operator."""
        call("POST", self.xrpc("com.atproto.admin.deleteAccount"), {"did": account.did}, self.administrator)

    @property
    def administrator(self) -> dict[str, str]:
        credentials = base64.b64encode(f"admin:{self.admin_password}".encode()).decode()
        return {"Authorization": f"Basic {credentials}"}


@attrs.frozen
class Account:
    """Somebody's account, with the session in which it was created."""

    pds: Pds
    did: str
    handle: str
    password: str = attrs.field(repr=False)
    access: str = attrs.field(repr=False)
    """The access token of a full session."""

    @property
    def email(self) -> str:
        return f"{self.handle}@mail.test"

    def post(self, method: str, value: object = None) -> Json:
        return call("POST", self.pds.xrpc(method), value, self.bearer)

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access}"}

    def get(self, method: str, **parameters: str) -> Json:
        return call("GET", f"{self.pds.xrpc(method)}?{urlencode(parameters)}", headers=self.bearer)

    def create_app_password(self) -> str:
        return self.post("com.atproto.server.createAppPassword", {"name": secrets.token_hex(4)}).text("password")

    def deactivate(self) -> None:
        self.post("com.atproto.server.deactivateAccount", {})

    def change_handle(self, name: str) -> "Account":
        """Take a handle that begins with ``name``; the account, as it is then."""
        handle = f"{name}-{next(_numbers)}.{self.pds.name}"
        self.post("com.atproto.identity.updateHandle", {"handle": handle})
        return attrs.evolve(self, handle=handle)

    def service_auth(self, audience: str, method: str) -> str:
        """A token of getServiceAuth."""
        return self.get("com.atproto.server.getServiceAuth", aud=audience, lxm=method).text("token")

    def set_keys(self, **keys: str) -> None:
        """Put did:keys beside ``#atproto`` into the document, through the PDS and the code that it mails."""
        present = self.plc_data().child("verificationMethods").text("atproto")
        self.post("com.atproto.identity.requestPlcOperationSignature")
        code = self.pds.servers.mailed_codes(self.email)[-1]
        signed = self.post(
            "com.atproto.identity.signPlcOperation",
            {"token": code, "verificationMethods": {"atproto": present, **keys}},
        )
        self.post("com.atproto.identity.submitPlcOperation", {"operation": signed.members["operation"]})

    def move_to(self, pds: "Pds") -> "Account":
        """A copy of the account on another PDS, which is not active and which the DID document does not name yet.

        https://atproto.com/guides/account-migration, "Creating a New Account" and "Migrating Data".
        """
        handle = f"{self.handle.partition('.')[0]}.{pds.name}"
        permission = self.service_auth(f"did:web:{pds.name}", "com.atproto.server.createAccount")
        request = {"did": self.did, "handle": handle, "email": f"{handle}@mail.test", "password": self.password}
        headers = {"Authorization": f"Bearer {permission}"}
        created = call("POST", pds.xrpc("com.atproto.server.createAccount"), request, headers)
        moved = Account(pds, self.did, handle, self.password, created.text("accessJwt"))
        repository = fetch("GET", f"{self.pds.xrpc('com.atproto.sync.getRepo')}?did={self.did}")
        assert repository.status == 200, repository
        car = {**moved.bearer, "Content-Type": "application/vnd.ipld.car"}
        imported = fetch("POST", pds.xrpc("com.atproto.repo.importRepo"), car, repository.body)
        assert imported.status == 200, imported
        return moved

    def plc_data(self) -> Json:
        """What the PLC directory holds of the DID."""
        return call("GET", f"{self.pds.servers.plc}/{self.did}/data")


@contextlib.contextmanager
def running(release: str, folder: Path) -> Iterator[Servers]:
    """The servers of a release, with their data in ``folder``, until the end; raises NotInstallableError."""
    packages = installed(release)
    errors = folder / "servers.log"
    command = [str(node_program(packages)), str(HERE / "servers.mjs"), str(packages), str(folder)]
    with (
        errors.open("w", encoding="utf-8") as log,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, cwd=folder
        ) as process,
    ):
        try:
            yield Servers(release, process, errors)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


def _free_port() -> int:
    """A port of loopback that nobody uses. The servers' URLs contain it, so they cannot choose it themselves."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        assert isinstance(port, int)
        return port
