"""Which detection belongs to which track: the cheapest one-to-one pairing. Called by the tracker for every frame."""

import lap
import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]


def assign(cost: NDArray[np.float64], limit: float) -> tuple[Int64, Int64]:
    """Pair rows with columns so that the sum of costs is least, each used at most once, no pair dearer than `limit`.

    Where leaving both alone (which costs `limit`) is cheaper, they stay alone. Algorithm: Jonker and Volgenant, 1987.

    Args:
        cost: (T, N); may be infinite.
        limit: the dearest pair that is allowed.

    Returns:
        rows (M,) in rising order and the column of each (M,).
    """
    possible = cost <= limit
    rows, columns = np.flatnonzero(possible.any(axis=1)), np.flatnonzero(possible.any(axis=0))
    if not len(rows):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    part = np.minimum(cost[np.ix_(rows, columns)], 2 * limit + 1)
    _, column_of, _ = lap.lapjv(part, extend_cost=True, cost_limit=limit)
    paired = np.flatnonzero(column_of >= 0)
    chosen = column_of[paired].astype(np.int64)
    allowed = part[paired, chosen] <= limit
    return rows[paired[allowed]], columns[chosen[allowed]]
