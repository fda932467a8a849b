"""``docs/boundary.md``: its tables name what crosses the boundary, and its program is a server."""

import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import get_args

from freeq_proto.boundary import Effect, Event, Result
from freeq_proto.engine import Engine
from tests.cli.processes import Client
from tests.docs.markdown import ROOT, blocks, read

PAGE = "docs/boundary.md"


def named(part: str, *, column: int = 0) -> list[str]:
    """The first names in backticks in one column of the table between two marks."""
    text = read(PAGE)
    table = text[text.index(f"<!-- {part} -->") : text.index(f"<!-- end of {part} -->")]
    cells = [line.split(" | ")[column] for line in table.split("\n") if line.startswith("| `")]
    return [name for cell in cells for name in re.findall(r"`([A-Za-z_]+)", cell)]


def test_every_input_is_explained() -> None:
    outputs = {"drain", "connection_count"}
    services = {"close", "expect", "unexpect", "left_behind", "request"}  # for the connections inside the engine
    public = [name for name in vars(Engine) if not name.startswith("_")]
    assert named("inputs") == [name for name in public if name not in outputs | services]


def test_every_effect_is_explained() -> None:
    assert sorted(named("effects")) == sorted(effect.__name__ for effect in get_args(Effect))


def test_every_answer_is_explained() -> None:
    assert set(named("effects", column=2)) == {result.__name__ for result in get_args(Result)} | {"disconnected"}


def test_every_event_is_explained() -> None:
    assert named("events") == [event.__name__ for event in get_args(Event)]


def test_two_clients_chat_through_the_program(tmp_path: Path) -> None:
    (program,) = (block for block in blocks(PAGE) if block.language == "python")
    path = tmp_path / "program.py"
    path.write_text(program.text, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, "-W", "error", str(path), "0"],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(ROOT)},
    ) as process:
        try:
            assert process.stdout is not None
            address = ("127.0.0.1", int(process.stdout.readline().rpartition(" ")[2]))
            with Client(address) as ada, Client(address) as bob:
                for nick, client in (("ada", ada), ("bob", bob)):
                    client.register(nick)
                    client.send("JOIN #garden")
                    client.until(" 366 ")
                bob.send("PRIVMSG #garden :hello, ada")
                assert ada.until("hello, ada")[-1].endswith(" PRIVMSG #garden :hello, ada")
                ada.send("MODE #garden +m")
                bob.until(" MODE #garden +m")
                bob.send("PRIVMSG #garden :still there?")
                assert " 404 bob #garden " in bob.until(" 404 ")[-1]
                bob.send("QUIT :bye")
                assert bob.until("ERROR")[-1].endswith("[Quit: bye]")
                assert ada.until("QUIT")[-1].endswith(" QUIT :Quit: bye")
                process.send_signal(signal.SIGINT)
                assert ada.until("ERROR")[-1].endswith("[Server shutting down]")
            assert process.wait(30) == 0
        finally:
            process.kill()
