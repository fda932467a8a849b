"""Telling what is said in order and once: live messages, and those that were missed.

Theory of operation. Each conversation has a mark: the last message that was told of it. After a reconnection, what came
later is asked for (CHATHISTORY AFTER); until all of that is here, what is said live in that conversation is held back.
Then the missed is told, then the held. A message that is in both is told once, by its msgid. What others said to us
directly is found by CHATHISTORY TARGETS, and all direct conversations are held until that is answered.
"""

from typing import Final

import attrs

from freeq_proto.boundary import LocalProtocolError
from freeq_proto.client.answers import Answer
from freeq_proto.client.batches import Batch, contents
from freeq_proto.client.core import Core
from freeq_proto.client.events import ClientEvent, HistoryGap
from freeq_proto.client.hearing import conversation_of, hear
from freeq_proto.client.held import Held
from freeq_proto.client.memory import Mark, Memory
from freeq_proto.client.requests import Requests, Then
from freeq_proto.client.said import MessageReceived, Said, TypingChanged
from freeq_proto.irc import Message, format_server_time, parse_server_time

DEFAULT_PAGE: Final = 100
"""Messages asked for at once where the server names no limit."""
_DIRECT: Final = "\0direct"
"""Holds all direct conversations until it is known which have missed something; no name is like this."""
_OVERLAP_MS: Final = 1
"""A time as a bound excludes that very millisecond, in which more may have been said."""


@attrs.define(eq=False)
class _CatchingUp:
    """The fetching of what was missed in one conversation, since we are in it again."""

    left: int
    """Messages that may still be fetched."""


class Conversations:
    """The conversations of one client, over all its connections."""

    def __init__(self, core: Core, requests: Requests) -> None:
        self._core = core
        self._requests = requests
        self._memory = Memory(core.config.bounds.seen_messages)
        self._held = Held()
        self._catching_up: dict[str, _CatchingUp] = {}

    # --- live ------------------------------------------------------------------------------------------------------

    def live(self, message: Message) -> bool:
        """Tell what a message says, or hold it back; whether it says anything."""
        events = hear(self._core, message, is_history=False)
        if not events:
            return False
        first = events[0]
        if isinstance(first, MessageReceived):  # nearly all are, and know it already
            conversation = self._core.features.fold(first.conversation)
        else:
            conversation = self._conversation(message)
        if self._held:
            for held in (conversation, _DIRECT if self._is_direct(conversation) else ""):
                if held in self._held:
                    self._hold(held, message, events)
                    return True
        self._tell(message, conversation, events)
        return True

    def _conversation(self, message: Message) -> str:
        source = self._core.source(message)
        is_echo = self._core.is_me(source.nick)
        target = message.params[0] if message.params else ""
        return self._core.features.fold(conversation_of(self._core, target, source, is_echo))

    def _is_direct(self, conversation: str) -> bool:
        return not self._core.features.is_channel(conversation)

    def _hold(self, conversation: str, message: Message, events: list[ClientEvent]) -> None:
        held, bounds = self._held, self._core.config.bounds
        held.put(conversation, message, events)
        while held.count > bounds.held_messages or held.size > bounds.held_bytes:
            self._give_up_on(held.largest)

    def _give_up_on(self, conversation: str) -> None:
        """Tell what is held, though what came before it is not here."""
        names = [conversation]
        if conversation == _DIRECT:
            names = list(dict.fromkeys(self._conversation(message) for message, _ in self._held.of(conversation)))
        for name in names:
            self._core.emit(HistoryGap(name))
        self._release(conversation)

    def _tell(self, message: Message, conversation: str, events: list[ClientEvent]) -> None:
        msgid = message.tags.get("msgid")
        if msgid and not isinstance(events[0], TypingChanged) and not self._memory.is_new(msgid):
            return
        stamp = message.tags.get("time")
        if not msgid and stamp is not None:
            self._memory.is_new(_key(message))
        self._mark(conversation, events)
        self._core.events += events

    def _mark(self, conversation: str, events: list[ClientEvent]) -> None:
        """A conversation stands at its last message; a server need not know the ids of anything else."""
        said = events[0]
        if isinstance(said, MessageReceived) and (said.msgid or "time" in said.tags):
            self._memory.mark(conversation, said.msgid, said.time)

    # --- history ---------------------------------------------------------------------------------------------------

    def assembled(self, batch: Batch) -> None:
        """A batch of history or targets is complete: it answers a request, or a bouncer plays it back by itself."""
        messages = list(contents(batch))
        request = batch.request
        if request is not None:
            request.past += messages
            request.history += self._read(messages)
            request.targets += self._targets(messages)
            return
        for message in messages:
            self._past(message)

    def _read(self, messages: list[Message]) -> list[Said]:
        events = [event for message in messages for event in hear(self._core, message, is_history=True)]
        return [event for event in events if isinstance(event, Said)]

    def _targets(self, messages: list[Message]) -> list[tuple[str, int]]:
        """``CHATHISTORY TARGETS <name> <time>``; some servers put the time in a tag."""
        targets = []
        for message in messages:
            if message.command == "CHATHISTORY" and message.params[:1] == ["TARGETS"] and len(message.params) > 1:
                stamp = message.params[2] if len(message.params) > 2 else message.tags.get("time", "")
                targets.append((message.params[1], parse_server_time(stamp.removeprefix("timestamp=")) or 0))
        return targets

    def _stands_in(self, message: Message, conversation: str) -> bool:
        """Whether a message is of a conversation; the other party of a direct one may have had another nick."""
        own = self._conversation(message)
        return own == conversation or (self._is_direct(own) and self._is_direct(conversation))

    def _past(self, message: Message) -> None:
        """Tell something that was said before, unless it was told."""
        events = hear(self._core, message, is_history=True)
        if events and self._memory.is_new(message.tags.get("msgid") or _key(message)):
            self._mark(self._conversation(message), events)
            self._core.events += events

    # --- catching up -----------------------------------------------------------------------------------------------

    @property
    def available(self) -> bool:
        """Whether this server can be asked for history."""
        core = self._core
        return (core.has("draft/chathistory") or core.features.has("CHATHISTORY")) and core.has("batch")

    @property
    def page(self) -> int:
        """Messages that may be asked for at once."""
        return self._core.features.number("CHATHISTORY") or DEFAULT_PAGE

    def rejoined(self, channel: str) -> None:
        """We are in a channel (again): fetch what was said since the last that was told of it."""
        self._catch_up(channel, self._core.config.catch_up.messages)

    def _catch_up(self, target: str, most: int) -> None:
        conversation = self._core.features.fold(target)
        mark = self._memory.mark_of(conversation)
        if conversation in self._catching_up:
            return
        if most <= 0 or mark is None or not self.available:
            self._release(conversation)
            return
        self._held.begin(conversation)
        run = self._catching_up[conversation] = _CatchingUp(most)
        self._fetch(target, mark, run)

    def _reference(self, msgid: str, time: int) -> str:
        """A message as CHATHISTORY names it (MSGREFTYPES), by its msgid where that is possible."""
        types = self._core.features.text("MSGREFTYPES").split(",")
        if msgid and (types == [""] or "msgid" in types):
            return f"msgid={msgid}"
        return f"timestamp={format_server_time(time - _OVERLAP_MS)}"

    def _is_under_way(self, target: str, run: _CatchingUp) -> bool:
        """Whether it was not ended since: by a lost connection, or by our leaving the channel."""
        return self._catching_up.get(self._core.features.fold(target)) is run

    def _fetch(self, target: str, mark: Mark, run: _CatchingUp) -> None:
        limit = min(self.page, run.left)
        since = self._reference(mark.msgid, mark.time)

        def answered(answer: Answer, past: list[Message]) -> None:
            if answer.error is not None and mark.msgid and self._is_under_way(target, run):
                self._fetch(target, Mark("", mark.time), run)  # the server does not remember that message any more
            else:
                self._fetched(target, limit, past, run, failed=answer.failed)

        if not self._ask(("AFTER", target, since, str(limit)), answered):
            self._fetched(target, limit, [], run, failed=True)

    def _ask(self, params: tuple[str, ...], then: Then) -> bool:
        """Ask for history by ourselves; whether that was possible."""
        try:
            self._requests.ask("CHATHISTORY", params, then=then)
        except LocalProtocolError:  # too much waits to be sent, or a server's name for something fits no line
            return False
        return True

    def _fetched(self, target: str, limit: int, past: list[Message], run: _CatchingUp, *, failed: bool) -> None:
        if not self._is_under_way(target, run):
            return
        conversation = self._core.features.fold(target)
        for message in past:
            if self._stands_in(message, conversation):
                self._past(message)
        mark = self._memory.mark_of(conversation)
        run.left -= limit
        is_more = not failed and len(past) >= limit and mark is not None
        if is_more and run.left > 0 and mark is not None:
            self._fetch(target, mark, run)
            return
        if failed or is_more:
            self._core.emit(HistoryGap(target))
        del self._catching_up[conversation]
        self._release(conversation)

    def _release(self, conversation: str) -> None:
        """Tell what was held back."""
        for message, events in self._held.release(conversation):
            own = self._conversation(message)
            if own in self._held:
                self._hold(own, message, events)
            else:
                self._tell(message, own, events)

    def look_for_direct(self) -> None:
        """After a reconnection: find out who said something to us directly, and fetch it."""
        limit, latest = self._core.config.catch_up, self._memory.latest
        if latest is None or not self.available or not (limit.conversations > 0 and limit.messages > 0):
            self._release(_DIRECT)
            return
        self._held.begin(_DIRECT)
        since = format_server_time(latest - _OVERLAP_MS)
        until = format_server_time(max(latest, self._core.now.unix_ms) + 1000)
        bounds = (f"timestamp={since}", f"timestamp={until}")
        if not self._ask(("TARGETS", *bounds, str(limit.conversations)), self._found):
            self._release(_DIRECT)

    def _found(self, answer: Answer, _past: list[Message]) -> None:
        if not self._core.registered:  # the connection was lost: what is held waits for the next
            return
        limit, latest = self._core.config.catch_up, self._memory.latest
        for target, _ in answer.targets[: limit.conversations]:
            folded = self._core.features.fold(target)
            if self._is_direct(folded):
                if self._memory.mark_of(folded) is None and latest is not None:
                    self._memory.mark(folded, "", latest)
                self._catch_up(target, limit.messages)
        self._release(_DIRECT)

    # --- ends ------------------------------------------------------------------------------------------------------

    def lost(self) -> None:
        """The connection is gone. What is held stays so, for what came before it is still to be fetched."""
        self._catching_up.clear()

    def left(self, channel: str) -> None:
        """We are not in a channel any more, and will not fetch anything of it."""
        conversation = self._core.features.fold(channel)
        if self._catching_up.pop(conversation, None) is not None:
            self._core.emit(HistoryGap(channel))
        self._release(conversation)

    def give_up(self) -> None:
        """Nothing will be fetched any more: tell what is held."""
        while self._held:
            self._release(self._held.first)


def _key(message: Message) -> str:
    """What a message without an id is remembered by: nothing else has this time, this source and this text."""
    return "\n".join((message.tags.get("time", ""), message.source or "", message.command, *message.params))
