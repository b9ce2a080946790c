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
    nothing = np.empty(0, np.int64)
    if not cost.size:
        return nothing, nothing
    sure_rows, sure_columns = _beyond_doubt(cost, limit)
    open_pairs = cost <= limit
    open_pairs[sure_rows], open_pairs[:, sure_columns] = False, False
    rows, columns = np.flatnonzero(open_pairs.any(axis=1)), np.flatnonzero(open_pairs.any(axis=0))
    if not len(rows):
        return sure_rows, sure_columns
    part = np.minimum(cost.take(rows, axis=0).take(columns, axis=1), 2 * limit + 1)
    _, column_of, _ = lap.lapjv(part, extend_cost=True, cost_limit=limit)
    paired = np.flatnonzero(column_of >= 0)
    chosen = column_of[paired].astype(np.int64)
    allowed = part[paired, chosen] <= limit
    all_rows = np.concatenate([sure_rows, rows[paired[allowed]]])
    order = all_rows.argsort()
    return all_rows[order], np.concatenate([sure_columns, columns[chosen[allowed]]])[order]


def _beyond_doubt(cost: NDArray[np.float64], limit: float) -> tuple[Int64, Int64]:
    """Return the pairs that every cheapest pairing has, most of them in ordinary traffic: solving is cubic in the rest.

    Both must be each other's cheapest, and so much that giving each its second cheapest instead would not pay even
    if the two partners that this takes were otherwise left alone (which costs `limit`).
    """
    column_of = cost.argmin(axis=1)
    rows = np.flatnonzero(cost.argmin(axis=0)[column_of] == np.arange(len(cost)))
    columns = column_of[rows]
    own = cost[rows, columns]
    others = cost.copy()
    others[rows, columns] = np.inf
    second_row, second_column = others.min(axis=1)[rows], others.min(axis=0)[columns]
    sure = (own < limit) & (own < second_row) & (own < second_column) & (own + limit < second_row + second_column)
    return rows[sure], columns[sure]
