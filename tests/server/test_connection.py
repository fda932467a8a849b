"""NICK, PING, QUIT and what the end of a connection tells (https://modern.ircdocs.horse/#connection-messages)."""

import pytest

from freeq_proto.boundary import Closed
from tests.server.harness import SERVER, Client
from tests.server.watched import WatchedNet as Net
from tests.server.watched import bodies, mask, names, numerics, room


def test_ping_gives_the_token_back() -> None:
    net = Net()
    alice = net.client("alice")
    for token in ("x", " two words ", ":x", "é", "x" * 400):
        assert alice.ask(f"PING :{token}") == [f":{SERVER} PONG {SERVER} :{token}"]
    assert numerics(alice.ask("PING")) == ["409"]
    assert alice.ask("PONG", "PONG :x") == []
    client = net.connect()
    assert client.ask("PING early") == [f":{SERVER} PONG {SERVER} :early"]


# --- NICK ----------------------------------------------------------------------------------------------------------


def test_a_new_nick_is_seen_once_by_each_who_shares_a_channel() -> None:
    net = Net()
    alice, bob = room(net, "alice", "bob")
    for client in (alice, bob):
        client.send("JOIN #second")
    stranger = net.client("stranger")
    for client in (alice, bob):
        client.take()
    before = mask(net, "bob")
    assert bob.ask("NICK robert") == [f":{before} NICK :robert"]
    assert alice.take() == [f":{before} NICK :robert"]
    assert stranger.take() == []
    assert names(alice, "#room") == ["@alice", "robert"]
    assert net.client("bob") is not None


@pytest.mark.parametrize(
    ("nick", "answer"), [("taken", "433 taken"), ("Taken", "433 Taken"), ("9", "432 9"), ("", "431")]
)
def test_nicks_that_cannot_be_had(nick: str, answer: str) -> None:
    net = Net()
    net.client("taken")
    alice = net.client("alice")
    assert numerics(alice.ask(f"NICK {nick}")) == [answer]


def test_a_nick_may_change_in_case_only_and_to_itself() -> None:
    net = Net()
    (alice,) = room(net, "alice")
    assert alice.ask("NICK alice") == []
    assert bodies(alice.ask("NICK ALICE")) == ["NICK :ALICE"]
    assert names(alice, "#room") == ["@ALICE"]


def test_roles_go_with_the_person_not_with_the_nick() -> None:
    net = Net()
    alice, bob = room(net, "alice", "bob")
    alice.send("NICK other")
    bob.send("NICK alice")
    assert names(bob, "#room") == ["@other", "alice"]
    assert numerics(bob.ask("MODE #room +m")) == ["482 #room"]


def test_who_is_quieted_keeps_his_nick_and_a_moderated_channel_holds_nobody_s() -> None:
    net = Net()
    alice, bob = room(net, "alice", "bob")
    alice.send("MODE #room +m")
    assert bodies(bob.ask("NICK robert"))[-1] == "NICK :robert"
    alice.send("MODE #room -m+q robert")
    assert numerics(bob.ask("NICK shouting")) == ["447"]
    alice.send("MODE #room -q robert")
    assert bodies(bob.ask("NICK speaking"))[-1] == "NICK :speaking"


# --- the end -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "reason"), [("QUIT", "Quit: "), ("QUIT :", "Quit: "), ("QUIT :so  long", "Quit: so  long")]
)
def test_a_quit_is_told_to_neighbours_once_and_answered_with_error(line: str, reason: str) -> None:
    net = Net()
    alice, bob = room(net, "alice", "bob")
    bob.send("JOIN #second")
    alice.send("JOIN #second")
    stranger = net.client("stranger")
    bob.take()
    alice.take()
    source = mask(net, "alice")
    alice.send(line, "PRIVMSG #room :after the end")
    assert alice.take() == [f"ERROR :Closing link: (alice) [{reason}]"]
    assert alice.closed == reason
    assert bob.take() == [f":{source} QUIT :{reason}"]
    assert stranger.take() == []


def test_a_quit_of_an_unregistered_connection_is_nobodys_business() -> None:
    net = Net()
    alice = net.client("alice")
    client = net.connect()
    client.send("NICK ghost", "QUIT :bye")
    assert client.closed == "Quit: bye"
    assert alice.take() == []


def test_reasons_are_cut_to_what_lines_hold() -> None:
    net = Net()
    alice, bob = room(net, "a" * 31, "b" * 31)
    alice.send("QUIT :" + "é" * 230)
    (line,) = bob.take()
    assert len(line.encode()) <= 510
    bob.disconnect("x" * 5000)
    (event,) = [event for event in net.events if isinstance(event, Closed) and event.conn == bob.conn]
    assert len(event.reason) == 300


def test_a_lost_connection_is_a_quit_and_is_reported() -> None:
    net = Net()
    alice, bob = room(net, "alice", "bob")
    alice.disconnect("Connection reset by peer")
    assert bodies(bob.take()) == ["QUIT :Connection reset by peer"]
    assert Closed(alice.conn, "Connection reset by peer") in net.events
    net.engine.disconnected(alice.conn, "again", net.now)
    net.settle()
    assert bob.take() == []


def test_the_end_of_writing_is_answered_with_what_is_owed() -> None:
    net = Net()
    alice, bob = room(net, "alice", "bob")
    alice.feed_only(b"PING one\r\nPRIVMSG #room :last words\r\n")
    alice.feed_only(b"")
    net.settle()
    assert alice.take() == [
        f":{SERVER} PONG {SERVER} :one",
        "ERROR :Closing link: (alice) [Connection closed]",
    ]
    assert bodies(bob.take()) == ["PRIVMSG #room :last words", "QUIT :Connection closed"]
    assert alice.closed == "Connection closed"


def test_a_nick_is_free_as_soon_as_its_user_is_gone() -> None:
    net = Net()
    alice = net.client("alice")
    alice.feed_only(b"QUIT\r\n")
    client = net.connect()
    client.send("NICK alice", "USER a 0 * :A")
    assert any(" 001 alice " in line for line in client.take())


def test_a_flow_of_who_is_gone_is_never_resumed() -> None:
    net = Net()
    net.store_waits = True
    alice = net.client("alice")
    alice.send("JOIN #room", "PRIVMSG #room :later")
    alice.disconnect()
    net.store_answers()  # the founding takes effect, and nobody is there
    net.store_answers()
    assert net.engine.server.world.channels == {}
    assert [row.kind for row in net.acts] == ["create", "end"]


def test_a_stop_tells_everybody_and_admits_nobody() -> None:
    net = Net()
    alice, bob = room(net, "alice", "bob")
    early = net.connect()
    net.engine.stop("Maintenance", net.now)
    net.settle()
    for client, name in ((alice, "alice"), (bob, "bob"), (early, "*")):
        assert client.take()[-1] == f"ERROR :Closing link: ({name}) [Maintenance]"
        assert client.closed == "Maintenance"
    late = net.connect()
    assert late.closed == "Maintenance"
    assert net.engine.connection_count == 0


def isupport_codes(client: Client) -> set[str]:
    return {line.split(" ")[1] for line in client.ask("ISUPPORT") if " BATCH " not in line}


def test_isupport_on_request() -> None:
    """https://ircv3.net/specs/extensions/extended-isupport: also before registration, to those who asked for it."""
    net = Net()
    assert isupport_codes(net.client("alice")) == {"005"}
    early = net.connect()
    assert isupport_codes(early) == {"451"}
    early.send("CAP LS 302", "CAP REQ :draft/extended-isupport batch")
    early.take()
    lines = early.ask("ISUPPORT")
    assert lines[0] == f":{SERVER} BATCH +1 draft/isupport"
    assert lines[-1] == f":{SERVER} BATCH -1"
    assert all(line.startswith(f"@batch=1 :{SERVER} 005 * ") for line in lines[1:-1])
