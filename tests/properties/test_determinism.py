"""L11: the same seed and the same inputs give the same bytes, whatever the hash seed of the process."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

SCRIPT = """
import hashlib, random
from freeq_proto.boundary import Listener
from tests.properties.commands import CAPS, ONE_LINE
from tests.server.harness import Net
from tests.web.wire import TEXT, frame, handshake

chance = random.Random(11)
net = Net(seed=5)
clients = [net.client(name, caps=caps.split(" ")) for name, caps in zip(("alice", "bob", "carol"), CAPS)]
for client in clients:
    client.send("JOIN #a,#b")
clients.append(net.client("dave", did_seed=bytes(32)))
web = net.connect(listener=Listener.WEB)
web.feed(handshake())
for line in (b"NICK web", b"USER w 0 * :W", b"JOIN #a,#b"):
    web.feed(frame(TEXT, line))
digest = hashlib.sha256()
for step in range(600):
    chance.choice(clients).feed_only(chance.choice(ONE_LINE).encode() + b"\\r\\n")
    if chance.random() < 0.4:
        batch = net.engine.drain()
        digest.update(repr((batch.writes, batch.effects, batch.events, batch.deadline)).encode())
        net.perform(batch)
    if chance.random() < 0.1:
        net.tick(0.25)
net.settle()
digest.update(repr([(c.conn, c.take_bytes(), c.closed) for c in net.clients.values()]).encode())
digest.update(repr(net.acts).encode())
print(digest.hexdigest(), len(net.acts))
"""


def run(hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_bytes_do_not_depend_on_the_hash_seed() -> None:
    first = run("0")
    assert int(first.split(" ")[1]) >= 10, "something happened"
    assert first == run("1") == run("4242")
