"""Sign in to an IRC server with a did:key, over a plain blocking socket.

    python examples/sign_in_with_did_key.py irc.example.org 6697 --tls --nick alice
    python examples/sign_in_with_did_key.py --join '#garden' --say 'hello' --stay

A did:key is a public key written as a DID, so making one needs no registry: this program keeps 32 random bytes in the
file given with --key, derives the DID from them, and proves with ATPROTO-CHALLENGE that it holds them. Run it again
with the same file, on any server, and you are the same person there.

What it shows: the protocol library does no input or output. It cuts bytes into lines, reads and writes messages and
answers the challenge; the socket, the clock, the random source and the file are all here. What it leaves out: labels,
reconnecting, a second thread for typing. The library's client engine is for programs that want those.
"""

import argparse
import ipaddress
import os
import socket
import ssl
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from freeq_proto.boundary import Flow, KeyType, LocalProtocolError, Now, RemoteProtocolError
from freeq_proto.identity import (
    InvalidKeyError,
    PrivateKey,
    Resolver,
    format_private_key,
    parse_private_key,
    public_key_to_did_key,
)
from freeq_proto.irc import LineFramer, Message
from freeq_proto.sasl import ABORT, ATPROTO_CHALLENGE, ClientExchange, KeyCredentials

SASL_REFUSALS = {
    "902": "the account is locked",
    "904": "the server does not accept the proof",
    "905": "the server finds the answer too long",
    "906": "the sign-in was aborted",
    "907": "the session is signed in already",
}
PATIENCE = 30.0  # seconds that a server may be silent, unless we are there to stay


class Failed(Exception):  # noqa: N818 - it is the program's outcome, not a mistake in it
    """Why the program cannot do what it was asked to; shown to its user."""


class Connection:
    """A socket that speaks in messages, and shows them."""

    def __init__(self, host: str, port: int, *, tls: bool) -> None:
        """Connect; ``port`` is one of TLS if ``tls`` is set."""
        try:
            self.socket = socket.create_connection((host, port), timeout=PATIENCE)
            if tls:
                self.socket = ssl.create_default_context().wrap_socket(self.socket, server_hostname=host)
        except OSError as error:
            raise Failed(f"cannot connect to {host} port {port}: {error}") from None

    def send(self, command: str, *params: str) -> None:
        """Send one message."""
        line = Message(command, list(params)).format()
        print(">>", line)
        self.socket.sendall(line.encode() + b"\r\n")

    def receive(self) -> bytes:
        """Wait for some bytes; none are the end of the connection."""
        try:
            return self.socket.recv(65536)
        except TimeoutError:
            raise Failed(f"the server said nothing for {PATIENCE:.0f} seconds") from None
        except ConnectionResetError:
            return b""

    def messages(self) -> Iterator[Message]:
        """Yield what the server says until it closes the connection; PING is answered on the way."""
        framer = LineFramer()
        while data := self.receive():
            for line in framer.push(data):
                # The line may hold control codes, and this is a terminal.
                shown = "".join(
                    c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line.decode(errors="replace")
                )
                print("<<", shown)
                try:
                    message = Message.parse(line)
                except RemoteProtocolError:
                    continue
                if message.command == "PING":
                    self.send("PONG", *message.params[-1:])
                yield message


class Client:
    """From the first CAP to WHOIS, and then to the channel: one method for what each message asks for."""

    def __init__(self, connection: Connection, key: PrivateKey, options: argparse.Namespace) -> None:
        """Prepare to sign in with the did:key of ``key``."""
        self.connection = connection
        self.key = key
        self.did = public_key_to_did_key(key.public_key)
        self.options = options
        self.nick: str = options.nick
        self.capabilities: dict[str, str] = {}
        self.exchange: ClientExchange | None = None
        self.leaving = False

    def run(self) -> None:
        """Do all of it; returns when the connection has ended."""
        print(f"-- I am {self.did}")
        self.connection.send("CAP", "LS", "302")
        self.connection.send("NICK", self.nick)
        self.connection.send("USER", "freeq", "0", "*", "an example of freeq")
        for message in self.connection.messages():
            done = self.handle(message)
            if done and not self.options.stay:
                self.connection.send("QUIT", "that was all")
                self.leaving = True
        if not self.leaving:
            raise Failed("the server closed the connection")

    def handle(self, message: Message) -> bool:
        """Do what ``message`` asks for; return whether the program's work is done with it."""
        match message.command, message.params:
            case "CAP", [_, "LS", *more, listed]:
                self.on_capabilities(listed, last=not more, source=message.source)
            case "CAP", [_, "ACK", *_] if self.exchange is not None:
                self.authenticate(self.exchange.begin())
            case "CAP", [_, "NAK", *_]:
                raise Failed("the server refuses the capability sasl")
            case "AUTHENTICATE", [argument, *_]:
                self.on_authenticate(argument)
            case "908", [_, mechanisms, *_]:  # RPL_SASLMECHS; 904 follows
                print(f"-- the server's mechanisms are {mechanisms}")
            case refusal, [*_, text] if refusal in SASL_REFUSALS:
                raise Failed(f"not signed in: {SASL_REFUSALS[refusal]} ({text})")
            case "903", _:  # RPL_SASLSUCCESS
                self.connection.send("CAP", "END")
            case "433", _:  # ERR_NICKNAMEINUSE
                self.nick += "_"
                self.connection.send("NICK", self.nick)
            case "001", [nick, *_]:  # RPL_WELCOME
                self.nick = nick  # a server may have given another one
                self.connection.send("WHOIS", nick)
            case "330", [_, _, account, *_]:  # RPL_WHOISACCOUNT
                print(f"-- the server knows me as {account}")
            case "318", _:  # RPL_ENDOFWHOIS
                return self.on_end_of_whois()
            case "366", _:  # RPL_ENDOFNAMES: we are in the channel
                return self.on_joined()
            case refusal, [_, channel, *_, text] if channel == self.options.join and refusal[0] in "45":
                raise Failed(f"not in {channel}: {text}")
            case "ERROR", [text, *_] if not self.leaving:
                raise Failed(text)
            case _:
                pass
        return False

    def on_capabilities(self, listed: str, *, last: bool, source: str | None) -> None:
        """Take one line of the list of capabilities; after the last, ask for the one that we need."""
        for capability in listed.split(" "):
            name, _, value = capability.partition("=")
            self.capabilities[name] = value
        if not last:
            return
        mechanisms = self.capabilities.get("sasl")
        if mechanisms is None:
            raise Failed("the server does not offer sasl")
        if mechanisms and ATPROTO_CHALLENGE.name not in mechanisms.upper().split(","):
            raise Failed(f"the server offers {mechanisms}, not {ATPROTO_CHALLENGE.name}")
        self.exchange = ClientExchange(
            KeyCredentials(self.did, self.key),
            expected_server=self.expected_server(source),
            authenticated=self.options.tls or is_this_machine(self.options.host),
            resolver=Resolver(plc_directory="", private_network=False, clock=read_clocks, document_seconds=0),
            clock=read_clocks,
            entropy=os.urandom,
            allow_unbound=self.options.allow_unbound,
        )
        self.connection.send("CAP", "REQ", "sasl")

    def expected_server(self, source: str | None) -> str:
        """The name that the challenge must carry: without this check any server could use us to sign in to another.

        It is the host that was dialled, except on this machine, where the name is the server's to choose.
        """
        if self.options.server_name:
            return str(self.options.server_name)
        return source if source is not None and is_this_machine(self.options.host) else self.options.host

    def on_authenticate(self, argument: str) -> None:
        """Answer a challenge, unless it is one that must not be signed."""
        if self.exchange is None:
            raise Failed("the server sent a challenge that nobody asked for")
        try:
            self.authenticate(finished(self.exchange.receive(argument, read_clocks())))
        except RemoteProtocolError as error:
            self.connection.send("AUTHENTICATE", ABORT)
            raise Failed(f"not signed in: I do not sign this: {error} (see --server-name, --allow-unbound)") from None

    def authenticate(self, arguments: tuple[str, ...]) -> None:
        """Send what the exchange wants sent."""
        for argument in arguments:
            self.connection.send("AUTHENTICATE", argument)

    def on_end_of_whois(self) -> bool:
        """Go on to the channel, if one was named."""
        if self.options.stay:
            self.connection.socket.settimeout(None)
        if self.options.join:
            self.connection.send("JOIN", self.options.join)
            return False
        return True

    def on_joined(self) -> bool:
        """Say what there is to say."""
        if self.options.say:
            self.connection.send("PRIVMSG", self.options.join, self.options.say)
        return True


def read_clocks() -> Now:
    return Now(mono=time.monotonic(), unix_ms=time.time_ns() // 1_000_000)


def finished(flow: Flow[tuple[str, ...]]) -> tuple[str, ...]:
    """The result of a flow that asks for nothing: signing with a key needs no help from the network."""
    try:
        next(flow)
    except StopIteration as end:
        return tuple(end.value)
    raise Failed("the sign-in asks for more than this example can do")


def is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def load_or_make_key(path: Path) -> PrivateKey:
    """Read the key in ``path``, or make such a file, which only its owner may read."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        try:
            return parse_private_key(path.read_text("ascii", errors="replace"))
        except InvalidKeyError as error:
            raise Failed(f"{path}: {error}") from None
    key = PrivateKey.derive(KeyType.P256, os.urandom)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(format_private_key(key))
    print(f"-- made a key: keep {path}, it is your identity")
    return key


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Sign in to an IRC server with a did:key.")
    parser.add_argument("host", nargs="?", default="127.0.0.1")
    parser.add_argument("port", nargs="?", type=int, default=6667)
    parser.add_argument("--tls", action="store_true", help="speak TLS (port 6697, usually)")
    parser.add_argument("--key", type=Path, default=Path("did.key"), help="made if it does not exist")
    parser.add_argument("--nick", default="visitor")
    parser.add_argument("--server-name", help="what the server calls itself, where that is not HOST")
    parser.add_argument(
        "--allow-unbound",
        action="store_true",
        help="sign for a server that does not say its name: it may be passing on the challenge of another one",
    )
    parser.add_argument("--join", metavar="CHANNEL")
    parser.add_argument("--say", metavar="TEXT", help="say this in the channel")
    parser.add_argument("--stay", action="store_true", help="stay connected until Ctrl-C")
    options = parser.parse_args()
    if options.say and not options.join:
        parser.error("--say needs --join")
    return options


def main() -> int:
    options = parse_arguments()
    try:
        key = load_or_make_key(options.key)
        connection = Connection(options.host, options.port, tls=options.tls)
        with connection.socket:
            Client(connection, key, options).run()
    except (Failed, LocalProtocolError) as failure:  # the latter for a nick or text that no line can carry
        print(f"error: {failure}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
