"""What a server offers: which capabilities, and their values."""

from collections.abc import Mapping
from typing import Final

import attrs

from freeq_proto.boundary import LocalProtocolError
from freeq_proto.caps.lists import fits
from freeq_proto.caps.registry import CAPABILITIES, CapSet, ValueKind

_BY_BIT: Final = {capability.bit: capability for capability in CAPABILITIES}


@attrs.frozen
class Offer:
    """What is offered on one kind of connection at one time. Made when a server is configured, not per session.

    Raises :class:`~freeq_proto.boundary.LocalProtocolError` for an unknown bit, a value that is missing or not wanted
    (:class:`~freeq_proto.caps.registry.ValueKind`), and one that no line of 510 bytes can list.
    """

    values: Mapping[int, str] = attrs.field()
    """Bit to value, "" for none."""
    caps: CapSet = attrs.field(init=False)
    """The bits of ``values``."""

    @caps.default
    def _bits(self) -> CapSet:
        return sum(self.values)

    @values.validator
    def _check(self, _attribute: "attrs.Attribute[Mapping[int, str]]", values: Mapping[int, str]) -> None:
        for bit, value in values.items():
            capability = _BY_BIT.get(bit)
            if capability is None:
                raise LocalProtocolError(f"{bit} is not the bit of a capability")
            if capability.value is (ValueKind.NONE if value else ValueKind.REQUIRED):
                raise LocalProtocolError(f"{capability.name}={value}: the value is {capability.value.name.lower()}")
            if not (value.isascii() and value.isprintable()) or " " in value:
                raise LocalProtocolError(f"{capability.name}={value!r} cannot stand in a list of words")
            if not fits(["LS", "*", f"{capability.name}={value}"]):
                raise LocalProtocolError(f"{capability.name}: a value of {len(value)} bytes does not fit a line")

    def listed(self, caps: CapSet, *, with_values: bool) -> list[str]:
        """Those of ``caps`` that are offered, as ``name`` or ``name=value``, in the order of the table.

        Without values, a capability that requires one is left out.
        """
        offered = [capability for capability in CAPABILITIES if capability.bit & caps & self.caps]
        if not with_values:
            return [capability.name for capability in offered if capability.value is not ValueKind.REQUIRED]
        return [
            f"{capability.name}={value}" if (value := self.values[capability.bit]) else capability.name
            for capability in offered
        ]
