"""A drill as values: the scenario that a pack brings, and what of it has been played."""

from __future__ import annotations

from typing import Literal

import msgspec

from rhinecloud.base.declare import Label
from rhinecloud.operations.declare import Position, Severity


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the simulator plays: a flood, a fire, an outage. Hours are those of the simulated city."""

    kind: str  # a name of `kit.KINDS`
    begins_h: float = 0.0  # from the drill's start; negative: it goes on already
    lasts_h: float | None = None  # None: as such a thing usually lasts
    strength: float | None = None
    place: Position | None = None


class Inject(msgspec.Struct, frozen=True, kw_only=True):
    """What the exercise control brings in.

    `incident` is a call that becomes an incident; `message` comes into the inbox of the drill's first incident;
    `happening` is for the simulator; `breakdown` takes a unit out of service; `cue` is for the control alone, who
    plays it by telephone.
    """

    id: str
    after_min: float  # minutes of the drill
    kind: Literal["incident", "message", "happening", "breakdown", "cue"]
    title: Label
    text: Label = Label(de="", en="")
    sender: Label = Label(de="", en="")  # message: who says it
    priority: Literal["routine", "immediate", "flash"] = "routine"
    type: str = ""  # incident
    severity: Severity | None = None
    place: tuple[str, Position] | None = None  # incident: (address, where)
    agencies: tuple[str, ...] = ()
    happening: Happening | None = None
    unit: str = ""  # breakdown
    expected: Label = Label(de="", en="")  # what the control looks for


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """What is played, over how many minutes, and how fast the simulated city lives meanwhile."""

    id: str  # unique among all packs: "emergency.flood"
    title: Label
    text: Label
    minutes: float
    pace: float = 1.0
    happenings: tuple[Happening, ...] = ()
    injects: tuple[Inject, ...] = ()
    goals: tuple[Label, ...] = ()
    types: tuple[str, ...] = ()  # types of simulated things that it needs, beside units


class Played(msgspec.Struct, frozen=True, kw_only=True):
    """An inject in a drill."""

    inject: Inject
    state: Literal["waiting", "done", "skipped", "failed"] = "waiting"
    due_us: int
    done_us: int | None = None
    who: str = ""
    result: str = ""  # the incident that came of it, or why it failed


class Drill(msgspec.Struct, frozen=True, kw_only=True):
    """A drill, that is played or was."""

    id: int
    title: str
    scenario: Scenario
    started_us: int
    ended_us: int | None
    who: str
    paused_us: int | None
    held_us: int  # for how long it was paused in all
    injects: tuple[Played, ...] = ()

    def minute(self, now_us: int) -> float:
        """Which minute of the drill it is."""
        until = self.ended_us or self.paused_us or now_us
        return max(0.0, (until - self.started_us - self.held_us) / 60_000_000)


class StepTime(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a playbook as it was done in a drill."""

    incident: str
    playbook: str
    step: str
    title: Label
    owner: str
    state: str
    opened_us: int | None
    due_us: int | None
    ended_us: int | None
    late: bool
    note: str


class IncidentTime(msgspec.Struct, frozen=True, kw_only=True):
    """An incident of a drill: when it reached which state."""

    id: str
    number: str
    title: str
    type: str
    state: str
    times: dict[str, int]
    units: int  # that were sent
    declined: int  # orders that were declined or not answered


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a drill."""

    incidents: tuple[IncidentTime, ...]
    steps: tuple[StepTime, ...]
    decisions: tuple[tuple[str, int, str, str], ...]  # (incident, when, who, what)
    entries: int  # of the logs
