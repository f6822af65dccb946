"""Reviews as rows for people: durations in minutes, intervals by their names, findings with who sees to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from rhinecloud.operations import review

from .language import N_, words

STATES: Final = {"open": N_("open"), "under-way": N_("being worked on"), "done": N_("done"), "dropped": N_("dropped")}


class IntervalRow(msgspec.Struct, kw_only=True):
    """An interval of one incident."""

    name: str
    standard: str
    text: str  # from what to what
    unit: str
    started_us: int | None
    ended_us: int | None
    lasted: str  # "" a stamp is missing
    target: str
    kept: bool | None


class FigureRow(msgspec.Struct, kw_only=True):
    """An interval over many incidents, or one group of it."""

    key: str
    name: str
    standard: str
    text: str
    count: int
    missing: int
    median: str
    p90: str
    share: float | None
    target: str
    part: float = 0  # of the longest 90th percentile among its neighbours, for a bar


class FindingRow(msgspec.Struct, kw_only=True):
    id: int
    number: int
    version: int
    incident: str
    incident_number: str
    state: str
    state_word: str
    expected: str
    happened: str
    why: str
    change: str
    owner: str
    due_us: int
    late: bool
    ended: bool
    note: str


def lasting(seconds: float | None) -> str:
    """`9:30 min`, `1:02:30 h`; "" where it is not known."""
    if seconds is None:
        return ""
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d} h"


def interval_row(measured: review.Measured, names: Mapping[str, str], language: str) -> IntervalRow:
    kind = review.INTERVALS[measured.interval]
    return IntervalRow(
        name=kind.label[language],
        standard=kind.standard,
        text=kind.text[language],
        unit=names.get(measured.unit, measured.unit),
        started_us=measured.started_us,
        ended_us=measured.ended_us,
        lasted=lasting(measured.seconds),
        target=lasting(measured.target_s),
        kept=measured.kept,
    )


def figure_row(figures: review.Figures, language: str, *, name: str = "", longest: float = 0) -> FigureRow:
    kind = review.INTERVALS[figures.interval]
    targets = figures.targets
    target = (
        lasting(targets[0])
        if len(targets) == 1
        else f"{lasting(targets[0])} – {lasting(targets[-1])}"
        if targets
        else ""
    )
    return FigureRow(
        key=figures.interval,
        name=name or kind.label[language],
        standard=kind.standard,
        text=kind.text[language],
        count=figures.count,
        missing=figures.missing,
        median=lasting(figures.median_s),
        p90=lasting(figures.p90_s),
        share=figures.share,
        target=target,
        part=(figures.p90_s or 0) / longest if longest else 0,
    )


def finding_row(finding: review.Finding, number: str, language: str, now: int) -> FindingRow:
    ended = finding.state in ("done", "dropped")
    return FindingRow(
        id=finding.id,
        number=finding.number,
        version=finding.version,
        incident=finding.incident,
        incident_number=number,
        state=finding.state,
        state_word=words(language)(STATES[finding.state]),
        expected=finding.expected,
        happened=finding.happened,
        why=finding.why,
        change=finding.change,
        owner=finding.owner,
        due_us=finding.due_us,
        late=not ended and finding.due_us < now,
        ended=ended,
        note=finding.note,
    )
