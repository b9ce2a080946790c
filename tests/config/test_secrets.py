"""Secrets filled into addresses arrive as they are, whatever characters they hold."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.config import load_config
from camera_pipeline.config.secrets import fill_secrets

PATH = ("cameras", 0, "url")
AWKWARD = "p@ss:w/o#r?d% &[é]"
ENCODED = "p%40ss%3Aw%2Fo%23r%3Fd%25%20%26%5B%C3%A9%5D"


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("rtsp://admin:${S}@192.0.2.7/live", f"rtsp://admin:{ENCODED}@192.0.2.7/live"),
        ("rtsp://${S}:${S}@192.0.2.7/live", f"rtsp://{ENCODED}:{ENCODED}@192.0.2.7/live"),
        ("rtsp://admin:${UNSET:-a@b/c}@192.0.2.7/live", "rtsp://admin:a%40b%2Fc@192.0.2.7/live"),
        ("rtsp://${LOGIN}@192.0.2.7/live", "rtsp://admin:a%40b%2Fc@192.0.2.7/live"),
        ("rtsp://admin:${LOGIN}@192.0.2.7/live", "rtsp://admin:admin%3Aa%40b%2Fc@192.0.2.7/live"),
        ("rtsp://192.0.2.7/live?user=a@b&key=${S}", f"rtsp://192.0.2.7/live?user=a@b&key={AWKWARD}"),
        ("rtsp://${HOST}/${STREAM}", "rtsp://192.0.2.7:554/live/main"),
        ("rtsp://admin:${PLAIN}@${HOST}/${STREAM}", "rtsp://admin:geheim@192.0.2.7:554/live/main"),
        ("${URL}", "rtsp://u:p@192.0.2.7/live"),
        ("${S}", AWKWARD),
        ("", ""),
    ],
)
def test_values_are_encoded_between_slashes_and_at_only(text: str, filled: str) -> None:
    environ = {
        "S": AWKWARD,
        "LOGIN": "admin:a@b/c",
        "PLAIN": "geheim",
        "HOST": "192.0.2.7:554",
        "STREAM": "live/main",
        "URL": "rtsp://u:p@192.0.2.7/live",
    }
    result, mistakes = fill_secrets(text, PATH, environ)
    assert result == filled
    assert [mistake.expected for mistake in mistakes] == []


@given(user=st.text(min_size=1), password=st.text(min_size=1))
def test_any_login_can_be_read_back_from_the_address(user: str, password: str) -> None:
    text = "rtsp://${USER}:${PASSWORD}@192.0.2.7:554/live"
    address = urlsplit(fill_secrets(text, PATH, {"USER": user, "PASSWORD": password})[0])
    assert (address.hostname, address.port, address.path) == ("192.0.2.7", 554, "/live")
    assert (unquote(address.username or ""), unquote(address.password or "")) == (user, password)


def test_a_file_s_path_and_content_may_hold_them_too(tmp_path: Path) -> None:
    (tmp_path / "p@ss#1").write_text(f"{AWKWARD}\n", encoding="utf-8")
    path = tmp_path / "config.yaml"
    path.write_text(
        f'cameras: [{{id: a, url: "rtsp://admin:${{file:{tmp_path / "p@ss#1"}}}@192.0.2.7/live"}}]\n', encoding="utf-8"
    )
    url = load_config(path).camera("a").url
    assert url is not None
    assert url.get_secret_value() == f"rtsp://admin:{ENCODED}@192.0.2.7/live"
