"""R4 has one Goal.statusDate for two statuses; the clinic keeps two dates (reference/fidelity-traps.md, A3).

Gravity ties the one date to achievementStatus, R6 parts them (HL7/fhir PR 4060). So:

    the goal says                     lifecycle_date          achievement_date
    achievementStatus                 local lifecycle-date    statusDate
    no achievementStatus              statusDate              local achievement-date

Where a document says it the other way round (a lifecycle-date stands there, so statusDate is the achievement's), it is
read so.
"""

from __future__ import annotations

from typing import Any

from mappings.lens.documents import MISSING, OPAQUE, Desk, View
from mappings.lens.notation import at, extension
from mappings.tables.datatypes import CONCEPT
from mappings.tables.primitives import DATE
from mappings.terms.systems import LOCAL
from mappings.tree import Tree

LIFECYCLE_DATE = LOCAL + "lifecycle-date"
"""Local: since when the goal stands where it stands, where statusDate tells of the achievement."""
ACHIEVEMENT_DATE = LOCAL + "achievement-date"
"""Local: of when the achievement is, where the goal bears no achievementStatus that statusDate could tell of."""

_CORE = at("statusDate", DATE)
_LIFECYCLE = extension(LIFECYCLE_DATE, at("valueDate", DATE))
_ACHIEVEMENT = extension(ACHIEVEMENT_DATE, at("valueDate", DATE))


def _dates(raw: Tree, view: View) -> tuple[Any, Any]:
    """Return (lifecycle date, achievement date) as they are meant."""
    core = _CORE.read(raw, view)
    ends, reached = (_LIFECYCLE.read(raw, view), _ACHIEVEMENT.read(raw, view)) if "extension" in raw else (None, None)
    of_achievement = reached is None and (ends is not None or "achievementStatus" in raw)
    of_lifecycle = ends is None and not of_achievement
    return core if of_lifecycle else ends, core if of_achievement else reached


def _said(value: Any) -> Any:
    return None if value is OPAQUE else value


def _set(raw: Tree, lifecycle: Any, achievement: Any, desk: Desk) -> Tree:
    """Return the goal with these two dates, each in its place."""
    kept = lifecycle is not None and _LIFECYCLE.read(raw, desk.view) is not None
    tied = "achievementStatus" in raw or kept
    core, beside, other = (achievement, lifecycle, None) if tied else (lifecycle, None, achievement)
    changed = [
        (row, was, now)
        for row, now in ((_LIFECYCLE, beside), (_ACHIEVEMENT, other), (_CORE, core))
        if (was := _said(row.read(raw, desk.view))) != now
    ]
    if len(changed) > 1:
        _tell(desk)
    for row, was, now in changed:
        raw = row.write(raw, was, now, desk)
    return raw


def _tell(desk: Desk) -> None:
    desk.lose("dates", "statusDate")
    desk.lose("dates", "extension")


class StatusDate:
    """The row of one of the two dates."""

    needs = ("statusDate", "extension")

    def __init__(self, which: int) -> None:
        self._which = which

    def owns(self, name: str) -> bool:
        return name.removeprefix("_") == "statusDate"

    def read(self, raw: Tree, view: View) -> Any:
        return _dates(raw, view)[self._which]

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        both = [_said(value) for value in _dates(raw, desk.view)]
        both[self._which] = now
        return _set(raw, both[0], both[1], desk)


class Achievement:
    """The row of achievementStatus; where it comes or goes, the one statusDate changes its meaning."""

    name = "achievementStatus"
    inner = CONCEPT
    like = at(name, inner)

    def owns(self, name: str) -> bool:
        return name.removeprefix("_") in (self.name, "statusDate")

    def read(self, raw: Tree, view: View) -> Any:
        return CONCEPT.read(raw.get(self.name, MISSING), view)

    def write(self, raw: Tree, was: Any, now: Any, desk: Desk) -> Tree:
        both = [_said(value) for value in _dates(raw, desk.view)]
        new = self.like.write(raw, was, now, desk)
        if (self.name in raw) == (self.name in new) or both == [None, None]:
            return new
        _tell(desk)
        return _set(new, both[0], both[1], desk)


# fmt: off
LIFECYCLE, REACHED = StatusDate(0), StatusDate(1)
# fmt: on
