"""From a SASL exchange to an account: the numerics, and what an account changes for a user who is here already."""

from typing import Final

from freeq_proto.authority import ACCOUNT_LIMIT, FOUNDER, ROLE_OF, Body, Grant, PrincipalId, Transfer
from freeq_proto.boundary import Flow, SignedIn, SignInRefused
from freeq_proto.caps import ACCOUNT_NOTIFY, SASL
from freeq_proto.irc import Message, Numeric, numerics
from freeq_proto.sasl import (
    Continue,
    Refusal,
    Refused,
    Reply,
    SaslContext,
    ServerExchange,
    Wait,
)
from freeq_proto.sasl import SignedIn as ExchangeSignedIn
from freeq_proto.server.cloak import neighbourhood
from freeq_proto.server.context import Context
from freeq_proto.server.handles import look_up_handle
from freeq_proto.server.login import CERTIFICATE, Login
from freeq_proto.server.monitoring import tell_watchers
from freeq_proto.server.nicks import claim_nick, watch_over
from freeq_proto.server.operating import review_operator
from freeq_proto.server.presence import roles_changed
from freeq_proto.server.rechecking import watch_identity
from freeq_proto.server.saved import save_channel
from freeq_proto.server.session import Session
from freeq_proto.server.timing import Reason
from freeq_proto.server.turn import Turn

_NUMERICS: Final[dict[Refusal, Numeric]] = {
    Refusal.FAILED: numerics.ERR_SASLFAIL,
    Refusal.TOO_LONG: numerics.ERR_SASLTOOLONG,
    Refusal.ABORTED: numerics.ERR_SASLABORTED,
    Refusal.ALREADY: numerics.ERR_SASLALREADY,
    Refusal.MECHANISMS: numerics.ERR_SASLFAIL,
}


def authenticate(turn: Turn, argument: str) -> Flow[None]:
    """Take the argument of one AUTHENTICATE and answer it."""
    session = turn.session
    exchange = session.exchange
    if exchange is None:
        exchange = session.exchange = ServerExchange(sasl_context(turn.server, session))
    entered = yield from turn.server.lane.enter()
    if not entered:
        exchange.abort()
        turn.server.timers.disarm((session.conn, Reason.SASL))
        _refuse(turn, "the server is busy: try again")
        return
    place = neighbourhood(session.peer.address)
    reply = yield from turn.server.gate.limited(exchange.receive(argument, turn.server.now), place)
    if exchange.deadline is None:
        turn.server.timers.disarm((session.conn, Reason.SASL))
    else:
        turn.server.timers.arm((session.conn, Reason.SASL), exchange.deadline)
    answer_exchange(turn, reply)
    if isinstance(reply, ExchangeSignedIn):
        yield from _sign_in(turn, reply)


def expire_exchange(server: Context, session: Session) -> None:
    """The client did not answer its challenge in time."""
    reply = None if session.exchange is None else session.exchange.handle_timeout(server.now)
    if reply is not None:
        turn = Turn(server, session, server.now, Message("AUTHENTICATE"))
        answer_exchange(turn, reply)
        turn.finish()


def answer_exchange(turn: Turn, reply: Reply) -> None:
    """Say on the wire what the exchange decided; signing in itself is the caller's."""
    match reply:
        case Continue(lines, notice):
            if notice:
                turn.notice(notice)
            for line in lines:
                turn.hear_line(f"AUTHENTICATE {line}")
        case Refused(kind, reason, final, detail):
            if kind is Refusal.MECHANISMS:
                turn.numeric(numerics.RPL_SASLMECHS, turn.server.offer_to(turn.session).values[SASL])
            if detail is not None:
                turn.fail("AUTHENTICATE", detail.code, *detail.context, text=detail.text)
            turn.numeric(_NUMERICS[kind], text=reason)
            turn.server.emit_event(SignInRefused(turn.session.conn, reason))
            if final:
                turn.finish()
                turn.server.close(turn.session, "Too many SASL failures")
        case Wait() | ExchangeSignedIn():
            pass


def sasl_context(server: Context, session: Session) -> SaslContext:
    """What mechanisms may know of this server and of a session's connection."""
    policy, peer = server.config.sasl, session.peer
    return SaslContext(
        session_id=f"{server.identity.epoch}.{session.conn}",
        server_name=server.config.name,
        entropy=server.entropy,
        clock=lambda: server.now,
        resolver=server.resolver,
        confidential=peer.confidential,
        certificate=peer.certificate,
        end_point=peer.end_point,
        methods=policy.methods,
        bindings=policy.bindings,
        legacy_audience=policy.legacy_audience,
        plain=policy.plain,
        external=policy.external,
        tokens=server.tokens,
        guesses=server.guesses,
        place=neighbourhood(peer.address),
        server_id=server.config.identity.did or f"did:web:{server.config.name.lower()}",
        origin=server.identity.origin,
    )


def _sign_in(turn: Turn, signed: ExchangeSignedIn) -> Flow[None]:
    session, server, account = turn.session, turn.server, signed.success.account
    if len(account) > ACCOUNT_LIMIT:
        _refuse(turn, f"the DID is longer than {ACCOUNT_LIMIT} characters, and no account here is")
        return
    user = session.user
    if user is not None and user.account != account and len(user.sessions) > 1:
        _refuse(turn, "other connections share this nick, and have not proved that account")
        return
    source = f"{session.name}!{_username(session)}@{session.host}" if user is None else user.hostmask
    turn.numeric(numerics.RPL_LOGGEDIN, source, account, text=f"You are now logged in as {account}")
    turn.numeric(numerics.RPL_SASLSUCCESS)
    server.emit_event(SignedIn(session.conn, account, signed.mechanism, signed.success.method))
    session.login = _login(server, signed)
    look_up_handle(server, session, signed.success.document)
    if user is not None and user.account != account:
        yield from _change_account(turn, account)


def _refuse(turn: Turn, why: str) -> None:
    """Refuse for a reason that is none of the exchange's: the server has no time, or the session no right."""
    answer_exchange(turn, Refused(Refusal.FAILED, f"SASL authentication failed ({why})"))


def _login(server: Context, signed: ExchangeSignedIn) -> Login:
    success = signed.success
    key = None
    if success.evidence is not None:
        key = success.evidence.key
    elif success.document is not None and success.method != CERTIFICATE:
        key = success.document.atproto_key
    now = server.now.unix_ms
    return Login(success.account, signed.mechanism, success.method, now, key, success.handle)


def _username(session: Session) -> str:
    registration = session.registration
    return (registration.username if registration is not None else "") or "*"


def _change_account(turn: Turn, account: str) -> Flow[None]:
    """A user who is here becomes an account. What a guest was given ends; what he may pass on, he passes on.

    In channels where he has other roles now than those that members saw, they are told.
    """
    user, server = turn.user, turn.server
    was_guest = None if user.account is not None else user.principal.id
    if was_guest is not None:
        for folded in turn.world.holdings(was_guest):
            channel = turn.world.channels.get(folded)
            if channel is not None:
                bodies = _passed_on(channel.facts.roles_of(was_guest), PrincipalId(account))
                if bodies:  # members see no difference: who is op as a guest is op as an account
                    yield from server.ledger.commit(turn, channel.name, bodies, names_absent=False)
    if user.account == account:
        return
    before = {folded: channel.facts.roles_of(user.principal.id) for folded, channel in user.channels.items()}
    turn.world.sign_in(user, account)
    review_operator(server, user)
    user.handle = "" if turn.session.login is None else turn.session.login.handle
    if was_guest is not None:
        server.ledger.guest_ended(was_guest)
    line = turn.source_line("ACCOUNT", account, needs=ACCOUNT_NOTIFY)
    turn.broadcast_neighbours(user, line)
    tell_watchers(server, user, line, ACCOUNT_NOTIFY)
    for folded, channel in user.channels.items():
        shown = roles_changed(server, user, channel, before[folded], channel.facts.roles_of(user.principal.id))
        if shown is not None:
            turn.broadcast(channel, shown)
        save_channel(server, user, channel)
    claim_nick(server, user)
    watch_over(server, user)
    watch_identity(server, account)


def _passed_on(roles: int, account: PrincipalId) -> list[Body]:
    """The acts by which a guest hands his roles to the account that he turns out to be."""
    bodies: list[Body] = [Grant(account, letter) for letter, role in ROLE_OF.items() if roles & role]
    return [Transfer(account), *bodies] if roles & FOUNDER else bodies
