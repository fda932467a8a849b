"""DNS look-ups of the core on a worker's thread: the TXT records of a name."""

from typing import Final

import dns.exception
import dns.name
import dns.rdatatype
import dns.rdtypes.txtbase
import dns.resolver

from freeq_proto.boundary import Failed, TxtRecords

SECONDS: Final = 5.0
"""For one look-up in all, however many name servers are asked."""


def look_up_txt(name: str) -> TxtRecords | Failed:
    """The TXT records of ``name``, which is taken as absolute. What is no UTF-8 is left out. Blocks.

    No such name, or no such record, is ``TxtRecords(())``. Whatever goes wrong is ``Failed``, never a raise.
    """
    try:
        answer = dns.resolver.Resolver().resolve(
            dns.name.from_text(name), dns.rdatatype.TXT, lifetime=SECONDS, raise_on_no_answer=False, search=False
        )
    except dns.resolver.NXDOMAIN:
        return TxtRecords(())
    except dns.resolver.NoResolverConfiguration:
        return Failed("no name server is configured")
    except dns.exception.Timeout:
        return Failed(f"no name server answered within {SECONDS:g} seconds", timed_out=True)
    except (dns.name.LabelTooLong, dns.name.NameTooLong, dns.name.EmptyLabel, dns.name.BadEscape, UnicodeError):
        return Failed("not a DNS name")
    except (dns.exception.DNSException, OSError):
        return Failed("the name servers did not answer the question")
    return TxtRecords(_texts_of(answer))


def _texts_of(answer: dns.resolver.Answer) -> tuple[str, ...]:
    """The texts of an answer, in its order: the strings of each record are joined (RFC 1464, RFC 7208 section 3.3)."""
    texts: list[str] = []
    for record in answer.rrset or ():
        assert isinstance(record, dns.rdtypes.txtbase.TXTBase)
        try:
            texts.append(b"".join(record.strings).decode())
        except UnicodeDecodeError:
            continue
    return tuple(texts)
