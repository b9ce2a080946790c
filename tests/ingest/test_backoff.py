"""How long a camera is left alone after a failure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.errors import AuthError, ConnectError, SilenceError
from camera_pipeline.ingest.backoff import Backoff

REFUSED = ConnectError("refused")
SILENT = SilenceError("silent")


@given(st.integers(), st.integers(0, 40))
def test_delays_stay_below_a_doubling_ceiling_of_a_minute(seed: int, failures: int) -> None:
    backoff = Backoff(seed)
    for number in range(failures):
        assert 0.0 <= backoff.after(SILENT, lasted_s=10.0) <= min(60.0, 2.0**number)


def test_delays_use_the_whole_range() -> None:
    delays_s = []
    for seed in range(300):
        backoff = Backoff(seed)
        delays_s.append([backoff.after(SILENT, 10.0) for _ in range(8)][-1])
    assert min(delays_s) < 3.0
    assert max(delays_s) > 57.0
    assert 26.0 < sum(delays_s) / len(delays_s) < 34.0


def test_an_instant_refusal_is_not_repeated_at_once() -> None:
    assert all(Backoff(seed).after(REFUSED, lasted_s=0.01) >= 1.0 for seed in range(50))


def test_a_wrong_password_waits_so_long_that_the_account_is_not_locked() -> None:
    backoff = Backoff(1)
    assert all(backoff.after(AuthError("refused"), lasted_s=0.1) >= 30.0 for _ in range(10))


def test_a_stable_session_begins_anew() -> None:
    backoff = Backoff(1)
    for _ in range(10):
        backoff.after(SILENT, 10.0)
    assert backoff.failures == 10
    assert backoff.after(SILENT, lasted_s=120.0) <= 1.0
    assert backoff.failures == 1


@pytest.mark.parametrize("seed", [0, "1/cam"])
def test_the_same_seed_gives_the_same_delays(seed: int | str) -> None:
    assert [Backoff(seed).after(SILENT, 5.0) for _ in range(3)] == [Backoff(seed).after(SILENT, 5.0) for _ in range(3)]
