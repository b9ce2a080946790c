"""Vehicles that were told, followed across breaks of their tracks that are too long for `history.py` to mend.

A wrong link here costs the second of two like acts in one place; a missing one tells an act twice. So a vehicle is
looked for only where it stood or crept, and two that fit equally are nobody. Used by the ledger of acts.
"""

import numpy as np

from camera_pipeline.events.history import Histories, Vehicles
from camera_pipeline.events.relink import Lost, find_same

BREAK_S = 15.0
"""A vehicle unseen for longer is gone: a bus may hide a queue for so long."""
NEW_S = 1.0
"""A vehicle may be the same as a lost one until it has been in view for so long."""


class ToldVehicles:
    """Vehicles of known acts; bounded by those in view and those lost within `BREAK_S`."""

    def __init__(self) -> None:
        self._new: set[int] = set()
        self._seen: dict[int, Lost] = {}
        self._roots: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._seen) + len(self._roots) + len(self._new)

    def remember(self, vehicle: int | None) -> None:
        """Follow a vehicle from now on."""
        if vehicle is not None and self.root(vehicle) not in self._seen:
            self._new.add(self.root(vehicle))

    def root(self, vehicle: int) -> int:
        """Return the key under which a vehicle was told first; its own where none is known."""
        return self._roots.get(vehicle, vehicle)

    def update(self, histories: Histories, now_s: float) -> None:
        """Note where the told vehicles are, and which new vehicles continue them."""
        if not (self._seen or self._new):
            return
        vehicles = histories.now
        rows = {self.root(key): row for row, key in enumerate(vehicles.key.tolist())}
        for key in (self._seen.keys() | self._new) & rows.keys():
            self._seen[key] = _seen(key, vehicles, rows[key], now_s)
        self._new -= rows.keys() | set(histories.ended)
        self._forget(now_s)
        lost = {key: seen for key, seen in self._seen.items() if key not in rows}
        if lost:
            self._link(vehicles, lost, now_s)

    def _link(self, vehicles: Vehicles, lost: dict[int, Lost], now_s: float) -> None:
        for row in np.flatnonzero(now_s - vehicles.first_seen_s <= NEW_S).tolist():
            began_s = float(vehicles.first_seen_s[row])
            gone = [seen for seen in lost.values() if seen.seen_s < began_s]
            root = find_same(vehicles.xyxy[row], int(vehicles.class_id[row]), now_s, gone)
            if root is not None:
                self._roots[int(vehicles.key[row])] = root
                self._seen[root] = _seen(root, vehicles, row, now_s)
                del lost[root]

    def _forget(self, now_s: float) -> None:
        gone = [key for key, seen in self._seen.items() if now_s - seen.seen_s > BREAK_S]
        for key in gone:
            del self._seen[key]
        self._roots = {key: root for key, root in self._roots.items() if root in self._seen}


def _seen(key: int, vehicles: Vehicles, row: int, now_s: float) -> Lost:
    return Lost(key, now_s, int(vehicles.class_id[row]), vehicles.xyxy[row], vehicles.edge_velocity[row])
