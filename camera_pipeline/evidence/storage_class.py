"""How much the law cares for a piece of storage: what goes first when room must be made, and what never does."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from camera_pipeline.errors import SealError

CLASS_FILE = ".class.json"
"""Suffix of the file beside a sealed folder that says its class, once somebody has decided."""

VIDEO = "video"
"""Folder of ordinary video below the evidence folder."""


class StorageClass(StrEnum):
    """Classes in the order in which they go; what is held for a case never goes."""

    VIDEO = "video"
    INCIDENT = "incident"
    UNREVIEWED = "unreviewed"
    REJECTED = "rejected"
    CONFIRMED = "confirmed"
    HELD = "held"


DEGRADED: tuple[StorageClass, ...] = tuple(each for each in StorageClass if each is not StorageClass.HELD)
"""Classes of which something may be deleted, what goes first first."""
_FIRST = {"incident": StorageClass.INCIDENT, "violation": StorageClass.UNREVIEWED}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRecord:
    """What somebody decided about the class of an event's evidence.

    Attributes:
        storage_class: the class.
        by: who decided.
        reason: why.
        at: when, ISO 8601 with zone.
    """

    storage_class: StorageClass
    by: str
    reason: str
    at: str

    def is_after(self, other: "ClassRecord") -> bool:
        """Return whether it was decided later than another."""
        return datetime.fromisoformat(self.at) > datetime.fromisoformat(other.at)

    def plain(self) -> dict[str, object]:
        """Return it as its file and the event log have it."""
        return {"class": self.storage_class.value, "by": self.by, "reason": self.reason, "at": self.at}


def read_class(content: bytes) -> ClassRecord:
    """Return what a class file says.

    Raises:
        SealError: it is none, names no class that can be given, or leaves out who, why or when.
    """
    try:
        plain = json.loads(content)
        texts = [plain[name] for name in ("by", "reason", "at")]
        given, at = StorageClass(plain["class"]), datetime.fromisoformat(plain["at"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SealError(f"is no class file ({type(error).__name__}: {error})") from error
    named = all(isinstance(text, str) and text.strip() for text in texts)
    if given is StorageClass.VIDEO or at.tzinfo is None or not named:
        raise SealError("is no class file: it must give a class of evidence, `by`, `reason`, and `at` with its zone")
    return ClassRecord(storage_class=given, by=texts[0], reason=texts[1], at=texts[2])


def first_class(event: Mapping[str, object]) -> StorageClass:
    """Return the class of an event's evidence before anybody decided; of an unknown kind: held."""
    return _FIRST.get(str(event.get("kind")), StorageClass.HELD)
