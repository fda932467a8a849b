"""Signing in: the AUTHENTICATE exchange of IRCv3 SASL and its mechanisms, server and client side.

This room knows how answers are cut into lines, what a challenge says, which mechanisms there are and what each proves.
It refuses to know what a session does with an account: no numerics written, no registration, no WHOIS. It does no work
that takes long and keeps no clock: verifying is a job, and time and randomness are handed in.
"""

from freeq_proto.sasl.atproto_challenge import ATPROTO_CHALLENGE, MalformedResponseError, respond_crypto
from freeq_proto.sasl.authenticate import (
    ABORT,
    CHUNK_LENGTH,
    EMPTY,
    MAX_PAYLOAD_LENGTH,
    PayloadTooLongError,
    Reassembler,
    split_payload,
)
from freeq_proto.sasl.challenge import (
    MAX_CHALLENGE_LENGTH,
    MAX_CLOCK_DIFFERENCE,
    NONCE_LENGTH,
    Challenge,
    UnacceptableChallengeError,
    parse_challenge,
)
from freeq_proto.sasl.client import ClientExchange
from freeq_proto.sasl.exchange import (
    Detail,
    Evidence,
    Failure,
    Mechanism,
    Offer,
    Outcome,
    SaslContext,
    Send,
    SignedChallenge,
    SignedToken,
    Steps,
    Success,
    ask,
    compute,
)
from freeq_proto.sasl.external import EXTERNAL
from freeq_proto.sasl.mechanisms import MECHANISMS, find_mechanism, mechanisms_for, sasl_value
from freeq_proto.sasl.server import (
    EXCHANGE_SECONDS,
    MAX_FAILURES,
    Continue,
    Refusal,
    Refused,
    Reply,
    ServerExchange,
    SignedIn,
    Wait,
)
from freeq_proto.sasl.tokens import MAX_TOKENS, Spent, TokenMemory

__all__ = [
    "ABORT",
    "ATPROTO_CHALLENGE",
    "CHUNK_LENGTH",
    "EMPTY",
    "EXCHANGE_SECONDS",
    "EXTERNAL",
    "MAX_CHALLENGE_LENGTH",
    "MAX_CLOCK_DIFFERENCE",
    "MAX_FAILURES",
    "MAX_PAYLOAD_LENGTH",
    "MAX_TOKENS",
    "MECHANISMS",
    "NONCE_LENGTH",
    "Challenge",
    "ClientExchange",
    "Continue",
    "Detail",
    "Evidence",
    "Failure",
    "MalformedResponseError",
    "Mechanism",
    "Offer",
    "Outcome",
    "PayloadTooLongError",
    "Reassembler",
    "Refusal",
    "Refused",
    "Reply",
    "SaslContext",
    "Send",
    "ServerExchange",
    "SignedChallenge",
    "SignedIn",
    "SignedToken",
    "Spent",
    "Steps",
    "Success",
    "TokenMemory",
    "UnacceptableChallengeError",
    "Wait",
    "ask",
    "compute",
    "find_mechanism",
    "mechanisms_for",
    "parse_challenge",
    "respond_crypto",
    "sasl_value",
    "split_payload",
]
