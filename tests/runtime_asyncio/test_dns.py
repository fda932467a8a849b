"""DNS look-ups, asked of a name server on loopback."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Callable
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.TXT
import dns.resolver
import dns.rrset
import pytest

from freeq_proto.boundary import Failed, TxtRecords
from freeq_runtime_asyncio import Dns, names
from freeq_runtime_asyncio.names import resolve_addresses
from tests.runtime_asyncio.harness import LOOPS, run

pytestmark = pytest.mark.parametrize("loop", LOOPS)

NAME = "_atproto.alice.example"
Answer = Callable[[dns.message.QueryMessage, dns.message.Message], None]


class NameServer(asyncio.DatagramProtocol):
    """Answers as the test says, or not at all."""

    def __init__(self, answer: Answer | None) -> None:
        self.questions: list[str] = []
        self._answer = answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)  # loops have their own kinds

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        assert isinstance(query, dns.message.QueryMessage)
        self.questions.append(query.question[0].to_text())
        if self._answer is not None:
            response = dns.message.make_response(query)
            self._answer(query, response)
            self._transport.sendto(response.to_wire(), addr)


@contextlib.asynccontextmanager
async def name_server(answer: Answer | None) -> AsyncIterator[tuple[NameServer, Dns]]:
    """A name server, and look-ups that ask it alone."""
    serving = NameServer(answer)
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: serving, local_addr=("127.0.0.1", 0)
    )
    try:
        port = transport.get_extra_info("sockname")[1]
        yield serving, Dns(name_servers=("127.0.0.1",), port=port, seconds=0.3)
    finally:
        transport.close()


def txt(*records: tuple[bytes, ...]) -> Answer:
    """An answer with these records, each of so many strings."""

    def answer(query: dns.message.QueryMessage, response: dns.message.Message) -> None:
        rdata = [dns.rdtypes.ANY.TXT.TXT(dns.rdataclass.IN, dns.rdatatype.TXT, strings) for strings in records]
        response.answer.append(dns.rrset.from_rdata(query.question[0].name, 60, *rdata))

    return answer


def code(rcode: dns.rcode.Rcode) -> Answer:
    return lambda query, response: response.set_rcode(rcode)


def test_the_strings_of_a_record_are_joined(loop: str) -> None:
    async def test() -> None:
        records = txt((b"did=did:plc:ewvi7nx", b"zyoun6zhxrhs64oiz"), (b"v=spf1 -all",), ("é".encode(),))
        async with name_server(records) as (server, resolver):
            answer = await resolver.txt(NAME)
            assert isinstance(answer, TxtRecords)
            assert sorted(answer.texts) == sorted(("did=did:plc:ewvi7nxzyoun6zhxrhs64oiz", "v=spf1 -all", "é"))
            assert server.questions == [f"{NAME}. IN TXT"]

    run(loop, test)


def test_what_is_no_utf_8_is_left_out(loop: str) -> None:
    async def test() -> None:
        async with name_server(txt((b"\xff\xfe",), (b"did=did:web:a.example",), (b"\xc3", b"\xa9"))) as (_, resolver):
            answer = await resolver.txt(NAME)
            assert isinstance(answer, TxtRecords)
            assert sorted(answer.texts) == ["did=did:web:a.example", "é"]

    run(loop, test)


@pytest.mark.parametrize("rcode", [dns.rcode.NXDOMAIN, dns.rcode.NOERROR])
def test_no_such_name_and_no_such_record_are_an_answer(loop: str, rcode: dns.rcode.Rcode) -> None:
    async def test() -> None:
        async with name_server(code(rcode)) as (_, resolver):
            assert await resolver.txt(NAME) == TxtRecords(())

    run(loop, test)


@pytest.mark.parametrize("rcode", [dns.rcode.SERVFAIL, dns.rcode.REFUSED])
def test_a_name_server_that_fails_is_no_answer(loop: str, rcode: dns.rcode.Rcode) -> None:
    async def test() -> None:
        async with name_server(code(rcode)) as (_, resolver):
            assert isinstance(await resolver.txt(NAME), Failed)

    run(loop, test)


def test_a_name_server_that_never_answers(loop: str) -> None:
    async def test() -> None:
        async with name_server(None) as (_, resolver):
            assert await resolver.txt(NAME) == Failed("no name server answered within 0.3 seconds", timed_out=True)

    run(loop, test)


def test_an_answer_to_another_question_is_not_taken(loop: str) -> None:
    """RFC 5452 section 9.1: whoever forges answers has to guess what was asked."""

    def forge(query: dns.message.QueryMessage, response: dns.message.Message) -> None:
        txt((b"did=did:web:evil.example",))(query, response)
        response.id ^= 1

    async def test() -> None:
        async with name_server(forge) as (_, resolver):
            assert isinstance(await resolver.txt(NAME), Failed)

    run(loop, test)


@pytest.mark.parametrize("name", ["a..b", "x" * 64 + ".example", ".".join(["x" * 50] * 6), "a\\300"])
def test_what_is_no_name_is_not_asked_for(loop: str, name: str) -> None:
    async def test() -> None:
        async with name_server(None) as (server, resolver):
            assert await resolver.txt(name) == Failed("not a DNS name")
            assert server.questions == []

    run(loop, test)


def test_a_machine_without_name_servers(loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def unconfigured(self: dns.resolver.BaseResolver, f: object) -> None:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(dns.resolver.BaseResolver, "read_resolv_conf", unconfigured)

    async def test() -> None:
        assert await Dns().txt(NAME) == Failed("no name server is configured")

    run(loop, test)


def test_the_system_resolves_names_of_this_machine(loop: str) -> None:
    async def test() -> None:
        assert "127.0.0.1" in await resolve_addresses("localhost", 80)
        assert await resolve_addresses("127.0.0.1", 80) == ("127.0.0.1",)
        for name in ("a" * 64, "a..b", "\udfff"):
            with pytest.raises(OSError, match=r"."):
                await resolve_addresses(name, 80)

    run(loop, test)


def test_look_ups_that_hang_are_bounded_and_nobody_waits_for_them(loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    ended = threading.Semaphore(0)

    def hang(*args: object, **more: object) -> list[object]:
        assert release.wait(30)
        ended.release()
        return []

    monkeypatch.setattr(names, "_room", threading.BoundedSemaphore(2))
    monkeypatch.setattr(socket, "getaddrinfo", hang)

    async def test() -> None:
        for _ in range(2):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await resolve_addresses("slow.example", 80)
        with pytest.raises(socket.gaierror, match="too many"):
            await resolve_addresses("third.example", 80)
        release.set()
        assert all([await asyncio.to_thread(ended.acquire, timeout=30) for _ in range(2)])

    run(loop, test)
