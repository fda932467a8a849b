"""What a server says of itself: MOTD, VERSION, ADMIN, LUSERS, TIME, INFO, HELP, LINKS, STATS.

https://modern.ircdocs.horse/#server-queries-and-commands; STATS as RFC 2812 section 3.4.4.
"""

from collections.abc import Callable
from typing import Final

from freeq_proto.irc import Mask, Message, format_server_time, numerics
from freeq_proto.server.packing import pack
from freeq_proto.server.turn import Turn
from freeq_proto.server.welcome import VERSION, send_isupport, send_lusers, send_motd


def is_here(turn: Turn, target: str) -> bool:
    """Whether a command's server parameter (a name, a mask, or the nick of a user there) means this server.

    If not, the client was told 402.
    """
    if turn.world.user(target) is not None or Mask.compile(target).matches(turn.config.name):
        return True
    turn.numeric(numerics.ERR_NOSUCHSERVER, target)
    return False


def _asked_here(turn: Turn, params: list[str]) -> bool:
    return not params or is_here(turn, params[0])


def motd(turn: Turn, message: Message) -> None:
    """``MOTD [<server>]``."""
    if _asked_here(turn, message.params):
        send_motd(turn)


def version(turn: Turn, message: Message) -> None:
    """``VERSION [<server>]``: 351 and the ISUPPORT tokens."""
    if _asked_here(turn, message.params):
        turn.numeric(numerics.RPL_VERSION, VERSION, turn.config.name, text=turn.config.description)
        send_isupport(turn)


def admin(turn: Turn, message: Message) -> None:
    """``ADMIN [<server>]``: who runs it."""
    if not _asked_here(turn, message.params):
        return
    config = turn.config
    told = config.admin
    if not (told.location or told.organisation or told.email):
        turn.numeric(numerics.ERR_NOADMININFO, config.name)
        return
    turn.numeric(numerics.RPL_ADMINME, config.name)
    turn.numeric(numerics.RPL_ADMINLOC1, text=told.location)
    turn.numeric(numerics.RPL_ADMINLOC2, text=told.organisation)
    turn.numeric(numerics.RPL_ADMINEMAIL, text=told.email)


def lusers(turn: Turn, _message: Message) -> None:
    """``LUSERS``: how many are here."""
    send_lusers(turn)


def time(turn: Turn, message: Message) -> None:
    """``TIME [<server>]``, in UTC."""
    if _asked_here(turn, message.params):
        unix_ms = turn.server.now.unix_ms
        turn.numeric(numerics.RPL_TIME, turn.config.name, str(unix_ms // 1000), text=format_server_time(unix_ms))


def info(turn: Turn, message: Message) -> None:
    """``INFO [<server>]``: what software this is."""
    if not _asked_here(turn, message.params):
        return
    lines = (
        f"{VERSION}: IRC with portable identity",
        "Accounts are AT Protocol DIDs; channels grant authority to them, not to nicks.",
        f"Running since {format_server_time(turn.server.started_ms)}",
    )
    for line in lines:
        turn.numeric(numerics.RPL_INFO, text=line)
    turn.numeric(numerics.RPL_ENDOFINFO)


def links(turn: Turn, _message: Message) -> None:
    """``LINKS``: this server alone."""
    name = turn.config.name
    turn.numeric(numerics.RPL_LINKS, name, name, text=f"0 {turn.config.description}")
    turn.numeric(numerics.RPL_ENDOFLINKS, "*")


# --- HELP ----------------------------------------------------------------------------------------------------------


def help_(turn: Turn, message: Message) -> None:
    """``HELP [<command>]``: what the table of commands says."""
    summaries = turn.server.summaries
    asked = message.params[0] if message.params else ""
    subject = asked.upper() if asked and " " not in asked and not asked.startswith(":") else "*"
    summary = summaries.get(subject)
    if summary is not None:
        turn.numeric(numerics.RPL_HELPSTART, subject, text=f"** {subject} **")
        turn.numeric(numerics.RPL_HELPTXT, subject, text="")
        turn.numeric(numerics.RPL_ENDOFHELP, subject, text=f"{subject}: {summary}")
    elif asked:
        turn.numeric(numerics.ERR_HELPNOTFOUND, subject)
    else:
        turn.numeric(numerics.RPL_HELPSTART, subject, text=f"** Commands of {VERSION} **")
        turn.numeric(numerics.RPL_HELPTXT, subject, text="")
        for line in pack(summaries):
            turn.numeric(numerics.RPL_HELPTXT, subject, text=line)
        turn.numeric(numerics.RPL_ENDOFHELP, subject, text="HELP <command> says what a command does")


# --- STATS ---------------------------------------------------------------------------------------------------------


def stats(turn: Turn, message: Message) -> None:
    """``STATS <letter> [<server>]``: ``u`` for all, ``o`` for server operators; nothing under any other letter."""
    if not _asked_here(turn, message.params[1:]):
        return
    letter = message.params[0][:1]
    report, restricted = _REPORTS.get(letter, (None, False))
    if restricted and turn.user.operator is None:
        turn.numeric(numerics.ERR_NOPRIVILEGES)
    elif report is not None:
        report(turn)
    turn.numeric(numerics.RPL_ENDOFSTATS, letter)


def _uptime(turn: Turn) -> None:
    seconds = max(0, turn.server.now.unix_ms - turn.server.started_ms) // 1000
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    turn.numeric(numerics.RPL_STATSUPTIME, text=f"Server Up {days} days {hours}:{minutes:02}:{seconds:02}")


def _operators(turn: Turn) -> None:
    for operator in turn.config.operators:
        for host in operator.hosts or ("*@*",):
            turn.numeric(numerics.RPL_STATSOLINE, "O", host, "*", operator.name)


_Report = Callable[[Turn], None]

_REPORTS: Final[dict[str, tuple[_Report, bool]]] = {"o": (_operators, True), "u": (_uptime, False)}
"""What is told under a letter, and whether to server operators only."""
