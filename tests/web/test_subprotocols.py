import pytest

from freeq_proto.web import BINARY_IRCV3, TEXT_IRCV3, negotiate_subprotocol


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ([TEXT_IRCV3], "text.ircv3.net"),
        ([BINARY_IRCV3], "binary.ircv3.net"),
        ([BINARY_IRCV3, TEXT_IRCV3], "binary.ircv3.net"),
        ([TEXT_IRCV3, BINARY_IRCV3], "text.ircv3.net"),
        (["chat", BINARY_IRCV3, TEXT_IRCV3], "binary.ircv3.net"),
        (["TEXT.ircv3.net"], None),
        (["chat"], None),
        ([], None),
    ],
)
def test_the_client_s_order_of_preference_decides(offered: list[str], chosen: str | None) -> None:
    """IRCv3 extensions/websocket, "WebSocket features and encoding"."""
    assert negotiate_subprotocol(offered) == chosen
