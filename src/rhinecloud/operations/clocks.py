"""What runs out: the targets of an incident's type against the times at which it reached its states."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from rhinecloud.base.clock import SECOND

from .declare import Incident, Target
from .life import OVER


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """One target of one incident. `missing`: the end was reached, when it began nobody stamped; it is not guessed."""

    target: Target
    state: Literal["not-begun", "running", "overdue", "met", "missed", "missing", "stopped"]
    started_us: int | None
    due_us: int | None
    reached_us: int | None
    left_s: float | None  # until due; negative once it is over


def clocks(incident: Incident, targets: Iterable[Target], now: int) -> list[Clock]:
    """All clocks of an incident, those that run out first in front."""
    made = [_clock(incident, target, now) for target in targets]
    return sorted(made, key=lambda c: (c.state not in ("running", "overdue"), c.due_us or 2**62, c.target.end))


def _clock(incident: Incident, target: Target, now: int) -> Clock:
    started, reached = incident.times.get(target.start), incident.times.get(target.end)
    if started is None:
        state: Literal["missing", "not-begun"] = "missing" if reached is not None else "not-begun"
        return Clock(target=target, state=state, started_us=None, due_us=None, reached_us=reached, left_s=None)
    due = started + round(target.within_s * SECOND)
    left = (due - (now if reached is None else reached)) / SECOND
    return Clock(
        target=target,
        state=_standing(incident, reached, left),
        started_us=started,
        due_us=due,
        reached_us=reached,
        left_s=left,
    )


def _standing(
    incident: Incident, reached: int | None, left: float
) -> Literal["running", "overdue", "met", "missed", "stopped"]:
    if reached is not None:
        return "met" if left >= 0 else "missed"
    if incident.state in OVER:
        return "stopped"
    return "running" if left >= 0 else "overdue"
