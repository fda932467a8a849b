"""Every transcript, on every harness that can replay it."""

import functools
from collections.abc import Iterable, Iterator
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
# These differ from others in their framing only, so a few transcripts tell whether they work.
FRAMINGS: Final = ("asyncio-tls", "asyncio-websocket-binary")
FEW: Final = ("kill", "labeled-response", "long-message-cut", "multiline", "nick", "quit", "quit-lost", "sasl-crypto")


def cases() -> Iterator[object]:
    for path in sorted(TRANSCRIPTS.glob("*.txt")):
        transcript = load(path)
        for name in harnesses_of(transcript):
            yield pytest.param(transcript, HARNESSES[name], id=f"{transcript.name}-{name}")


def harnesses_of(transcript: Transcript) -> Iterable[str]:
    if transcript.needs_virtual_time:
        return VIRTUAL_TIME
    if transcript.over:
        return transcript.over
    return [name for name in HARNESSES if name not in FRAMINGS or transcript.name in FEW]


@pytest.mark.parametrize(("transcript", "make_harness"), list(cases()))
def test_transcript(transcript: Transcript, make_harness: MakeHarness) -> None:
    with make_harness(configuration(transcript.config)) as harness:
        replay(transcript, harness)
