"""Who may do what, where: roles are given by area, a role is a set of rights, each service function asks for one."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from camera_pipeline.errors import ForbiddenError

ALL_AREAS = "*"


class Role(StrEnum):
    """What somebody is, in an area."""

    VIEWER = "viewer"
    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    ENGINEER = "engineer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    """Looks after users; sees no case."""


class Right(StrEnum):
    """What can be allowed."""

    SEE = "see"
    """Queue, cases, their pictures and clips."""
    DECIDE = "decide"
    """Claim, decide, undo, correct a plate."""
    EXPORT = "export"
    """Take a case out as a file; look up its owner."""
    RELEASE = "release"
    """Take a claim from somebody who left."""
    STATISTICS = "statistics"
    """How good rules and cameras are, by verdicts."""
    AUDIT = "audit"
    """Read what everybody saw and did."""
    ADMINISTER = "administer"
    """Users, their roles and areas."""


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.SEE}),
    Role.OFFICER: frozenset({Right.SEE, Right.DECIDE, Right.EXPORT}),
    Role.SUPERVISOR: frozenset({Right.SEE, Right.DECIDE, Right.EXPORT, Right.RELEASE, Right.STATISTICS}),
    Role.ENGINEER: frozenset({Right.STATISTICS}),
    Role.AUDITOR: frozenset({Right.SEE, Right.STATISTICS, Right.AUDIT}),
    Role.ADMINISTRATOR: frozenset({Right.ADMINISTER}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody who is signed in, with the rights of this moment.

    Attributes:
        user_id: who.
        name: the name they sign in with.
        full_name: how people call them.
        grants: roles by area.
        client: address that they come from.
        must_change_password: nothing else is allowed before.
    """

    user_id: int
    name: str
    full_name: str
    grants: frozenset[tuple[Role, str]]
    client: str
    must_change_password: bool = False

    def may(self, right: Right, area: str) -> bool:
        """Return whether the right holds in this area."""
        return not self.must_change_password and any(
            right in RIGHTS[role] and granted in (area, ALL_AREAS) for role, granted in self.grants
        )

    def areas(self, right: Right) -> frozenset[str] | None:
        """Return the areas where the right holds; None: everywhere."""
        if self.must_change_password:
            return frozenset()
        areas = frozenset(area for role, area in self.grants if right in RIGHTS[role])
        return None if ALL_AREAS in areas else areas

    def has(self, right: Right) -> bool:
        """Return whether the right holds anywhere."""
        return self.areas(right) != frozenset()

    def require(self, right: Right, area: str | None = None) -> None:
        """Refuse unless the right holds in the area, or, without one, anywhere.

        Raises:
            ForbiddenError: it does not.
        """
        if not (self.has(right) if area is None else self.may(right, area)):
            where = f" in area {area!r}" if area is not None else ""
            raise ForbiddenError(f"{self.name} has no right to {right}{where}")


def roles_of(grants: Iterable[tuple[Role, str]]) -> list[str]:
    """Return grants as people read them: `officer:dong-da`, sorted."""
    return sorted(f"{role}:{area}" for role, area in grants)
