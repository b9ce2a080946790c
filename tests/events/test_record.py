"""Records: the same event gives the same bytes, and comes back the same."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera_pipeline.errors import RecordError
from camera_pipeline.events.record import SCHEMA_VERSION, from_json, to_json
from camera_pipeline.events.schema import EXAMPLE_HEALTH, EXAMPLE_VIOLATION
from camera_pipeline.types import (
    CaptureClock,
    ClockSource,
    Coverage,
    Event,
    EventKind,
    Legal,
    LegalReference,
    Mark,
    Subject,
    Versions,
)
from tests.events.sample_events import sample

floats = st.floats(-1e9, 1e9).map(lambda value: round(value, 6) + 0.0)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
counts = st.integers(0, 10**9)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | floats | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
clocks = st.builds(CaptureClock, source=st.sampled_from(ClockSource), uncertainty_s=floats | st.just(math.inf))
subjects = st.builds(
    Subject,
    track_id=counts,
    class_name=texts,
    xyxy=st.tuples(*[st.floats(0, 1e5).map(lambda value: round(value, 2))] * 4),
    first_seen_s=floats,
)
pairs = st.tuples(counts, counts)
references = st.builds(
    LegalReference,
    slug=texts, name_vi=texts, name_en=texts, decree=texts, wording=texts, ref=texts, fine_vnd=pairs, points=counts,
    suspension_months=st.none() | pairs, mark=st.sampled_from(Mark), source=texts, note=texts,
    limitation_ends_on=st.dates(),
)  # fmt: skip
legals = st.builds(
    Legal,
    table=texts,
    notice_vi=texts,
    notice_en=texts,
    references=st.lists(references, max_size=2).map(tuple),
    emergency_or_escort=st.none() | st.booleans(),
)
events = st.builds(
    Event,
    event_id=st.uuids().map(str),
    kind=st.sampled_from(EventKind),
    type=texts,
    phase=st.sampled_from(["instant", "onset", "end"]),
    camera_id=texts,
    area=texts,
    session=counts,
    media_time_s=floats,
    occurred_at=st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    clock=clocks,
    usable_for_fine=st.booleans(),
    subject=st.none() | subjects,
    confidence=floats,
    # A key named xyxy is rounded like a box.
    details=st.dictionaries(texts.filter(lambda key: not key.endswith("xyxy")), values, max_size=4),
    versions=st.builds(Versions, pipeline=texts, config=texts, rule=texts, model=texts),
    coverage=st.builds(Coverage, analysed=counts, skipped=counts, dropped=counts, damaged=counts),
    also=st.lists(texts, max_size=3).map(tuple),
    legal=st.none() | legals,
    over_budget=st.booleans(),
)


@settings(max_examples=200, deadline=None)
@given(events)
def test_an_event_comes_back_the_same(event: Event) -> None:
    assert from_json(to_json(event)) == event


@settings(max_examples=100, deadline=None)
@given(events)
def test_a_record_is_one_line_and_writing_it_again_changes_nothing(event: Event) -> None:
    record = to_json(event)
    assert b"\n" not in record
    assert to_json(from_json(record)) == record


def test_a_record_of_the_first_version_is_read() -> None:
    plain = json.loads(to_json(EXAMPLE_VIOLATION))
    del plain["legal"], plain["over_budget"]
    event = from_json(json.dumps({**plain, "schema_version": "1.0"}))
    assert event == replace(EXAMPLE_VIOLATION, legal=None)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | texts.map(str.encode) | values.map(json.dumps).map(str.encode))
def test_rubbish_is_refused_with_one_kind_of_error(payload: bytes) -> None:
    with pytest.raises(RecordError):
        from_json(payload)


def test_the_example_is_written_canonically() -> None:
    record = to_json(EXAMPLE_HEALTH)
    assert record.startswith(b'{"also":[],"area":"dong-da","camera_id":"nga-tu-so-1","clock":{"source":"arrival"')
    assert b'"occurred_at":"2026-03-04T09:00:00.000000Z"' in record
    assert b'"subject":null' in record


def test_order_of_details_and_zone_of_the_time_do_not_change_the_bytes() -> None:
    hanoi = timezone(timedelta(hours=7))
    event = replace(EXAMPLE_VIOLATION, details={"a": 1, "b": (2, 3)})
    same = replace(event, details={"b": [2, 3], "a": 1}, occurred_at=EXAMPLE_VIOLATION.occurred_at.astimezone(hanoi))
    assert to_json(same) == to_json(event)


def test_noise_below_the_rounding_does_not_change_the_bytes() -> None:
    event = replace(EXAMPLE_VIOLATION, media_time_s=0.3, confidence=0.91)
    noisy = replace(event, media_time_s=0.1 + 0.2, confidence=float(np.float32(0.91)))
    assert to_json(noisy) == to_json(event)


def test_numpy_numbers_are_written_as_numbers() -> None:
    event = replace(EXAMPLE_VIOLATION, details={"a": np.float32(0.5), "b": np.int64(7), "c": np.bool_(True)})
    assert from_json(to_json(event)).details == {"a": 0.5, "b": 7, "c": True}


def test_minus_zero_is_written_as_zero() -> None:
    assert to_json(replace(EXAMPLE_HEALTH, media_time_s=-0.0)) == to_json(EXAMPLE_HEALTH)


def test_an_unbounded_clock_is_written_as_null() -> None:
    event = replace(EXAMPLE_HEALTH, clock=CaptureClock(source=ClockSource.UNKNOWN, uncertainty_s=math.inf))
    assert b'"uncertainty_s":null' in to_json(event)
    assert from_json(to_json(event)) == event


@pytest.mark.parametrize(
    ("details", "said"),
    [
        ({"speed": math.nan}, "details.speed is nan"),
        ({"speed": {"max": math.inf}}, "details.speed.max is inf"),
        ({"picture": b"jpeg"}, "details.picture is bytes"),
        ({"who": object()}, "details.who is object"),
        ({1: "one"}, "a key of details is int, not text"),
        ({"text": "\ud800"}, "surrogates not allowed"),
        ({"at": datetime(2026, 1, 1)}, "details.at has no time zone"),  # noqa: DTZ001
    ],
)
def test_details_that_json_cannot_carry_are_refused_by_name(details: dict[Any, Any], said: str) -> None:
    with pytest.raises(RecordError, match="red_light on camera nga-tu-so-1") as caught:
        to_json(replace(EXAMPLE_VIOLATION, details=details))
    assert said in str(caught.value)


def _changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    plain = json.loads(to_json(EXAMPLE_VIOLATION))
    change(plain)
    return json.dumps(plain).encode()


def test_keys_of_a_newer_minor_version_are_passed_over() -> None:
    def newer(plain: dict[str, Any]) -> None:
        plain.update(schema_version="1.99", weather="rain")
        plain["clock"]["leap"] = 0
        plain["subject"]["plate"] = {"text": "29A12345"}

    assert from_json(_changed(newer)) == EXAMPLE_VIOLATION


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda p: p.pop("schema_version"), "`schema_version` is missing"),
        (lambda p: p.update(schema_version="2.0"), "this reader knows 1.x; install"),
        (lambda p: p.update(schema_version=1), "`schema_version` is missing"),
        (lambda p: p.pop("camera_id"), "camera_id: Field required"),
        (lambda p: p.update(kind="opinion"), "kind: Input should be"),
        (lambda p: p["clock"].update(source="sundial"), "clock.source: Input should be"),
        (lambda p: p.update(session="three"), "session: Input should be a valid integer"),
        (lambda p: p.update(occurred_at="2026-03-04T07:15:02"), "no time zone"),
        (lambda p: p["subject"].update(xyxy=[1, 2, 3]), "subject.xyxy"),
        (lambda p: p.update(confidence=math.nan), "NaN is not JSON"),
    ],
)
def test_broken_records_are_refused_with_the_place(change: Callable[[dict[str, Any]], object], said: str) -> None:
    with pytest.raises(RecordError) as caught:
        from_json(_changed(change))
    assert said in str(caught.value)


@pytest.mark.parametrize("payload", [b"", b"[]", b"null", b"{", b"\xff", b"[" * 100_000, b'{"a":' * 50_000])
def test_payloads_that_are_no_record_are_refused(payload: bytes) -> None:
    with pytest.raises(RecordError, match="not an event record"):
        from_json(payload)


def test_text_is_read_like_bytes() -> None:
    assert from_json(to_json(sample(1)).decode()) == sample(1)


def test_the_schema_version_stands_in_every_record() -> None:
    assert json.loads(to_json(sample(1)))["schema_version"] == SCHEMA_VERSION
