"""Performs what flows of the core ask for, one request after the other, against the servers on loopback."""

import os
import time
from typing import TypeVar
from urllib.parse import urlsplit

import attrs

from freeq_proto.boundary import (
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
    Work,
)
from freeq_proto.engine import perform
from freeq_proto.identity import Resolver
from tests.integration.atproto.servers import Servers
from tests.integration.atproto.web import fetch

T = TypeVar("T")


def entropy(count: int) -> bytes:
    return os.urandom(count)


def now() -> Now:
    return Now(mono=time.monotonic(), unix_ms=time.time_ns() // 1_000_000)


def resolver_for(servers: Servers) -> Resolver:
    """One that asks the directory of these servers."""
    return Resolver(plc_directory=servers.plc, private_network=True, clock=now, document_seconds=600.0)


@attrs.define
class Network:
    """What there is: loopback, names that a test gives to servers on it, and the TXT records that a test makes."""

    hosts: dict[str, str] = attrs.Factory(dict)
    """For the names of hosts, the URL of the server that answers to it in plain HTTP."""
    texts: dict[str, tuple[str, ...]] = attrs.Factory(dict)
    """TXT records by their name."""
    requests: list[HttpRequest] = attrs.Factory(list)
    """All HTTP requests that were made, in order."""

    def run(self, flow: Flow[T]) -> T:
        """Run a flow to its end: its value; what it raises is raised."""
        result: Result | None = None
        while True:
            try:
                request = flow.send(result)
            except StopIteration as end:
                value: T = end.value
                return value
            result = self.perform(request)

    def perform(self, request: Request) -> Result:
        match request:
            case Fetch(http):
                return self._fetch(http)
            case LookUp(name):
                return TxtRecords(self.texts.get(name, ()))
            case Work(job):
                return perform(job)
            case _:
                raise AssertionError(f"nothing here performs {request}")

    def _fetch(self, request: HttpRequest) -> Fetched | Failed:
        self.requests.append(request)
        parts = urlsplit(request.url)
        host = parts.hostname or ""
        headers = dict(request.headers)
        url = request.url
        if host in self.hosts:
            headers["Host"] = host
            url = self.hosts[host] + parts.path + (f"?{parts.query}" if parts.query else "")
        elif host not in ("localhost", "127.0.0.1"):
            return Failed("no such host")
        elif not request.private:
            return Failed("the address is not public")
        try:
            answer = fetch(request.method, url, headers, request.body, request.seconds)
        except OSError as error:
            return Failed(str(error), timed_out=isinstance(error, TimeoutError))
        return answer if len(answer.body) <= request.limit else Failed("the body is too long")
