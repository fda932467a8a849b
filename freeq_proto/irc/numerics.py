"""The numerics: their codes, names, and the texts that do not vary.

The module is the table. It holds what the Modern IRC document lists, and what extensions add: WHOX (354), bot mode
(335), the quiet list (728, 729), MONITOR (730 to 734). Clients show the texts and some match them, so they are the
customary ones.
"""

from collections.abc import Mapping
from typing import Final

import attrs


@attrs.frozen
class Numeric:
    """One numeric reply (Modern IRC, "Numerics")."""

    code: str
    """Three digits: the command of the message."""
    name: str
    text: str
    """The last parameter, where it is always the same; ``""`` where it varies or where there is no text."""


# Registration
RPL_WELCOME: Final = Numeric("001", "RPL_WELCOME", "")
RPL_YOURHOST: Final = Numeric("002", "RPL_YOURHOST", "")
RPL_CREATED: Final = Numeric("003", "RPL_CREATED", "")
RPL_MYINFO: Final = Numeric("004", "RPL_MYINFO", "")
RPL_ISUPPORT: Final = Numeric("005", "RPL_ISUPPORT", "are supported by this server")
RPL_BOUNCE: Final = Numeric("010", "RPL_BOUNCE", "")
RPL_REMOTEISUPPORT: Final = Numeric("105", "RPL_REMOTEISUPPORT", "are supported by this server")

# STATS, user modes, LUSERS, ADMIN
RPL_STATSLINKINFO: Final = Numeric("211", "RPL_STATSLINKINFO", "")
RPL_STATSCOMMANDS: Final = Numeric("212", "RPL_STATSCOMMANDS", "")
RPL_STATSCLINE: Final = Numeric("213", "RPL_STATSCLINE", "")
RPL_STATSILINE: Final = Numeric("215", "RPL_STATSILINE", "")
RPL_STATSKLINE: Final = Numeric("216", "RPL_STATSKLINE", "")
RPL_ENDOFSTATS: Final = Numeric("219", "RPL_ENDOFSTATS", "End of /STATS report")
RPL_UMODEIS: Final = Numeric("221", "RPL_UMODEIS", "")
RPL_STATSLLINE: Final = Numeric("241", "RPL_STATSLLINE", "")
RPL_STATSUPTIME: Final = Numeric("242", "RPL_STATSUPTIME", "")
RPL_STATSOLINE: Final = Numeric("243", "RPL_STATSOLINE", "")
RPL_STATSHLINE: Final = Numeric("244", "RPL_STATSHLINE", "")
RPL_LUSERCLIENT: Final = Numeric("251", "RPL_LUSERCLIENT", "")
RPL_LUSEROP: Final = Numeric("252", "RPL_LUSEROP", "operator(s) online")
RPL_LUSERUNKNOWN: Final = Numeric("253", "RPL_LUSERUNKNOWN", "unknown connection(s)")
RPL_LUSERCHANNELS: Final = Numeric("254", "RPL_LUSERCHANNELS", "channels formed")
RPL_LUSERME: Final = Numeric("255", "RPL_LUSERME", "")
RPL_ADMINME: Final = Numeric("256", "RPL_ADMINME", "Administrative info")
RPL_ADMINLOC1: Final = Numeric("257", "RPL_ADMINLOC1", "")
RPL_ADMINLOC2: Final = Numeric("258", "RPL_ADMINLOC2", "")
RPL_ADMINEMAIL: Final = Numeric("259", "RPL_ADMINEMAIL", "")
RPL_TRYAGAIN: Final = Numeric("263", "RPL_TRYAGAIN", "Please wait a while and try again")
RPL_LOCALUSERS: Final = Numeric("265", "RPL_LOCALUSERS", "")
RPL_GLOBALUSERS: Final = Numeric("266", "RPL_GLOBALUSERS", "")

# Users: AWAY, USERHOST, ISON, WHO, WHOIS, WHOWAS
RPL_WHOISCERTFP: Final = Numeric("276", "RPL_WHOISCERTFP", "")
RPL_NONE: Final = Numeric("300", "RPL_NONE", "")
RPL_AWAY: Final = Numeric("301", "RPL_AWAY", "")
RPL_USERHOST: Final = Numeric("302", "RPL_USERHOST", "")
RPL_ISON: Final = Numeric("303", "RPL_ISON", "")
RPL_UNAWAY: Final = Numeric("305", "RPL_UNAWAY", "You are no longer marked as being away")
RPL_NOWAWAY: Final = Numeric("306", "RPL_NOWAWAY", "You have been marked as being away")
RPL_WHOISREGNICK: Final = Numeric("307", "RPL_WHOISREGNICK", "has identified for this nick")
RPL_WHOISUSER: Final = Numeric("311", "RPL_WHOISUSER", "")
RPL_WHOISSERVER: Final = Numeric("312", "RPL_WHOISSERVER", "")
RPL_WHOISOPERATOR: Final = Numeric("313", "RPL_WHOISOPERATOR", "is an IRC operator")
RPL_WHOWASUSER: Final = Numeric("314", "RPL_WHOWASUSER", "")
RPL_ENDOFWHO: Final = Numeric("315", "RPL_ENDOFWHO", "End of /WHO list")
RPL_WHOISIDLE: Final = Numeric("317", "RPL_WHOISIDLE", "seconds idle, signon time")
RPL_ENDOFWHOIS: Final = Numeric("318", "RPL_ENDOFWHOIS", "End of /WHOIS list")
RPL_WHOISCHANNELS: Final = Numeric("319", "RPL_WHOISCHANNELS", "")
RPL_WHOISSPECIAL: Final = Numeric("320", "RPL_WHOISSPECIAL", "")
RPL_WHOISACCOUNT: Final = Numeric("330", "RPL_WHOISACCOUNT", "is logged in as")
RPL_WHOISBOT: Final = Numeric("335", "RPL_WHOISBOT", "is a bot")
RPL_WHOISACTUALLY: Final = Numeric("338", "RPL_WHOISACTUALLY", "is actually using host")
RPL_USERIP: Final = Numeric("340", "RPL_USERIP", "")
RPL_WHOREPLY: Final = Numeric("352", "RPL_WHOREPLY", "")
RPL_WHOSPCRPL: Final = Numeric("354", "RPL_WHOSPCRPL", "")
RPL_ENDOFWHOWAS: Final = Numeric("369", "RPL_ENDOFWHOWAS", "End of WHOWAS")
RPL_WHOISHOST: Final = Numeric("378", "RPL_WHOISHOST", "")
RPL_WHOISMODES: Final = Numeric("379", "RPL_WHOISMODES", "")
RPL_WHOISSECURE: Final = Numeric("671", "RPL_WHOISSECURE", "is using a secure connection")

# Channels: LIST, MODE, TOPIC, NAMES, INVITE and the lists
RPL_LISTSTART: Final = Numeric("321", "RPL_LISTSTART", "Users  Name")
RPL_LIST: Final = Numeric("322", "RPL_LIST", "")
RPL_LISTEND: Final = Numeric("323", "RPL_LISTEND", "End of /LIST")
RPL_CHANNELMODEIS: Final = Numeric("324", "RPL_CHANNELMODEIS", "")
RPL_CREATIONTIME: Final = Numeric("329", "RPL_CREATIONTIME", "")
RPL_NOTOPIC: Final = Numeric("331", "RPL_NOTOPIC", "No topic is set")
RPL_TOPIC: Final = Numeric("332", "RPL_TOPIC", "")
RPL_TOPICWHOTIME: Final = Numeric("333", "RPL_TOPICWHOTIME", "")
RPL_INVITELIST: Final = Numeric("336", "RPL_INVITELIST", "")
RPL_ENDOFINVITELIST: Final = Numeric("337", "RPL_ENDOFINVITELIST", "End of /INVITE list")
RPL_INVITING: Final = Numeric("341", "RPL_INVITING", "")
RPL_INVEXLIST: Final = Numeric("346", "RPL_INVEXLIST", "")
RPL_ENDOFINVEXLIST: Final = Numeric("347", "RPL_ENDOFINVEXLIST", "End of channel invite exception list")
RPL_EXCEPTLIST: Final = Numeric("348", "RPL_EXCEPTLIST", "")
RPL_ENDOFEXCEPTLIST: Final = Numeric("349", "RPL_ENDOFEXCEPTLIST", "End of channel exception list")
RPL_NAMREPLY: Final = Numeric("353", "RPL_NAMREPLY", "")
RPL_ENDOFNAMES: Final = Numeric("366", "RPL_ENDOFNAMES", "End of /NAMES list")
RPL_BANLIST: Final = Numeric("367", "RPL_BANLIST", "")
RPL_ENDOFBANLIST: Final = Numeric("368", "RPL_ENDOFBANLIST", "End of channel ban list")
RPL_QUIETLIST: Final = Numeric("728", "RPL_QUIETLIST", "")
RPL_ENDOFQUIETLIST: Final = Numeric("729", "RPL_ENDOFQUIETLIST", "End of channel quiet list")

# The server: VERSION, LINKS, INFO, MOTD, TIME, operators
RPL_VERSION: Final = Numeric("351", "RPL_VERSION", "")
RPL_LINKS: Final = Numeric("364", "RPL_LINKS", "")
RPL_ENDOFLINKS: Final = Numeric("365", "RPL_ENDOFLINKS", "End of /LINKS list")
RPL_INFO: Final = Numeric("371", "RPL_INFO", "")
RPL_MOTD: Final = Numeric("372", "RPL_MOTD", "")
RPL_ENDOFINFO: Final = Numeric("374", "RPL_ENDOFINFO", "End of INFO list")
RPL_MOTDSTART: Final = Numeric("375", "RPL_MOTDSTART", "")
RPL_ENDOFMOTD: Final = Numeric("376", "RPL_ENDOFMOTD", "End of /MOTD command")
RPL_YOUREOPER: Final = Numeric("381", "RPL_YOUREOPER", "You are now an IRC operator")
RPL_REHASHING: Final = Numeric("382", "RPL_REHASHING", "Rehashing")
RPL_TIME: Final = Numeric("391", "RPL_TIME", "")
RPL_VISIBLEHOST: Final = Numeric("396", "RPL_VISIBLEHOST", "is now your displayed host")

# Errors: targets
ERR_UNKNOWNERROR: Final = Numeric("400", "ERR_UNKNOWNERROR", "")
ERR_NOSUCHNICK: Final = Numeric("401", "ERR_NOSUCHNICK", "No such nick/channel")
ERR_NOSUCHSERVER: Final = Numeric("402", "ERR_NOSUCHSERVER", "No such server")
ERR_NOSUCHCHANNEL: Final = Numeric("403", "ERR_NOSUCHCHANNEL", "No such channel")
ERR_CANNOTSENDTOCHAN: Final = Numeric("404", "ERR_CANNOTSENDTOCHAN", "Cannot send to channel")
ERR_TOOMANYCHANNELS: Final = Numeric("405", "ERR_TOOMANYCHANNELS", "You have joined too many channels")
ERR_WASNOSUCHNICK: Final = Numeric("406", "ERR_WASNOSUCHNICK", "There was no such nickname")
ERR_TOOMANYTARGETS: Final = Numeric("407", "ERR_TOOMANYTARGETS", "Too many targets")
ERR_NOORIGIN: Final = Numeric("409", "ERR_NOORIGIN", "No origin specified")
ERR_INVALIDCAPCMD: Final = Numeric("410", "ERR_INVALIDCAPCMD", "Invalid CAP command")
ERR_NORECIPIENT: Final = Numeric("411", "ERR_NORECIPIENT", "")
ERR_NOTEXTTOSEND: Final = Numeric("412", "ERR_NOTEXTTOSEND", "No text to send")
ERR_NOTOPLEVEL: Final = Numeric("413", "ERR_NOTOPLEVEL", "No toplevel domain specified")
ERR_WILDTOPLEVEL: Final = Numeric("414", "ERR_WILDTOPLEVEL", "Wildcard in toplevel domain")
ERR_BADMASK: Final = Numeric("415", "ERR_BADMASK", "Bad server or host mask")

# Errors: input and commands
ERR_INPUTTOOLONG: Final = Numeric("417", "ERR_INPUTTOOLONG", "Input line was too long")
ERR_UNKNOWNCOMMAND: Final = Numeric("421", "ERR_UNKNOWNCOMMAND", "Unknown command")
ERR_NOMOTD: Final = Numeric("422", "ERR_NOMOTD", "MOTD File is missing")
ERR_NOADMININFO: Final = Numeric("423", "ERR_NOADMININFO", "No administrative info available")

# Errors: names and registration
ERR_NONICKNAMEGIVEN: Final = Numeric("431", "ERR_NONICKNAMEGIVEN", "No nickname given")
ERR_ERRONEUSNICKNAME: Final = Numeric("432", "ERR_ERRONEUSNICKNAME", "Erroneous nickname")
ERR_NICKNAMEINUSE: Final = Numeric("433", "ERR_NICKNAMEINUSE", "Nickname is already in use")
ERR_NICKCOLLISION: Final = Numeric("436", "ERR_NICKCOLLISION", "Nickname collision")
ERR_UNAVAILRESOURCE: Final = Numeric("437", "ERR_UNAVAILRESOURCE", "Nick/channel is temporarily unavailable")
ERR_USERNOTINCHANNEL: Final = Numeric("441", "ERR_USERNOTINCHANNEL", "They aren't on that channel")
ERR_NOTONCHANNEL: Final = Numeric("442", "ERR_NOTONCHANNEL", "You're not on that channel")
ERR_USERONCHANNEL: Final = Numeric("443", "ERR_USERONCHANNEL", "is already on channel")
ERR_NONICKCHANGE: Final = Numeric("447", "ERR_NONICKCHANGE", "Cannot change nickname here")
ERR_NOTREGISTERED: Final = Numeric("451", "ERR_NOTREGISTERED", "You have not registered")
ERR_NEEDMOREPARAMS: Final = Numeric("461", "ERR_NEEDMOREPARAMS", "Not enough parameters")
ERR_ALREADYREGISTERED: Final = Numeric("462", "ERR_ALREADYREGISTERED", "You may not reregister")
ERR_NOPERMFORHOST: Final = Numeric("463", "ERR_NOPERMFORHOST", "Your host isn't among the privileged")
ERR_PASSWDMISMATCH: Final = Numeric("464", "ERR_PASSWDMISMATCH", "Password incorrect")
ERR_YOUREBANNEDCREEP: Final = Numeric("465", "ERR_YOUREBANNEDCREEP", "You are banned from this server")
ERR_INVALIDUSERNAME: Final = Numeric("468", "ERR_INVALIDUSERNAME", "Your username is not valid")

# Errors: channels and modes
ERR_KEYSET: Final = Numeric("467", "ERR_KEYSET", "Channel key already set")
ERR_LINKCHANNEL: Final = Numeric("470", "ERR_LINKCHANNEL", "Forwarding to another channel")
ERR_CHANNELISFULL: Final = Numeric("471", "ERR_CHANNELISFULL", "Cannot join channel (+l)")
ERR_UNKNOWNMODE: Final = Numeric("472", "ERR_UNKNOWNMODE", "is unknown mode char to me")
ERR_INVITEONLYCHAN: Final = Numeric("473", "ERR_INVITEONLYCHAN", "Cannot join channel (+i)")
ERR_BANNEDFROMCHAN: Final = Numeric("474", "ERR_BANNEDFROMCHAN", "Cannot join channel (+b)")
ERR_BADCHANNELKEY: Final = Numeric("475", "ERR_BADCHANNELKEY", "Cannot join channel (+k)")
ERR_BADCHANMASK: Final = Numeric("476", "ERR_BADCHANMASK", "Bad Channel Mask")
ERR_NEEDREGGEDNICK: Final = Numeric("477", "ERR_NEEDREGGEDNICK", "You need to be signed in to join that channel")
ERR_BANLISTFULL: Final = Numeric("478", "ERR_BANLISTFULL", "Channel list is full")
ERR_BADCHANNAME: Final = Numeric("479", "ERR_BADCHANNAME", "Illegal channel name")
ERR_NOPRIVILEGES: Final = Numeric("481", "ERR_NOPRIVILEGES", "Permission Denied- You're not an IRC operator")
ERR_CHANOPRIVSNEEDED: Final = Numeric("482", "ERR_CHANOPRIVSNEEDED", "You're not channel operator")
ERR_CANTKILLSERVER: Final = Numeric("483", "ERR_CANTKILLSERVER", "You can't kill a server!")
ERR_RESTRICTED: Final = Numeric("484", "ERR_RESTRICTED", "Your connection is restricted")
ERR_UNIQOPRIVSNEEDED: Final = Numeric("485", "ERR_UNIQOPRIVSNEEDED", "You're not the founder of that channel")
ERR_SECUREONLYCHAN: Final = Numeric(
    "489", "ERR_SECUREONLYCHAN", "Cannot join channel (+S): a secure connection is required"
)
ERR_NOOPERHOST: Final = Numeric("491", "ERR_NOOPERHOST", "No O-lines for your host")
ERR_UMODEUNKNOWNFLAG: Final = Numeric("501", "ERR_UMODEUNKNOWNFLAG", "Unknown MODE flag")
ERR_USERSDONTMATCH: Final = Numeric("502", "ERR_USERSDONTMATCH", "Can't change mode for other users")
ERR_INVALIDKEY: Final = Numeric("525", "ERR_INVALIDKEY", "Key is not well-formed")
ERR_CANTSENDTOUSER: Final = Numeric("531", "ERR_CANTSENDTOUSER", "Cannot send to user")
ERR_INVALIDMODEPARAM: Final = Numeric("696", "ERR_INVALIDMODEPARAM", "")
ERR_NOPRIVS: Final = Numeric("723", "ERR_NOPRIVS", "Insufficient oper privileges.")

# HELP
ERR_HELPNOTFOUND: Final = Numeric("524", "ERR_HELPNOTFOUND", "No help available on this topic")
RPL_HELPSTART: Final = Numeric("704", "RPL_HELPSTART", "")
RPL_HELPTXT: Final = Numeric("705", "RPL_HELPTXT", "")
RPL_ENDOFHELP: Final = Numeric("706", "RPL_ENDOFHELP", "")

# STARTTLS
RPL_STARTTLS: Final = Numeric("670", "RPL_STARTTLS", "STARTTLS successful, proceed with TLS handshake")
ERR_STARTTLS: Final = Numeric("691", "ERR_STARTTLS", "STARTTLS failed")

# MONITOR
RPL_MONONLINE: Final = Numeric("730", "RPL_MONONLINE", "")
RPL_MONOFFLINE: Final = Numeric("731", "RPL_MONOFFLINE", "")
RPL_MONLIST: Final = Numeric("732", "RPL_MONLIST", "")
RPL_ENDOFMONLIST: Final = Numeric("733", "RPL_ENDOFMONLIST", "End of MONITOR list")
ERR_MONLISTFULL: Final = Numeric("734", "ERR_MONLISTFULL", "Monitor list is full")

# SASL
RPL_LOGGEDIN: Final = Numeric("900", "RPL_LOGGEDIN", "")
RPL_LOGGEDOUT: Final = Numeric("901", "RPL_LOGGEDOUT", "You are now logged out")
ERR_NICKLOCKED: Final = Numeric("902", "ERR_NICKLOCKED", "You must use a nick assigned to you")
RPL_SASLSUCCESS: Final = Numeric("903", "RPL_SASLSUCCESS", "SASL authentication successful")
ERR_SASLFAIL: Final = Numeric("904", "ERR_SASLFAIL", "SASL authentication failed")
ERR_SASLTOOLONG: Final = Numeric("905", "ERR_SASLTOOLONG", "SASL message too long")
ERR_SASLABORTED: Final = Numeric("906", "ERR_SASLABORTED", "SASL authentication aborted")
ERR_SASLALREADY: Final = Numeric("907", "ERR_SASLALREADY", "You have already authenticated using SASL")
RPL_SASLMECHS: Final = Numeric("908", "RPL_SASLMECHS", "are available SASL mechanisms")

BY_CODE: Final[Mapping[str, Numeric]] = {
    numeric.code: numeric for numeric in list(globals().values()) if isinstance(numeric, Numeric)
}
"""Every numeric of this module by its code."""
