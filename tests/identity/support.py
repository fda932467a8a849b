"""A network that is a table: it answers the flows of a test, and remembers what it was asked."""

from collections.abc import Callable, Mapping
from typing import TypeAlias, TypeVar

from freeq_proto.boundary import (
    Computed,
    Failed,
    Fetch,
    Fetched,
    Flow,
    HttpRequest,
    LookUp,
    Now,
    Request,
    Result,
    TxtRecords,
    VerifySignature,
    Work,
)
from freeq_proto.identity import JsonValue, PublicKey, Resolver, encode_json, verify

T = TypeVar("T")
Answer: TypeAlias = Result | bytes | Callable[[HttpRequest], Result]
"""What a URL answers: as it is, with status 200, or by a function."""


def page(members: Mapping[str, JsonValue], status: int = 200, **headers: str) -> Fetched:
    """An answer in JSON."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Fetched(status, (("content-type", "application/json"), *named), encode_json(dict(members)))


class Network:
    """Answers ``Fetch`` by URL and ``LookUp`` by name; what is in no table fails, as do bodies beyond the limit."""

    def __init__(
        self, pages: Mapping[str, Answer] | None = None, records: Mapping[str, tuple[str, ...]] | None = None
    ) -> None:
        self.pages: dict[str, Answer] = dict(pages or {})
        self.records = dict(records or {})
        self.requests: list[HttpRequest] = []
        self.lookups: list[str] = []

    def run(self, flow: Flow[T]) -> T:
        """Run a flow to its end."""
        result: Result | None = None
        while True:
            try:
                request = flow.send(result)
            except StopIteration as stop:
                value: T = stop.value
                return value
            result = self.answer(request)

    def answer(self, request: Request) -> Result:
        """Answer one request."""
        match request:
            case Fetch(http):
                self.requests.append(http)
                return self._fetch(http)
            case LookUp(name):
                self.lookups.append(name)
                return TxtRecords(self.records[name]) if name in self.records else Failed("no such server")
            case Work(VerifySignature(keys, signature, message)):
                return Computed(any(verify(PublicKey(type, data), signature, message) for type, data in keys))
            case _:
                raise AssertionError(f"nothing answers {request}")

    def _fetch(self, http: HttpRequest) -> Result:
        answer = self.pages.get(http.url)
        if answer is None:
            return Failed("no such host")
        if isinstance(answer, bytes):
            answer = Fetched(200, body=answer)
        elif callable(answer):
            answer = answer(http)
        if isinstance(answer, Fetched) and len(answer.body) > http.limit:
            return Failed("the answer is too long")
        return answer


class Clock:
    """A clock that a test turns."""

    def __init__(self, seconds: float = 1_800_000_000.0) -> None:
        self.seconds = seconds

    def __call__(self) -> Now:
        return Now(self.seconds, int(self.seconds * 1000))


class Counting:
    """Random bytes that are never the same."""

    def __init__(self) -> None:
        self.drawn = 0

    def __call__(self, length: int) -> bytes:
        self.drawn += 1
        return self.drawn.to_bytes(length, "big")


def resolver(
    clock: Callable[[], Now] | None = None, *, private_network: bool = False, document_seconds: float = 600
) -> Resolver:
    """A resolver over a directory at ``https://plc.example``."""
    return Resolver(
        plc_directory="https://plc.example",
        private_network=private_network,
        clock=clock or Clock(),
        document_seconds=document_seconds,
    )
