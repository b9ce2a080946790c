"""Run as a program: appends events (and publishes them), is killed with SIGKILL at random moments, and goes on.

    python -m tests.events.kill_loop OUTBOX [REDIS_URL]

Forks instead of starting Python anew, for that takes a second. Prints how many events were confirmed in the end.
"""

import os
import signal
import sys
import time
from pathlib import Path
from random import Random

from camera_pipeline.config import RedisSettings
from camera_pipeline.events.outbox import Outbox
from camera_pipeline.events.publisher import Publisher
from camera_pipeline.types import EventKind
from tests.events.sample_events import samples

KILLS = 25
_LONGEST_LIFE_S = 0.12  # some 30 to 100 appends


def main() -> None:
    """Kill it many times."""
    path, url = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""
    chance, confirmed = Random(20), 0
    for _ in range(KILLS):
        confirmed = max(confirmed, live_and_die(path, url, confirmed, chance.uniform(0.0, _LONGEST_LIFE_S)))
    print(confirmed)


def live_and_die(path: Path, url: str, first: int, life_s: float) -> int:
    """Let a child append from event number `first` on, kill it; return how many events are confirmed."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        append_for_ever(path, url, first, writer)
    os.close(writer)
    with os.fdopen(reader) as lines:
        last = lines.readline()
        time.sleep(life_s)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        for line in lines:
            last = line if line.endswith("\n") else last
    return int(last)


def append_for_ever(path: Path, url: str, number: int, confirmations: int) -> None:
    """Be the service: append, publish, tell how many events are safe."""
    outbox = Outbox(path)
    if url:
        Publisher(outbox, RedisSettings(url=url)).start()
    while True:
        count = number % 3 + 1
        outbox.append(samples(count, first=number))
        number += count
        os.write(confirmations, f"{number}\n".encode())
        if not url and number % 5 == 0:
            outbox.mark_sent([row.seq for row in outbox.pending(EventKind.VIOLATION, 3)])


if __name__ == "__main__":
    main()
