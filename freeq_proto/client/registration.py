"""From a fresh connection to a registered one: CAP, PASS, NICK and USER, signing in, and the welcome.

Everything that needs no answer is said at once. Registration is complete with the end of the MOTD, so that ISUPPORT is
known; on servers that send neither MOTD nor ERR_NOMOTD, a moment after 001.
"""

from collections.abc import Callable
from typing import Final

from freeq_proto.boundary import Destination, Dialled, FlowTable
from freeq_proto.client.capabilities import Negotiator
from freeq_proto.client.core import Core, Phase
from freeq_proto.client.nicks import REFUSALS, Nicks
from freeq_proto.client.requests import text_of
from freeq_proto.client.signing_in import NUMERICS as SIGN_IN_NUMERICS
from freeq_proto.client.signing_in import SignIn
from freeq_proto.client.words import is_word
from freeq_proto.identity import Resolver
from freeq_proto.irc import Message, split_hostmask

WELCOME_SECONDS: Final = 5.0
"""After 001, for the rest of the welcome."""
_BANNED: Final = "465"
_PASSWORD_WRONG: Final = "464"


class Registration:
    """The registration of one connection, and its capabilities from then on.

    ``registered`` is called once; ``refused(reason, final)`` where it cannot go on; ``sts(value)`` for each value of
    the policy, and it returns whether the connection is to be given up for a secure one.
    """

    def __init__(
        self,
        core: Core,
        nicks: Nicks,
        *,
        flows: FlowTable[str],
        resolver: Resolver,
        destination: Destination,
        dialled: Dialled,
        registered: Callable[[], None],
        refused: Callable[[str, bool], None],
        sts: Callable[[str], bool],
    ) -> None:
        self._core = core
        self._nicks = nicks
        self._negotiator = Negotiator(core.config)
        self.signing_in = SignIn(core, flows, resolver, destination, dialled, self._signed_in)
        self._registered = registered
        self._refused = refused
        self._sts = sts
        self._seen_sts: str | None = None
        self._ended = False
        """CAP END is said, or the server knows no capabilities."""
        self._welcomed = False
        self._tried_sasl: str | None = None

    def start(self) -> None:
        """Say everything that needs no answer."""
        core = self._core
        for message in self._negotiator.start():
            core.urgent("CAP", *message)
        if core.config.password:
            core.urgent("PASS", core.config.password)
        core.urgent("NICK", core.world.me.nick)
        core.urgent("USER", core.config.username, "0", "*", core.config.realname)

    # --- what the server says --------------------------------------------------------------------------------------

    def take(self, message: Message) -> bool:
        """Take in what concerns registration, capabilities and signing in; whether it was that."""
        command = message.command
        if command == "CAP":
            self._capability(message.params[1:])
        elif command == "AUTHENTICATE":
            self.signing_in.authenticate("".join(message.params[:1]))
        elif command in SIGN_IN_NUMERICS:
            self.signing_in.numeric(message)
        elif command == "001":
            self._welcome(message)
        elif command in ("376", "422"):
            self.complete()
            return False
        elif not self._welcomed:
            return self._before_welcome(message)
        else:
            return False
        return True

    def notice(self, message: Message) -> None:
        """A NOTICE of the server itself may concern the signing in, and is told to the program as well."""
        source = self._core.source(message)
        if len(message.params) > 1 and not source.host and not source.username:
            self.signing_in.notice(message.params[1])

    def _before_welcome(self, message: Message) -> bool:
        if message.command in REFUSALS:
            nick = self._nicks.following()
            if nick is None:
                self._refused(f"no nick like {self._nicks.wanted} is to be had: {text_of(message)}", False)
            else:
                self._core.world.rename(self._core.world.me, nick)
                self._core.urgent("NICK", nick)
            return True
        if message.command in (_BANNED, _PASSWORD_WRONG):
            self._refused(text_of(message), True)
            return True
        return False

    def _capability(self, params: list[str]) -> None:
        for message in self._negotiator.receive(params):
            self._core.urgent("CAP", *message)
        self._core.capabilities = self._negotiator.enabled()
        policy = self._negotiator.sts
        if policy is not None and policy != self._seen_sts:
            self._seen_sts = policy
            if self._sts(policy):
                return
        self._go_on()

    def _go_on(self) -> None:
        """The next step of registration, or, after it, a sign-in that has become possible."""
        if not self._negotiator.done or self.signing_in.busy:
            return
        if not self._core.config.credentials:
            self._end()
        elif not self._ended or self._can_sign_in_now():
            self.signing_in.start(self._negotiator.sasl)

    def _can_sign_in_now(self) -> bool:
        """Whether we are a guest, and the server offers another way in than when it was last tried."""
        listed, tried = self._negotiator.sasl, self._tried_sasl
        self._tried_sasl = listed
        return self._core.world.me.account is None and listed is not None and listed != tried

    def _signed_in(self, failure: str | None, temporary: bool) -> None:
        self._tried_sasl = self._negotiator.sasl
        if failure is not None and self._core.config.require_sign_in and not self._ended:
            self._refused(f"signing in failed: {failure}", not temporary)
        else:
            self._end()

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            self._core.urgent("CAP", "END")

    def _welcome(self, message: Message) -> None:
        """RPL_WELCOME: we have the nick that it names, and its text may end with how others see us."""
        if self._welcomed or not message.params:
            return
        core = self._core
        self._welcomed = self._ended = True
        core.world.server = message.source or ""
        if is_word(message.params[0]):
            core.world.rename(core.world.me, message.params[0])
        nick, username, host = split_hostmask(text_of(message).rpartition(" ")[2])
        if core.is_me(nick) and username and host:
            core.world.me.username, core.world.me.host = username, host
        if core.config.require_sign_in and core.config.credentials and core.world.me.account is None:
            self._refused("the server registered us without signing in, which is required", True)
            return
        core.arm("welcome", WELCOME_SECONDS)

    def complete(self) -> None:
        """The welcome is over."""
        if self._welcomed and self._core.phase is Phase.REGISTERING:
            self._core.disarm("welcome")
            self._registered()
