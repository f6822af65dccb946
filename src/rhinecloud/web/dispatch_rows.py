"""Needs, proposals and assignments of an incident as rows of its page: figures, marks and reasons in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from rhinecloud.operations import Assignment, Choice, Need, Proposal, Unit, UnitKind

from .dispatch_words import told
from .language import N_, words
from .strips import ASSIGNMENTS, MEANS

MARKS: Final = (
    ("sent", N_("sent"), "send"),
    ("received", N_("received"), "inbox"),
    ("read", N_("read"), "eye"),
    ("accepted", N_("accepted"), "check"),
)


class Option(msgspec.Struct, kw_only=True):
    """A unit that could go."""

    unit: str
    name: str
    minutes: float
    km: float
    estimated: bool
    age_s: float | None  # of its position; None: it is at its station
    cover: float  # minutes that what it leaves bare is worth
    crosses: list[str]
    instead: str  # it serves with another capability than was asked for; ""


class Pair(msgspec.Struct, kw_only=True):
    """A place to be filled: who is chosen, who is next, and the difference."""

    need: int
    capability: str
    section: str
    late: bool  # over the time that the need asks for
    chosen: Option
    second: Option | None
    slower: float | None
    bare: list[str]  # what nobody reaches in time any more


class NeedRow(msgspec.Struct, kw_only=True):
    id: int
    capability: str
    instead: str
    count: int
    filled: int
    section: str
    within_min: float
    by: str  # the alarm plan and its level; "": a person
    agency: str


class GapRow(msgspec.Struct, kw_only=True):
    capability: str
    missing: int
    reason: str


class Mark(msgspec.Struct, kw_only=True):
    """How far an alarm has come."""

    label: str
    icon: str
    at_us: int | None
    wrong: bool = False  # declined, no answer


class SentRow(msgspec.Struct, kw_only=True):
    """A unit of the incident."""

    id: int
    unit: str
    name: str
    digit: str
    word: str
    means: str
    state: str
    state_word: str
    section: str
    marks: list[Mark]
    due_ms: int  # until when it has to accept; 0: the clock does not run
    within_s: float
    over: bool
    closed_us: int | None
    reason: str
    deviation: str
    made_us: int


def need_rows(
    needs: Sequence[Need], sections: Mapping[str, str], agencies: Mapping[str, str], language: str
) -> list[NeedRow]:
    say = words(language)
    return [
        NeedRow(
            id=n.id,
            capability=n.capability,
            instead=", ".join(n.instead),
            count=n.count,
            filled=n.filled,
            section=sections.get(n.section, n.section),
            within_min=n.within_s / 60,
            by=say("alarm plan %(plan)s, level %(level)s") % {"plan": n.plan, "level": n.level} if n.plan else "",
            agency=agencies.get(n.agency, n.agency),
        )
        for n in needs
    ]


def pairs(made: Proposal, needs: Sequence[Need], sections: Mapping[str, str], language: str) -> list[Pair]:
    known = {n.id: n for n in needs}
    found = []
    for pick in made.picks:
        need = known[pick.need]
        found.append(
            Pair(
                need=need.id,
                capability=need.capability,
                section=sections.get(need.section, need.section),
                late=bool(need.within_s) and pick.chosen.minutes * 60 > need.within_s,
                chosen=_option(pick.chosen, need),
                second=_option(pick.runner_up, need) if pick.runner_up else None,
                slower=pick.slower_min,
                bare=[_bare(b.name or b.zone, b.minutes, b.unit, language) for b in pick.bare],
            )
        )
    return found


def gap_rows(made: Proposal, language: str) -> list[GapRow]:
    return [GapRow(capability=g.capability, missing=g.missing, reason=told(g.reason, language)) for g in made.gaps]


def sent_row(
    held: Assignment,
    unit: Unit | None,
    kind: UnitKind | None,
    sections: Mapping[str, str],
    accept_s: float,
    language: str,
) -> SentRow:
    say = words(language)
    status = kind.status(unit.status) if kind and unit else None
    means = status.means if status else "none"
    return SentRow(
        id=held.id,
        unit=held.unit,
        name=unit.name if unit else held.unit,
        digit=unit.status if unit else "",
        word=status.label[language] if status else say(MEANS["none"]),
        means=means,
        state=held.state,
        state_word=say(ASSIGNMENTS[held.state]),
        section=sections.get(held.section, held.section),
        marks=_marks(held, language),
        due_ms=(held.due_us or 0) // 1000,
        within_s=accept_s,
        over=held.closed_us is not None,
        closed_us=held.closed_us,
        reason=held.reason,
        deviation=held.deviation,
        made_us=held.made_us,
    )


def _marks(held: Assignment, language: str) -> list[Mark]:
    """The four marks; the last one is the answer, whatever it was."""
    say = words(language)
    at = (held.sent_us, held.received_us, held.read_us, held.answered_us)
    marks = [Mark(label=say(label), icon=icon, at_us=us) for (_, label, icon), us in zip(MARKS, at, strict=True)]
    if held.state == "declined":
        marks[-1] = Mark(label=say(ASSIGNMENTS["declined"]), icon="x", at_us=held.answered_us, wrong=True)
    elif held.state == "expired":
        marks[-1] = Mark(label=say(ASSIGNMENTS["expired"]), icon="timer-off", at_us=held.closed_us, wrong=True)
    return marks


def _option(choice: Choice, need: Need) -> Option:
    return Option(
        unit=choice.unit,
        name=choice.name,
        minutes=choice.minutes,
        km=choice.metres / 1000,
        estimated=choice.estimated,
        age_s=choice.age_s,
        cover=choice.cover,
        crosses=[crossing for _, crossing in choice.crosses],
        instead=choice.capability if choice.capability not in ("", need.capability) else "",
    )


def _bare(zone: str, minutes: float | None, unit: str, language: str) -> str:
    say = words(language)
    if minutes is None:
        return say("leaves %(zone)s without any") % {"zone": zone}
    return say("%(zone)s: next %(unit)s in %(minutes)s min") % {"zone": zone, "unit": unit, "minutes": f"{minutes:.0f}"}
