"""What goes when room must be made: by age, by quota, by need, always in the order of legal weight."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.evidence.retention import Bound, Stored, doomed
from camera_pipeline.evidence.storage_class import DEGRADED, StorageClass

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def kept(name: str, days_old: float = 1.0, size_bytes: int = 10) -> Stored:
    """Return something of the class that its name begins with."""
    storage_class = StorageClass(name.partition("-")[0])
    return Stored(path=name, storage_class=storage_class, size_bytes=size_bytes, at=NOW - timedelta(days=days_old))


ALL = [kept(f"{each}-{age}", age) for age in (1, 2) for each in reversed(StorageClass)]


@pytest.mark.parametrize(
    ("bounds", "missing_bytes", "gone"),
    [
        pytest.param({}, 0, [], id="nothing is asked for"),
        pytest.param({}, 1, ["video-2"], id="the oldest video first"),
        pytest.param({}, 25, ["video-2", "video-1", "incident-2"], id="then incidents"),
        pytest.param(
            {},
            1000,
            [f"{each}-{age}" for each in DEGRADED for age in (2, 1)],
            id="in the order of weight, and never what is held",
        ),
        pytest.param({StorageClass.CONFIRMED: Bound(keep_days=1.5)}, 0, ["confirmed-2"], id="by age"),
        pytest.param({StorageClass.REJECTED: Bound(max_bytes=10)}, 0, ["rejected-2"], id="by quota"),
        pytest.param({StorageClass.REJECTED: Bound(max_bytes=10)}, 10, ["rejected-2"], id="a quota gives the room"),
        pytest.param(
            {StorageClass.REJECTED: Bound(max_bytes=10)},
            11,
            ["rejected-2", "video-2"],
            id="a quota gives too little",
        ),
        pytest.param({StorageClass.HELD: Bound(keep_days=1, max_bytes=0)}, 0, [], id="no bound touches what is held"),
    ],
)
def test_what_goes_and_in_which_order(bounds: dict[StorageClass, Bound], missing_bytes: float, gone: list[str]) -> None:
    found = doomed(ALL, bounds, now=NOW, missing_bytes=missing_bytes)
    assert [one.stored.path for one in found] == gone
    assert all(one.reason for one in found)


THINGS = st.lists(
    st.builds(
        kept,
        st.tuples(st.sampled_from(StorageClass), st.integers(0, 99)).map(lambda pair: f"{pair[0]}-{pair[1]}"),
        st.floats(0, 500),
        st.integers(0, 1000),
    ),
    unique_by=lambda one: one.path,
)
BOUNDS = st.dictionaries(
    st.sampled_from(StorageClass),
    st.builds(Bound, st.none() | st.floats(1, 400), st.none() | st.floats(0, 3000)),
)


@given(THINGS, BOUNDS, st.floats(0, 5000))
def test_held_stays_bounds_hold_and_no_class_loses_for_room_while_a_lighter_one_is_left(
    stored: list[Stored], bounds: dict[StorageClass, Bound], missing_bytes: float
) -> None:
    found = doomed(stored, bounds, now=NOW, missing_bytes=missing_bytes)
    gone = {one.stored.path for one in found}
    left = [one for one in stored if one.path not in gone]
    assert len(gone) == len(found)
    assert all(one.storage_class is not StorageClass.HELD for one in stored if one.path in gone)
    for each in DEGRADED:
        bound, own = bounds.get(each, Bound()), [one for one in left if one.storage_class is each]
        assert bound.keep_days is None or all(one.at >= NOW - timedelta(days=bound.keep_days) for one in own)
        assert bound.max_bytes is None or sum(one.size_bytes for one in own) <= bound.max_bytes
    for_room = [one.stored.storage_class for one in found if "room" in one.reason]
    assert for_room == sorted(for_room, key=DEGRADED.index)
    lighter = DEGRADED[: DEGRADED.index(for_room[-1])] if for_room else ()
    assert not [one for one in left if one.storage_class in lighter]
    freed = sum(one.stored.size_bytes for one in found)
    assert freed >= missing_bytes or all(one.storage_class is StorageClass.HELD for one in left)
