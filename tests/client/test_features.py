"""ISUPPORT, as clients read it (Modern IRC, "RPL_ISUPPORT Parameters")."""

import pytest

from freeq_proto.client import Features
from freeq_proto.irc import ModeKind


def features(*tokens: str) -> Features:
    found = Features()
    found.learn(["ann", *tokens, "are supported by this server"], 100)
    return found


@pytest.mark.parametrize(
    ("casemapping", "folded"),
    [
        ("ascii", "abc[]\\^~Ä"),
        ("rfc1459", "abc{}|~~Ä"),
        ("rfc1459-strict", "abc{}|^~Ä"),
        ("strict-rfc1459", "abc{}|^~Ä"),
        ("rfc7613", "abc[]\\^~ä"),
        ("unheard-of", "abc{}|~~Ä"),
    ],
)
def test_casemapping(casemapping: str, folded: str) -> None:
    assert features(f"CASEMAPPING={casemapping}").fold("ABC[]\\^~Ä") == folded


def test_what_holds_without_a_word() -> None:
    found = Features()
    assert found.fold("A[") == "a{"
    assert found.prefixes == {"o": "@", "v": "+"}
    assert found.is_channel("#a")
    assert found.is_channel("&a")
    assert not found.is_channel("")
    assert found.line_length == 512
    assert found.channel_modes["b"] is ModeKind.LIST


def test_prefixes_and_modes() -> None:
    found = features("PREFIX=(qaohv)~&@%+", "CHANMODES=Ibe,k,Hl,imnpst")
    assert "".join(found.prefixes) == "qaohv"
    assert found.channel_modes["H"] is ModeKind.LIMIT
    assert found.channel_modes["h"] is ModeKind.PREFIX
    assert features("PREFIX=").prefixes == {}
    assert features("PREFIX=(ov)@").prefixes == {"o": "@", "v": "+"}


def test_status_messages() -> None:
    found = features("STATUSMSG=@+", "CHANTYPES=#")
    assert found.channel_of("@#room") == found.channel_of("@+#room") == found.channel_of("#room") == "#room"
    assert found.channel_of("@room") is None
    assert Features().channel_of("@#room") is None


def test_numbers_are_read_strictly() -> None:
    assert features("NICKLEN=30").number("NICKLEN") == 30
    for wrong in ("", "-1", "1_0", "٣", "9" * 20):
        assert features(f"NICKLEN={wrong}").number("NICKLEN") is None
    assert features("LINELEN=100").line_length == 512
    assert features("LINELEN=999999").line_length == 16_384


def test_tokens_are_taken_back_and_bounded() -> None:
    found = features("MONITOR=10", "CASEMAPPING=ascii")
    found.learn(["ann", "-MONITOR", "x"], 100)
    assert not found.has("MONITOR")
    found.learn(["ann", *(f"T{n}" for n in range(12)), "x"], 5)
    assert len(found.tokens) == 5


def test_limits_of_targets() -> None:
    found = features("TARGMAX=NAMES:1,JOIN:,PRIVMSG:4,X:0")
    assert found.target_limit("PRIVMSG") == 4
    assert found.target_limit("JOIN") is None
    assert found.target_limit("X") == 1


@pytest.mark.parametrize("token", ["CASEMAPPING=rfc1459", "-CASEMAPPING"])
def test_the_first_casemapping_counts(token: str) -> None:
    """Names that are equal stay so, and nobody has us index them again and again."""
    found = features("CASEMAPPING=ascii")
    found.learn(["ann", token, "x"], 100)
    assert found.fold("[") == "["


def test_no_casemapping_counts_once_we_are_registered() -> None:
    found = features("MONITOR=10")
    found.learn(["ann", "CASEMAPPING=ascii", "x"], 100, settled=True)
    assert found.fold("[") == "{"
