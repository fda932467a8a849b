"""Replays a transcript on a harness, and says where they part.

Nothing here sleeps. After an action the client that acted sends a PING, and what it heard is everything up to the PONG:
a server answers a client's lines in order. Then all others do the same: whatever the action caused for them lies before
their PONG. So an absence is as certain as a presence.
"""

import hashlib
from collections.abc import Iterator

from irctokens.line import Line, tokenise

from freeq_proto.boundary import KeyType, Now
from freeq_proto.identity import PrivateKey, public_key_to_did_key
from freeq_proto.sasl import respond_crypto, split_payload
from tests.conformance.harness import Harness, Peer
from tests.conformance.patterns import SERVER, MismatchError, fill_in, match_line
from tests.conformance.transcript import ClientSpec, Connect, Drop, Expectation, PassTime, Say, Step, Transcript

WELCOME_ENDS = ("376", "422")


class Player:
    """One client of a transcript: a connection, and a key to sign in with."""

    def __init__(self, spec: ClientSpec) -> None:
        self.spec = spec
        self.key = PrivateKey(KeyType.ED25519, hashlib.sha256((spec.owner or spec.name).encode()).digest())
        self.did = public_key_to_did_key(self.key.public_key)
        self.peer: Peer | None = None
        self._data = b""
        self._syncs = 0

    @property
    def connection(self) -> Peer:
        assert self.peer is not None, f"{self.spec.name} is not connected"
        return self.peer

    def connect(self, harness: Harness) -> None:
        """Dial, and register as the head of the transcript says."""
        self.peer = harness.dial()
        self._data = b""
        spec = self.spec
        if spec.new:
            return
        wanted = [*spec.caps, *(["sasl"] if spec.signs_in else [])]
        if wanted:
            self.say(b"CAP LS 302", f"CAP REQ :{' '.join(wanted)}".encode())
            self.until("CAP", "ACK")
        if spec.signs_in:
            self._sign_in(harness.now())
        nick = spec.owner or spec.name
        named = (f"NICK {nick}".encode(), f"USER {nick} 0 * :{nick} Example".encode())
        self.say(*named, *([b"CAP END"] if wanted else []))
        self.until(*WELCOME_ENDS)
        self.sync()

    def _sign_in(self, now: Now) -> None:
        self.say(b"AUTHENTICATE ATPROTO-CHALLENGE")
        challenge = self.until("AUTHENTICATE").params[0]
        self.say(*(b"AUTHENTICATE " + chunk.encode() for chunk in self.answer(challenge, now, self.key)))
        self.until("903")

    def answer(self, challenge: str, now: Now, key: PrivateKey) -> tuple[str, ...]:
        """The arguments of AUTHENTICATE that answer ``challenge`` for this client's DID, signed with ``key``."""
        return split_payload(respond_crypto(challenge, self.did, key, SERVER, now))

    def say(self, *lines: bytes) -> None:
        """Send lines in one piece."""
        assert lines, "nothing at all would be the end of the connection"
        self.connection.send(b"".join(line + b"\r\n" for line in lines))

    def lines(self) -> Iterator[str]:
        """What comes, line by line, until the connection ends."""
        while True:
            line, ending, rest = self._data.partition(b"\r\n")
            if ending:
                self._data = rest
                yield line.decode()
                continue
            data = self.connection.receive()
            if not data:
                assert not self._data, f"{self.spec.name}: half a line at the end: {self._data!r}"
                return
            self._data += data

    def until(self, *words: str) -> Line:
        """The next message whose command is one of ``words``, or whose parameters have one of them."""
        heard = []
        for line in self.lines():
            heard.append(line)
            message = tokenise(line)
            if message.command in words or (message.command == "CAP" and "ACK" in message.params and "ACK" in words):
                return message
        raise AssertionError(f"{self.spec.name} was not welcomed: {heard}")

    def sync(self) -> list[str]:
        """Everything that came up to now."""
        self._syncs += 1
        token = f"sync-{self._syncs}"
        self.say(f"PING {token}".encode())
        heard: list[str] = []
        for line in self.lines():
            message = tokenise(line)
            if message.command == "PONG" and message.params[-1] == token:
                return heard
            heard.append(line)
        raise AssertionError(f"the server ended the connection of {self.spec.name}, which heard {heard}")

    def to_the_end(self) -> list[str]:
        """Everything that comes until the server ends the connection."""
        return list(self.lines())


def replay(transcript: Transcript, harness: Harness) -> None:
    """Play all clients of ``transcript`` against ``harness``. Raises AssertionError where it answers otherwise."""
    _Replay(transcript, harness).run()


class _Replay:
    def __init__(self, transcript: Transcript, harness: Harness) -> None:
        self._transcript = transcript
        self._harness = harness
        self._players = {spec.name: Player(spec) for spec in transcript.clients}
        self._variables = {f"{name}.did": str(player.did) for name, player in self._players.items()}

    def run(self) -> None:
        try:
            for player in self._players.values():
                if not player.spec.later:
                    player.connect(self._harness)
            for step in self._transcript.steps:
                self._act(step)
                self._listen(step)
        finally:
            for player in self._players.values():
                if player.peer is not None:
                    player.peer.close()

    def _act(self, step: Step) -> None:
        match step.action:
            case Say(client, lines):
                player = self._players[client]
                player.say(*(line for text in lines for line in self._filled_in(player, text)))
            case Connect(client):
                self._players[client].connect(self._harness)
            case Drop(client):
                self._players[client].connection.close()
                self._players[client].peer = None
            case PassTime(seconds):
                self._harness.pass_time(seconds)

    def _filled_in(self, player: Player, text: str) -> list[bytes]:
        """What is sent for one line: an answer to a challenge may take several."""
        for word, key in (("answer", player.key), ("forgery", PrivateKey(KeyType.ED25519, bytes(32)))):
            prefix = f"AUTHENTICATE <{word}:"
            if text.startswith(prefix):
                challenge = self._variables[text.removeprefix(prefix).removesuffix(">")]
                chunks = player.answer(challenge, self._harness.now(), key)
                return [b"AUTHENTICATE " + chunk.encode() for chunk in chunks]
        return [fill_in(text, self._variables)]

    def _listen(self, step: Step) -> None:
        """Compare what everybody heard. Who acted comes first: when its PONG is here, its lines were obeyed."""
        actor = getattr(step.action, "client", None)
        for name, player in sorted(self._players.items(), key=lambda entry: entry[0] != actor):
            if player.peer is None or (player.spec.silent and name not in step.closed):
                continue
            if name in step.closed:
                heard = player.to_the_end()
                player.peer.close()
                player.peer = None
            elif isinstance(step.action, Drop) and name in step.heard:
                heard = self._noticed(player, len(step.heard[name]))
            else:
                heard = player.sync()
            self._compare(step, name, heard)

    def _noticed(self, player: Player, count: int) -> list[str]:
        """The lines by which a lost connection is noticed, which the server does in its own time; and what follows."""
        lines = player.lines()
        return [*(next(lines) for _ in range(count)), *player.sync()]

    def _compare(self, step: Step, name: str, heard: list[str]) -> None:
        expected = step.heard.get(name, [])
        try:
            self._match_all(expected, heard)
        except MismatchError as error:
            wanted = "\n".join(f"  {each.number}: {name}{each.mark} {each.pattern}" for each in expected) or "  nothing"
            found = "\n".join(f"  {line}" for line in heard) or "  nothing"
            raise AssertionError(
                f"{self._transcript.name}:{step.number}: {error}\n"
                f"{name} should have heard\n{wanted}\nand heard\n{found}"
            ) from None

    def _match_all(self, expected: list[Expectation], heard: list[str]) -> None:
        left = list(heard)
        position = 0
        while position < len(expected):
            each = expected[position]
            if each.mark == "<~":
                group = [*self._group(expected[position:])]
                self._match_group(group, left)
                position += len(group)
                continue
            self._match_next(each, left)
            while each.mark == "<+" and left and self._matches(each.pattern, left[0]):
                left.pop(0)
            position += 1
        if left:
            raise MismatchError(f"{len(left)} lines too many, the first {left[0]!r}")

    def _match_next(self, each: Expectation, left: list[str]) -> None:
        if not left:
            raise MismatchError(f"line {each.number} did not come")
        try:
            self._variables |= match_line(each.pattern, left[0], self._variables)
        except MismatchError as error:
            raise MismatchError(f"line {each.number}: {error}") from None
        left.pop(0)

    @staticmethod
    def _group(expected: list[Expectation]) -> Iterator[Expectation]:
        for each in expected:
            if each.mark != "<~":
                return
            yield each

    def _match_group(self, group: list[Expectation], left: list[str]) -> None:
        for each in group:
            chosen = next((line for line in left[: len(group)] if self._matches(each.pattern, line)), None)
            if chosen is None:
                raise MismatchError(f"line {each.number} did not come")
            self._variables |= match_line(each.pattern, chosen, self._variables)
            left.remove(chosen)

    def _matches(self, pattern: str, line: str) -> bool:
        try:
            match_line(pattern, line, self._variables)
        except MismatchError:
            return False
        return True
