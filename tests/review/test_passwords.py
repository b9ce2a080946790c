"""Passwords: which are refused, and that only the right one fits."""

import pytest

from camera_pipeline.errors import InvalidError
from camera_pipeline.review.passwords import check_password, hash_password, is_outdated, is_password


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short", "12 to 256"),
        ("x" * 300, "12 to 256"),
        ("ababababababab", "different"),
        ("the officer lan says", "name"),
        ("Password12345", "guessers"),
        ("matkhau-2026", "guessers"),
    ],
)
def test_a_password_that_is_easily_guessed_is_refused(password: str, words: str) -> None:
    with pytest.raises(InvalidError, match=words) as caught:
        check_password(password, "lan", 12)
    assert password not in str(caught.value)


def test_several_words_are_a_password() -> None:
    check_password("một con đường dài", "lan", 12)


def test_only_the_right_password_fits_and_nobodys_never_does() -> None:
    kept = hash_password("seven green lamps")
    assert is_password("seven green lamps", kept)
    assert not is_password("seven green lamp", kept)
    assert not is_password("seven green lamps", "no hash at all")
    assert not is_password("the password of nobody", None)


def test_todays_hashes_are_not_outdated_and_hold_no_password() -> None:
    kept = hash_password("seven green lamps")
    assert kept.startswith("$argon2id$")
    assert "lamps" not in kept
    assert not is_outdated(kept)
    assert is_outdated(kept.replace("t=3", "t=1"))
