"""The table of capabilities."""

from freeq_proto.caps import (
    ACCOUNT_TAG,
    BATCH,
    BY_NAME,
    CAPABILITIES,
    LABELED_RESPONSE,
    MESSAGE_REDACTION,
    MESSAGE_TAGS,
    MULTILINE,
    REQUESTABLE,
    SASL,
    SERVER_TIME,
    STS,
    effective,
    names,
)


def test_each_capability_has_a_name_a_bit_and_a_specification_of_its_own() -> None:
    assert [capability.bit for capability in CAPABILITIES] == [1 << place for place in range(len(CAPABILITIES))]
    assert len({capability.name for capability in CAPABILITIES}) == len(CAPABILITIES)
    assert len({capability.specification for capability in CAPABILITIES}) == len(CAPABILITIES)
    assert all(capability.specification.startswith("https://ircv3.net/specs/") for capability in CAPABILITIES)


def test_what_tags_every_chat_line_is_in_the_lowest_bits() -> None:
    assert MESSAGE_TAGS | SERVER_TIME | ACCOUNT_TAG == 0b111


def test_names_are_words_of_the_wire() -> None:
    # https://ircv3.net/specs/extensions/capability-negotiation#rules-for-naming-capabilities
    for capability in CAPABILITIES:
        assert capability.name.isascii()
        assert capability.name.isprintable()
        assert not capability.name.startswith("-")
        assert not set(capability.name) & {" ", "=", ","}


def test_no_name_contains_another() -> None:
    # Clients exist that look for a name as a substring of the whole list.
    assert [(one, other) for one in BY_NAME for other in BY_NAME if one != other and one in other] == []


def test_names_come_in_the_order_of_the_table() -> None:
    assert names(SASL | BATCH | MESSAGE_TAGS) == ["message-tags", "batch", "sasl"]
    assert names(0) == []
    assert names(-1) == [capability.name for capability in CAPABILITIES] == list(BY_NAME)


def test_all_but_sts_may_be_requested() -> None:
    # https://ircv3.net/specs/extensions/sts: "Clients MUST NOT request this capability"
    assert sum(capability.bit for capability in CAPABILITIES) == REQUESTABLE | STS
    assert not REQUESTABLE & STS


def test_a_capability_has_no_effect_without_the_one_it_needs() -> None:
    # "Dependencies" of labeled-response and multiline (batch) and of message-redaction (message-tags).
    assert effective(LABELED_RESPONSE | MULTILINE | SASL) == SASL
    assert effective(LABELED_RESPONSE | MULTILINE | BATCH) == LABELED_RESPONSE | MULTILINE | BATCH
    assert effective(MESSAGE_REDACTION | BATCH) == BATCH
    assert effective(MESSAGE_REDACTION | MESSAGE_TAGS) == MESSAGE_REDACTION | MESSAGE_TAGS


def test_needs_are_one_level_deep() -> None:
    # One pass over the table finds what is effective only as long as this holds.
    dependent = sum(capability.bit for capability in CAPABILITIES if capability.needs)
    assert [capability.name for capability in CAPABILITIES if capability.needs & dependent] == []
