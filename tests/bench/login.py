"""What it costs to sign in with a key, and whether a thousand who sign in at once keep others from talking.

Run ``python tests/bench/login.py``. The first part runs in the core alone: processor time of a login by ``crypto``,
from the first AUTHENTICATE to 903, against that of what nobody can save: loading the key from its bytes and checking
the signature with the cryptography package, and nothing else. The second part starts a server and measures the time
from saying a line in a channel to its arrival, at rest and while 1,000 connections answer their challenges in one
moment. Ratios travel; milliseconds do not.
"""

import contextlib
import multiprocessing
import os
import resource
import selectors
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from freeq_proto.boundary import Batch, Compute, ConnId, Event, Job, KeyType, Listener, Now, PeerInfo, VerifySignature
from freeq_proto.engine import Engine, perform
from freeq_proto.identity import Did, PrivateKey, public_key_to_did_key
from freeq_proto.sasl import respond_crypto, split_payload
from freeq_proto.server import Config, Limits, ServerIdentity
from tests.integration.process import SERVER, serving
from tests.integration.wire import Client

LOGINS = 300
CROWD = 1000
REST_SECONDS = 3.0
CURVES = {KeyType.SECP256K1: ec.SECP256K1(), KeyType.P256: ec.SECP256R1()}
SETTINGS = """
[limits]
clients_per_address = 2000

[flood]
lines_per_second = 0
"""


def now() -> Now:
    return Now(mono=time.monotonic(), unix_ms=time.time_ns() // 1_000_000)


def did_of(key: PrivateKey) -> Did:
    return public_key_to_did_key(key.public_key)


def answer(challenge: bytes, key: PrivateKey) -> bytes:
    """The lines that answer an AUTHENTICATE line."""
    payload = challenge.rpartition(b" ")[2].strip().decode()
    return lines_of(split_payload(respond_crypto(payload, did_of(key), key, SERVER, now())))


def lines_of(arguments: tuple[str, ...]) -> bytes:
    return "".join(f"AUTHENTICATE {argument}\r\n" for argument in arguments).encode()


# --- the core ------------------------------------------------------------------------------------------------------


class Core:
    """An engine, the processor time that it takes, and the jobs that it has done."""

    def __init__(self) -> None:
        limits = Limits(clients_per_address=LOGINS + 1)
        self.engine = Engine(
            Config(name=SERVER, limits=limits), identity=ServerIdentity(bytes(32), 1), entropy=os.urandom, now=now()
        )
        self.nanoseconds = 0
        self.jobs: list[Job] = []

    def say(self, conn: ConnId, data: bytes) -> bytes:
        """Send bytes, and let everything that follows happen; what the server says."""
        began = time.process_time_ns()
        self.engine.receive_data(conn, data, now())
        heard = self._settle()
        self.nanoseconds += time.process_time_ns() - began
        return heard

    def _settle(self) -> bytes:
        heard = b""
        while True:
            batch: Batch[Event] = self.engine.drain()
            heard += b"".join(data for _, chunks in batch.writes for data in chunks)
            computed = [effect for effect in batch.effects if isinstance(effect, Compute)]
            for effect in computed:
                self.jobs.append(effect.job)
                self.engine.completed(effect.ticket, perform(effect.job), now())
            if not computed:
                return heard


def measure_core(type: KeyType) -> None:
    core = Core()
    for number in range(LOGINS):
        key, conn = PrivateKey.derive(type, os.urandom), ConnId(number)
        core.engine.connected(conn, PeerInfo(Listener.IRC, "127.0.0.1"), now())
        spent = core.nanoseconds
        core.say(conn, b"CAP REQ :sasl\r\n")
        core.nanoseconds = spent
        challenge = core.say(conn, b"AUTHENTICATE ATPROTO-CHALLENGE\r\n")
        assert b" 903 " in core.say(conn, answer(challenge, key))
    began = time.process_time_ns()
    for job in core.jobs:
        check(job)
    bare = time.process_time_ns() - began
    login, signature = core.nanoseconds / LOGINS / 1000, bare / LOGINS / 1000
    print(
        f"{type.name:>10}: login {login:4.0f} µs, loading the key and checking the signature {signature:4.0f} µs,"
        f" ratio {login / signature:.2f}"
    )


def check(job: Job) -> None:
    """Do a job with the library alone: nothing that was computed before is at hand. Raises InvalidSignature."""
    assert isinstance(job, VerifySignature)
    ((type, data),) = job.keys
    if type is KeyType.ED25519:
        ed25519.Ed25519PublicKey.from_public_bytes(data).verify(job.signature, job.message)
        return
    r, s = int.from_bytes(job.signature[:32], "big"), int.from_bytes(job.signature[32:], "big")
    key = ec.EllipticCurvePublicKey.from_encoded_point(CURVES[type], data)
    key.verify(encode_dss_signature(r, s), job.message, ec.ECDSA(hashes.SHA256()))


# --- a server ------------------------------------------------------------------------------------------------------


def talk(port: int, orders: Connection) -> None:
    """Two who talk to each other until they are told to stop; how long each line took, in milliseconds."""
    with Client(port) as speaker, Client(port) as listener:
        for nick, client in (("speaker", speaker), ("listener", listener)):
            client.register(nick)
            client.send("JOIN #bench")
            client.until(b" 366 ")
        speaker.until(b" JOIN ")
        orders.send(None)
        while orders.recv():
            times = []
            while not orders.poll():
                began = time.perf_counter()
                speaker.send("PRIVMSG #bench :a line of chat")
                listener.until(b"a line of chat")
                times.append((time.perf_counter() - began) * 1000)
                time.sleep(0.002)
            orders.recv()
            orders.send(times)


@contextlib.contextmanager
def chat(port: int) -> Iterator[Connection]:
    """The two, in a process of their own, so that nothing here delays them."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=talk, args=(port, there))
    process.start()
    here.recv()
    try:
        yield here
    finally:
        here.send(False)
        process.join()


def show(name: str, times: list[float], seconds: float) -> None:
    quantiles = statistics.quantiles(times, n=100)
    print(
        f"{name:>10}: {len(times)} lines in {seconds:.1f} s,"
        f" median {quantiles[49]:.1f} ms, p99 {quantiles[98]:.1f} ms, worst {max(times):.1f} ms"
    )


def connect(port: int, type: KeyType) -> list[tuple[socket.socket, bytes]]:
    """A crowd that has been challenged, each with what it will answer."""
    crowd = []
    for _ in range(CROWD):
        each = socket.create_connection(("127.0.0.1", port))
        each.sendall(b"CAP REQ :sasl\r\nAUTHENTICATE ATPROTO-CHALLENGE\r\n")
        crowd.append(each)
    ready = []
    for each in crowd:
        heard = b""
        while b"AUTHENTICATE " not in heard or not heard.endswith(b"\r\n"):
            heard += each.recv(4096)
        ready.append((each, answer(heard, PrivateKey.derive(type, os.urandom))))
    return ready


def sign_in(crowd: list[tuple[socket.socket, bytes]]) -> None:
    """All at once, until each is signed in."""
    with selectors.DefaultSelector() as selector:
        for each, data in crowd:
            each.sendall(data)
            selector.register(each, selectors.EVENT_READ, each)
        heard: dict[socket.socket, bytes] = dict.fromkeys((each for each, _ in crowd), b"")
        while heard:
            for key, _ in selector.select():
                each = key.data
                heard[each] += each.recv(4096)
                assert b" 904 " not in heard[each], heard[each]
                if b" 903 " in heard[each]:
                    selector.unregister(each)
                    del heard[each]


def measure_server(type: KeyType) -> None:
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), SETTINGS) as server:
        port = server.port("irc")
        with chat(port) as orders:
            orders.send(True)
            time.sleep(REST_SECONDS)
            orders.send(False)
            show("at rest", orders.recv(), REST_SECONDS)
            crowd = connect(port, type)
            orders.send(True)
            time.sleep(0.1)
            began = time.perf_counter()
            sign_in(crowd)
            seconds = time.perf_counter() - began
            orders.send(False)
            show(type.name, orders.recv(), seconds)
        for each, _ in crowd:
            each.close()
    print(f"{'':>10}  {CROWD} logins in {seconds:.2f} s")


def main() -> None:
    """Measure and print."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for type in KeyType:
        measure_core(type)
    for type in KeyType:
        measure_server(type)


if __name__ == "__main__":
    main()
