"""What a server says of itself when a user arrives, and when asked: 001–005, LUSERS and the message of the day."""

from typing import Final

from freeq_proto.authority import ACCOUNT, KEY_LIMIT, LIST_LIMIT, REASON_LIMIT, TOPIC_LIMIT
from freeq_proto.caps import BATCH, EXTENDED_ISUPPORT
from freeq_proto.irc import (
    CHANMODES,
    CHANNEL_LIMIT,
    CHANNEL_MODES,
    CHANNEL_PREFIX,
    HOST_LIMIT,
    NICK_LIMIT,
    PREFIX,
    USER_MODES,
    USERNAME_LIMIT,
    format_isupport,
    format_server_time,
    numerics,
)
from freeq_proto.server.announce import MODES_PER_LINE
from freeq_proto.server.config import Config
from freeq_proto.server.turn import Turn

VERSION: Final = "freeq-0.1.0"
AWAY_LIMIT: Final = 200
"""Bytes of an away message."""
REALNAME_LIMIT: Final = 128
"""Bytes of a realname."""
TARGETS_LIMIT: Final = 4
"""Targets of one PRIVMSG, NOTICE or TAGMSG."""
LIST_COMMAND_TARGETS: Final = 10
"""Channels of one JOIN, PART, NAMES or KICK."""


def isupport(config: Config) -> dict[str, str | None]:
    """The tokens of RPL_ISUPPORT (005)."""
    targets = {
        "JOIN": LIST_COMMAND_TARGETS,
        "KICK": LIST_COMMAND_TARGETS,
        "NAMES": LIST_COMMAND_TARGETS,
        "NOTICE": TARGETS_LIMIT,
        "PART": LIST_COMMAND_TARGETS,
        "PRIVMSG": TARGETS_LIMIT,
        "TAGMSG": TARGETS_LIMIT,
        "WHOIS": 1,
    }
    return {
        "ACCOUNTEXTBAN": ACCOUNT[1:-1],
        "AWAYLEN": str(AWAY_LIMIT),
        "BOT": "B",
        "CASEMAPPING": "ascii",
        "CHANLIMIT": f"{CHANNEL_PREFIX}:{config.limits.channels_per_user}",
        "CHANMODES": CHANMODES,
        "CHANNELLEN": str(CHANNEL_LIMIT),
        "CHANTYPES": CHANNEL_PREFIX,
        "ELIST": "CMNTU",
        "EXCEPTS": "e",
        "EXTBAN": f"{ACCOUNT[0]},{ACCOUNT[1:-1]}",
        "HOSTLEN": str(HOST_LIMIT),
        "INVEX": "I",
        "KEYLEN": str(KEY_LIMIT),
        "KICKLEN": str(REASON_LIMIT),
        "MAXLIST": f"{CHANMODES.partition(',')[0]}:{LIST_LIMIT}",
        "MODES": str(MODES_PER_LINE),
        "MONITOR": str(config.limits.monitor),
        "NAMELEN": str(REALNAME_LIMIT),
        "NETWORK": config.network,
        "NICKLEN": str(NICK_LIMIT),
        "PREFIX": PREFIX,
        "SAFELIST": None,
        "STATUSMSG": PREFIX.partition(")")[2],
        "TARGMAX": ",".join(f"{command}:{count}" for command, count in targets.items()),
        "TOPICLEN": str(TOPIC_LIMIT),
        "USERLEN": str(USERNAME_LIMIT),
        "UTF8ONLY": None,
        "WHOX": None,
    }


def send_isupport(turn: Turn) -> None:
    """005, in a batch for those who negotiated draft/extended-isupport."""
    lines = format_isupport(isupport(turn.config))
    if not (turn.session.caps & EXTENDED_ISUPPORT and turn.session.caps & BATCH):
        for tokens in lines:
            turn.numeric(numerics.RPL_ISUPPORT, *tokens)
        return
    reference = turn.session.next_batch()
    name = turn.config.name
    turn.say(f"BATCH +{reference} draft/isupport")
    for tokens in lines:
        words = " ".join([numerics.RPL_ISUPPORT.code, turn.session.name, *tokens])
        turn.hear_line(f"@batch={reference} :{name} {words} :{numerics.RPL_ISUPPORT.text}")
    turn.say(f"BATCH -{reference}")


def send_lusers(turn: Turn) -> None:
    """LUSERS: 251 to 255, 265, 266. One server counts itself."""
    world, users = turn.world, len(turn.world.users)
    visible = users - world.invisible
    turn.numeric(
        numerics.RPL_LUSERCLIENT,
        text=f"There are {visible} users and {world.invisible} invisible on 1 servers",
    )
    turn.numeric(numerics.RPL_LUSEROP, str(world.operators), text="operator(s) online")
    unknown = sum(session.user is None for session in world.sessions.values())
    turn.numeric(numerics.RPL_LUSERUNKNOWN, str(unknown), text="unknown connection(s)")
    turn.numeric(numerics.RPL_LUSERCHANNELS, str(len(world.channels)), text="channels formed")
    turn.numeric(numerics.RPL_LUSERME, text=f"I have {users} clients and 0 servers")
    most = str(world.most_users)
    text = f"Current {{}} users {users}, max {most}"
    turn.numeric(numerics.RPL_LOCALUSERS, str(users), most, text=text.format("local"))
    turn.numeric(numerics.RPL_GLOBALUSERS, str(users), most, text=text.format("global"))


def send_motd(turn: Turn) -> None:
    """375, 372, 376; or 422 where there is no message of the day."""
    if not turn.config.motd:
        turn.numeric(numerics.ERR_NOMOTD)
        return
    turn.numeric(numerics.RPL_MOTDSTART, text=f"- {turn.config.name} Message of the day - ")
    for line in turn.config.motd:
        turn.numeric(numerics.RPL_MOTD, text=f"- {line}")
    turn.numeric(numerics.RPL_ENDOFMOTD)


def send_welcome(turn: Turn) -> None:
    """Everything from 001 on."""
    config, user = turn.config, turn.user
    turn.numeric(numerics.RPL_WELCOME, text=f"Welcome to the {config.network} Network, {user.hostmask}")
    turn.numeric(numerics.RPL_YOURHOST, text=f"Your host is {config.name}, running version {VERSION}")
    started = format_server_time(turn.server.started_ms)
    turn.numeric(numerics.RPL_CREATED, text=f"This server was started {started}")
    user_modes, channel_modes = "".join(sorted(USER_MODES)), "".join(sorted(CHANNEL_MODES))
    with_argument = "".join(sorted(set(channel_modes) - set(CHANMODES.rpartition(",")[2])))
    turn.numeric(numerics.RPL_MYINFO, config.name, VERSION, user_modes, channel_modes, with_argument)
    send_isupport(turn)
    send_lusers(turn)
    send_motd(turn)
