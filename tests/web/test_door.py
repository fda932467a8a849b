import subprocess
import sys

import pytest

import freeq_proto.web


def test_every_name_of_the_door_is_there() -> None:
    assert all(hasattr(freeq_proto.web, name) for name in freeq_proto.web.__all__)
    with pytest.raises(AttributeError, match="nonsense"):
        freeq_proto.web.nonsense  # type: ignore[attr-defined]  # the point of the test  # noqa: B018


def test_frames_need_neither_h11_nor_wsproto() -> None:
    program = (
        "import sys; sys.modules['h11'] = sys.modules['wsproto'] = None\n"
        "from freeq_proto.web import text_frame, negotiate_subprotocol, HttpRequest, Limits\n"
        "assert text_frame(b'a') == bytes((0x81, 1, 97))\n"
        "try:\n    from freeq_proto.web import WebConnection\n"
        "except ImportError:\n    print('asked for')"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout == "asked for\n"
