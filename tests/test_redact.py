"""Credentials never show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.redact import redact, without_credentials

_SHOWN = "cannot open rtsp://***@host.example/live?token=***"
_SEPARATORS = "/?# \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f&;,'\"*"
_LETTERS = st.characters(codec="ascii", exclude_characters=_SEPARATORS, categories=["L", "N", "P"])
SECRETS = st.text(_LETTERS, min_size=4).filter(lambda text: text not in _SHOWN)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rtsp://admin:secret@10.0.0.5:554/live", "rtsp://***@10.0.0.5:554/live"),
        ("rtsp://admin:p@ss:w@10.0.0.5/live", "rtsp://***@10.0.0.5/live"),
        ("rtsp://admin@10.0.0.5/live", "rtsp://***@10.0.0.5/live"),
        ("rediss://:secret@cache.example:6380/1", "rediss://***@cache.example:6380/1"),
        ("two: rtsp://a:b@c/d and rtsp://e:f@g/h", "two: rtsp://***@c/d and rtsp://***@g/h"),
        ("http://10.0.0.5/cgi?user=a&password=secret&x=1", "http://10.0.0.5/cgi?user=a&password=***&x=1"),
        ("http://10.0.0.5/?token=abc;next=1", "http://10.0.0.5/?token=***;next=1"),
        ("api_key: abc123", "api_key: ***"),
        ("rtsp://10.0.0.5:554/live", "rtsp://10.0.0.5:554/live"),
        ("mail to operator@example.org", "mail to operator@example.org"),
    ],
)
def test_what_is_shown_of_a_text(text: str, shown: str) -> None:
    assert redact(text) == shown


@given(user=SECRETS, password=SECRETS)
def test_no_password_in_a_url_survives(user: str, password: str) -> None:
    text = redact(f"cannot open rtsp://{user}:{password}@host.example/live")
    assert password not in text
    assert text.endswith("@host.example/live")


@given(token=SECRETS)
def test_no_token_in_a_query_survives(token: str) -> None:
    assert token not in redact(f"rtsp://host.example/live?token={token}")


def test_a_url_without_credentials_can_be_a_key() -> None:
    assert without_credentials("rtsp://u:p@h:554/a?b=1#c") == "rtsp://h:554/a?b=1#c"
