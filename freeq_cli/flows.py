"""Flows of the core, run to their end by a command: what they ask for is performed here, and the command waits."""

import asyncio
from typing import TypeVar

from freeq_proto.boundary import Failed, Fetch, Flow, LookUp, Result, Work
from freeq_proto.engine import perform
from freeq_runtime_asyncio import Dns, Http

T = TypeVar("T")


def run(flow: Flow[T]) -> T:
    """Run ``flow`` and return what it returns. Blocks; raises what the flow raises."""
    return asyncio.run(_run(flow))


async def _run(flow: Flow[T]) -> T:
    http, dns = Http(), Dns()
    result: Result | None = None
    while True:
        try:
            request = flow.send(result)
        except StopIteration as end:
            value: T = end.value
            return value
        match request:
            case Fetch(wanted):
                result = await http.fetch(wanted)
            case LookUp(name):
                result = await dns.txt(name)
            case Work(job):
                result = await asyncio.to_thread(perform, job)
            case _:
                result = Failed("only a server can do that")
