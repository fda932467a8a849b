"""MODE for channels, over the wire (https://modern.ircdocs.horse/#mode-message)."""

import pytest

from freeq_proto.authority import PATTERN_LIMIT
from freeq_proto.identity import Did
from tests.server.harness import SERVER, START_MS, Client, config
from tests.server.harness import Net as BareNet
from tests.server.watched import WatchedNet as Net
from tests.server.watched import bodies, mask, names, numerics, room

DID = Did("did:plc:z72i7hdynmk6r22z27h6tvur")


def modes(client: Client, channel: str = "#room") -> str:
    return numerics(client.ask(f"MODE {channel}"))[0].partition(f"324 {channel} ")[2]


def test_modes_are_shown_with_their_creation_time() -> None:
    net = Net()
    alice, bob = room(net, "alice", "bob")
    alice.send("MODE #room +klis word 7")
    created = net.now.unix_ms // 1000
    assert numerics(bob.ask("MODE #ROOM")) == ["324 #room +instkl word 7", f"329 #room {created}"]
    alice.send("MODE #room -s")
    outside = net.client("outside")
    assert numerics(outside.ask("MODE #room"))[0] == "324 #room +intkl * 7"


@pytest.mark.parametrize(
    ("change", "announced", "after"),
    [
        ("+m", "+m", "+mnt"),
        ("m", "+m", "+mnt"),
        ("-n+m", "-n+m", "+mt"),
        ("+m-m+m", "+m", "+mnt"),
        ("+nt", None, "+nt"),
        ("-ik", None, "+nt"),
        ("+k word", "+k word", "+ntk word"),
        ("+l 5", "+l 5", "+ntl 5"),
        ("+l 0005", "+l 5", "+ntl 5"),
        ("+l-l 5", "-l", None),
        ("-l+l 5", "+l 5", "+ntl 5"),
        ("+CR", "+CR", "+CRnt"),
        ("+lk 5 word", "+lk 5 word", "+ntkl word 5"),
        ("+-+-m", None, "+nt"),
        ("+", None, "+nt"),
    ],
)
def test_changes(change: str, announced: str | None, after: str | None) -> None:
    net = Net()
    alice, bob = room(net, "alice", "bob")
    answers = bodies(alice.ask(f"MODE #room {change}"))
    assert bodies(bob.take()) == answers
    if after is None:  # set and cleared at once: told or not, nothing is left of it
        assert modes(alice) == "+nt"
    else:
        assert answers == ([] if announced is None else [f"MODE #room {announced}"])
        assert modes(alice) == after


@pytest.mark.parametrize(
    ("change", "answers"),
    [
        ("+xyx", ["472 x", "472 y"]),
        ("+é", ["472 é"]),
        ("+:", ["472 *"]),
        ("+k", ["461 MODE"]),
        ("+l", ["461 MODE"]),
        ("+o", ["461 MODE"]),
        ("+k " + "x" * 24, ["525 #room"]),
        ("+k a,b", ["525 #room"]),
        ("+k :a b", ["525 #room"]),
        ("+k :", ["525 #room"]),
        ("+l 0", ["696 #room l 0"]),
        ("+l -1", ["696 #room l -1"]),
        ("+l 1_0", ["696 #room l 1_0"]),
        ("+l ٣", ["696 #room l ٣"]),
        ("+l 12345678", ["696 #room l 12345678"]),
        ("+b :a b", ["696 #room b a"]),
        ("+b " + "x" * 257, ["696 #room b " + "x" * 257]),
        ("+o nobody", ["401 nobody"]),
        ("+o outside", ["441 outside #room"]),
        ("+o did:nonsense", ["401 did:nonsense"]),
        ("+o did:plc:" + "x" * 300, ["401 did:plc:" + "x" * 300]),
    ],
)
def test_what_cannot_be_done_is_told_and_changes_nothing(change: str, answers: list[str]) -> None:
    net = Net()
    alice, bob = room(net, "alice", "bob")
    net.client("outside")
    assert numerics(alice.ask(f"MODE #room {change}")) == answers
    assert bob.take() == []
    assert modes(alice) == "+nt"


def test_who_is_no_operator_is_told_once() -> None:
    net = Net()
    _alice, bob = room(net, "alice", "bob")
    assert numerics(bob.ask("MODE #room +mik word")) == ["482 #room"]
    assert numerics(bob.ask("MODE #room +b *!*@bad")) == ["482 #room"]
    assert numerics(bob.ask("MODE #none +m")) == ["403 #none"]


def test_a_string_of_500_letters_is_one_short_change() -> None:
    net = Net()
    alice, bob = room(net, "alice", "bob")
    assert bodies(alice.ask("MODE #room " + "+m-m" * 120 + "+m")) == ["MODE #room +m"]
    assert bodies(bob.take()) == ["MODE #room +m"]
    assert len(alice.ask("MODE #room " + "+b" * 240)) == 1
    unknown = "".join(chr(0x100 + number) for number in range(200))
    assert len(numerics(alice.ask(f"MODE #room {unknown}"))) == 6


def test_as_many_arguments_as_isupport_says() -> None:
    """ISUPPORT MODES: what is beyond is left out."""
    net = Net()
    alice, bob = room(net, "alice", "bob")
    masks = " ".join(f"m{number}" for number in range(9))
    assert bodies(alice.ask(f"MODE #room +bbbbbbbbbm {masks}")) == [
        "MODE #room +bbbbbb " + " ".join(f"m{number}!*@*" for number in range(6)),
        "MODE #room +m",
    ]
    assert len(bob.take()) == 2


def test_long_arguments_are_announced_in_lines_that_fit() -> None:
    net = Net()
    alice, bob = room(net, "alice" * 6, "bob")
    masks = [letter * 75 for letter in "uvwxyz"]
    alice.send(f"MODE #room +bbbbbb {' '.join(masks)}")
    announced = bodies(bob.take())
    assert [line.split(" ")[2] for line in announced] == ["+bbbbb", "+b"]
    assert [word for line in announced for word in line.split(" ")[3:]] == [f"{mask}!*@*" for mask in masks]


def test_the_longest_mask_is_shown_with_who_set_it_and_when() -> None:
    """367 of the longest names and the longest mask fits its line."""
    net = BareNet(config(name="s" * 63))
    alice = net.client("a" * 31)
    channel, mask = "#" + "c" * 63, "m" * PATTERN_LIMIT
    alice.send(f"JOIN {channel}", f"MODE {channel} +b {mask}")
    entry, _ = alice.ask(f"MODE {channel} b")
    assert entry.split(" ")[4] == f"{mask}!*@*"
    assert entry.split(" ")[6] == str(START_MS // 1000)


# --- lists ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("letter", "entry", "end"), [("b", 367, 368), ("e", 348, 349), ("I", 346, 347), ("q", 728, 729)]
)
def test_lists_are_set_shown_and_emptied(letter: str, entry: int, end: int) -> None:
    net = Net()
    alice, bob = room(net, "alice", "bob")
    place = "#room q" if letter == "q" else "#room"
    assert numerics(bob.ask(f"MODE #room {letter}")) == [f"{end} {place}"]
    assert bodies(alice.ask(f"MODE #room +{letter} Bad")) == [f"MODE #room +{letter} Bad!*@*"]
    assert alice.ask(f"MODE #room +{letter} bAD!*@*") == [], "it is there already"
    setter = f"{mask(net, 'alice')} {net.now.unix_ms // 1000}"
    bob.take()
    assert numerics(bob.ask(f"MODE #room +{letter}")) == [f"{entry} {place} Bad!*@* {setter}", f"{end} {place}"]
    assert bodies(alice.ask(f"MODE #room -{letter} BAD")) == [f"MODE #room -{letter} Bad!*@*"]
    assert alice.ask(f"MODE #room -{letter} BAD") == []
    assert numerics(bob.ask(f"MODE #room {letter}")) == [f"{end} {place}"]


def test_several_lists_are_asked_for_at_once_each_once() -> None:
    net = Net()
    _alice, bob = room(net, "alice", "bob")
    assert numerics(bob.ask("MODE #room bbeIqb")) == ["368 #room", "349 #room", "347 #room", "729 #room q"]


def test_a_full_list_says_which() -> None:
    net = Net()
    (alice,) = room(net, "alice")
    for start in range(0, 200, 5):
        alice.send("MODE #room +bbbbb " + " ".join(f"m{start + number}" for number in range(5)))
    assert numerics(alice.ask("MODE #room +be more more")) == ["478 #room b"]
    assert len(numerics(alice.ask("MODE #room b"))) == 201


# --- bans ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("letter", ["b", "q"])
def test_bans_and_quiets_silence_members_and_their_nicks(letter: str) -> None:
    net = Net()
    alice, bob = room(net, "alice", "bob")
    alice.send(f"MODE #room +{letter} bob")
    alice.take()
    bob.take()
    assert numerics(bob.ask("PRIVMSG #room :hi")) == ["404 #room"]
    assert numerics(bob.ask("NICK robert")) == ["447"]
    assert alice.take() == []
    alice.send("MODE #room +e bob!*@*")
    bob.send("PRIVMSG #room :hi")
    assert bodies(alice.take()) == ["MODE #room +e bob!*@*", "PRIVMSG #room :hi"]
    alice.send("MODE #room -e bob", "MODE #room +v bob")
    alice.take()
    bob.send("PRIVMSG #room :hi")
    assert bodies(alice.take()) == ["PRIVMSG #room :hi"]


def test_bans_keep_out_and_exceptions_let_in() -> None:
    net = Net()
    (alice,) = room(net, "alice")
    bob = net.client("bob")
    alice.send("MODE #room +bi *!*@*")
    assert numerics(bob.ask("JOIN #room")) == ["474 #room"]
    alice.send("MODE #room +e bob")
    assert numerics(bob.ask("JOIN #room")) == ["473 #room"]
    alice.send("MODE #room +I *!~bob@*")
    assert numerics(bob.ask("JOIN #room"))[-1] == "366 #room"


def test_a_quiet_lets_in() -> None:
    net = Net()
    (alice,) = room(net, "alice")
    bob = net.client("bob")
    alice.send("MODE #room +q *!*@*")
    assert numerics(bob.ask("JOIN #room"))[-1] == "366 #room"
    assert numerics(bob.ask("PRIVMSG #room :hi")) == ["404 #room"]


def test_bans_by_account() -> None:
    net = Net()
    (alice,) = room(net, "alice")
    bob = net.client("bob", did_seed=b"\x0b" * 32)
    bob2 = net.client("bob2")
    account = net.engine.server.world.user("bob").account  # type: ignore[union-attr]  # he is here
    assert bodies(alice.ask(f"MODE #room +b {account}")) == [f"MODE #room +b ~a:{account}"]
    assert numerics(bob.ask("NICK other", "JOIN #room")) == ["474 #room"]
    assert numerics(bob2.ask("NICK bob", "JOIN #room"))[-1] == "366 #room"
    alice.send(f"MODE #room -b ~account:{account}")
    assert numerics(bob.ask("JOIN #room"))[-1] == "366 #room"


@pytest.mark.parametrize(
    ("mode", "join", "refusal"),
    [
        ("+k word", "JOIN #room", "475 #room"),
        ("+k word", "JOIN #room Word", "475 #room"),
        ("+l 1", "JOIN #room", "471 #room"),
        ("+i", "JOIN #room", "473 #room"),
        ("+R", "JOIN #room", "477 #room"),
    ],
)
def test_doors(mode: str, join: str, refusal: str) -> None:
    net = Net()
    (alice,) = room(net, "alice")
    alice.send(f"MODE #room {mode}")
    bob = net.client("bob")
    assert numerics(bob.ask(join)) == [refusal]
    alice.send("MODE #room -klRi word")
    assert numerics(bob.ask(join))[-1] == "366 #room"


def test_who_signed_in_passes_r() -> None:
    net = Net()
    (alice,) = room(net, "alice")
    alice.send("MODE #room +R")
    bob = net.client("bob", did_seed=b"\x0b" * 32)
    assert numerics(bob.ask("JOIN #room"))[-1] == "366 #room"


# --- roles ---------------------------------------------------------------------------------------------------------


def test_roles_by_nick() -> None:
    net = Net()
    alice, bob, carol = room(net, "alice", "bob", "carol")
    assert bodies(alice.ask("MODE #room +oh-v bob carol carol")) == ["MODE #room +oh bob carol"]
    assert bodies(bob.take()) == ["MODE #room +oh bob carol"]
    assert numerics(bob.ask("MODE #room -o alice")) == ["482 #room"]
    assert numerics(bob.ask("KICK #room alice")) == ["482 #room"]
    assert numerics(carol.ask("MODE #room +o carol")) == ["482 #room"]
    assert bodies(carol.ask("MODE #room +v bob")) == ["MODE #room +v bob"]
    assert names(alice, "#room") == ["%carol", "@alice", "@bob"]
    alice.send("MODE #room -oh bob carol")
    assert bodies(bob.take())[-1] == "MODE #room -oh bob carol"
    assert names(alice, "#room") == ["+bob", "@alice", "carol"]


def test_everybody_may_step_down() -> None:
    net = Net()
    alice, bob = room(net, "alice", "bob")
    alice.send("MODE #room +o bob")
    assert bodies(bob.ask("MODE #room -o bob"))[-1] == "MODE #room -o bob"
    assert numerics(alice.ask("MODE #room -o alice")) == ["482 #room"]


def test_an_operator_by_did_need_not_be_here() -> None:
    net = Net()
    (alice,) = room(net, "alice")
    assert bodies(alice.ask(f"MODE #room +o {DID}")) == [f"MODE #room +o {DID}"]
    assert alice.ask(f"MODE #room +o {DID}") == []
    assert bodies(alice.ask(f"MODE #room -o {DID}")) == [f"MODE #room -o {DID}"]


def test_an_operator_by_did_is_shown_when_he_comes() -> None:
    net = Net()
    visitor = net.client("visitor", did_seed=b"\x0c" * 32)
    did = net.engine.server.world.user("visitor").account  # type: ignore[union-attr]  # he is here
    (alice,) = room(net, "alice")
    alice.send(f"MODE #room +oi {did}", f"MODE #room +v {did}")
    alice.take()
    visitor.send("JOIN #room")
    assert bodies(alice.take()) == ["JOIN #room", "MODE #room +ov visitor visitor"]
    assert [line for line in visitor.take() if " 353 " in line] == [f":{SERVER} 353 visitor = #room :@alice @visitor"]
    assert bodies(alice.ask(f"MODE #room -o {did}")) == ["MODE #room -o visitor"]
