"""Write the golden events anew: `make golden`. Look at the difference before you commit it."""

from rich.progress import track

from tests.golden.cases import REAL, SAMPLE, events_of


def main() -> None:
    """Write all golden files; those of clips that are not on this machine stay as they are."""
    for case in track((SAMPLE, *REAL), "replaying"):
        trace = case.trace if case is SAMPLE else None
        case.golden.write_bytes(events_of(case, trace=trace))


if __name__ == "__main__":
    main()
