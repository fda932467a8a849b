"""Every transcript, on every harness that can replay it."""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.conformance.asyncio_runtime import over_tcp, over_tls, over_websocket
from tests.conformance.harness import MakeHarness
from tests.conformance.replay import replay
from tests.conformance.settings import configuration
from tests.conformance.simulator import simulator
from tests.conformance.transcript import Transcript, load

TRANSCRIPTS: Final = Path(__file__).parent / "transcripts"

HARNESSES: Final[dict[str, MakeHarness]] = {
    "simulator": simulator,
    "asyncio": over_tcp,
    "asyncio-tls": over_tls,
    "asyncio-websocket": over_websocket,
    "asyncio-websocket-binary": functools.partial(over_websocket, binary=True),
}
VIRTUAL_TIME: Final = ("simulator",)


def cases() -> Iterator[object]:
    for path in sorted(TRANSCRIPTS.glob("*.txt")):
        transcript = load(path)
        names = VIRTUAL_TIME if transcript.needs_virtual_time else transcript.over or HARNESSES
        for name in names:
            yield pytest.param(transcript, HARNESSES[name], id=f"{transcript.name}-{name}")


@pytest.mark.parametrize(("transcript", "make_harness"), list(cases()))
def test_transcript(transcript: Transcript, make_harness: MakeHarness) -> None:
    with make_harness(configuration(transcript.config)) as harness:
        replay(transcript, harness)
