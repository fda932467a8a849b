"""What a program said on asyncio is sent, or it is told that it was not."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from freeq_proto.boundary import LocalProtocolError
from freeq_proto.client import Disconnected, NotRegisteredError, SendBudget, Times
from freeq_runtime_asyncio import Client, ClientLimits
from tests.runtime_asyncio.harness import LOOPS, run
from tests.runtime_asyncio.real_server import RealServer, real_server
from tests.runtime_asyncio.test_client import config, heard, until

pytestmark = pytest.mark.parametrize("loop", LOOPS)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RealServer]:
    with real_server(tmp_path) as running:
        yield running


def test_what_was_said_is_sent_before_the_block_ends(loop: str, server: RealServer) -> None:
    """Within the send budget: more than a burst was said, and nobody waited for it."""

    async def test() -> None:
        slow = attrs.evolve(config(server.plain, "bob"), send_budget=SendBudget(burst=1, lines_per_second=20))
        async with Client(config(server.plain, "ada")) as ada:
            async with Client(slow) as bob:
                for number in range(10):
                    await bob.say("ada", str(number))
            assert [await heard(ada) for _ in range(10)] == [str(number) for number in range(10)]

    run(loop, test)


def test_a_full_queue_is_waited_for(loop: str, server: RealServer) -> None:
    """Many tasks say more than may wait: none is refused, and what they say comes in order."""

    async def test() -> None:
        narrow = SendBudget(burst=2, lines_per_second=100, queue=3)
        async with (
            Client(config(server.plain, "ada")) as ada,
            Client(attrs.evolve(config(server.plain, "bob"), send_budget=narrow)) as bob,
        ):
            saying = [bob.say("ada", f"{number}\nand more") for number in range(20)]
            saying.append(bob.say("ada", "refused", tags={"bad key": "x"}))
            errors = await asyncio.gather(*saying, return_exceptions=True)
            assert [error for error in errors[:-1] if error is not None] == []
            assert isinstance(errors[-1], LocalProtocolError)
            assert [await heard(ada) for _ in range(20)] == [f"{number}\nand more" for number in range(20)]

    run(loop, test)


def test_whoever_waits_for_room_is_told_of_the_end(loop: str, server: RealServer) -> None:
    async def test() -> None:
        narrow = SendBudget(burst=1, lines_per_second=0.001, queue=1)
        changed = attrs.evolve(config(server.plain, "bob"), send_budget=narrow, times=Times(flush=0.1))
        async with Client(changed) as bob:
            for word in ("sent", "waits"):
                await bob.say("bob", word)
            waiting = [asyncio.create_task(bob.say("bob", "no room")) for _ in range(3)]
            await asyncio.sleep(0)
            waiting[1].cancel()
            await bob.stop()
            outcomes = await asyncio.gather(*waiting, return_exceptions=True)
            assert [type(each) for each in outcomes] == [NotRegisteredError, asyncio.CancelledError, NotRegisteredError]
            left = await until(bob, Disconnected)
            assert isinstance(left, Disconnected)
            assert left.unsent == 1

    run(loop, test)


def test_a_wait_for_room_ends_where_the_client_is_cut_off(loop: str, server: RealServer) -> None:
    async def test() -> None:
        narrow = SendBudget(burst=1, lines_per_second=0.001, queue=1)
        slow = attrs.evolve(config(server.plain, "bob"), send_budget=narrow)
        with contextlib.suppress(KeyError):
            async with Client(slow, limits=ClientLimits(stop_seconds=0.1)) as bob:
                for word in ("sent", "waits"):
                    await bob.say("bob", word)
                waiting = asyncio.create_task(bob.say("bob", "no room"))
                await asyncio.sleep(0)
                raise KeyError
        with pytest.raises(LocalProtocolError):
            await waiting

    run(loop, test)
