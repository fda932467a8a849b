"""The one table of settings: it is what the file is checked against, and what the template and the reference print."""

import re
from collections.abc import Callable, Mapping
from typing import Final

import attrs

from freeq_cli.kinds import Choice, Flag, Integer, Kind, Number, Text, Texts, Value
from freeq_proto.boundary import LocalProtocolError, RemoteProtocolError
from freeq_proto.identity import is_phc, parse_did
from freeq_proto.sasl import METHODS
from freeq_proto.server import Config, Flood, IdentityPolicy, Limits, SaslPolicy


@attrs.frozen
class Setting:
    """One key of one section."""

    key: str
    kind: Kind
    help: str
    default: Value | None = None
    """None where the file has to give it."""
    reload: bool = True
    """Whether a change is applied by a reload; otherwise it waits for a restart."""
    secret: bool = False
    """Whether a message must not repeat what was found."""


@attrs.frozen
class Section:
    """A table of the file, or (``repeated``) an array of tables."""

    name: str
    help: str
    settings: tuple[Setting, ...]
    repeated: bool = False
    rows: tuple[Mapping[str, Value], ...] = ()
    """Of a repeated section: what stands for it in a file that does not name it."""
    example: Mapping[str, Value] | None = None
    """Of a repeated section without rows: one to show, commented out."""

    def setting(self, key: str) -> Setting | None:
        """The setting of that key."""
        return next((setting for setting in self.settings if setting.key == key), None)


def _lawful(make: Callable[[str], object]) -> Callable[[str], bool]:
    """The core's own check as a predicate: whether ``make`` raises nothing."""

    def law(text: str) -> bool:
        try:
            make(text)
        except (LocalProtocolError, RemoteProtocolError):
            return False
        return True

    return law


def _of(
    cls: type[Limits | Flood | SaslPolicy | IdentityPolicy], key: str, kind: Kind, help_: str, *, reload: bool = True
) -> Setting:
    """A setting whose default is the one of the core's class."""
    return Setting(key, kind, help_, default=getattr(cls(), key), reload=reload)


_ORIGIN = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?")

PATH: Final = Text(
    'a path (~ is not expanded), or ""',
    lambda text: not text.startswith("~"),
)
PASSWORD: Final = Text(
    allowed='an Argon2id PHC string as `freeq hash-password` prints it, or ""',
    law=lambda text: not text or is_phc(text),
)

SECTIONS: Final[tuple[Section, ...]] = (
    Section(
        "server",
        "The server's names and texts.",
        (
            Setting(
                "name",
                Text("a host name of at most 63 characters", _lawful(lambda text: Config(name=text))),
                "The host name under which clients reach the server. Sign-in challenges are bound to it.",
                default="localhost",
                reload=False,
            ),
            Setting(
                "network",
                Text(
                    "1 to 32 printable ASCII characters without space",
                    _lawful(lambda text: Config(name="localhost", network=text)),
                ),
                "The name of the network, as clients show it.",
                default=Config(name="localhost").network,
                reload=False,
            ),
            Setting(
                "description", Text(), "One line about the server, for WHOIS.", Config(name="localhost").description
            ),
            Setting("motd", Text("lines", lines=True), 'The message of the day; "" for none.', default=""),
            Setting("motd_file", PATH, "A UTF-8 file to read it from instead; read again by a reload.", default=""),
            Setting(
                "password", PASSWORD, 'The password that every client has to give (PASS); "" for none.', "", secret=True
            ),
            Setting(
                "state",
                PATH,
                'The state file: the server\'s key and boot count. "" for server.json in $STATE_DIRECTORY (set by'
                " systemd), in $XDG_STATE_HOME/freeq or in ~/.local/state/freeq.",
                default="",
                reload=False,
            ),
        ),
    ),
    Section(
        "admin",
        "What ADMIN answers.",
        (
            Setting("location", Text(), "Where the server is.", default=""),
            Setting("organisation", Text(), "Who runs it.", default=""),
            Setting("email", Text(), "Whom to write to.", default=""),
        ),
    ),
    Section(
        "listen",
        "Where the server listens; one table for each address. A file that names none gets these three, and, where"
        " [tls] has a certificate, IRC over TLS on port 6697.",
        (
            Setting(
                "kind",
                Choice(("irc", "web", "control")),
                "irc: IRC clients. web: WebSocket clients, at /irc. control: `freeq ctl`, on a Unix socket.",
                reload=False,
            ),
            Setting("address", Text("an IP address or a host name"), "For irc and web.", "127.0.0.1", reload=False),
            Setting(
                "port",
                Integer(0, 65535),
                "For irc and web, which have to name one: 0 lets the system choose, and the start says what it chose.",
                default=0,
                reload=False,
            ),
            Setting("path", PATH, 'For control; "" for control.sock beside the state file.', default="", reload=False),
            Setting("tls", Flag(), "For irc and web: whether TLS is spoken here.", default=False, reload=False),
        ),
        repeated=True,
        rows=(
            {"kind": "irc", "address": "127.0.0.1", "port": 6667},
            {"kind": "web", "address": "127.0.0.1", "port": 8067},
            {"kind": "control"},
        ),
    ),
    Section(
        "tls",
        "The certificate of the listeners that have tls = true. A reload reads the files again.",
        (
            Setting("certificate", PATH, "PEM file: the server's certificate, then the intermediate ones.", default=""),
            Setting("key", PATH, "PEM file: the private key, without a passphrase.", default=""),
            Setting(
                "self_signed",
                Flag(),
                "Instead of the files: a certificate that the server makes for itself and keeps beside its state file.",
                default=False,
                reload=False,
            ),
            Setting(
                "client_certificates",
                Flag(),
                "Whether clients are asked for a certificate, so that one can sign its user in (EXTERNAL). Some clients"
                " then ask their user for one.",
                default=False,
                reload=False,
            ),
        ),
    ),
    Section(
        "sts",
        "Strict transport security (IRCv3 sts): tells clients to come back over TLS, and only so from then on.",
        (
            Setting("port", Integer(0, 65535), "The port of a TLS listener; 0 advertises nothing.", default=0),
            Setting("duration_seconds", Integer(0), "For how long clients remember it.", default=2_592_000),
        ),
    ),
    Section(
        "web",
        "WebSocket clients.",
        (
            Setting(
                "origins",
                Texts(Text('an origin like "https://chat.example"', lambda text: bool(_ORIGIN.fullmatch(text)))),
                "Origins whose pages may connect; empty for all.",
                default=(),
            ),
        ),
    ),
    Section(
        "identity",
        "How this server finds out who stands behind a DID.",
        (
            _of(
                IdentityPolicy,
                "did",
                Text('a DID, or ""', lambda text: not text or _lawful(parse_did)(text)),
                "The server's own DID, to which clients address their proofs; \"\" for did:web: and the server's name.",
                reload=False,
            ),
            _of(
                IdentityPolicy,
                "plc_directory",
                Text('a URL like "https://plc.example"', lambda text: bool(_ORIGIN.fullmatch(text))),
                "Where did:plc documents come from.",
                reload=False,
            ),
            _of(
                IdentityPolicy,
                "private_network",
                Flag(),
                "Whether documents may name hosts that are not public, and plain HTTP: for tests and closed networks."
                " Whoever writes a document then has this server contact any host that it can reach.",
                reload=False,
            ),
            _of(
                IdentityPolicy,
                "document_seconds",
                Number(0),
                "How long a DID document is remembered.",
                reload=False,
            ),
            _of(
                IdentityPolicy,
                "recheck_seconds",
                Number(10),
                "How often the identity behind each connection is looked at again; one whose DID is taken down or whose"
                " key is replaced is signed out within this time and that of document_seconds.",
            ),
            _of(
                IdentityPolicy,
                "nick_seconds",
                Number(0),
                "Seconds for which one may keep a nick of an account as which one is signed in no more.",
            ),
            _of(
                IdentityPolicy,
                "nick_days",
                Number(1),
                "Days without a sign-in after which the nicks of an account belong to nobody again.",
            ),
        ),
    ),
    Section(
        "sasl",
        "Which ways to sign in there are.",
        (
            _of(
                SaslPolicy,
                "methods",
                Texts(Choice(tuple(METHODS))),
                "Methods of ATPROTO-CHALLENGE. pds-session and pds-oauth hand a token of the user's to this server, and"
                " any other server that gets one in this way can sign in here as him: for clients that know no better.",
            ),
            _of(
                SaslPolicy,
                "plain",
                Flag(),
                "Whether PLAIN with a handle and an app password is taken, over TLS or from this machine: for clients"
                " that know nothing better. The server sees the password.",
            ),
            _of(
                SaslPolicy,
                "external",
                Flag(),
                "Whether EXTERNAL is taken from clients that present a certificate (tls.client_certificates).",
            ),
            _of(
                SaslPolicy,
                "bindings",
                Texts(Choice(("lxm", "none", "aud"))),
                "What ties a token of service-auth to one sign-in. lxm: a hash of the challenge and the TLS connection"
                " in its method. none: nothing but its short life. aud: the same hash in its audience (experimental).",
            ),
            _of(
                SaslPolicy,
                "legacy_audience",
                Flag(),
                "Whether the audience of such a token may lack the service's name, as PDSs before 0.5.1 issue it.",
            ),
        ),
    ),
    Section(
        "storage",
        "Where the server keeps channels, accounts, nicks and certificates.",
        (
            Setting(
                "path",
                PATH,
                'The database (SQLite); "" for freeq.db beside the state file, ":memory:" to keep nothing.',
                default="",
                reload=False,
            ),
        ),
    ),
    Section(
        "limits",
        "How much one client, one address and everybody together may take.",
        (
            _of(Limits, "clients", Integer(1), "Connections in all."),
            _of(Limits, "clients_per_address", Integer(1), "Connections from one IPv4 address or one IPv6 /64."),
            _of(Limits, "channels", Integer(1), "Channels in all."),
            _of(Limits, "channels_per_user", Integer(1), "Channels that one user may be in."),
            _of(Limits, "monitor", Integer(1), "Nicks that one client may MONITOR."),
            _of(
                Limits,
                "sendq_bytes",
                Integer(16_384),
                "Bytes held for a client that reads too slowly, before it is cut off.",
            ),
            _of(
                Limits,
                "recvq_bytes",
                Integer(16_384),
                "Bytes of a client that wait for their turn, before it is cut off.",
            ),
            _of(Limits, "registration_seconds", Number(1), "From connecting to being a user."),
            _of(Limits, "ping_seconds", Number(1), "Silence after which a client is sent a PING."),
            _of(Limits, "pong_seconds", Number(1), "Silence after that PING, before the connection counts as dead."),
            _of(Limits, "history_window", Integer(1), "Messages remembered for REDACT.", reload=False),
        ),
    ),
    Section(
        "flood",
        "The budget of lines of one client: a bucket that holds `burst` lines and refills at `lines_per_second`. What"
        " comes faster waits; nothing is lost, nobody is disconnected for it until recvq_bytes is full.",
        (
            _of(Flood, "burst", Integer(1), "Lines that may come at once."),
            _of(Flood, "lines_per_second", Number(0), "Lines that may come for ever; 0 for no limit at all."),
        ),
    ),
    Section(
        "operator",
        "Who may use OPER; one table for each.",
        (
            Setting(
                "name", Text("a name without spaces", lambda text: bool(re.fullmatch("[!-~]+", text))), "The name."
            ),
            Setting(
                "password",
                Text("an Argon2id PHC string as `freeq hash-password` prints it", is_phc),
                "The hash of the password.",
                secret=True,
            ),
            Setting(
                "hosts",
                Texts(Text("a mask without spaces", lambda text: bool(text) and " " not in text)),
                "Who may use it: user@host masks (the host as others see it) or ~a: and a DID; empty for everybody.",
                default=(),
            ),
        ),
        repeated=True,
        example={
            "name": "ada",
            "password": "$argon2id$v=19$m=65536,t=3,p=4$SALT$HASH",
            "hosts": ("~a:did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",),
        },
    ),
    Section(
        "log",
        "What the server writes to standard error.",
        (
            Setting("level", Choice(("debug", "info", "warning", "error")), "The least level that is written.", "info"),
            Setting(
                "format", Choice(("text", "json")), "Lines for people, or one JSON object a line.", "text", reload=False
            ),
        ),
    ),
)


def section(name: str) -> Section | None:
    """The section of that name."""
    return next((section for section in SECTIONS if section.name == name), None)
