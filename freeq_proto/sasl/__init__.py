"""Signing in: the AUTHENTICATE exchange of IRCv3 SASL and its mechanisms, server and client side.

This room knows how answers are cut into lines, what a challenge says, which mechanisms there are and what each proves.
It refuses to know what a session does with an account: no numerics written, no registration, no WHOIS. It does no work
that takes long and keeps no clock: verifying is a job, and time and randomness are handed in.
"""

from freeq_proto.sasl.answer import MalformedResponseError
from freeq_proto.sasl.atproto_challenge import ATPROTO_CHALLENGE, MAX_ROTATIONS, METHODS
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
    DEFAULT_FORMS,
    MAX_CHALLENGE_LENGTH,
    MAX_CLOCK_DIFFERENCE,
    NONCE_LENGTH,
    Challenge,
    UnacceptableChallengeError,
    did_web_of,
    parse_challenge,
)
from freeq_proto.sasl.client import ClientExchange, UnauthenticatedServerError, respond_crypto
from freeq_proto.sasl.credentials import (
    AppPasswordCredentials,
    CertificateCredentials,
    Credentials,
    KeyCredentials,
    OAuthCredentials,
    PlainCredentials,
)
from freeq_proto.sasl.exchange import (
    Detail,
    DetailedError,
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
from freeq_proto.sasl.guesses import GUESS_SECONDS, MAX_GUESSES, GuessMemory
from freeq_proto.sasl.mechanisms import MECHANISMS, find_mechanism, mechanisms_for, sasl_value
from freeq_proto.sasl.plain import PLAIN, MalformedMessageError, PlainMessage, parse_plain
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
from freeq_proto.sasl.service_auth_client import NoTokenError, UnknownAudienceError
from freeq_proto.sasl.service_token import (
    SERVICE,
    TLS_SERVER_END_POINT,
    TOKEN_METHOD,
    Binding,
    TokenForm,
    binding_hash,
    token_forms,
)
from freeq_proto.sasl.tokens import MAX_TOKENS, Spent, TokenMemory

__all__ = [
    "ABORT",
    "ATPROTO_CHALLENGE",
    "CHUNK_LENGTH",
    "DEFAULT_FORMS",
    "EMPTY",
    "EXCHANGE_SECONDS",
    "EXTERNAL",
    "GUESS_SECONDS",
    "MAX_CHALLENGE_LENGTH",
    "MAX_CLOCK_DIFFERENCE",
    "MAX_FAILURES",
    "MAX_GUESSES",
    "MAX_PAYLOAD_LENGTH",
    "MAX_ROTATIONS",
    "MAX_TOKENS",
    "MECHANISMS",
    "METHODS",
    "NONCE_LENGTH",
    "PLAIN",
    "SERVICE",
    "TLS_SERVER_END_POINT",
    "TOKEN_METHOD",
    "AppPasswordCredentials",
    "Binding",
    "CertificateCredentials",
    "Challenge",
    "ClientExchange",
    "Continue",
    "Credentials",
    "Detail",
    "DetailedError",
    "Evidence",
    "Failure",
    "GuessMemory",
    "KeyCredentials",
    "MalformedMessageError",
    "MalformedResponseError",
    "Mechanism",
    "NoTokenError",
    "OAuthCredentials",
    "Offer",
    "Outcome",
    "PayloadTooLongError",
    "PlainCredentials",
    "PlainMessage",
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
    "TokenForm",
    "TokenMemory",
    "UnacceptableChallengeError",
    "UnauthenticatedServerError",
    "UnknownAudienceError",
    "Wait",
    "ask",
    "binding_hash",
    "compute",
    "did_web_of",
    "find_mechanism",
    "mechanisms_for",
    "parse_challenge",
    "parse_plain",
    "respond_crypto",
    "sasl_value",
    "split_payload",
    "token_forms",
]
