"""Laws of the client, for any server: nothing raises, chunks do not matter, every answer comes once, time moves on."""

import contextlib
import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from freeq_proto.boundary import LocalProtocolError
from freeq_proto.client import Answered, ClientEvent, RequestId
from freeq_proto.irc import Message
from tests.client.bridge import Script
from tests.client.server_lines import streams

CAPS = "batch labeled-response message-tags server-time draft/multiline=max-bytes=4000,max-lines=20 draft/chathistory"


def play(chunks: list[bytes], *, caps: str, registered: bool) -> tuple[list[ClientEvent], list[str], Script]:
    """A client that heard ``chunks``; what it told and what it said."""
    script = Script(channels=("#a", "#b"), user_modes="+i", rejoin_after_kick=True)
    if registered:
        script.welcome("CHANTYPES=#&", "STATUSMSG=@+", "MONITOR=10", "CHATHISTORY=5", caps=caps)
        for command in ("WHOIS bob", "MODE #a", "CHATHISTORY LATEST #a * 5"):
            script.client.request(*command.split(" "), now=script.now)
    for chunk in chunks:
        script.feed(chunk)
    return script.program.events, script.said(), script


@given(streams, st.booleans(), st.sampled_from(("", CAPS)))
@settings(max_examples=150)
def test_nothing_that_a_server_sends_raises(stream: bytes, registered: bool, caps: str) -> None:
    """Faults are not contained here. What the client says to it is well formed, and time still moves on."""
    _, said, script = play([stream], caps=caps, registered=registered)
    for line in said:
        Message.parse(line)
    script.pass_time(300)
    if script.client.running and len(script.dials) > 1:
        script.accept()
        script.welcome(caps=caps)
        for line in script.said():
            Message.parse(line)
        assert script.client.registered


@given(streams, st.lists(st.integers(0, 10_000), max_size=6), st.booleans())
@settings(max_examples=100)
def test_chunks_do_not_matter(stream: bytes, cuts: list[int], registered: bool) -> None:
    at = sorted({0, len(stream), *(cut % len(stream) for cut in cuts)})
    chunks = [stream[start:end] for start, end in itertools.pairwise(at)]
    whole = play([stream], caps=CAPS, registered=registered)
    # A connection that ends in the middle of the stream is deaf to the rest, however that comes.
    assert play([chunk for chunk in chunks if chunk], caps=CAPS, registered=registered)[:2] == whole[:2]


@given(streams, st.sampled_from(("", CAPS)))
@settings(max_examples=100)
def test_every_request_is_answered_once(stream: bytes, caps: str) -> None:
    """By the server, by the end of the connection, or by the end of its time."""
    _, _, script = play([stream], caps=caps, registered=True)
    script.pass_time(200)
    answered = [event.request for event in script.program.take(Answered)]
    assert sorted(answered) == [RequestId(number) for number in sorted(answered)]
    assert set(answered) >= {RequestId(1), RequestId(2), RequestId(3)}
    assert len(set(answered)) == len(answered)


@given(streams)
@settings(max_examples=50)
def test_the_same_inputs_give_the_same_outputs(stream: bytes) -> None:
    assert play([stream], caps=CAPS, registered=True)[:2] == play([stream], caps=CAPS, registered=True)[:2]


@given(streams, st.text(max_size=40), st.sampled_from(("#a", "bob", "", ":x", "a b")))
@settings(max_examples=100)
def test_what_a_program_asks_for_is_sent_or_refused(stream: bytes, text: str, target: str) -> None:
    """Whatever a server said before, a send raises LocalProtocolError or nothing, and what is sent parses."""
    _, _, script = play([stream], caps=CAPS, registered=True)
    client, now = script.client, script.now
    for send in (
        lambda: client.say(target, text, now),
        lambda: client.notice(target, text, now, reply_to=text),
        lambda: client.action(target, text, now),
        lambda: client.react(target, text, text, now),
        lambda: client.edit(target, text, text, now),
        lambda: client.redact(target, text, now),
        lambda: client.join(target, now, key=text),
        lambda: client.topic(target, text, now),
        lambda: client.mode(target, text, text, now=now),
        lambda: client.raw(text, now),
        lambda: client.history(target, now, before=text),
    ):
        with contextlib.suppress(LocalProtocolError):
            send()
    for line in script.said():
        Message.parse(line)
