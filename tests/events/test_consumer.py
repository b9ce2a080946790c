"""Consumers of another service: nothing passed over, what is not acknowledged comes again, poison is put aside."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

import pytest

from camera_pipeline.errors import ConfigError, DeliveryError
from camera_pipeline.events.consumer import Consumer, Delivery
from camera_pipeline.events.record import to_json
from camera_pipeline.types import Event
from tests.events.sample_events import sample, samples
from tests.redis_server import RedisServer, eventually, running

STREAM = "cam:violations"
GRAVE = "{cam:violations}:dead:review"


def publish(server: RedisServer, events: list[Event]) -> None:
    with server.client() as client:
        for event in events:
            client.xadd(STREAM, {"event": to_json(event), "id": event.event_id})


def consumer(server: RedisServer, name: str = "a", **options: object) -> Consumer:
    return Consumer(server.url, stream=STREAM, group="review", name=name, **options)  # type: ignore[arg-type]


def take(reader: Consumer, count: int, *, ack: bool = True) -> list[Delivery]:
    deliveries = []
    for delivery in islice(reader, count):
        if ack:
            delivery.ack()
        deliveries.append(delivery)
    return deliveries


def events_of(deliveries: list[Delivery]) -> list[Event]:
    return [delivery.event for delivery in deliveries]


def unacknowledged(server: RedisServer) -> int:
    with server.client() as client:
        return int(client.xpending(STREAM, "review")["pending"])


@contextmanager
def in_background(reader: Consumer) -> Iterator[list[Event]]:
    """Read and acknowledge in a thread; gives the list that grows."""
    found: list[Event] = []

    def work() -> None:
        for delivery in reader:
            found.append(delivery.event)
            delivery.ack()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield found
    finally:
        reader.stop()
        thread.join(10.0)
        assert not thread.is_alive()


def test_a_new_group_begins_with_the_oldest_entry_kept(redis_server: RedisServer) -> None:
    publish(redis_server, samples(40))
    with consumer(redis_server) as reader:
        deliveries = take(reader, 40)
    assert events_of(deliveries) == samples(40)
    assert {delivery.attempt for delivery in deliveries} == {1}
    assert unacknowledged(redis_server) == 0


def test_a_new_group_may_begin_with_what_comes_from_now_on(redis_server: RedisServer) -> None:
    publish(redis_server, samples(3))
    with consumer(redis_server, start="$") as reader, in_background(reader) as found:
        eventually(lambda: redis_server.client().xinfo_groups(STREAM))
        publish(redis_server, samples(2, first=3))
        eventually(lambda: len(found) == 2)
    assert found == samples(2, first=3)


def test_the_stream_need_not_be_there_yet(redis_server: RedisServer) -> None:
    with consumer(redis_server) as reader, in_background(reader) as found:
        eventually(lambda: redis_server.client().exists(STREAM))
        publish(redis_server, samples(2))
        eventually(lambda: found == samples(2))


def test_every_group_gets_every_event(redis_server: RedisServer) -> None:
    publish(redis_server, samples(3))
    for group in ("review", "ioc"):
        with Consumer(redis_server.url, stream=STREAM, group=group) as reader:
            assert events_of(take(reader, 3)) == samples(3)


def test_consumers_of_a_group_share_the_events(redis_server: RedisServer) -> None:
    first, second = consumer(redis_server, "a", batch=1), consumer(redis_server, "b", batch=1)
    with first, second, in_background(first) as some, in_background(second) as others:
        publish(redis_server, samples(60))
        eventually(lambda: len(some) + len(others) == 60)
    assert sorted(some + others, key=lambda event: event.media_time_s) == samples(60)
    assert some
    assert others


def test_after_a_restart_the_unacknowledged_come_first(redis_server: RedisServer) -> None:
    publish(redis_server, samples(20))
    with consumer(redis_server, batch=4) as reader:
        take(reader, 2)
        take(reader, 3, ack=False)
    with consumer(redis_server, batch=4) as reader:
        again = take(reader, 18)
    assert sorted({delivery.event.media_time_s for delivery in again}) == [float(n) for n in range(2, 20)]
    assert again[0].event == sample(2)
    assert again[0].attempt > 1
    assert again[-1].attempt == 1


def test_what_a_dead_consumer_left_is_claimed(redis_server: RedisServer) -> None:
    publish(redis_server, samples(5))
    with consumer(redis_server, "dead") as reader:
        take(reader, 1, ack=False)
    with consumer(redis_server, "alive", claim_after_s=0.2) as reader:
        deliveries = take(reader, 5)
    assert events_of(deliveries) == samples(5)
    assert {delivery.attempt for delivery in deliveries} == {2}
    assert unacknowledged(redis_server) == 0


def test_what_was_not_acknowledged_comes_again_without_a_restart(redis_server: RedisServer) -> None:
    publish(redis_server, samples(1))
    with consumer(redis_server, claim_after_s=0.2) as reader:
        first, second = islice(reader, 2)
        second.ack()
    assert (first.event, first.attempt, second.event, second.attempt) == (sample(0), 1, sample(0), 2)


def test_an_event_that_fails_again_and_again_is_put_aside(redis_server: RedisServer) -> None:
    publish(redis_server, samples(1))
    with consumer(redis_server, claim_after_s=0.05, max_attempts=3) as reader:
        attempts = [delivery.attempt for delivery in take(reader, 3, ack=False)]
        publish(redis_server, [sample(1)])
        assert events_of(take(reader, 1)) == [sample(1)]
        eventually(lambda: _read_on(reader, redis_server))
    assert attempts == [1, 2, 3]
    ((_, letter),) = redis_server.client().xrange(GRAVE)
    assert letter[b"event"] == to_json(sample(0))
    assert letter[b"reason"] == b"not acknowledged after 3 deliveries"
    assert unacknowledged(redis_server) == 0


def _read_on(reader: Consumer, server: RedisServer) -> bool:
    """Publish one more and read it, so that the reader goes round once; True when something is in the grave."""
    publish(server, [sample(99)])
    take(reader, 1)
    return bool(server.client().exists(GRAVE))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"event": b"{}"}, b"`schema_version` is missing"),
        ({"event": b"\xff\xfe"}, b"not an event record"),
        ({"other": b"thing"}, b"not an event record"),
        ({"event": to_json(sample(0)).replace(b'"1.1"', b'"2.0"')}, b"this reader knows 1.x"),
    ],
)
def test_an_entry_that_is_no_event_is_put_aside_at_once(
    redis_server: RedisServer, fields: dict[str, bytes], reason: bytes
) -> None:
    redis_server.client().xadd(STREAM, fields)  # type: ignore[arg-type]
    publish(redis_server, samples(1))
    with consumer(redis_server) as reader:
        assert events_of(take(reader, 1)) == samples(1)
    ((_, letter),) = redis_server.client().xrange(GRAVE)
    assert reason in letter[b"reason"]
    assert letter.items() >= {key.encode(): value for key, value in fields.items()}.items()


def test_an_unacknowledged_entry_that_was_deleted_is_forgotten(redis_server: RedisServer) -> None:
    publish(redis_server, samples(3))
    with consumer(redis_server) as reader:
        first, *_ = take(reader, 3, ack=False)
    redis_server.client().xdel(STREAM, first.entry_id)
    with consumer(redis_server) as reader:
        assert events_of(take(reader, 2)) == samples(2, first=1)
    assert unacknowledged(redis_server) == 0


def test_a_deleted_entry_is_forgotten_when_it_is_claimed(redis_server: RedisServer) -> None:
    publish(redis_server, samples(3))
    with consumer(redis_server, "dead") as reader:
        first, *_ = take(reader, 3, ack=False)
    redis_server.client().xdel(STREAM, first.entry_id)
    with consumer(redis_server, "alive", claim_after_s=0.05) as reader:
        time.sleep(0.1)
        assert events_of(take(reader, 2)) == samples(2, first=1)
    assert unacknowledged(redis_server) == 0


@pytest.mark.slow
def test_a_slow_handler_keeps_its_entries_from_being_claimed(redis_server: RedisServer) -> None:
    publish(redis_server, samples(4))
    slow, other = (consumer(redis_server, name, claim_after_s=2.4) for name in ("slow", "other"))
    with slow, other:
        deliveries = iter(slow)
        handled = [next(deliveries)]
        with in_background(other) as stolen:
            for _ in range(3):
                time.sleep(1.3)
                handled[-1].ack()
                handled.append(next(deliveries))
            handled[-1].ack()
    assert events_of(handled) == samples(4)
    assert stolen == []


def test_reading_goes_on_through_an_outage(caplog: pytest.LogCaptureFixture) -> None:
    with running() as server, consumer(server) as reader, in_background(reader) as found:
        publish(server, samples(3))
        eventually(lambda: len(found) == 3)
        server.kill()
        time.sleep(0.3)
        server.start()
        publish(server, samples(3, first=3))
        eventually(lambda: len(found) == 6)
    assert found == samples(6)
    assert "waiting: Redis at redis://127.0.0.1" in caplog.text


def test_after_redis_lost_everything_reading_begins_anew_with_nothing_passed_over() -> None:
    with running("--appendonly", "no") as server, consumer(server, start="$") as reader, in_background(reader) as found:
        eventually(lambda: server.client().exists(STREAM))
        publish(server, samples(3))
        eventually(lambda: len(found) == 3)
        server.kill()
        server.start()
        publish(server, samples(2, first=3))
        eventually(lambda: len(found) == 5)
    assert found == samples(5)


def test_acknowledging_waits_for_redis_and_says_so_when_stopped() -> None:
    with running() as server, consumer(server) as reader:
        publish(server, samples(1))
        (delivery,) = take(reader, 1, ack=False)
        server.kill()
        threading.Timer(0.3, reader.stop).start()
        with pytest.raises(DeliveryError, match="is not acknowledged: stopped while Redis is away"):
            delivery.ack()


def test_a_wrong_password_is_said_at_once_and_not_shown() -> None:
    with running("--requirepass", "geheim") as server:
        url = f"redis://:falsch-geraten@127.0.0.1:{server.port}/0"
        with (
            Consumer(url, stream=STREAM, group="review") as reader,
            pytest.raises(DeliveryError, match="correct the user and password") as caught,
        ):
            next(iter(reader))
    assert "falsch-geraten" not in str(caught.value)


def test_a_key_that_is_no_stream_is_said_at_once(redis_server: RedisServer) -> None:
    redis_server.client().set(STREAM, "something else")
    with consumer(redis_server) as reader, pytest.raises(DeliveryError, match="another program uses this key"):
        next(iter(reader))


def test_an_address_that_cannot_be_understood_is_refused() -> None:
    with pytest.raises(ConfigError, match="expected redis://"):
        Consumer("amqp://somewhere", stream=STREAM, group="review")


def test_stopping_ends_the_iteration_soon(redis_server: RedisServer) -> None:
    with consumer(redis_server) as reader:
        threading.Timer(0.1, reader.stop).start()
        began_s = time.monotonic()
        assert list(reader) == []
        assert time.monotonic() - began_s < 5.0


def test_stopping_within_the_loop_leaves_the_rest_for_later(redis_server: RedisServer) -> None:
    publish(redis_server, samples(5))
    with consumer(redis_server) as reader:
        for delivery in reader:
            delivery.ack()
            reader.stop()
    with consumer(redis_server) as reader:
        assert events_of(take(reader, 4)) == samples(4, first=1)


def test_a_killed_consumer_loses_nothing(redis_server: RedisServer) -> None:
    publish(redis_server, samples(200))
    code = f"""
from camera_pipeline.events.consumer import Consumer
for delivery in Consumer({redis_server.url!r}, stream={STREAM!r}, group="review", name="a"):
    print(delivery.event.details["number"], flush=True)
    delivery.ack()
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        handled = [int(child.stdout.readline()) for _ in range(30)]
        child.send_signal(signal.SIGKILL)
        handled += [int(line) for line in child.stdout if line.endswith("\n")]
    with consumer(redis_server) as reader, in_background(reader) as found:
        eventually(lambda: found and found[-1] == sample(199))
    rest = [int(str(event.details["number"])) for event in found]
    assert sorted({*handled, *rest}) == list(range(200))
    assert len(handled) + len(rest) <= 201  # the one in hand may come twice
