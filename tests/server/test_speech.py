"""Speech by wire class: rendered for what a class negotiated, and for nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeq_proto.caps import (
    ACCOUNT_TAG,
    BATCH,
    CAPABILITIES,
    ECHO_MESSAGE,
    EXTENDED_JOIN,
    MESSAGE_TAGS,
    SASL,
    SERVER_TIME,
)
from freeq_proto.history import Stamp
from freeq_proto.server.speech import (
    RENDERED,
    TRANSPORT_MASK,
    Either,
    Line,
    Several,
    Speech,
    caps_of,
    interest_mask,
    wire_class,
)

STAMP = Stamp("01K742SG00SM3JSP5YDYFP42E5", 1_760_000_000_123)
TIME = "time=2025-10-09T08:53:20.123Z"
MSGID = "msgid=01K742SG00SM3JSP5YDYFP42E5"
FULL = Line(":a!b@c PRIVMSG #c :x", STAMP, account="did:plc:x", client_tags="+k=v", bot=True)


@pytest.mark.parametrize(
    ("caps", "tags"),
    [
        (0, ""),
        (SERVER_TIME, TIME),
        (ACCOUNT_TAG, "account=did:plc:x"),
        (MESSAGE_TAGS, f"{MSGID};bot;+k=v"),
        (MESSAGE_TAGS | SERVER_TIME | ACCOUNT_TAG, f"{TIME};account=did:plc:x;{MSGID};bot;+k=v"),
        (BATCH | ECHO_MESSAGE, ""),
    ],
)
def test_tags_are_those_that_were_asked_for(caps: int, tags: str) -> None:
    (line,) = FULL.lines(caps)
    assert line == (f"@{tags} " if tags else "") + FULL.body


def test_a_line_without_stamp_and_account_has_no_tags() -> None:
    assert Line(":s PING").lines(MESSAGE_TAGS | SERVER_TIME | ACCOUNT_TAG) == (":s PING",)


def test_what_a_class_needs_to_hear_it_all() -> None:
    needing = Line(":a AWAY", needs=BATCH | EXTENDED_JOIN)
    assert needing.lines(BATCH) == ()
    assert needing.lines(BATCH | EXTENDED_JOIN) == (":a AWAY",)


def test_a_tag_for_all_comes_first() -> None:
    assert Line("x", STAMP, extra="batch=1").lines(SERVER_TIME) == (f"@batch=1;{TIME} x",)
    assert Line("x", extra="batch=1").lines(0) == ("@batch=1 x",)


def test_one_thing_to_those_and_another_to_the_rest() -> None:
    either = Either(EXTENDED_JOIN | BATCH, Line("long"), Line("short"))
    assert either.lines(EXTENDED_JOIN | BATCH) == ("long",)
    assert either.lines(EXTENDED_JOIN) == ("short",)
    assert Either(BATCH, Line("x")).lines(0) == ()
    assert Either(BATCH, None, Line("x")).lines(BATCH) == ()


def test_several_things_one_after_another() -> None:
    several = Several([Line("one"), Either(BATCH, Line("two")), Line("three")])
    assert several.lines(0) == ["one", "three"]
    assert several.lines(BATCH) == ["one", "two", "three"]


bits = st.sampled_from([capability.bit for capability in CAPABILITIES])
cap_sets = st.lists(bits, unique=True).map(sum)
lines = st.builds(
    Line,
    st.just("body"),
    st.none() | st.just(STAMP),
    account=st.none() | st.just("did:plc:x"),
    bot=st.booleans(),
    needs=cap_sets.map(lambda caps: caps & RENDERED),
    extra=st.sampled_from(["", "batch=1"]),
)
speeches: st.SearchStrategy[Speech] = st.recursive(
    lines,
    lambda inner: (
        st.builds(Either, cap_sets.map(lambda caps: caps & RENDERED), st.none() | inner, st.none() | inner)
        | st.builds(Several, st.lists(inner, max_size=3))
    ),
    max_leaves=5,
)


@given(speeches, cap_sets, st.integers(0, TRANSPORT_MASK))
def test_speech_depends_on_nothing_but_its_interest(speech: Speech, caps: int, transport: int) -> None:
    """So it may be rendered once for all classes that agree on that."""
    wire = wire_class(caps, transport)
    assert wire & TRANSPORT_MASK == transport
    assert list(speech.lines(caps)) == list(speech.lines(caps_of(wire & interest_mask(speech.interest))))
    assert not speech.interest & ~RENDERED


def test_what_changes_no_line_is_in_no_class() -> None:
    assert wire_class(SASL | ECHO_MESSAGE, 1) == wire_class(0, 1)
