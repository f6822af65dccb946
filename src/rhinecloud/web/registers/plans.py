"""Alarm plans, and the types of incident that they are for."""

from __future__ import annotations

from typing import Any

from rhinecloud.base.declare import Label
from rhinecloud.operations import Agency, IncidentType, Target, Unit, planning
from rhinecloud.web.incident_words import STATES, URGENCIES
from rhinecloud.web.language import N_
from rhinecloud.web.sentence import SEVERITY

from .fields import Field, Reading, Typed, Wrong, clock, label_fields, put_label, put_rows, rows, tags, text_of
from .register import Cell, Column, Register, Seen

DAYS = {
    "0": N_("Mon"),
    "1": N_("Tue"),
    "2": N_("Wed"),
    "3": N_("Thu"),
    "4": N_("Fri"),
    "5": N_("Sat"),
    "6": N_("Sun"),
}
SEND = {
    "no": N_("nobody: a person decides"),
    "reserve": N_("reserved: a person alerts them"),
    "alert": N_("alerted at once"),
}


class Plans(Register):
    key, kind, icon, group = "plans", planning.AlarmPlan, "list-tree", 1
    title, one = N_("Alarm plans"), N_("New alarm plan")
    lead = N_("What goes for which keyword, where, at which hours. Each level adds to those below it.")
    nothing = N_("Write the first plan, or import your alarm and response order as CSV.")
    columns = (
        Column(key="title", label=N_("Plan")),
        Column(key="types", label=N_("Keywords")),
        Column(key="areas", label=N_("Where")),
        Column(key="hours", label=N_("When")),
        Column(key="needs", label=N_("Asks for")),
        Column(key="levels", label=N_("Levels"), number=True),
        Column(key="state", label=N_("State")),
    )
    _rows = Field(
        name="needs",
        label=N_("What each level asks for on top"),
        kind="rows",
        wide=True,
        columns=(
            Field(name="level", label=N_("Level"), kind="number", width="narrow"),
            Field(name="count", label=N_("Count"), kind="number", width="narrow"),
            Field(name="capability", label=N_("Can do"), suggest="capabilities"),
            Field(name="instead", label=N_("Or instead"), suggest="capabilities"),
            Field(name="within_min", label=N_("There within"), kind="number", unit=N_("min"), width="narrow"),
            Field(name="agency", label=N_("Only of"), kind="choice", options="agencies", width="small"),
        ),
    )
    fields = (
        Field(name="id", label=N_("Identifier"), required=True, fixed=True, hint=N_("Short, as B2-city.")),
        *label_fields("title", N_("Name, in German"), N_("Name, in English")),
        Field(
            name="types",
            label=N_("Keywords"),
            kind="choices",
            options="types",
            wide=True,
            hint=N_("None chosen: all. A keyword counts for those below it too."),
        ),
        Field(
            name="areas",
            label=N_("Areas"),
            kind="choices",
            options="areas",
            wide=True,
            hint=N_("None chosen: the whole city."),
        ),
        Field(
            name="days", label=N_("Days"), kind="choices", options="days", wide=True, hint=N_("None chosen: every day.")
        ),
        Field(name="begin", label=N_("From"), kind="time"),
        Field(name="end", label=N_("Until"), kind="time", hint=N_("Both empty or the same: the whole day.")),
        _rows,
        Field(name="first_level", label=N_("Begins with level"), kind="number"),
        Field(name="note", label=N_("Note"), kind="long", wide=True),
        Field(name="adds", label=N_("Adds to the plan that counts, and never counts alone"), kind="yes", wide=True),
        Field(name="in_force", label=N_("In force"), kind="yes"),
    )

    def cells(self, thing: Any, seen: Seen) -> dict[str, Cell]:
        types, areas = seen.titles(IncidentType), seen.titles(planning.Area)
        levels = sorted({n.level for n in thing.needs})
        able = planning.capabilities(seen.every(Unit).values())
        gone = [n.capability for n in thing.needs if not ({n.capability, *n.instead} & set(able))]
        asks = [
            f"{n.count} {n.capability}" if n.count > 1 else n.capability for n in thing.needs if n.level == levels[0]
        ]
        state, word = (0, N_("in force")) if thing.in_force else (1, N_("not in force"))
        return {
            "title": Cell(text=thing.title[seen.language], sub=thing.id),
            "types": Cell(
                text="" if thing.types else seen.say(N_("all")), tags=tuple(types.get(t, t) for t in thing.types)
            ),
            "areas": Cell(text=", ".join(areas.get(a, a) for a in thing.areas) or seen.say(N_("whole city"))),
            "hours": Cell(text=hours_text(thing.hours, seen)),
            "needs": Cell(
                tags=tuple(asks),
                sub=f"{seen.say(N_('nobody has'))} {', '.join(dict.fromkeys(gone))}" if gone else "",
                state=2 if gone else 0,
            ),
            "levels": Cell(text=text_of(levels), sort=len(levels)),
            "state": Cell(
                text=seen.say(word), sub=seen.say(N_("adds to another")) if thing.adds else "", state=state, sort=state
            ),
        }

    def typed(self, thing: Any) -> Typed:
        needs = [
            {
                "level": n.level, "count": n.count, "capability": n.capability, "instead": n.instead,
                "within_min": n.within_s / 60 if n.within_s else "", "agency": n.agency,
            }
            for n in thing.needs
        ]  # fmt: skip
        whole_day = thing.hours.begin == thing.hours.end
        return (
            {name: text_of(getattr(thing, name)) for name in ("id", "types", "areas", "first_level", "note")}
            | {"adds": text_of(thing.adds), "in_force": text_of(thing.in_force), "days": text_of(thing.hours.days)}
            | {
                "begin": "" if whole_day else clock(thing.hours.begin),
                "end": "" if whole_day else clock(thing.hours.end),
            }
            | put_label("title", thing.title)
            | put_rows("needs", needs)
        )

    def empty(self, seen: Seen) -> Typed:
        return {"in_force": "1", "first_level": "1"} | put_rows("needs", [{"level": 1, "count": 1}])

    def options(self, seen: Seen) -> dict[str, dict[str, str]]:
        return {
            "types": seen.titles(IncidentType),
            "areas": seen.titles(planning.Area),
            "days": {d: seen.say(w) for d, w in DAYS.items()},
            "agencies": {"": seen.say(N_("anybody"))} | seen.titles(Agency),
        }

    def suggestions(self, seen: Seen) -> dict[str, list[str]]:
        return {"capabilities": list(planning.capabilities(seen.every(Unit).values()))}

    def read(self, typed: Typed, seen: Seen, before: Any) -> tuple[Any, Wrong]:
        form = Reading(typed)
        needs = tuple(self._need(form, seen, n, row) for n, row in enumerate(rows(typed, self._rows)))
        if not needs:
            form.complain("needs", N_("A plan asks for something: fill in at least one line."))
        made = planning.AlarmPlan(
            id=form.id(),
            title=form.label("title"),
            types=form.some_of("types", seen.every(IncidentType)),
            areas=form.some_of("areas", seen.every(planning.Area)),
            hours=planning.Hours(
                days=tuple(sorted(int(d) for d in form.some_of("days", DAYS))),
                begin=form.minute("begin"),
                end=form.minute("end"),
            ),
            needs=needs,
            adds=form.yes("adds"),
            first_level=form.whole("first_level", low=1, high=planning.LEVELS, default=1),
            in_force=form.yes("in_force"),
            note=form.text("note", most=2000),
            version=before.version if before else 1,
        )
        return (None if form.wrong else made), form.wrong

    @staticmethod
    def _need(form: Reading, seen: Seen, number: int, row: dict[str, str]) -> planning.PlanNeed:
        inner = Reading(row)
        made = planning.PlanNeed(
            capability=inner.needed("capability", most=64),
            count=inner.whole("count", low=1, high=100, default=1),
            level=inner.whole("level", low=1, high=planning.LEVELS, default=1),
            within_s=inner.number("within_min", low=0, high=1440, default=0) * 60,
            instead=tags(row.get("instead", "")),
            agency=inner.one_of("agency", ("", *seen.every(Agency))),
        )
        for name, text in inner.wrong.items():
            form.complain(f"needs.{number}.{name}", text)
        return made


def hours_text(hours: planning.Hours, seen: Seen) -> str:
    """ "Mon Tue 22:00–06:00"."""
    if hours.always:
        return seen.say(N_("always"))
    days = " ".join(seen.say(DAYS[str(d)]) for d in hours.days)
    span = "" if hours.begin == hours.end else f"{clock(hours.begin)}–{clock(hours.end)}"
    return " ".join(part for part in (days, span) if part)


class Types(Register):
    key, kind, icon, group = "types", IncidentType, "tags", 1
    title, one = N_("Keywords"), N_("New keyword")
    lead = N_(
        "The types of incident of this city: how grave they are, who takes part, by when, and what goes by itself."
    )
    nothing = N_("There is a short list to begin with.")
    columns = (
        Column(key="title", label=N_("Keyword")),
        Column(key="severity", label=N_("Severity")),
        Column(key="urgency", label=N_("Urgency")),
        Column(key="agencies", label=N_("Takes part")),
        Column(key="targets", label=N_("Targets")),
        Column(key="automatic", label=N_("By itself")),
        Column(key="plan", label=N_("Plans"), number=True),
    )
    _rows = Field(
        name="targets",
        label=N_("Targets"),
        kind="rows",
        wide=True,
        columns=(
            Field(name="start", label=N_("From"), kind="choice", options="states"),
            Field(name="end", label=N_("Reached"), kind="choice", options="states"),
            Field(name="within_min", label=N_("Within"), kind="number", unit=N_("min"), width="small"),
        ),
    )
    fields = (
        Field(
            name="id",
            label=N_("Identifier"),
            required=True,
            fixed=True,
            hint=N_("A dot makes it a kind of another: fire.building is a fire."),
        ),
        *label_fields("title", N_("Name, in German"), N_("Name, in English")),
        Field(
            name="above", label=N_("Is a kind of"), kind="choice", options="types", hint=N_("Empty: as its id says.")
        ),
        Field(name="severity", label=N_("Severity"), kind="choice", options="severities"),
        Field(name="urgency", label=N_("Urgency"), kind="choice", options="urgencies"),
        Field(name="agencies", label=N_("Always takes part"), kind="choices", options="agencies", wide=True),
        _rows,
        Field(
            name="playbooks", label=N_("Playbooks"), kind="tags", wide=True, hint=N_("Their ids, separated by commas.")
        ),
        Field(name="accept_s", label=N_("Time to accept an alarm"), kind="number", unit="s"),
        Field(name="automatic_needs", label=N_("The alarm plan asks at once"), kind="yes"),
        Field(name="automatic_send", label=N_("Best units are, by themselves"), kind="choice", options="send"),
        Field(
            name="automatic_agencies",
            label=N_("Whose units may go by themselves"),
            kind="choices",
            options="agencies",
            wide=True,
            hint=N_("None chosen: of those that take part."),
        ),
        Field(
            name="automatic_next_best",
            label=N_("Next best units, when one declines or is silent"),
            kind="number",
            hint=N_("So many go by themselves; then a person is told."),
        ),
        Field(name="automatic_climb_s", label=N_("Then the next on duty is told after"), kind="number", unit="s"),
        Field(name="restricted", label=N_("Restricted: not an entity of the city"), kind="yes"),
        Field(name="offered", label=N_("Offered for new incidents"), kind="yes"),
    )

    def cells(self, thing: Any, seen: Seen) -> dict[str, Cell]:
        agencies = seen.titles(Agency)
        plans = sum(thing.id in p.types for p in seen.every(planning.AlarmPlan).values())
        soonest = [
            f"{seen.say(STATES[t.end])} {t.within_s / 60:g} min" if t.end in STATES else t.end for t in thing.targets
        ]
        grade = ("info", "minor", "major", "critical").index(thing.severity)
        return {
            "title": Cell(
                text=thing.title[seen.language],
                sub=thing.id if thing.offered else f"{thing.id} · {seen.say(N_('not offered'))}",
            ),
            "severity": Cell(text=seen.say(SEVERITY[thing.severity]), sort=-grade),
            "urgency": Cell(text=seen.say(URGENCIES[thing.urgency])),
            "agencies": Cell(text=", ".join(agencies.get(a, a) for a in thing.agencies) or "–"),
            "targets": Cell(tags=tuple(soonest)),
            "automatic": Cell(
                text=seen.say(SEND[thing.automatic.send]), state=1 if thing.automatic.send == "alert" else 0
            ),
            "plan": Cell(text=str(plans), sort=plans),
        }

    def typed(self, thing: Any) -> Typed:
        automatic = thing.automatic
        targets = [{"start": t.start, "end": t.end, "within_min": t.within_s / 60} for t in thing.targets]
        plain = ("id", "above", "severity", "urgency", "agencies", "playbooks", "accept_s", "restricted", "offered")
        return (
            {name: text_of(getattr(thing, name)) for name in plain}
            | {f"automatic_{n}": text_of(getattr(automatic, n)) for n in type(automatic).__struct_fields__}
            | put_label("title", thing.title)
            | put_rows("targets", targets)
        )

    def empty(self, seen: Seen) -> Typed:
        blank = IncidentType(id="", title=Label(de="", en=""))
        return self.typed(blank)

    def options(self, seen: Seen) -> dict[str, dict[str, str]]:
        return {
            "types": {"": seen.say(N_("as its id says"))} | seen.titles(IncidentType),
            "severities": {k: seen.say(v) for k, v in SEVERITY.items()},
            "urgencies": {k: seen.say(v) for k, v in URGENCIES.items()},
            "agencies": seen.titles(Agency),
            "states": {k: seen.say(v) for k, v in STATES.items()},
            "send": {k: seen.say(v) for k, v in SEND.items()},
        }

    def read(self, typed: Typed, seen: Seen, before: Any) -> tuple[Any, Wrong]:
        form = Reading(typed)
        agencies = {a: 0 for t in seen.every(IncidentType).values() for a in t.agencies} | seen.every(Agency)
        made = IncidentType(
            id=form.id(),
            title=form.label("title"),
            above=form.one_of("above", ("", *seen.every(IncidentType))),
            severity=form.one_of("severity", SEVERITY, "minor"),  # type: ignore[arg-type]
            urgency=form.one_of("urgency", URGENCIES, "soon"),  # type: ignore[arg-type]
            agencies=form.some_of("agencies", agencies),
            targets=tuple(self._target(form, n, row) for n, row in enumerate(rows(typed, self._rows))),
            playbooks=form.tags("playbooks"),
            accept_s=form.number("accept_s", low=5, high=86_400, default=120),
            restricted=form.yes("restricted"),
            offered=form.yes("offered"),
            automatic=planning.Automatic(
                needs=form.yes("automatic_needs"),
                send=form.one_of("automatic_send", SEND, "no"),  # type: ignore[arg-type]
                agencies=form.some_of("automatic_agencies", agencies),
                next_best=form.whole("automatic_next_best", low=0, high=20, default=0),
                climb_s=form.number("automatic_climb_s", low=10, high=86_400, default=120),
            ),
            version=before.version if before else 1,
        )
        return (None if form.wrong else made), form.wrong

    @staticmethod
    def _target(form: Reading, number: int, row: dict[str, str]) -> Target:
        inner = Reading(row)
        made = Target(
            start=inner.one_of("start", STATES),
            end=inner.one_of("end", STATES),
            within_s=round(inner.number("within_min", low=0.1, high=100_000) * 60, 3),
        )
        for name, text in inner.wrong.items():
            form.complain(f"targets.{number}.{name}", text)
        return made
