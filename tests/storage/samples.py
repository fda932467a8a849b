"""Rows that several tests of storage need."""

import json

from freeq_proto.boundary import ActRow, NickRow

ADA = "did:plc:ada"
BOB = "did:web:bob.example"
GUEST = "guest:z6Mk/1.7"


def act(number: int, log: str = "#garden", kind: str = "topic", by: str = ADA, **body: object) -> ActRow:
    text = json.dumps({"text": f"topic {number}", **body}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return ActRow(log=log, ulid=f"{number:026d}", kind=kind, by=by, body=text, reason="")


def founding(log: str, by: str, number: int = 0) -> ActRow:
    return act(number, log, "create", by, flags="nt")


def nick(name: str, account: str, unix_ms: int = 1) -> NickRow:
    return NickRow(folded=name.lower(), nick=name, account=account, unix_ms=unix_ms)
