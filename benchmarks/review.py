"""How long the review takes for a page: `python -m benchmarks.review [--cases 100000]`. Median of 20 calls.

The queue is what its page asks the database for (fifty cases, names, counts, values of the filters), with its note in
the audit log; a case is what its page asks for, with every file of its evidence hashed against the seal. Processor time
stands beside the time that passed: on a machine that does other things too, it is the better measure.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert, inspect, text

from camera_pipeline.clock import SystemClock
from camera_pipeline.config import ReviewSettings
from camera_pipeline.review.cases import CaseFilter, counts, distinct_values, history, open_case, people, queue
from camera_pipeline.review.database import Database
from camera_pipeline.review.desk import Desk
from camera_pipeline.review.intake import take_in
from camera_pipeline.review.rights import Role
from camera_pipeline.review.shelf import Shelf
from camera_pipeline.review.tables import Case
from tests.review.kit import person, violation
from tests.review.pages.scene import lay_out

_CALLS = 20
_AT_ONCE = 5000
_AREAS, _CAMERAS = 20, 400


def main() -> None:
    """Fill a database and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    count = parser.parse_args().cases
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with closing(Database(f"sqlite:///{folder / 'review.sqlite'}")) as database:
            database.migrate()
            desk = Desk(database=database, clock=SystemClock(), settings=ReviewSettings())
            scene = lay_out(desk, folder / "evidence", count=3, people=False)
            fill(desk, count)
            measure(desk, Shelf(folder / "evidence", [scene.public_key]), scene.events[0].event_id)


def fill(desk: Desk, count: int) -> None:
    """Add open cases of many cameras and areas."""
    take_in(desk, violation(0))
    with desk.database.reading() as session:
        case = session.get(Case, violation(0).event_id)
    assert case is not None
    row = {column.key: getattr(case, column.key) for column in inspect(Case).mapper.column_attrs}
    for first in range(1, count, _AT_ONCE):
        rows = [
            {
                **row,
                "event_id": f"case-{number}",
                "area": f"area-{number % _AREAS}",
                "camera_id": f"cam-{number % _CAMERAS}",
                "occurred_at": case.occurred_at + timedelta(seconds=number),
                "plate": f"30A{number:05d}",
            }
            for number in range(first, min(count, first + _AT_ONCE))
        ]
        with desk.database.writing() as session:
            session.execute(insert(Case), rows)
    with desk.database.writing() as session:
        session.execute(text("ANALYZE"))


def measure(desk: Desk, shelf: Shelf, event_id: str) -> None:
    """Print how long pages take."""
    officer = person(desk, "lan", Role.OFFICER)
    some = replace(officer, grants=frozenset((Role.OFFICER, f"area-{number}") for number in range(5)))

    def page(wanted: CaseFilter, number: int = 0, purpose: str = "") -> Callable[[], object]:
        def load() -> None:
            for who in (some,) if wanted.type == "red_light" else (officer,):
                found = queue(desk, who, wanted, page=number, purpose=purpose)
                people(desk, found)
                counts(desk, who)
                distinct_values(desk, who)

        return load

    def case() -> None:
        found = open_case(desk, officer, event_id)
        assert shelf.evidence(found, verify=True)
        history(desk, event_id)

    for name, load in (
        ("queue, first page", page(CaseFilter())),
        ("queue, page 1000", page(CaseFilter(), 1000)),
        ("queue, five areas, one type", page(CaseFilter(type="red_light"))),
        ("queue, part of a plate", page(CaseFilter(plate="A0777"), purpose="benchmark")),
        ("case, its evidence verified", case),
    ):
        sys.stdout.write(f"{name:30} {timed(load)}\n")


def timed(load: Callable[[], object]) -> str:
    """Return median times of calls, after one to warm up."""
    load()
    passed_s, processor_s = [], []
    for _ in range(_CALLS):
        began_s, cpu_s = time.perf_counter(), time.process_time()
        load()
        passed_s.append(time.perf_counter() - began_s)
        processor_s.append(time.process_time() - cpu_s)
    passed_ms, processor_ms = (1000 * statistics.median(times) for times in (passed_s, processor_s))
    return f"{passed_ms:6.1f} ms passed, {processor_ms:6.1f} ms of processor time"


if __name__ == "__main__":
    main()
