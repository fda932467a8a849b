"""The operator's commands over the control connection."""

import pytest

from freeq_proto.boundary import Breathe, ConnId, Failed, Fault, Flow, Listener, Now, OperatorAct, PeerInfo, Reloaded
from freeq_proto.engine import Engine
from freeq_proto.engine.control import _COMMANDS
from freeq_proto.server import Limits, ServerIdentity
from freeq_proto.server.server import FLOW_SECONDS
from tests.server.harness import SERVER, Client, config
from tests.server.watched import WatchedNet as Net
from tests.server.watched import bodies, room


def control(net: Net) -> Client:
    return net.connect("", listener=Listener.CONTROL)


def ask(client: Client, command: str) -> list[str]:
    """The lines of the answer; the last says how it ended."""
    client.feed(f"{command}\n".encode())
    *lines, last = client.take_bytes().decode().split("\n")
    assert not last
    assert lines[-1] == "OK" or lines[-1].startswith("ERR ")
    return lines


def test_status_and_sessions() -> None:
    net = Net()
    alice = net.client("alice")
    half = net.connect("2001:db8::1", secure=True)
    operator = control(net)
    status = dict(line.split(": ", 1) for line in ask(operator, "status")[:-1])
    assert (status["name"], status["users"], status["connections"]) == (SERVER, "1", "3")
    assert ask(operator, "sessions") == [
        f"{alice.conn} alice - 192.0.2.1 plain",
        f"{half.conn} * - 2001:db8::1 secure",
        "OK",
    ]


@pytest.mark.parametrize("command", ["nonsense", "kill", "kill nobody x", "x" * 20_000, "\0", "STATU"])
def test_what_is_no_command_says_what_there_is(command: str) -> None:
    assert ask(control(Net()), command)[-1].startswith("ERR ")


def test_commands_are_known_in_any_case_and_with_crlf() -> None:
    operator = control(Net())
    operator.feed(b"STATUS\r\n")
    assert operator.take_bytes().endswith(b"\nOK\n")


def test_a_kill_is_seen_by_all_and_reported() -> None:
    net = Net()
    alice, bob = room(net, "alice", "bob")
    assert ask(control(net), "kill BOB spam, again") == ["OK"]
    assert bob.closed == "Killed by the operator: spam, again"
    assert bodies(alice.take()) == ["QUIT :Killed by the operator: spam, again"]
    assert [event.act for event in net.events if isinstance(event, OperatorAct)] == ["kill BOB: spam, again"]


def test_a_reason_cannot_break_a_line() -> None:
    net = Net()
    alice, bob = room(net, "alice", "bob")
    control(net).feed(b"kill bob a\rQUIT\0b" + b"x" * 5000 + b"\n")
    assert bob.closed is not None
    (line,) = alice.take()
    assert line.partition(" QUIT :")[2].startswith("Killed by the operator: aQUITbxxx")


@pytest.mark.parametrize(
    ("result", "answer"),
    [
        (Reloaded(), ["OK"]),
        (Reloaded(("server.name stays", "x")), ["server.name stays", "x", "OK"]),
        (Failed("line 3: no such key\nline 9: too small"), ["line 3: no such key", "line 9: too small", "ERR"]),
        (None, ["no answer in time", "ERR"]),
    ],
)
def test_a_rehash_waits_and_answers_what_came_of_it(result: Reloaded | Failed | None, answer: list[str]) -> None:
    net = Net()
    operator = control(net)
    operator.feed(b"rehash\nstatus\n")
    assert operator.take_bytes() == b""
    (reload,) = net.reloads
    if result is None:
        net.pass_time(FLOW_SECONDS)
    else:
        net.engine.completed(reload.ticket, result, net.now)
        net.settle()
    lines = operator.take_bytes().decode().split("\n")
    assert [line.partition(" ")[0] if line.startswith("ERR") else line for line in lines[: len(answer)]] == answer
    assert lines[-2] == "OK", "the status that waited behind it"


def test_an_operator_who_leaves_changes_nothing() -> None:
    net = Net()
    operator, second = control(net), control(net)
    operator.feed(b"rehash\n")
    operator.disconnect()
    net.engine.completed(net.reloads[0].ticket, Reloaded(), net.now)
    net.settle()
    assert ask(second, "status")[-1] == "OK"


def test_who_ends_his_writing_is_answered_first() -> None:
    net = Net()
    operator, waiting = control(net), control(net)
    operator.feed_only(b"status\nsessions\n")
    operator.feed_only(b"")
    net.settle()
    assert operator.take_bytes().count(b"OK\n") == 2
    assert operator.closed == "Connection closed"
    waiting.feed(b"rehash\n")
    waiting.feed(b"")
    net.engine.completed(net.reloads[0].ticket, Reloaded(), net.now)
    net.settle()
    assert waiting.take_bytes() == b"OK\n"
    assert waiting.closed == "Connection closed"


def test_too_many_commands_at_once() -> None:
    net = Net()
    operator = control(net)
    operator.feed(b"rehash\n")
    operator.feed(b"status\n" * 200)
    assert operator.take_bytes() == b"ERR too many commands at once\n"
    assert operator.closed == "Too many commands at once"


def test_a_stop_tells_everybody_and_asks_the_runtime_to_end() -> None:
    net = Net()
    alice, operator = net.client("alice"), control(net)
    operator.feed(b"stop Back in five minutes\n")
    assert operator.take_bytes() == b"OK\n"
    assert alice.closed == operator.closed == net.stopped == "Back in five minutes"


def test_an_operator_gets_in_when_the_server_is_full() -> None:
    net = Net()
    limits = Limits(clients=1)
    net.engine.reconfigure(config(limits=limits), net.now)
    net.client("only")
    assert net.connect().closed is not None
    assert ask(control(net), "status")[-1] == "OK"


def test_a_bug_in_a_command_that_waits_is_answered_and_the_next_command_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_control: object, _engine: object, _argument: str) -> Flow[None]:
        yield Breathe()
        raise RuntimeError("a bug")

    monkeypatch.setitem(_COMMANDS, "rehash", broken)
    engine = Engine(config(), identity=ServerIdentity(bytes(32), 1), entropy=bytes, now=Now(0.0, 0))
    engine.connected(ConnId(1), PeerInfo(Listener.CONTROL, ""), Now(0.0, 0))
    engine.receive_data(ConnId(1), b"rehash\nstatus\n", Now(0.0, 0))
    said, faults = b"", []
    while batch := engine.drain():
        said += b"".join(chunk for _, chunks in batch.writes for chunk in chunks)
        faults += [event for event in batch.events if isinstance(event, Fault)]
    assert said.startswith(b"ERR internal error")
    assert said.endswith(b"\nOK\n")
    assert [str(fault.error) for fault in faults] == ["a bug"]


def test_a_nick_is_taken_from_its_account() -> None:
    net = Net()
    net.client("alice", did_seed=b"\x31" * 32)
    operator = control(net)
    assert ask(operator, "drop-nick nobody")[0].startswith("ERR nobody: This nick belongs to nobody")
    net.store_fails = True
    assert ask(operator, "drop-nick Alice")[0].startswith("ERR Alice: The server could not record this")
    net.store_fails = False
    assert net.engine.server.world.owner("alice") is not None
    assert ask(operator, "drop-nick Alice") == ["OK"]
    assert net.engine.server.world.owner("alice") is None
    (act,) = [event.act for event in net.events if isinstance(event, OperatorAct)]
    assert act.startswith("drop-nick Alice, which belonged to did:key:")
