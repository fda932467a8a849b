"""Capability negotiation, the server's role.

https://ircv3.net/specs/extensions/capability-negotiation, which the comments quote.
"""

import pytest

from freeq_proto.caps import (
    BATCH,
    CAP_NOTIFY,
    CAPABILITIES,
    MULTI_PREFIX,
    MULTILINE,
    REQUESTABLE,
    SASL,
    STS,
    CapMessage,
    Offer,
    ServerNegotiation,
    ValueKind,
    changes,
    names,
)

VALUES = {
    SASL: "ATPROTO-CHALLENGE,PLAIN,EXTERNAL",
    MULTILINE: "max-bytes=40000,max-lines=100",
    STS: "port=6697,duration=2592000",
}
EVERYTHING = Offer({capability.bit: VALUES.get(capability.bit, "") for capability in CAPABILITIES})
SMALL = Offer({MULTI_PREFIX: "", SASL: "PLAIN"})


def send(
    session: ServerNegotiation, text: str, offered: Offer = SMALL, *, registered: bool = False
) -> list[CapMessage] | None:
    """One CAP of a client, written as on the wire after ``CAP``."""
    head, _, listed = text.partition(" :")
    subcommand, *args = head.split(" ")
    return session.handle(subcommand, [*args, listed] if " :" in text else args, offered, registered=registered)


# --- LS ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "listed", "version"),
    [
        ("LS", "multi-prefix sasl", 301),
        ("LS 301", "multi-prefix sasl", 301),
        ("LS 302", "multi-prefix sasl=PLAIN", 302),
        ("LS 307", "multi-prefix sasl=PLAIN", 302),
        ("LS 0302", "multi-prefix sasl=PLAIN", 302),
        ("LS " + 5000 * "9", "multi-prefix sasl=PLAIN", 302),
        ("LS 99", "multi-prefix sasl", 301),
        ("LS 3_02", "multi-prefix sasl", 301),
        ("LS ٣٠٢", "multi-prefix sasl", 301),
        ("LS :", "multi-prefix sasl", 301),
        ("LS -302", "multi-prefix sasl", 301),
        ("ls 302", "multi-prefix sasl=PLAIN", 302),
    ],
)
def test_ls_lists_the_offer_with_values_from_302_on(text: str, listed: str, version: int) -> None:
    # "The CAP version number argument MUST be treated as a number by the server."
    session = ServerNegotiation()
    assert send(session, text) == [["LS", listed]]
    assert session.version == version


def test_ls_of_nothing_is_an_empty_list() -> None:
    assert send(ServerNegotiation(), "LS 302", Offer({})) == [["LS", ""]]


def test_a_lower_version_is_answered_as_asked_and_changes_nothing() -> None:
    # "servers SHOULD return a CAP LS reply consistent with the request's version, but keep storing the original"
    session = ServerNegotiation()
    send(session, "LS 302")
    assert send(session, "LS") == [["LS", "multi-prefix sasl"]]
    assert session.version == 302


def test_a_capability_that_requires_a_value_is_hidden_from_301() -> None:
    # multiline and sts: "advertised by servers with a REQUIRED value"
    [[_, listed]] = send(ServerNegotiation(), "LS", EVERYTHING) or []
    assert listed.split(" ") == [row.name for row in CAPABILITIES if row.value is not ValueKind.REQUIRED]


def test_everything_with_values_is_one_line_for_the_longest_names() -> None:
    # Real clients act on each LS line by itself: a continued list makes them end negotiation in the middle of SASL.
    [[subcommand, listed]] = send(ServerNegotiation(), "LS 302", EVERYTHING) or []
    assert len(f":{63 * 's'} CAP {31 * 'n'} {subcommand} :{listed}") <= 510
    assert [word.partition("=")[0] for word in listed.split(" ")] == [capability.name for capability in CAPABILITIES]


def test_what_does_not_fit_is_continued_under_302() -> None:
    # "all but the last reply MUST have a parameter containing only an asterisk"
    offered = Offer({**EVERYTHING.values, SASL: ",".join(["MECHANISM-OF-TWENTY"] * 12)})
    messages = send(ServerNegotiation(), "LS 302", offered) or []
    assert [message[:-1] for message in messages] == [["LS", "*"], ["LS"]]
    assert " ".join(message[-1] for message in messages).split(" ") == offered.listed(offered.caps, with_values=True)


@pytest.mark.parametrize("text", ["LS", "LS 301", "LIST"])
def test_301_never_sees_a_continued_list(text: str) -> None:
    # "multiline LS and LIST replies must only be used for CAP 302" (Errata): all names fit one line.
    session = ServerNegotiation(enabled=REQUESTABLE)
    [message] = send(session, text, EVERYTHING) or []
    assert message[:-1] == [text.partition(" ")[0]]


# --- when registration waits ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["LS", "LS 302", "REQ :sasl", "REQ :unknown"])
def test_ls_and_req_suspend_registration_until_end(text: str) -> None:
    # "it MUST suspend registration until an END subcommand is received"
    session = ServerNegotiation()
    send(session, text)
    assert session.negotiating
    send(session, "LIST")
    assert session.negotiating
    assert send(session, "END") == []
    assert not session.negotiating


@pytest.mark.parametrize("text", ["LIST", "END", "FOO"])
def test_nothing_else_suspends_registration(text: str) -> None:
    session = ServerNegotiation()
    send(session, text)
    assert not session.negotiating


@pytest.mark.parametrize("text", ["LS 302", "REQ :sasl", "LIST", "END"])
def test_after_registration_nothing_is_suspended(text: str) -> None:
    # "The server MUST accept the CAP command at any time, including after registration." END "MUST be ignored".
    session = ServerNegotiation()
    assert send(session, text, registered=True) is not None
    assert not session.negotiating


@pytest.mark.parametrize("text", ["FOO", "ACK :sasl", "NAK", "NEW", "DEL :sasl", "CLEAR", ":", "LS\x1f"])
def test_what_a_client_may_not_send_is_invalid(text: str) -> None:
    session = ServerNegotiation()
    assert send(session, text) is None
    assert session == ServerNegotiation()


# --- REQ and LIST -----------------------------------------------------------------------------------------------------


def test_req_enables_and_disables_and_is_echoed() -> None:
    session = ServerNegotiation()
    assert send(session, "REQ :sasl multi-prefix") == [["ACK", "sasl multi-prefix"]]
    assert session.enabled == SASL | MULTI_PREFIX
    assert send(session, "REQ :-sasl multi-prefix") == [["ACK", "-sasl multi-prefix"]]
    assert send(session, "LIST") == [["LIST", "multi-prefix"]]
    assert send(session, "REQ -multi-prefix") == [["ACK", "-multi-prefix"]]
    assert send(session, "LIST") == [["LIST", ""]]


@pytest.mark.parametrize("text", ["REQ multi-prefix sasl", "REQ : multi-prefix  sasl ", "req multi-prefix :sasl"])
def test_a_list_may_be_several_parameters_and_have_spaces_to_spare(text: str) -> None:
    # The examples of extended-isupport send it without a colon.
    session = ServerNegotiation()
    assert send(session, text) == [["ACK", "multi-prefix sasl"]]
    assert session.enabled == MULTI_PREFIX | SASL


@pytest.mark.parametrize(
    "listed",
    [
        "sasl unknown",
        "-multi-prefix -unknown",
        "sasl batch",  # known, but not offered
        "sasl SASL",  # "Capability names are case-sensitive"
        "sasl=PLAIN",
        "sasl -",
        "--multi-prefix",
        "sasl sts",
        "-sts",
    ],
)
def test_a_request_is_refused_as_a_whole(listed: str) -> None:
    # "The capability identifier set must be accepted as a whole, or rejected entirely."
    session = ServerNegotiation(enabled=MULTI_PREFIX)
    offered = Offer({**SMALL.values, STS: "port=6697"})
    assert send(session, f"REQ :{listed}", offered) == [["NAK", listed]]
    assert session.enabled == MULTI_PREFIX


def test_disabling_what_is_not_enabled_or_not_offered_succeeds() -> None:
    # "or tries to disable a capability which is not enabled, the server MUST continue"
    session = ServerNegotiation()
    assert send(session, "REQ :-sasl -batch") == [["ACK", "-sasl -batch"]]


def test_a_request_of_nothing_is_granted() -> None:
    assert send(ServerNegotiation(), "REQ :") == [["ACK", ""]]
    assert send(ServerNegotiation(), "REQ") == [["ACK", ""]]


def test_a_repeated_name_counts_as_last_said() -> None:
    # "The list of capabilities MUST be parsed and processed from left to right"
    session = ServerNegotiation()
    assert send(session, "REQ :sasl multi-prefix -sasl") == [["ACK", "-sasl multi-prefix"]]
    assert session.enabled == MULTI_PREFIX


@pytest.mark.parametrize("sign", ["", "-"])
def test_all_names_are_acknowledged_in_one_line(sign: str) -> None:
    # Real clients break when an ACK is split.
    listed = " ".join(sign + name for name in names(REQUESTABLE))
    answer = send(ServerNegotiation(), f"REQ :{listed}", EVERYTHING)
    assert answer == [["ACK", listed]]
    assert len(f":{63 * 's'} CAP {31 * 'n'} ACK :{listed}") <= 510


@pytest.mark.parametrize("word", ["unknown-capability", "é" * 30, "x" * 480])
def test_a_refusal_that_does_not_fit_is_cut_at_a_word(word: str) -> None:
    listed = " ".join(["sasl"] + [word] * 30)
    [[subcommand, echoed]] = send(ServerNegotiation(), f"REQ :{listed}") or []
    assert subcommand == "NAK"
    assert echoed.startswith("sasl")
    assert (listed + " ").startswith(echoed + " ")
    assert len(f":{63 * 's'} CAP {31 * 'n'} NAK :{echoed}".encode()) <= 510


# --- cap-notify -------------------------------------------------------------------------------------------------------


NOTIFYING = Offer({**SMALL.values, CAP_NOTIFY: ""})


def test_302_implies_cap_notify_for_good() -> None:
    # "servers MUST NOT disable the cap-notify capability if the client requests CAP LS with a version of 302"
    session = ServerNegotiation()
    send(session, "LS 302", NOTIFYING)
    assert send(session, "LIST", NOTIFYING) == [["LIST", "cap-notify"]]
    assert send(session, "REQ :cap-notify", NOTIFYING) == [["ACK", "cap-notify"]]
    assert send(session, "REQ :-cap-notify", NOTIFYING) == [["NAK", "-cap-notify"]]
    assert session.enabled == CAP_NOTIFY


def test_301_may_enable_and_disable_cap_notify() -> None:
    session = ServerNegotiation()
    assert send(session, "REQ :cap-notify", NOTIFYING) == [["ACK", "cap-notify"]]
    assert (session.enabled, session.notified) == (CAP_NOTIFY, True)
    assert send(session, "REQ :-cap-notify", NOTIFYING) == [["ACK", "-cap-notify"]]
    assert (session.enabled, session.notified) == (0, False)


OTHER = Offer({CAP_NOTIFY: "", SASL: "EXTERNAL", MULTILINE: "max-bytes=4096", BATCH: ""})


def test_302_is_told_of_deleted_new_and_changed_capabilities() -> None:
    session = ServerNegotiation(version=302, enabled=CAP_NOTIFY | MULTI_PREFIX | SASL)
    assert changes(NOTIFYING, OTHER, session) == [
        ["DEL", "multi-prefix"],
        ["NEW", "batch draft/multiline=max-bytes=4096 sasl=EXTERNAL"],
    ]
    assert session.enabled == CAP_NOTIFY | SASL


def test_301_with_cap_notify_is_told_without_values() -> None:
    # "If the client supports CAP version 302, the capabilities SHOULD be listed with values": otherwise not.
    session = ServerNegotiation(enabled=CAP_NOTIFY | MULTI_PREFIX)
    assert changes(NOTIFYING, OTHER, session) == [["DEL", "multi-prefix"], ["NEW", "batch"]]


def test_whoever_did_not_ask_is_not_told_and_loses_the_capability_all_the_same() -> None:
    # NEW and DEL "MUST ONLY be sent to clients that have negotiated CAP version 302 or enabled the cap-notify"
    session = ServerNegotiation(enabled=MULTI_PREFIX | SASL)
    assert changes(NOTIFYING, OTHER, session) == []
    assert session.enabled == SASL


def test_no_change_is_no_news() -> None:
    assert changes(OTHER, OTHER, ServerNegotiation(version=302)) == []


def test_sts_is_never_deleted() -> None:
    # https://ircv3.net/specs/extensions/sts: "Servers MUST NOT send CAP DEL to disable this capability"
    session = ServerNegotiation(version=302)
    with_policy = Offer({**SMALL.values, STS: "duration=60"})
    assert changes(with_policy, SMALL, session) == []
    assert changes(SMALL, with_policy, session) == [["NEW", "sts=duration=60"]]


def test_news_that_does_not_fit_is_several_messages() -> None:
    long = Offer({SASL: "S" * 300, MULTILINE: "m" * 300})
    messages = changes(Offer({}), long, ServerNegotiation(version=302))
    assert messages == [["NEW", "draft/multiline=" + "m" * 300], ["NEW", "sasl=" + "S" * 300]]
