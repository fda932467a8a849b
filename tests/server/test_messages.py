"""PRIVMSG, NOTICE and TAGMSG: who hears what, and what the sender is told.

https://modern.ircdocs.horse/#sending-messages; extensions are cited where they are tested.
"""

import pytest

from tests.server.harness import SERVER, Net
from tests.server.speaking import EVERYTHING, TAGS, gather, one, parsed, source, words

DID_SEED = bytes(range(32))


# --- targets -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["PRIVMSG", "NOTICE"])
def test_a_channel_message_reaches_all_members_but_the_sender(command: str) -> None:
    net = Net()
    alice, bob, carol = net.client("alice"), net.client("bob"), net.client("carol")
    gather(alice, bob, carol)
    assert alice.ask(f"{command} #ROOM :hello all") == []
    said = [f":{source(net, 'alice')} {command} #room :hello all"]
    assert bob.sync() == said
    assert carol.sync() == said


@pytest.mark.parametrize("command", ["PRIVMSG", "NOTICE"])
def test_a_direct_message_reaches_its_recipient_under_the_nick_as_he_writes_it(command: str) -> None:
    net = Net()
    alice, bob, carol = net.client("alice"), net.client("Bob"), net.client("carol")
    assert alice.ask(f"{command} bOB psst") == []
    assert bob.sync() == [f":{source(net, 'alice')} {command} Bob :psst"]
    assert carol.sync() == []


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("PRIVMSG", "411 alice :No recipient given (PRIVMSG)"),
        ("PRIVMSG :", "411 alice :No recipient given (PRIVMSG)"),
        ("PRIVMSG , :hi", "411 alice :No recipient given (PRIVMSG)"),
        ("TAGMSG", "411 alice :No recipient given (TAGMSG)"),
        ("PRIVMSG bob", "412 alice :No text to send"),
        ("PRIVMSG bob :", "412 alice :No text to send"),
        ("PRIVMSG nobody :hi", "401 alice nobody :No such nick/channel"),
        ("PRIVMSG did:plc:nobody :hi", "401 alice did:plc:nobody :No such nick/channel"),
        ("PRIVMSG #nowhere :hi", "403 alice #nowhere :No such channel"),
        ("PRIVMSG @#nowhere :hi", "403 alice @#nowhere :No such channel"),
        ("@+x TAGMSG nobody", "401 alice nobody :No such nick/channel"),
        ("@+x TAGMSG #nowhere", "403 alice #nowhere :No such channel"),
    ],
)
def test_what_cannot_be_sent_is_answered(line: str, answer: str) -> None:
    net = Net()
    alice, bob = net.client("alice"), net.client("bob")
    assert alice.ask(line) == [f":{SERVER} {answer}"]
    assert bob.sync() == []


@pytest.mark.parametrize(
    "line",
    ["NOTICE", "NOTICE bob", "NOTICE nobody :hi", "NOTICE #nowhere :hi", "NOTICE #room :hi", "NOTICE a,b,c,d,e,f :hi"],
)
def test_a_notice_is_never_answered(line: str) -> None:
    """RFC 1459 section 4.4.2: automatic replies must never be sent in response to a NOTICE."""
    net = Net()
    alice, bob = net.client("alice"), net.client("bob")
    gather(bob)
    assert alice.ask(line) == []
    assert bob.sync() == []


def test_the_away_message_answers_a_privmsg_and_nothing_else() -> None:
    """RPL_AWAY (301)."""
    net = Net()
    alice, bob = net.client("alice", caps=TAGS), net.client("bob")
    user = net.engine.server.world.user("bob")
    assert user is not None
    user.away = "at sea"
    assert alice.ask("PRIVMSG bob :hi") == [f":{SERVER} 301 alice bob :at sea"]
    assert alice.ask("NOTICE bob :hi", "@+typing=active TAGMSG bob") == []
    assert len(bob.take()) == 2


def test_a_did_reaches_everybody_who_is_that_account_and_each_sees_his_own_nick() -> None:
    net = Net()
    bob = net.client("bob", did_seed=DID_SEED)
    desk = net.client("desk", did_seed=DID_SEED)
    alice = net.client("alice", caps=EVERYTHING)
    user = net.engine.server.world.user("bob")
    assert user is not None
    did = user.account
    echo = one(alice.ask(f"PRIVMSG {did} :hello"))
    assert words(echo) == ["PRIVMSG", did, "hello"]
    assert bob.sync() == [f":{source(net, 'alice')} PRIVMSG bob :hello"]
    assert desk.sync() == [f":{source(net, 'alice')} PRIVMSG desk :hello"]


def test_several_targets_are_several_messages() -> None:
    net = Net()
    alice, bob, carol = net.client("alice", caps=EVERYTHING), net.client("bob"), net.client("carol")
    gather(carol, alice)
    echoes = parsed(alice.ask("PRIVMSG bob,#room,BOB,,nobody :hi"))
    assert [words(echo) for echo in echoes] == [
        ["PRIVMSG", "bob", "hi"],
        ["PRIVMSG", "#room", "hi"],
        ["401", "alice", "nobody", "No such nick/channel"],
    ]
    assert echoes[0].tags["msgid"] < echoes[1].tags["msgid"]
    assert bob.sync() == [f":{source(net, 'alice')} PRIVMSG bob :hi"]
    assert carol.sync() == [f":{source(net, 'alice')} PRIVMSG #room :hi"]


def test_targets_above_the_limit_are_refused_one_by_one() -> None:
    """ERR_TOOMANYTARGETS (407); the limit is TARGMAX in RPL_ISUPPORT."""
    net = Net()
    alice = net.client("alice")
    others = [net.client(f"user{number}") for number in range(6)]
    names = ",".join(f"user{number}" for number in range(6))
    assert alice.ask(f"PRIVMSG {names} :hi") == [
        f":{SERVER} 407 alice user4 :Too many targets",
        f":{SERVER} 407 alice user5 :Too many targets",
    ]
    assert [len(other.sync()) for other in others] == [1, 1, 1, 1, 0, 0]


# --- STATUSMSG -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prefix", "hearing"),
    [("@", ["founder", "op"]), ("%", ["founder", "op", "halfop"]), ("+", ["founder", "op", "halfop", "voice"])],
)
def test_a_prefix_addresses_that_role_and_those_above(prefix: str, hearing: list[str]) -> None:
    """https://modern.ircdocs.horse/#statusmsg-parameter: the prefix stays in the target that recipients see."""
    net = Net()
    clients = {nick: net.client(nick) for nick in ("founder", "op", "halfop", "voice", "member")}
    gather(*clients.values())
    clients["founder"].send("MODE #room +ohv op halfop voice")
    for client in clients.values():
        client.take()
    assert clients["member"].ask(f"PRIVMSG {prefix}#Room :to you") == []
    line = f":{source(net, 'member')} PRIVMSG {prefix}#room :to you"
    heard = {nick: client.sync() for nick, client in clients.items()}
    assert heard == {nick: [line] if nick in hearing else [] for nick in clients}


def test_an_operator_who_says_something_to_operators_hears_only_his_echo() -> None:
    net = Net()
    alice, bob = net.client("alice", caps=EVERYTHING), net.client("bob")
    gather(alice, bob)
    assert words(one(alice.ask("PRIVMSG @#room :ops only"))) == ["PRIVMSG", "@#room", "ops only"]
    assert alice.ask("CAP REQ -echo-message", "PRIVMSG @#room :quietly") == [
        f":{SERVER} CAP alice ACK :-echo-message",
    ]
    assert bob.sync() == []


# --- who may speak -------------------------------------------------------------------------------------------------


def refused(channel: str, why: str) -> list[str]:
    return [f":{SERVER} 404 bob {channel} :Cannot send to channel ({why})"]


@pytest.mark.parametrize("command", ["PRIVMSG #room :hi", "PRIVMSG +#room :hi", "@+x TAGMSG #room"])
def test_strangers_may_not_speak_into_a_channel_that_wants_members(command: str) -> None:
    """Mode n; also where the channel is secret."""
    net = Net()
    alice, bob = net.client("alice"), net.client("bob")
    gather(alice)
    alice.ask("MODE #room +s")
    target = "+#room" if "+#room" in command else "#room"
    assert bob.ask(command) == refused(target, "no messages from outside")
    assert alice.sync() == []


def test_without_mode_n_strangers_are_heard_and_get_their_echo() -> None:
    net = Net()
    alice, bob = net.client("alice"), net.client("bob", caps=EVERYTHING)
    gather(alice)
    alice.ask("MODE #room -n")
    assert words(one(bob.ask("PRIVMSG #room :knock"))) == ["PRIVMSG", "#room", "knock"]
    assert alice.sync() == [f":{source(net, 'bob')} PRIVMSG #room :knock"]


@pytest.mark.parametrize(
    ("mode", "why"),
    [
        ("+m", "only voiced members may speak"),
        ("+b bob!*@*", "banned or quieted here"),
        ("+q *!*bob@*", "banned or quieted here"),
    ],
)
def test_a_voice_lifts_what_silences(mode: str, why: str) -> None:
    """Modes m, b and q. The verdict is remembered, and must not outlive what it was given for."""
    net = Net()
    alice, bob = net.client("alice"), net.client("bob")
    gather(alice, bob)
    assert bob.ask("PRIVMSG #room :before") == []
    alice.ask(f"MODE #room {mode}")
    alice.take()
    assert bob.ask("PRIVMSG #room :hi") == refused("#room", why)
    assert bob.ask("NOTICE #room :hi") == []
    assert alice.sync() == []
    alice.ask("MODE #room +v bob")
    assert bob.ask("PRIVMSG #room :hi") == []
    assert alice.sync() == [f":{source(net, 'bob')} PRIVMSG #room :hi"]


def test_an_exemption_lifts_a_ban() -> None:
    net = Net()
    alice, bob = net.client("alice"), net.client("bob")
    gather(alice, bob)
    alice.ask("MODE #room +be bob!*@* bob!*@*")
    bob.take()
    assert bob.ask("PRIVMSG #room :hi") == []


@pytest.mark.parametrize("letter", ["b", "q"])
def test_an_account_is_silenced_under_every_nick(letter: str) -> None:
    """https://ircv3.net/specs/extensions/account-extban: ``~a:`` names an account."""
    net = Net()
    alice, bob = net.client("alice"), net.client("bob", did_seed=DID_SEED)
    gather(alice, bob)
    user = net.engine.server.world.user("bob")
    assert user is not None
    bob.send("NICK robert", "NICK bob")
    alice.ask(f"MODE #room +{letter} ~a:{user.account}")
    bob.take()
    assert bob.ask("PRIVMSG #room :hi") == refused("#room", "banned or quieted here")


@pytest.mark.parametrize("text", ["\x01VERSION\x01", "\x01version", "\x01ACTIONS x\x01"])
@pytest.mark.parametrize("command", ["PRIVMSG", "NOTICE"])
def test_mode_c_keeps_queries_out(command: str, text: str) -> None:
    """Mode C; https://modern.ircdocs.horse/ctcp."""
    net = Net()
    alice, bob = net.client("alice"), net.client("bob")
    gather(alice, bob)
    assert bob.ask(f"{command} #room :{text}") == []
    assert len(alice.sync()) == 1
    alice.ask("MODE #room +C")
    bob.take()
    assert bob.ask(f"{command} #room :{text}") == (refused("#room", "no CTCP here") if command == "PRIVMSG" else [])
    assert alice.sync() == []


@pytest.mark.parametrize("text", ["\x01ACTION waves\x01", "\x01ACTION\x01", "plain \x01VERSION\x01"])
def test_mode_c_lets_actions_and_words_through(text: str) -> None:
    net = Net()
    alice, bob = net.client("alice"), net.client("bob")
    gather(alice, bob)
    alice.ask("MODE #room +C")
    bob.take()
    assert bob.ask(f"PRIVMSG #room :{text}") == []
    assert alice.sync() == [f":{source(net, 'bob')} PRIVMSG #room :{text}"]


# --- echo and labels -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["bob", "#room"])
@pytest.mark.parametrize("command", ["PRIVMSG {} :hi", "NOTICE {} :hi", "@+x=y TAGMSG {}"])
def test_the_echo_is_the_message_that_others_got(command: str, target: str) -> None:
    """https://ircv3.net/specs/extensions/echo-message and message-ids: one message, one id."""
    net = Net()
    alice, bob = net.client("alice", caps=EVERYTHING), net.client("bob", caps=EVERYTHING)
    gather(alice, bob)
    line = command.format(target)
    echo = one(alice.ask(line))
    assert one(bob.sync()) == echo
    labeled = one(alice.ask(f"@label=L;{line[1:]}" if line.startswith("@") else f"@label=L {line}"))
    assert labeled.tags.pop("label") == "L"
    assert one(bob.sync()) == labeled


@pytest.mark.parametrize("target", ["bob", "#room"])
def test_without_echo_a_label_is_acknowledged(target: str) -> None:
    """https://ircv3.net/specs/extensions/labeled-response, "The ACK response"."""
    net = Net()
    alice, bob = net.client("alice", caps=TAGS), net.client("bob")
    gather(alice, bob)
    assert alice.ask(f"@label=L PRIVMSG {target} :hi") == [f"@label=L :{SERVER} ACK"]


def test_an_error_carries_the_label() -> None:
    """labeled-response, "Failed PRIVMSG with ERR_NOSUCHNICK"."""
    net = Net()
    alice = net.client("alice", caps=EVERYTHING)
    assert alice.ask("@label=L PRIVMSG nobody :hi") == [f"@label=L :{SERVER} 401 alice nobody :No such nick/channel"]


def test_several_echoes_are_one_labeled_batch() -> None:
    net = Net()
    alice, _bob = net.client("alice", caps=EVERYTHING), net.client("bob")
    opening, first, second, closing = parsed(alice.ask("@label=L PRIVMSG bob,nobody :hi"))
    assert opening.tags == {"label": "L"}
    assert opening.params[1:] == ["labeled-response"]
    reference = opening.params[0].removeprefix("+")
    assert (first.command, second.command) == ("PRIVMSG", "401")
    assert first.tags["batch"] == second.tags["batch"] == reference
    assert words(closing) == ["BATCH", f"-{reference}"]


def test_a_message_to_oneself_arrives_unlabeled_and_is_echoed_with_the_label() -> None:
    """labeled-response: the label is on the echo alone, so that a client tells it from the delivered message."""
    net = Net()
    alice = net.client("alice", caps=EVERYTHING)
    delivered, echo = parsed(alice.ask("@label=L PRIVMSG alice :note"))
    assert echo.tags.pop("label") == "L"
    assert delivered == echo
    assert words(delivered) == ["PRIVMSG", "alice", "note"]


def test_a_message_to_oneself_without_echo_arrives_once() -> None:
    net = Net()
    alice = net.client("alice")
    assert alice.ask("PRIVMSG alice :note") == [f":{source(net, 'alice')} PRIVMSG alice :note"]


def test_without_batch_a_label_means_nothing() -> None:
    """labeled-response depends on the batch capability; without it a label is an unknown tag."""
    net = Net()
    alice, bob = net.client("alice", caps=["labeled-response", "message-tags"]), net.client("bob")
    assert alice.ask("@label=L PRIVMSG bob :hi") == []
    assert len(bob.sync()) == 1


def test_speaking_ends_idleness_and_tags_do_not() -> None:
    """RPL_WHOISIDLE counts from the last message."""
    net = Net()
    alice, _bob = net.client("alice"), net.client("bob")
    user = net.engine.server.world.user("alice")
    assert user is not None
    net.tick(100)
    alice.send("@+typing=active TAGMSG bob")
    assert user.active_at == 1000.0
    alice.send("NOTICE bob :hi")
    assert user.active_at == 1100.0
    net.tick(5)
    alice.send("PRIVMSG bob :hi")
    assert user.active_at == 1105.0
