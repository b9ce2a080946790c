"""The vote, the best frame and the first frame of a track are compared on the same reads, the surest tracks first."""

import numpy as np
import pytest

from benchmarks.plate_votes import HEIGHTS_PX, Answer, answers, drawn_tracks, right_of_surest, seen_again
from camera_pipeline.detect.plate_vote import CharacterRead


def read(text: str, weakest: float) -> CharacterRead:
    return CharacterRead(text, (0.9,) * (len(text) - 1) + (weakest,), "one_line")


def test_each_way_of_using_the_reads_gives_its_own_answer() -> None:
    told = answers([read("61A12349", 0.5), read("61A12345", 0.6), read("61A12346", 0.8), read("61A12345", 0.6)])
    assert {name: answer.text for name, answer in told.items()} == {
        "vote": "61A12345",
        "best frame": "61A12346",
        "first frame": "61A12349",
    }
    assert told["best frame"].sure == 0.8
    assert told["vote"].sure < 0.6, "the reads do not agree"


def test_a_track_on_which_nothing_was_read_is_answered_last() -> None:
    told = answers([CharacterRead("", (), "one_line")] * 3)
    assert {(answer.text, answer.sure) for answer in told.values()} == {("", 0.0)}


@pytest.mark.parametrize(("share", "counts"), [(1.0, (2, 4)), (0.5, (2, 2)), (0.25, (1, 1))])
def test_the_surest_are_counted(share: float, counts: tuple[int, int]) -> None:
    told = [Answer("c", 0.1), Answer("a", 0.9), Answer("x", 0.2), Answer("b", 0.8)]
    assert right_of_surest(told, ["w", "a", "y", "b"], share) == counts


def test_views_are_another_each_time_and_the_same_with_the_same_seed() -> None:
    crop = np.tile(np.linspace(20, 220, 160).astype(np.uint8), (80, 1))
    first, again = (seen_again(crop, 2, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(first, again)
    assert 2 * HEIGHTS_PX[0] - 1 <= first.shape[0] <= 2 * HEIGHTS_PX[1] + 1
    (track, other), (same, _) = ([*drawn_tracks(2, 2, np.random.default_rng(4))] for _ in range(2))
    assert track[0] == same[0] != other[0]
    assert not np.array_equal(track[1][0], track[1][1][: track[1][0].shape[0]])
