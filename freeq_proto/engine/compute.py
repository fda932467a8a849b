"""The one pure function that does jobs, on whatever thread a runtime gives it."""

from typing import assert_never

from freeq_proto.boundary import Computed, HashPassword, Job, KeyType, VerifyPassword, VerifySignature
from freeq_proto.identity import InvalidKeyError, PublicKey, hash_password, verify, verify_password


def perform(job: Job) -> Computed:
    """Do ``job`` and return its answer, whose meaning is stated at the job.

    A malformed key, signature or PHC string is a False answer. Raises LocalProtocolError for a salt of a wrong length.
    Touches nothing but its argument, so any thread or process may call it.
    """
    match job:
        case VerifySignature():
            return Computed(any(_made_by(key_type, data, job) for key_type, data in job.keys))
        case VerifyPassword():
            return Computed(verify_password(job.phc, job.password))
        case HashPassword():
            return Computed(hash_password(job.password, job.salt))
        case _:
            assert_never(job)


def _made_by(key_type: KeyType, data: bytes, job: VerifySignature) -> bool:
    try:
        key = PublicKey(key_type, data)
    except InvalidKeyError:
        return False
    return verify(key, job.signature, job.message)
