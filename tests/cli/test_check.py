"""Every message about a section or a key: where, what was found, what is allowed, and what was perhaps meant."""

import pytest

from tests.cli.configurations import problems

PHC_ALLOWED = "an Argon2id PHC string as `freeq hash-password` prints it"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[limits]\nclients = 0", ["freeq.toml:2: limits.clients is 0; allowed is an integer from 1"]),
        ("[limits]\nclients = true", ["freeq.toml:2: limits.clients is true; allowed is an integer from 1"]),
        ("[limits]\nclient = 5", ["freeq.toml:2: unknown key limits.client; did you mean limits.clients?"]),
        (
            "[limits]\nsendq-bytes = 65536",
            ["freeq.toml:2: unknown key limits.sendq-bytes; did you mean limits.sendq_bytes?"],
        ),
        ("[web]\nmotd = ''", ["freeq.toml:2: unknown key web.motd; did you mean server.motd?"]),
        ("[web]\nxyzzy = ''", ["freeq.toml:2: unknown key web.xyzzy; known are origins"]),
        ("[limit]\nclients = 5", ["freeq.toml:1: unknown section limit; did you mean limits?"]),
        ("name = 'irc.example'", ["freeq.toml:1: unknown section name; did you mean server.name or operator.name?"]),
        (
            "[xyzzy]",
            [
                "freeq.toml:1: unknown section xyzzy; known are server, admin, listen, tls, sts, web, identity, sasl,"
                " storage, limits, flood,"
                " operator, log"
            ],
        ),
        ("server = 3", ["freeq.toml:1: server is 3; allowed is a table, [server]"]),
        (
            "[listen]\nport = 1",
            ["freeq.toml:1: listen is not an array of tables; allowed is [[listen]], once for each"],
        ),
        (
            "operator = [1]",
            ["freeq.toml:1: operator is not an array of tables; allowed is [[operator]], once for each"],
        ),
        (
            "\n[[operator]]\nname = 'ada'",
            [f"freeq.toml:2: operator.password is missing; allowed is {PHC_ALLOWED}"],
        ),
        (
            "[[operator]]\nname = 'ada'\npassword = 'hunter2'",
            [f"freeq.toml:3: operator.password is not shown; allowed is {PHC_ALLOWED}"],
        ),
        (
            "[log]\nlevel = 'loud'",
            ['freeq.toml:2: log.level is "loud"; allowed is one of "debug", "info", "warning", "error"'],
        ),
        (
            "server.name = 'a b'",
            ['freeq.toml:1: server.name is "a b"; allowed is a host name of at most 63 characters'],
        ),
        (
            "[server]\nname = 2026-01-01",
            ["freeq.toml:2: server.name is 2026-01-01; allowed is a host name of at most 63 characters"],
        ),
        ("[limits]\nping_seconds = inf", ["freeq.toml:2: limits.ping_seconds is inf; allowed is a number from 1"]),
        ("", []),
    ],
)
def test_a_problem_is_named(text: str, expected: list[str]) -> None:
    assert problems(text) == expected


def test_all_problems_are_named_not_the_first() -> None:
    text = """\
[server]
name = "not a host"
colour = "blue"

[flood]
burst = 0

[[listen]]
kind = "irc"
port = 70000

[[listen]]
kind = "ftp"
port = 21
"""
    assert [line.partition(" ")[0] for line in problems(text)] == [
        "freeq.toml:2:",
        "freeq.toml:3:",
        "freeq.toml:6:",
        "freeq.toml:10:",
        "freeq.toml:13:",
    ]


def test_a_password_in_the_clear_is_never_repeated() -> None:
    assert "hunter2" not in "".join(problems("[server]\npassword = 'hunter2'"))
