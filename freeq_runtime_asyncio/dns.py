"""DNS look-ups of the core: the TXT records of a name."""

import asyncio
from collections.abc import Sequence
from typing import Final

import dns.asyncbackend
import dns.asyncresolver
import dns.exception
import dns.name
import dns.rdatatype
import dns.rdtypes.txtbase
import dns.resolver

from freeq_proto.boundary import Failed, TxtRecords

SECONDS: Final = 5.0
"""For one look-up in all, however many name servers are asked."""
AT_ONCE: Final = 32
"""Look-ups under way at once; more of them wait, and their waiting counts as their time."""


class Dns:
    """Looks names up on the running event loop. It keeps nothing between look-ups, and needs no closing."""

    def __init__(
        self,
        *,
        name_servers: Sequence[str] | None = None,
        port: int = 53,
        seconds: float = SECONDS,
        at_once: int = AT_ONCE,
    ) -> None:
        """``name_servers`` are IP addresses; without them the system's are asked, as configured at the time."""
        self._name_servers = name_servers
        self._port = port
        self._seconds = seconds
        self._slots = asyncio.Semaphore(at_once)

    async def txt(self, name: str) -> TxtRecords | Failed:
        """The TXT records of ``name``, which is taken as absolute. What is no UTF-8 is left out.

        No such name, or no such record, is ``TxtRecords(())``. Whatever goes wrong is ``Failed``, never a raise.
        """
        try:
            absolute = dns.name.from_text(name)
            async with asyncio.timeout(self._seconds), self._slots:
                answer = await self._resolver().resolve(
                    absolute,
                    dns.rdatatype.TXT,
                    lifetime=self._seconds,
                    raise_on_no_answer=False,
                    search=False,
                    backend=dns.asyncbackend.get_backend("asyncio"),
                )
        except dns.resolver.NXDOMAIN:
            return TxtRecords(())
        except dns.resolver.NoResolverConfiguration:
            return Failed("no name server is configured")
        except (dns.exception.Timeout, TimeoutError):
            return Failed(f"no name server answered within {self._seconds:g} seconds", timed_out=True)
        except (dns.name.LabelTooLong, dns.name.NameTooLong, dns.name.EmptyLabel, dns.name.BadEscape, UnicodeError):
            return Failed("not a DNS name")
        except (dns.exception.DNSException, OSError):
            return Failed("the name servers did not answer the question")
        return TxtRecords(texts_of(answer))

    def _resolver(self) -> dns.asyncresolver.Resolver:
        """Made anew, because the system's configuration changes under a server that runs for months."""
        resolver = dns.asyncresolver.Resolver(configure=self._name_servers is None)
        if self._name_servers is not None:
            resolver.nameservers = list(self._name_servers)
            resolver.port = self._port
        return resolver


def texts_of(answer: dns.resolver.Answer) -> tuple[str, ...]:
    """The texts of an answer, in its order: the strings of each record are joined (RFC 1464, RFC 7208 section 3.3)."""
    texts: list[str] = []
    for record in answer.rrset or ():
        assert isinstance(record, dns.rdtypes.txtbase.TXTBase)
        try:
            texts.append(b"".join(record.strings).decode())
        except UnicodeDecodeError:
            continue
    return tuple(texts)
