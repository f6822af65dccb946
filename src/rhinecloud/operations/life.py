"""The life of an incident: one table of steps, and nothing else decides what may follow what.

    reported → triaged → assigned → under-way → on-scene → contained → resolved → closed → reviewed

and out of it: cancelled, duplicate, merged, split. A step back is a step of its own with a reason.
"""

from __future__ import annotations

from typing import Final

import msgspec

from rhinecloud.base.errors import BadRequestData, Conflict

STATES: Final = (
    *("reported", "triaged", "assigned", "under-way", "on-scene", "contained", "resolved", "closed", "reviewed"),
    *("cancelled", "duplicate", "merged", "split"),
)
OVER: Final = frozenset(("closed", "reviewed", "cancelled", "duplicate", "merged", "split"))
"""Nobody works on these any more."""
ACTIVE: Final = tuple(state for state in STATES if state not in OVER)
WORKED: Final = ("triaged", "assigned", "under-way", "on-scene", "contained")


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """From any of `before` to `after`.

    `reason`: words are needed. `other`: another incident has to be named. `alone`: only operations itself takes it,
    as part of something larger (merging, splitting, a unit's status).
    """

    name: str
    before: tuple[str, ...]
    after: str
    reason: bool = False
    other: bool = False
    alone: bool = False


STEPS: Final[dict[str, Step]] = {
    step.name: step
    for step in (
        Step(name="triage", before=("reported",), after="triaged"),
        Step(name="assign", before=("triaged",), after="assigned"),
        Step(name="depart", before=("assigned",), after="under-way"),
        Step(name="arrive", before=("assigned", "under-way"), after="on-scene"),
        Step(name="contain", before=("on-scene",), after="contained"),
        Step(name="resolve", before=("on-scene", "contained"), after="resolved"),
        Step(name="settle", before=("triaged",), after="resolved", reason=True),  # without anybody going there
        Step(name="close", before=("resolved",), after="closed"),
        Step(name="review", before=("closed",), after="reviewed"),
        # back
        Step(name="withdraw", before=("assigned", "under-way"), after="triaged", reason=True),
        Step(name="flare-up", before=("contained", "resolved"), after="on-scene", reason=True),
        Step(name="reopen", before=("closed", "cancelled", "duplicate"), after="triaged", reason=True),
        # out
        Step(name="cancel", before=("reported", *WORKED), after="cancelled", reason=True),
        Step(name="mark-duplicate", before=("reported", "triaged"), after="duplicate", other=True),
        Step(name="merge", before=ACTIVE, after="merged", other=True, alone=True),
        Step(name="split", before=("reported", *WORKED), after="split", alone=True),
    )
}


def possible(state: str) -> tuple[Step, ...]:
    """The steps that a person may take from a state."""
    return tuple(step for step in STEPS.values() if state in step.before and not step.alone)


def take(state: str, name: str, *, reason: str = "", other: str = "") -> Step:
    """The step, when it may be taken.

    Raises:
        BadRequestData: there is no such step, or words are missing. Conflict: not from this state.
    """
    step = STEPS.get(name)
    if step is None:
        raise BadRequestData(f"Step {name[:40]!r} does not exist; there are {', '.join(STEPS)}")
    if state not in step.before:
        able = ", ".join(s.name for s in possible(state)) or "nothing"
        raise Conflict(f"An incident that is {state} cannot {name}; possible is {able}", state=state)
    if step.reason and not reason.strip():
        raise BadRequestData(f"To {name} an incident takes a reason")
    if step.other and not other:
        raise BadRequestData(f"To {name} an incident, name the other one")
    return step
