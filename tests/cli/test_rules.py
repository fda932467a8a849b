"""Every message about settings that do not go together, and about files that they name."""

import importlib.util
from pathlib import Path

import pytest

from tests.cli.configurations import OTHER_KEY, PHC, certificate, private_key, problems

IRC = '[[listen]]\nkind = "irc"\nport = 6667\n'
TLS = '[[listen]]\nkind = "irc"\nport = 6697\ntls = true\n'
FILES = '[tls]\ncertificate = "cert.pem"\nkey = "key.pem"\n'
SELF_SIGNED = "[tls]\nself_signed = true\n"
OPERATOR = f'[[operator]]\nname = "ada"\npassword = "{PHC}"\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "[server]\nmotd = 'a'\nmotd_file = ''",
            [],
        ),
        (
            "[server]\nmotd_file = 'none.txt'",
            ["freeq.toml:2: server.motd_file: /no/such/folder/none.txt cannot be read: No such file or directory"],
        ),
        (
            "[server]\nmotd = 'a'\nmotd_file = 'none.txt'",
            [
                "freeq.toml:3: server.motd and server.motd_file are both given; allowed is one of them",
                "freeq.toml:3: server.motd_file: /no/such/folder/none.txt cannot be read: No such file or directory",
            ],
        ),
        (
            '[[listen]]\nkind = "irc"\n',
            ["freeq.toml:1: listen.port is missing; allowed is an integer from 0 to 65535"],
        ),
        (
            '[[listen]]\nkind = "irc"\nport = 6667\npath = "socket"\n',
            ['freeq.toml:4: listen.path means nothing where kind is "irc"; leave it out'],
        ),
        (
            IRC + '[[listen]]\nkind = "control"\nport = 1\ntls = true\n',
            [
                'freeq.toml:6: listen.port means nothing where kind is "control"; leave it out',
                'freeq.toml:7: listen.tls means nothing where kind is "control"; leave it out',
            ],
        ),
        (IRC + IRC, ["freeq.toml:4: listens on 127.0.0.1 port 6667 a second time; the first is table 1 of [[listen]]"]),
        (IRC.replace("6667", "0") * 2, []),
        (IRC + IRC.replace("port", 'address = "::1"\nport'), []),
        (
            IRC + '[[listen]]\nkind = "control"\n' * 2,
            ["freeq.toml:6: listens on the default control socket a second time; the first is table 2 of [[listen]]"],
        ),
        (
            IRC + '[[listen]]\nkind = "control"\npath = "a"\n' * 2,
            [
                "freeq.toml:7: listens on /no/such/folder/a a second time; the first is table 2 of [[listen]]",
            ],
        ),
        (
            IRC + '[[listen]]\nkind = "control"\npath = "/' + "a" * 103 + '"\n',
            [f"freeq.toml:6: listen.path is too long for a socket: /{'a' * 103}; allowed are 103 bytes"],
        ),
        (
            '[[listen]]\nkind = "control"\n',
            ['freeq.toml:1: nobody can connect: no [[listen]] has kind = "irc" or "web"'],
        ),
        ("listen = []", ['freeq.toml:1: nobody can connect: no [[listen]] has kind = "irc" or "web"']),
        (
            TLS,
            [
                "freeq.toml:4: listen.tls is true and there is no certificate: set tls.certificate and tls.key, or"
                " tls.self_signed = true"
            ],
        ),
        (TLS + SELF_SIGNED, []),
        (
            IRC + SELF_SIGNED,
            ["freeq.toml:4: [tls] has a certificate and no [[listen]] has tls = true"],
        ),
        (
            TLS + "[tls]\nself_signed = true\ncertificate = 'cert.pem'\n",
            ["freeq.toml:6: tls.self_signed is true beside tls.certificate; allowed is one of them"],
        ),
        (
            TLS + "[tls]\ncertificate = 'cert.pem'\n",
            ["freeq.toml:6: tls.certificate has no tls.key; allowed are both or none"],
        ),
        (
            TLS + "[tls]\nkey = 'key.pem'\n",
            ["freeq.toml:6: tls.key has no tls.certificate; allowed are both or none"],
        ),
        (
            TLS + FILES,
            [
                "freeq.toml:6: tls.certificate: /no/such/folder/cert.pem cannot be read: No such file or directory",
                "freeq.toml:7: tls.key: /no/such/folder/key.pem cannot be read: No such file or directory",
            ],
        ),
        (
            IRC + "[sts]\nport = 6697\n",
            [
                "freeq.toml:5: sts.port is 6697; allowed is 0 or the port of an irc listener with tls = true"
                " (there: none)"
            ],
        ),
        (
            TLS + "[sts]\nport = 6698\n" + SELF_SIGNED,
            [
                "freeq.toml:6: sts.port is 6698; allowed is 0 or the port of an irc listener with tls = true"
                " (there: 6697)",
                "freeq.toml:6: sts.port is set with a self-signed certificate: clients would refuse every connection;"
                " get a certificate",
            ],
        ),
        (
            IRC + "[tls]\nclient_certificates = true\n",
            ["freeq.toml:5: tls.client_certificates is true and no [[listen]] has tls = true"],
        ),
        (TLS + SELF_SIGNED + "client_certificates = true\n", []),
        ("[sasl]\nplain = true\n", []),
        (IRC.replace("port", 'address = "0.0.0.0"\nport') + "[sasl]\nplain = true\n", []),
        (TLS.replace("port", 'address = "192.0.2.1"\nport') + SELF_SIGNED + "[sasl]\nplain = true\n", []),
        (
            IRC.replace("port", 'address = "irc.example"\nport') + "[sasl]\nplain = true\n",
            [
                "freeq.toml:6: sasl.plain is true, and passwords are taken over TLS or from this machine only: nobody"
                " could use it; give a [[listen]] tls = true"
            ],
        ),
        ("[identity]\nplc_directory = 'http://127.0.0.1:2582'\nprivate_network = true\n", []),
        (
            "[identity]\nplc_directory = 'http://plc.example'\n",
            [
                "freeq.toml:2: identity.plc_directory is not https; allowed is plain HTTP with"
                " identity.private_network = true only"
            ],
        ),
        (
            OPERATOR * 2,
            ['freeq.toml:5: operator.name is "ada" a second time; allowed is one table for each'],
        ),
    ],
)
def test_a_broken_rule_is_named(text: str, expected: list[str]) -> None:
    assert problems(text) == expected


def test_a_rule_is_silent_about_a_section_that_is_wrong_itself() -> None:
    """The one problem is the misspelt key, not the certificate that it would have given."""
    assert problems(TLS + "[tls]\nself_singed = true\n") == [
        "freeq.toml:6: unknown key tls.self_singed; did you mean tls.self_signed?"
    ]


@pytest.mark.parametrize(
    ("own", "key", "expected"),
    [
        (certificate(), private_key(), []),
        (certificate() + certificate(OTHER_KEY), private_key(), []),
        (
            certificate(),
            private_key(OTHER_KEY),
            ["7: tls.key: key.pem is not the key of the first certificate in cert.pem"],
        ),
        (certificate(days=(-9, -1)), private_key(), ["6: tls.certificate: cert.pem expired on 2026-06-14 12:00 UTC"]),
        (
            certificate(days=(1, 9)),
            private_key(),
            ["6: tls.certificate: cert.pem is not valid before 2026-06-16 12:00 UTC"],
        ),
        (b"", private_key(), ["6: tls.certificate: cert.pem holds no certificate in PEM"]),
        (private_key(), private_key(), ["6: tls.certificate: cert.pem holds no certificate in PEM"]),
        (certificate(), b"", ["7: tls.key: key.pem holds no private key in PEM"]),
        (certificate(), certificate(), ["7: tls.key: key.pem holds no private key in PEM"]),
        (
            certificate(),
            private_key(passphrase=b"secret"),
            ["7: tls.key: key.pem is encrypted; allowed is a key without a passphrase"],
        ),
        (
            b"#" * ((1 << 20) + 1),
            private_key(),
            ["6: tls.certificate: cert.pem is too long; allowed are 1048576 bytes"],
        ),
    ],
)
def test_a_certificate_that_would_not_serve_is_named(
    tmp_path: Path, own: bytes, key: bytes, expected: list[str]
) -> None:
    (tmp_path / "cert.pem").write_bytes(own)
    (tmp_path / "key.pem").write_bytes(key)
    found = problems(TLS + FILES, tmp_path)
    assert [problem.replace(f"{tmp_path}/", "").removeprefix("freeq.toml:") for problem in found] == expected


def test_asking_for_certificates_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "OpenSSL" else found(name))
    assert problems(TLS + SELF_SIGNED + "client_certificates = true\n") == [
        "freeq.toml:7: tls.client_certificates needs pyOpenSSL: install it"
        " (pip install 'freeq-runtime-asyncio[client-certificates]')"
    ]
