"""Laws of the grammar of IRC, for every input and not only the ones somebody thought of."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from freeq_proto.boundary import LocalProtocolError
from freeq_proto.irc import (
    CHANNEL_MODES,
    OVERLONG,
    LineFramer,
    MalformedMessage,
    Mask,
    Message,
    ModeChange,
    canonical_hostmask,
    escape_value,
    fold,
    format_isupport,
    format_modes,
    format_server_time,
    lower_ascii,
    parse_isupport,
    parse_modes,
    parse_server_time,
    split_hostmask,
    takes_argument,
    truncate,
    unescape_value,
)

any_text = st.text(max_size=40)
wire_text = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), max_size=20)
words = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n "), min_size=1, max_size=12)
middles = words.filter(lambda word: not word.startswith(":"))
keys = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n =;"), min_size=1, max_size=12)
values = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
commands = st.from_regex(r"\A(?:[A-Z]{1,12}|[0-9]{3})\Z")

messages = st.builds(
    lambda command, middle, last, source, tags: Message(command, [*middle, *last], source, tags),
    commands,
    st.lists(middles, max_size=5),
    st.lists(wire_text, max_size=1),
    st.none() | words,
    st.dictionaries(keys, values, max_size=4),
)
odd_messages = st.builds(
    Message,
    commands | any_text,
    st.lists(any_text, max_size=4),
    st.none() | any_text,
    st.dictionaries(any_text, any_text, max_size=2),
)
lines = st.text(st.sampled_from("@:; =\\\0\r\nA1é+/\x1f\ud800"), max_size=40)


@given(messages)
def test_parse_undoes_format(message: Message) -> None:
    assert Message.parse(message.format()) == message
    assert Message.parse(message.format().encode() + b"\r\n") == message


@given(odd_messages)
def test_format_gives_one_line_that_says_the_same_or_refuses(message: Message) -> None:
    try:
        line = message.format()
    except LocalProtocolError:
        return
    assert not set(line) & set("\0\r\n")
    assert Message.parse(line.encode()) == message


@given(lines | any_text | st.binary(max_size=40))
def test_what_was_parsed_can_be_said_again(line: str | bytes) -> None:
    try:
        message = Message.parse(line)
    except MalformedMessage:
        return
    assert Message.parse(message.format()) == message


@given(any_text)
def test_unescape_undoes_escape(value: str) -> None:
    escaped = escape_value(value)
    assert unescape_value(escaped) == value
    assert not set(escaped) & set("; \r\n")


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_folding_is_idempotent_and_keeps_length(text: str) -> None:
    folded = fold(text)
    assert fold(folded.decode()) == folded
    assert len(folded) == len(text.encode())
    assert lower_ascii(text).encode() == folded


streams = st.lists(st.sampled_from([b"\n", b"\r", b"\r\n", b"a", b"bcd", b"x" * 12])).map(b"".join)


@given(streams, st.lists(st.integers(0, 200), max_size=8))
def test_framing_does_not_depend_on_how_the_stream_is_cut(stream: bytes, cuts: list[int]) -> None:
    bounds = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    framer = LineFramer(limit=8)
    pieces = [stream[start:end] for start, end in itertools.pairwise(bounds)]
    lines = [line for piece in pieces for line in framer.push(piece)]
    assert lines == LineFramer(limit=8).push(stream)
    assert all(line is OVERLONG or (0 < len(line) <= 8 and b"\n" not in line) for line in lines)


def matches_by_trying_everything(mask: str, text: str) -> bool:
    """The definition, as slow as it is plain."""
    if not mask:
        return not text
    if mask[0] == "*":
        return any(matches_by_trying_everything(mask[1:], text[start:]) for start in range(len(text) + 1))
    return bool(text) and mask[0] in ("?", text[0]) and matches_by_trying_everything(mask[1:], text[1:])


@given(st.text("ab*?é", max_size=7), st.text("abé", max_size=7))
def test_a_mask_matches_what_its_definition_matches(mask: str, text: str) -> None:
    expected = matches_by_trying_everything(mask, text)
    assert Mask.compile(mask).matches(text) == expected
    assert Mask.compile(mask.replace("a", "A")).matches(text.replace("b", "B")) == expected


@given(any_text | st.text("a!@*", max_size=12))
def test_a_completed_hostmask_is_complete(text: str) -> None:
    canonical = canonical_hostmask(text)
    assert canonical_hostmask(canonical) == canonical
    nick, user, host = split_hostmask(canonical)
    assert "" not in (nick, user, host)


@st.composite
def mode_changes(draw: st.DrawFn) -> list[ModeChange]:
    """Changes that each have their due argument."""
    changes = []
    for letter, adding in draw(st.lists(st.tuples(st.sampled_from(list(CHANNEL_MODES)), st.booleans()), max_size=8)):
        due = takes_argument(CHANNEL_MODES[letter], adding=adding)
        changes.append(ModeChange(adding, letter, draw(words) if due else None))
    return changes


@given(mode_changes())
def test_parse_undoes_format_of_modes(changes: list[ModeChange]) -> None:
    assert parse_modes(format_modes(changes), CHANNEL_MODES) == (changes, [])


@given(st.lists(any_text | st.text("+-bklonXé", max_size=12), max_size=4))
def test_every_letter_is_a_change_a_sign_or_unknown(params: list[str]) -> None:
    changes, unknown = parse_modes(params, CHANNEL_MODES)
    read = [letter for letter in "".join(params[:1]) if letter not in "+-"]
    assert [change.letter for change in changes] == [letter for letter in read if letter in CHANNEL_MODES]
    assert unknown == list(dict.fromkeys(letter for letter in read if letter not in CHANNEL_MODES))
    given_arguments = [change.argument for change in changes if change.argument is not None]
    assert given_arguments == params[1 : 1 + len(given_arguments)]


@given(
    st.text(st.characters(codec="utf-8") | st.sampled_from("e\u0301\u200d👩"), max_size=20),
    st.integers(0, 60),
)
def test_truncation_fits_and_is_the_longest_prefix_but_for_what_belongs_together(text: str, limit: int) -> None:
    cut = truncate(text, limit)
    assert text.startswith(cut)
    assert len(cut.encode()) <= limit
    assert truncate(cut, limit) == cut
    if len(text.encode()) <= limit:
        assert cut == text
    elif text.isascii():
        assert len(cut) == limit


token_names = st.from_regex(r"\A[A-Z]{1,8}\Z")
token_values = st.none() | st.text(st.characters(codec="utf-8"), max_size=12)


@given(st.dictionaries(token_names, token_values, max_size=30))
def test_parse_undoes_format_of_isupport(tokens: dict[str, str | None]) -> None:
    read: dict[str, str | None] = {}
    for line in format_isupport(tokens):
        message = Message("005", ["nick", *line, "are supported by this server"], "server")
        read |= parse_isupport(Message.parse(message.format()).params)
    assert read == tokens


@given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
def test_parse_undoes_format_of_instants(unix_ms: int) -> None:
    assert parse_server_time(format_server_time(unix_ms)) == unix_ms


@given(any_text | st.from_regex(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z\Z"))
def test_an_instant_is_read_in_one_spelling_only(text: str) -> None:
    unix_ms = parse_server_time(text)
    assert unix_ms is None or text[17:19] == "60" or format_server_time(unix_ms) == text
