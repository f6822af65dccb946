"""What reviewing works with, as values."""

from __future__ import annotations

from typing import Literal

import msgspec

from rhinecloud.base.declare import Label


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of time that is measured. `standard` is its name in NFPA 1225 and 1710, "" where there is none."""

    id: str
    label: Label
    text: Label  # from what to what
    standard: str = ""
    of_unit: bool = False  # one for each unit that was alerted
    persons: int = 0  # reached once so many people are on scene


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """One interval of one incident, or of one unit in it. A stamp that is not there is None."""

    interval: str
    unit: str = ""
    started_us: int | None
    ended_us: int | None
    target_s: float | None = None

    @property
    def seconds(self) -> float | None:
        """None: a stamp is missing, or the two contradict each other."""
        if self.started_us is None or self.ended_us is None or self.ended_us < self.started_us:
            return None
        return (self.ended_us - self.started_us) / 1_000_000

    @property
    def kept(self) -> bool | None:
        """Whether it was within its target; None: there is no target, or no time."""
        seconds = self.seconds
        return None if seconds is None or self.target_s is None else seconds <= self.target_s


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """An interval over many incidents."""

    interval: str
    count: int  # that were measured
    missing: int  # of which a stamp is missing
    median_s: float | None
    p90_s: float | None  # nine of ten were not longer (nearest rank)
    share: float | None  # within their target; None: none has one
    targets: tuple[float, ...]  # the targets there were, in seconds


class Grouped(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of one group: a type, a district, an hour of the day."""

    group: str
    figures: Figures


class AskedFigures(msgspec.Struct, frozen=True, kw_only=True):
    since_us: int
    until_us: int
    types: tuple[str, ...] = ()
    exercise: bool = False  # drills are kept apart, and never mixed in
    excluded: bool = False  # also those that were cancelled, merged, split or a duplicate


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch in which nobody wrote into the log of an incident that was worked on."""

    start_us: int
    end_us: int
    after_seq: int


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """What else a review looks at in one incident."""

    escalations: int  # alarms that were declined or not answered in time
    deviations: tuple[str, ...]  # units taken though they did not fit, and why
    late_steps: tuple[str, ...]  # steps of playbooks and tasks that were late
    gaps: tuple[Gap, ...]
    keepers: int  # how often the log changed hands
    flashes: int  # messages of the highest priority
    decisions: int


FindingState = Literal["open", "under-way", "done", "dropped"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done better: expected, happened, why, what to change; who sees to it until when."""

    id: int
    incident: str
    number: int  # of the incident's findings
    version: int = 1
    state: FindingState = "open"
    expected: str
    happened: str
    why: str = ""
    change: str
    owner: str
    due_us: int
    note: str = ""  # how it ended
    made_us: int = 0
    made_by: str = ""
    ended_us: int | None = None
