"""Basic and digest authentication as clients compute them."""

import base64
import re
import time
from hashlib import md5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.simulator.auth import Authenticator, Credentials, Scheme

LOGIN = Credentials("user", "secret")


def h(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def answer(challenge: str, *, word: str = "secret", method: str = "DESCRIBE", qop: bool = False) -> str:
    """Return the Authorization header that a client sends (RFC 2617 §3.2.2)."""
    fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    secret = h(f"user:{fields['realm']}:{word}")
    middle = f"{fields['nonce']}:00000001:abc:auth" if qop else fields["nonce"]
    response = h(f"{secret}:{middle}:{h(f'{method}:rtsp://x/gate')}")
    extra = ', qop=auth, nc=00000001, cnonce="abc"' if qop else ""
    return (
        f'Digest username="user", realm="{fields["realm"]}", nonce="{fields["nonce"]}", '
        f'uri="rtsp://x/gate", response="{response}"{extra}'
    )


def challenge_of(authenticator: Authenticator) -> str:
    challenge = authenticator.refusal("DESCRIBE", None)
    assert challenge is not None
    return challenge


@pytest.mark.parametrize("qop", [False, True])
def test_the_right_digest_passes(qop: bool) -> None:
    authenticator = Authenticator(LOGIN)
    assert authenticator.refusal("DESCRIBE", answer(challenge_of(authenticator), qop=qop)) is None


@pytest.mark.parametrize("change", [{"word": "wrong"}, {"method": "PLAY"}])
def test_a_wrong_password_or_a_digest_of_another_method_is_refused(change: dict[str, str]) -> None:
    authenticator = Authenticator(LOGIN)
    refusal = authenticator.refusal("DESCRIBE", answer(challenge_of(authenticator), **change))
    assert refusal is not None
    assert "stale" not in refusal


def test_a_nonce_of_another_server_is_refused() -> None:
    foreign = challenge_of(Authenticator(LOGIN))
    assert Authenticator(LOGIN).refusal("DESCRIBE", answer(foreign)) is not None


def test_an_old_nonce_is_called_stale_and_the_new_one_passes() -> None:
    authenticator = Authenticator(LOGIN, nonce_lifetime_s=0.02)
    first = challenge_of(authenticator)
    time.sleep(0.05)
    second = authenticator.refusal("DESCRIBE", answer(first))
    assert second is not None
    assert second.endswith("stale=true")
    assert authenticator.refusal("DESCRIBE", answer(second)) is None


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("header", "passes"),
    [
        (basic("user:secret"), True),
        (basic("user:secret").replace("Basic", "basic"), True),
        (basic("user:wrong"), False),
        (basic("user"), False),
        ("Basic !!!", False),
        ("Basic", False),
        (None, False),
    ],
)
def test_basic_lets_the_right_password_pass(header: str | None, passes: bool) -> None:
    authenticator = Authenticator(Credentials("user", "secret", Scheme.BASIC))
    assert authenticator.refusal("DESCRIBE", header) == (None if passes else 'Basic realm="camera"')


def test_the_other_scheme_is_refused() -> None:
    assert "Digest" in (Authenticator(LOGIN).refusal("DESCRIBE", basic("user:secret")) or "")


@given(st.text(max_size=80), st.sampled_from(Scheme))
def test_any_header_is_judged_without_error(text: str, scheme: Scheme) -> None:
    authenticator = Authenticator(Credentials("user", "secret", scheme))
    assert authenticator.refusal("DESCRIBE", f"{scheme} {text}") is not None
    assert authenticator.refusal("DESCRIBE", f'Digest username="user", nonce="{text}", response="{text}"') is not None


def test_the_password_is_not_shown() -> None:
    assert "secret" not in repr(LOGIN)
