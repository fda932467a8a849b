"""The format of a transcript, and its parser.

A transcript is a conversation between a server and several clients, as plain text. Its head says which specification
is followed and who takes part; after an empty line the conversation follows::

    JOIN founds a channel, and its members see who joins.
    spec: https://modern.ircdocs.horse/#join-message
    client: alice
    client: bob caps=extended-join

    alice> JOIN #garden
    alice< :alice!~alice@<host> JOIN #garden
    alice< :<server> 353 alice = #garden @alice
    alice< :<server> 366 alice #garden <text>

The head: prose, and directives.

    spec: URL           what is followed; at least one
    client: NAME ...    a client, connected and registered as NAME in the order of the head; words after the name:
                        caps=a,b   negotiates these capabilities
                        did        signs in with a did:key of its own
                        of=NAME    is another device of NAME: signs in with that one's key, and registers as NAME
                        new        has connected, and said nothing yet
                        later      connects when the conversation says so
                        silent     is not asked what it heard until its connection has ended
    config: KEY=VALUE   configures the server; see tests.conformance.settings
    over: NAME ...      the harnesses to which it is confined

The conversation: steps, each one action and what every client hears because of it.

    NAME> LINE          sends a line; several in a row are sent at once, and an empty line makes two steps of them
    NAME>xN LINE        sends a line N times
    NAME connects       dials, and registers unless it is new
    NAME drops          loses its connection
    time passes N s     lets N seconds pass; only where time is virtual
    NAME< PATTERN       hears this line next; see tests.conformance.patterns
    NAME<+ PATTERN      hears one or more such lines next
    NAME<~ PATTERN      hears this line next, or after others of the ~ lines around it
    NAME closed         finds its connection ended by the server
    # ...               a comment

What is not written is not heard: after each step every client is compared with the transcript, whole.
"""

import re
from pathlib import Path
from typing import Final, TypeAlias

import attrs

from tests.conformance.patterns import PatternError, check_pattern, check_text

_LINE: Final = re.compile(r"([A-Za-z0-9]+)(>(?:x[0-9]+)?|<\+|<~|<)(?: (.*))?")
_EVENT: Final = re.compile(r"([A-Za-z0-9]+) (connects|drops|closed)")
_TIME: Final = re.compile(r"time passes ([0-9]+) s")
_DIRECTIVE: Final = re.compile(r"([a-z]+): (.*)")


class TranscriptError(ValueError):
    """A transcript that is not one; the message names the line."""


@attrs.frozen
class ClientSpec:
    """A client of the head."""

    name: str
    caps: tuple[str, ...] = ()
    signs_in: bool = False
    new: bool = False
    later: bool = False
    silent: bool = False
    owner: str = ""
    """The client whose key and nick it has; "" for its own."""


@attrs.frozen
class Say:
    """A client sends lines."""

    client: str
    lines: tuple[str, ...]


@attrs.frozen
class Connect:
    """A client dials."""

    client: str


@attrs.frozen
class Drop:
    """A client loses its connection."""

    client: str


@attrs.frozen
class PassTime:
    """Seconds pass."""

    seconds: int


Action: TypeAlias = Say | Connect | Drop | PassTime


@attrs.frozen
class Expectation:
    """A line that a client hears."""

    number: int
    """Of the line of the transcript, from 1."""
    mark: str
    """``<``, ``<+`` or ``<~``."""
    pattern: str


@attrs.define
class Step:
    """One action, and everything that follows from it."""

    number: int
    action: Action
    heard: dict[str, list[Expectation]] = attrs.field(factory=dict)
    closed: list[str] = attrs.field(factory=list)


@attrs.frozen
class Transcript:
    """A whole conversation."""

    name: str
    title: str
    specs: tuple[str, ...]
    clients: tuple[ClientSpec, ...]
    config: tuple[str, ...]
    over: tuple[str, ...]
    """Names of the harnesses that can replay it; empty for all."""
    steps: tuple[Step, ...] = attrs.field(repr=False)

    @property
    def needs_virtual_time(self) -> bool:
        """Whether time has to pass."""
        return any(isinstance(step.action, PassTime) for step in self.steps)


def load(path: Path) -> Transcript:
    """Read a transcript from its file."""
    return parse(path.stem, path.read_text(encoding="utf-8"))


def parse(name: str, text: str) -> Transcript:
    """Read a transcript. Raises :class:`TranscriptError`."""
    return _Parser(name).parse(text)


class _Parser:
    def __init__(self, name: str) -> None:
        self._name = name
        self._number = 0
        self._prose: list[str] = []
        self._directives: dict[str, list[str]] = {"spec": [], "client": [], "config": [], "over": []}
        self._clients: dict[str, ClientSpec] = {}
        self._present: set[str] = set()
        self._variables: set[str] = set()
        self._steps: list[Step] = []
        self._saying: Say | None = None

    def parse(self, text: str) -> Transcript:
        head, _, body = text.partition("\n\n")
        for line in head.split("\n"):
            self._number += 1
            self._head(line)
        if not self._directives["spec"]:
            raise self._error("a transcript cites its specification")
        if not self._clients:
            raise self._error("nobody takes part")
        self._number += 1
        for line in body.split("\n"):
            self._number += 1
            if not line:
                self._saying = None
            elif not line.startswith("#"):
                self._body(line)
        if not any(step.heard or step.closed for step in self._steps):
            raise self._error("it expects nothing")
        for step in self._steps:
            for name in step.heard:
                if self._clients[name].silent and name not in step.closed:
                    raise self._error(f"{name} is silent, and not asked in the step at line {step.number}")
        over = tuple(" ".join(self._directives["over"]).split(" ")) if self._directives["over"] else ()
        return Transcript(
            name=self._name,
            title=" ".join(self._prose),
            specs=tuple(self._directives["spec"]),
            clients=tuple(self._clients.values()),
            config=tuple(self._directives["config"]),
            over=over,
            steps=tuple(self._steps),
        )

    # --- the head --------------------------------------------------------------------------------------------------

    def _head(self, line: str) -> None:
        match = _DIRECTIVE.fullmatch(line)
        if match is None or match[1] not in self._directives:
            if _LINE.fullmatch(line):
                raise self._error("an empty line ends the head")
            self._prose.append(line)
            return
        self._directives[match[1]].append(match[2])
        if match[1] == "client":
            self._client(match[2])

    def _client(self, text: str) -> None:
        name, *words = text.split(" ")
        caps: tuple[str, ...] = ()
        owner = ""
        flags = dict.fromkeys(("did", "new", "later", "silent"), False)
        for word in words:
            if word.startswith("caps="):
                caps = tuple(word.removeprefix("caps=").split(","))
            elif word.startswith("of="):
                owner = word.removeprefix("of=")
                self._known(owner)
            elif word in flags:
                flags[word] = True
            else:
                raise self._error(f"what is {word!r}?")
        if name in self._clients:
            raise self._error(f"there are two of {name}")
        if flags["new"] and (caps or flags["did"]):
            raise self._error(f"{name} negotiates by himself")
        signs_in = flags.pop("did") or bool(owner)
        self._clients[name] = ClientSpec(name, caps, signs_in, **flags, owner=owner)
        self._variables.add(f"{name}.did")
        if not flags["later"]:
            self._present.add(name)

    # --- the conversation ------------------------------------------------------------------------------------------

    def _body(self, line: str) -> None:
        if match := _LINE.fullmatch(line):
            name, mark, rest = match[1], match[2], match[3] or ""
            self._known(name)
            if mark.startswith(">"):
                for _ in range(int(mark[2:] or "1")):
                    self._say(name, rest)
            else:
                self._saying = None
                self._hear(name, mark, rest)
        elif match := _EVENT.fullmatch(line):
            self._known(match[1])
            self._event(match[1], match[2])
        elif match := _TIME.fullmatch(line):
            self._steps.append(Step(self._number, PassTime(int(match[1]))))
        else:
            raise self._error(f"this says nothing: {line!r}")

    def _say(self, name: str, text: str) -> None:
        if name not in self._present:
            raise self._error(f"{name} is not connected")
        try:
            check_text(text, self._variables)
        except PatternError as error:
            raise self._error(str(error)) from None
        if self._saying is not None and self._saying.client == name:
            self._saying = Say(name, (*self._saying.lines, text))
            self._steps[-1].action = self._saying
        else:
            self._saying = Say(name, (text,))
            self._steps.append(Step(self._number, self._saying))

    def _hear(self, name: str, mark: str, pattern: str) -> None:
        step = self._step()
        if name in step.closed:
            raise self._error(f"{name} hears nothing after the end")
        if name not in self._present:
            raise self._error(f"{name} is not connected")
        try:
            self._variables |= check_pattern(pattern, self._variables)
        except PatternError as error:
            raise self._error(str(error)) from None
        step.heard.setdefault(name, []).append(Expectation(self._number, mark, pattern))

    def _event(self, name: str, event: str) -> None:
        if (event == "connects") == (name in self._present):
            raise self._error(f"{name} is {'' if name in self._present else 'not '}connected")
        if event == "connects":
            self._present.add(name)
            self._steps.append(Step(self._number, Connect(name)))
            return
        self._present.discard(name)
        if event == "drops":
            self._steps.append(Step(self._number, Drop(name)))
        else:
            self._step().closed.append(name)

    def _step(self) -> Step:
        if not self._steps:
            raise self._error("nothing has happened yet")
        return self._steps[-1]

    def _known(self, name: str) -> None:
        if name not in self._clients:
            raise self._error(f"who is {name}?")

    def _error(self, why: str) -> TranscriptError:
        return TranscriptError(f"{self._name}:{self._number}: {why}")
