"""OPER, KILL, WALLOPS, REHASH: https://modern.ircdocs.horse/#operator-messages"""

import pytest

from freeq_proto.boundary import Computed, Failed, KeyType, OperatorAct, Reloaded, VerifyPassword
from freeq_proto.identity import PrivateKey, public_key_to_did_key
from freeq_proto.server import Operator
from tests.server.harness import SERVER, Client, Net, config
from tests.server.opers import NAME, PASSWORD, PHC, become_operator, config_with_operator

NOT_AN_OPERATOR = f":{SERVER} 481 Bob :Permission Denied- You're not an IRC operator"


def hostmask(net: Net, nick: str) -> str:
    user = net.engine.server.world.user(nick)
    assert user is not None
    return user.hostmask


def acts(net: Net) -> list[OperatorAct]:
    """The operators' events since the last look."""
    found = [event for event in net.events if isinstance(event, OperatorAct)]
    net.events.clear()
    return found


def an_operator(net: Net, nick: str = "Bob") -> Client:
    client = net.client(nick)
    become_operator(client)
    net.events.clear()
    return client


# --- OPER ----------------------------------------------------------------------------------------------------------


def test_oper() -> None:
    net = Net(config_with_operator())
    bob = net.client("Bob")
    source = hostmask(net, "Bob")
    assert bob.ask(f"OPER {NAME} {PASSWORD}") == [
        f":{SERVER} 381 Bob :You are now an IRC operator",
        f":{source} MODE Bob :+o",
    ]
    assert bob.ask("MODE Bob") == [f":{SERVER} 221 Bob +o"]
    assert acts(net) == [OperatorAct(NAME, f"OPER by {source}")]
    assert bob.ask(f"OPER {NAME} {PASSWORD}") == [f":{SERVER} 381 Bob :You are now an IRC operator"]


@pytest.mark.parametrize(("name", "password"), [(NAME, "wrong"), ("nobody", "x"), ("nobody", PASSWORD), (NAME, ":")])
def test_a_wrong_name_and_a_wrong_password_cannot_be_told_apart(name: str, password: str) -> None:
    """The answer is the same, and so is the work: one password of the same cost is checked."""
    net = Net(config_with_operator())
    bob = net.client("Bob")
    assert bob.ask(f"OPER {name} {password}") == [f":{SERVER} 464 Bob :Password incorrect"]
    assert [job.job for job in net.jobs] == [VerifyPassword(PHC, password.removeprefix(":"))]
    assert bob.ask("MODE Bob") == [f":{SERVER} 221 Bob +"]
    assert acts(net) == [OperatorAct(name, f"OPER refused to {hostmask(net, 'Bob')}: wrong name or password")]


def test_oper_where_there_are_no_operators() -> None:
    net = Net()
    bob = net.client("Bob")
    assert bob.ask("OPER root x") == [f":{SERVER} 491 Bob :No O-lines for your host"]
    assert net.jobs == []
    assert bob.ask("OPER root") == [f":{SERVER} 461 Bob OPER :Not enough parameters"]


@pytest.mark.parametrize("mask", ["*@*", "~bob@*", "Bob!*@*", "*@*.cloak"])
def test_oper_from_a_host_that_is_allowed(mask: str) -> None:
    net = Net(config_with_operator("nobody@nowhere", mask))
    become_operator(net.client("Bob"))


def test_oper_from_elsewhere() -> None:
    net = Net(config_with_operator("*@example.org"))
    bob = net.client("Bob")
    assert bob.ask(f"OPER {NAME} {PASSWORD}") == [f":{SERVER} 491 Bob :No O-lines for your host"]
    assert bob.ask("MODE Bob") == [f":{SERVER} 221 Bob +"]
    assert acts(net) == [OperatorAct(NAME, f"OPER refused to {hostmask(net, 'Bob')}: wrong host")]


def test_oper_by_account() -> None:
    """A mask may name a DID, which no host can borrow."""
    net = Net(config_with_operator("~a:did:key:*"))
    guest, signed_in = net.client("Guest"), net.client("Bob", did_seed=bytes(range(32)))
    assert guest.ask(f"OPER {NAME} {PASSWORD}") == [f":{SERVER} 491 Guest :No O-lines for your host"]
    become_operator(signed_in)


def test_an_operator_who_was_removed_meanwhile_does_not_become_one() -> None:
    net = Net(config_with_operator())
    bob = net.client("Bob")
    net.computes = False
    bob.send(f"OPER {NAME} {PASSWORD}")
    net.engine.reconfigure(config(operators=(Operator(NAME, PHC.replace("p=1", "p=2")),)), net.now)
    net.computes = True
    net.engine.completed(net.jobs[0].ticket, Computed(True), net.now)
    net.settle()
    assert bob.take() == [f":{SERVER} 464 Bob :Password incorrect"]


def test_a_password_that_cannot_be_checked() -> None:
    net = Net(config_with_operator())
    bob = net.client("Bob")
    net.computes = False
    bob.send(f"OPER {NAME} {PASSWORD}", "PING after")
    assert bob.take() == []
    net.engine.completed(net.jobs[0].ticket, Failed("no worker"), net.now)
    net.settle()
    assert bob.take() == [
        f":{SERVER} 400 Bob OPER :The password could not be checked: no worker",
        f":{SERVER} PONG {SERVER} :after",
    ]


def test_who_leaves_while_his_password_is_checked() -> None:
    net = Net(config_with_operator())
    bob = net.client("Bob")
    net.computes = False
    bob.send(f"OPER {NAME} {PASSWORD}")
    bob.disconnect()
    net.engine.completed(net.jobs[0].ticket, Computed(True), net.now)
    net.settle()
    assert acts(net) == []


# --- what ends it ---------------------------------------------------------------------------------------------------


def is_operator(net: Net, nick: str) -> bool:
    user = net.engine.server.world.user(nick)
    assert user is not None
    assert ("o" in user.modes) is (user.operator is not None)
    return user.operator is not None


def test_an_operator_by_account_is_none_without_it() -> None:
    net = Net(config_with_operator("~a:did:key:*"))
    bob = net.client("Bob", did_seed=bytes(range(32)))
    become_operator(bob)
    net.events.clear()
    assert f":{hostmask(net, 'Bob')} MODE Bob :-o" in bob.ask("LOGOUT")
    assert not is_operator(net, "Bob")
    assert bob.ask("WALLOPS :x") == [NOT_AN_OPERATOR]
    assert acts(net) == [OperatorAct(NAME, f"{hostmask(net, 'Bob')} is no operator any more: wrong host or account")]


def test_an_operator_by_account_is_none_as_another() -> None:
    seed = bytes(range(32))
    did = public_key_to_did_key(PrivateKey(KeyType.ED25519, seed).public_key)
    net = Net(config_with_operator(f"~a:{did}"))
    bob = net.client("Bob", did_seed=seed)
    become_operator(bob)
    net.sign_in(bob, seed)
    assert is_operator(net, "Bob")
    net.sign_in(bob, bytes(32))
    assert not is_operator(net, "Bob")


@pytest.mark.parametrize("hosts", [(), ("*@*.cloak",), ("nobody@nowhere", "~bob@*")])
def test_an_operator_of_a_host_stays_one_whatever_his_account(hosts: tuple[str, ...]) -> None:
    net = Net(config_with_operator(*hosts))
    bob = net.client("Bob", did_seed=bytes(range(32)))
    become_operator(bob)
    bob.send("LOGOUT")
    assert is_operator(net, "Bob")


def test_a_device_from_elsewhere_does_not_share_it() -> None:
    """Who has the account's key and no business in the office is no operator by sharing the operator's nick."""
    seed = bytes(range(32))
    net = Net()
    office = net.client("Bob", did_seed=seed).conn
    host = net.engine.server.world.sessions[office].host
    net.engine.reconfigure(config_with_operator(f"*@{host}"), net.now)
    bob = net.clients[office]
    become_operator(bob)
    near, far = net.connect("192.0.2.1"), net.connect("198.51.100.7")
    for device, stays in ((near, True), (far, False)):
        device.send("CAP REQ sasl", "NICK Bob", "USER bob 0 * :Bob")
        net.sign_in(device, seed)
        device.send("CAP END")
        assert is_operator(net, "Bob") is stays
    bob.take()
    assert bob.ask(f"OPER {NAME} {PASSWORD}") == [f":{SERVER} 491 Bob :No O-lines for your host"]
    far.send("QUIT")
    become_operator(bob)


# --- KILL ----------------------------------------------------------------------------------------------------------


def test_kill() -> None:
    """The victim receives KILL and ERROR, everybody who sees it a QUIT with the reason."""
    net = Net(config_with_operator())
    bob, alice, carol = an_operator(net), net.client("Alice"), net.client("Carol")
    for client in (alice, carol):
        client.send("JOIN #chan")
    alice.take()
    carol.take()
    victim, killer = hostmask(net, "Alice"), hostmask(net, "Bob")
    assert bob.ask("KILL alice :spam, again") == []
    assert alice.take() == [
        f":{killer} KILL Alice :spam, again",
        "ERROR :Closing link: (Alice) [Killed (Bob (spam, again))]",
    ]
    assert alice.closed == "Killed (Bob (spam, again))"
    assert carol.take() == [f":{victim} QUIT :Killed (Bob (spam, again))"]
    assert acts(net) == [OperatorAct(NAME, f"KILL {victim}: spam, again")]


def test_kill_of_nobody() -> None:
    net = Net(config_with_operator())
    bob = an_operator(net)
    assert bob.ask("KILL nobody :x") == [f":{SERVER} 401 Bob nobody :No such nick/channel"]
    assert bob.ask("KILL nobody") == [f":{SERVER} 461 Bob KILL :Not enough parameters"]
    assert acts(net) == []


def test_an_operator_may_kill_himself() -> None:
    net = Net(config_with_operator())
    bob = net.client("Bob", caps=["labeled-response", "batch", "message-tags"])
    become_operator(bob)
    lines = bob.ask("@label=x KILL Bob :enough")
    assert lines[-1] == "ERROR :Closing link: (Bob) [Killed (Bob (enough))]"
    assert f"@label=x :{SERVER} ACK" in lines
    assert bob.closed is not None


def test_a_long_reason_is_cut() -> None:
    net = Net(config_with_operator())
    bob, alice = an_operator(net), net.client("Alice")
    bob.send("KILL Alice :" + "x" * 450)
    assert all(len(line) <= 510 for line in alice.take())


@pytest.mark.parametrize("command", ["KILL Alice :x", "WALLOPS :x", "REHASH"])
def test_only_operators_may(command: str) -> None:
    net = Net(config_with_operator())
    alice, bob = net.client("Alice"), net.client("Bob")
    assert bob.ask(command) == [NOT_AN_OPERATOR]
    assert alice.closed is None
    assert net.reloads == []
    assert acts(net) == []


# --- WALLOPS -------------------------------------------------------------------------------------------------------


def test_wallops_reach_whoever_wants_them_and_operators() -> None:
    net = Net(config_with_operator())
    bob, alice, carol, dora = an_operator(net), net.client("Alice"), net.client("Carol"), an_operator(net, "Dora")
    alice.send("MODE Alice +w")
    alice.take()
    line = f":{hostmask(net, 'Bob')} WALLOPS :back in five minutes"
    assert bob.ask("WALLOPS :back in five minutes") == [line]
    assert alice.take() == dora.take() == [line]
    assert carol.take() == []
    assert acts(net) == [OperatorAct(NAME, "WALLOPS: back in five minutes")]


@pytest.mark.parametrize("command", ["WALLOPS", "WALLOPS :"])
def test_wallops_need_a_text(command: str) -> None:
    bob = an_operator(Net(config_with_operator()))
    assert bob.ask(command) == [f":{SERVER} 461 Bob WALLOPS :Not enough parameters"]


# --- REHASH --------------------------------------------------------------------------------------------------------


def test_rehash() -> None:
    net = Net(config_with_operator())
    bob = an_operator(net)
    assert bob.ask("REHASH") == []
    net.engine.completed(net.reloads[0].ticket, Reloaded(("server.name stays",)), net.now)
    net.settle()
    assert bob.take() == [f":{SERVER} 382 Bob configuration :Rehashing", f":{SERVER} NOTICE Bob :server.name stays"]
    assert acts(net) == [OperatorAct(NAME, "REHASH")]


def test_a_rehash_that_fails() -> None:
    net = Net(config_with_operator())
    bob = an_operator(net)
    bob.send("REHASH")
    net.engine.completed(net.reloads[0].ticket, Failed("line 3: what?"), net.now)
    net.settle()
    assert bob.take() == [f":{SERVER} 400 Bob REHASH :The configuration stays as it was: line 3: what?"]
    assert acts(net) == [OperatorAct(NAME, "REHASH failed: line 3: what?")]


def test_a_rehash_that_is_never_answered() -> None:
    net = Net(config_with_operator())
    bob = an_operator(net)
    bob.send("REHASH")
    net.pass_time(31)
    assert bob.take() == [f":{SERVER} 400 Bob REHASH :The configuration stays as it was: no answer in time"]
