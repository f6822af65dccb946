"""Units and the kinds that they are of, with their status maps."""

from __future__ import annotations

from typing import Any

import msgspec

from rhinecloud.base.declare import Label
from rhinecloud.operations import Agency, Status, Unit, UnitKind, planning
from rhinecloud.web.language import N_

from .fields import Field, Reading, Typed, Wrong, label_fields, put_label, put_point, put_rows, rows, text_of
from .register import Cell, Column, Register, Seen

MEANS = {
    "free": N_("free"),
    "bound": N_("bound"),
    "ask": N_("to be asked"),
    "out": N_("out of service"),
    "call": N_("wants to speak"),
}
STEPS = {"": N_("nothing"), "under-way": N_("on the way"), "on-scene": N_("on scene")}


class Units(Register):
    key, kind, icon, group = "units", Unit, "truck", 1
    title, one = N_("Units"), N_("New unit")
    lead = N_("Vehicles, boats and teams that can be sent: what they can do, where they stand, whose they are.")
    nothing = N_("Add the first unit, or import the list of your fleet as CSV.")
    maps = "point"
    columns = (
        Column(key="name", label=N_("Call sign")),
        Column(key="kind", label=N_("Kind")),
        Column(key="agency", label=N_("Agency")),
        Column(key="capabilities", label=N_("Can do")),
        Column(key="crew", label=N_("Crew"), number=True),
        Column(key="home", label=N_("Station")),
        Column(key="state", label=N_("State")),
    )
    fields = (
        Field(name="id", label=N_("Identifier"), required=True, fixed=True, hint=N_("As in interfaces and files.")),
        Field(name="name", label=N_("Call sign"), required=True),
        Field(name="kind", label=N_("Kind"), kind="choice", options="kinds"),
        Field(name="agency", label=N_("Agency"), kind="choice", options="agencies"),
        Field(name="crew", label=N_("Crew"), kind="number", unit=N_("people")),
        Field(name="home", label=N_("Station"), suggest="homes"),
        Field(
            name="capabilities",
            label=N_("Can do"),
            kind="tags",
            suggest="capabilities",
            wide=True,
            hint=N_("What alarm plans ask for, separated by commas: HLF, DLK, BOAT …"),
        ),
        Field(name="equipment", label=N_("Equipment"), kind="tags", wide=True),
        Field(
            name="entity",
            label=N_("Entity with its position"),
            hint=N_("Where a device reports where it is. Empty: its position is told by hand."),
            wide=True,
        ),
        Field(name="available", label=N_("On duty"), kind="yes"),
        Field(name="retired", label=N_("Out of service for good"), kind="yes"),
        Field(name="station", label=N_("Place of the station"), kind="point", wide=True),
    )

    def cells(self, thing: Any, seen: Seen) -> dict[str, Cell]:
        kinds, agencies = seen.titles(UnitKind), seen.titles(Agency)
        state, word = (3, N_("out of service")) if thing.retired else (0, N_("on duty"))
        if not thing.retired and not thing.available:
            state, word = 1, N_("off duty")
        missing = thing.station is None and not thing.entity and not thing.retired
        return {
            "name": Cell(text=thing.name, sub=thing.id),
            "kind": Cell(text=kinds.get(thing.kind, thing.kind)),
            "agency": Cell(text=agencies.get(thing.agency, thing.agency)),
            "capabilities": Cell(
                text="" if thing.capabilities else seen.say(N_("nothing: no plan ever chooses it")),
                tags=thing.capabilities,
                state=0 if thing.capabilities or thing.retired else 2,
                sort=", ".join(thing.capabilities).casefold(),
            ),
            "crew": Cell(text=str(thing.crew or "–"), sort=thing.crew),
            "home": Cell(
                text=thing.home or ("" if not missing else seen.say(N_("nobody knows where it is"))),
                state=2 if missing else 0,
            ),
            "state": Cell(text=seen.say(word), state=state, sort=state),
        }

    def shown(self, things: Any, seen: Seen) -> list[Any]:
        return sorted(things.values(), key=lambda u: u.retired)

    def typed(self, thing: Any) -> Typed:
        plain = ("id", "name", "kind", "agency", "capabilities", "crew", "home", "equipment", "entity", "available")
        return (
            {name: text_of(getattr(thing, name)) for name in plain}
            | {"retired": text_of(thing.retired)}
            | put_point("station", thing.station)
        )

    def empty(self, seen: Seen) -> Typed:
        return {"available": "1"}

    def options(self, seen: Seen) -> dict[str, dict[str, str]]:
        return {"kinds": seen.titles(UnitKind), "agencies": seen.titles(Agency)}

    def suggestions(self, seen: Seen) -> dict[str, list[str]]:
        there = seen.every(Unit).values()
        return {
            "capabilities": list(planning.capabilities(there)),
            "homes": sorted({u.home for u in there if u.home}),
        }

    def read(self, typed: Typed, seen: Seen, before: Any) -> tuple[Any, Wrong]:
        form = Reading(typed)
        made = Unit(
            id=form.id(),
            name=form.needed("name", most=60),
            kind=form.one_of("kind", seen.every(UnitKind)),
            agency=form.one_of("agency", {**seen.every(Agency), **({before.agency: 0} if before else {})}),
            capabilities=form.tags("capabilities"),
            crew=form.whole("crew", low=0, high=1000, default=0),
            home=form.text("home", most=80),
            equipment=form.tags("equipment"),
            entity=form.text("entity", most=300),
            available=form.yes("available") and not form.yes("retired"),
            retired=form.yes("retired"),
            station=form.point("station"),
            version=before.version if before else 1,
        )
        if before is not None:
            made = msgspec.structs.replace(made, position=before.position, position_us=before.position_us)
        return (None if form.wrong else made), form.wrong


class Kinds(Register):
    key, kind, icon, group = "kinds", UnitKind, "radio", 3
    title, one = N_("Status maps"), N_("New kind of unit")
    lead = N_("What each digit of the radio means for a kind of unit, and which steps are usual.")
    nothing = N_("There is a German status map to begin with.")
    columns = (
        Column(key="title", label=N_("Kind of unit")),
        Column(key="statuses", label=N_("Statuses")),
        Column(key="edges", label=N_("Usual steps"), number=True),
        Column(key="units", label=N_("Units"), number=True),
    )
    _rows = Field(
        name="statuses",
        label=N_("Statuses"),
        kind="rows",
        wide=True,
        columns=(
            Field(name="digit", label=N_("Digit"), width="narrow"),
            Field(name="de", label=N_("Meaning, in German")),
            Field(name="en", label=N_("Meaning, in English")),
            Field(name="means", label=N_("For assigning"), kind="choice", options="means", width="small"),
            Field(name="step", label=N_("For the incident"), kind="choice", options="steps", width="small"),
            Field(name="warn_min", label=N_("Worth a look after"), kind="number", unit=N_("min"), width="narrow"),
            Field(name="late_min", label=N_("Too long after"), kind="number", unit=N_("min"), width="narrow"),
            Field(name="urgent", label=N_("Before all others"), kind="yes", width="narrow"),
        ),
    )
    fields = (
        Field(name="id", label=N_("Identifier"), required=True, fixed=True),
        *label_fields("title", N_("Name, in German"), N_("Name, in English")),
        _rows,
        Field(
            name="edges",
            label=N_("Usual steps"),
            kind="tags",
            wide=True,
            hint=N_("As 2>3, from any as *>6. What is not usual is taken all the same, and marked."),
        ),
    )

    def cells(self, thing: Any, seen: Seen) -> dict[str, Cell]:
        used = sum(u.kind == thing.id and not u.retired for u in seen.every(Unit).values())
        return {
            "title": Cell(text=thing.title[seen.language], sub=thing.id),
            "statuses": Cell(tags=tuple(f"{s.digit} {s.label[seen.language]}" for s in thing.statuses)),
            "edges": Cell(text=str(len(thing.edges)), sort=len(thing.edges)),
            "units": Cell(text=str(used), sort=used),
        }

    def typed(self, thing: Any) -> Typed:
        statuses = [
            {
                "digit": s.digit, "de": s.label.de, "en": s.label.en, "means": s.means, "step": s.step,
                "warn_min": s.warn_s / 60 if s.warn_s else "", "late_min": s.late_s / 60 if s.late_s else "",
                "urgent": s.urgent,
            }
            for s in thing.statuses
        ]  # fmt: skip
        edges = ", ".join(f"{a}>{b}" for a, b in thing.edges)
        return {"id": thing.id, "edges": edges} | put_label("title", thing.title) | put_rows("statuses", statuses)

    def options(self, seen: Seen) -> dict[str, dict[str, str]]:
        return {
            "means": {k: seen.say(v) for k, v in MEANS.items()},
            "steps": {k: seen.say(v) for k, v in STEPS.items()},
        }

    def read(self, typed: Typed, seen: Seen, before: Any) -> tuple[Any, Wrong]:
        form = Reading(typed)
        statuses = tuple(self._status(form, n, row) for n, row in enumerate(rows(typed, self._rows)))
        edges = []
        for step in form.tags("edges"):
            a, found, b = step.partition(">")
            if not found:
                form.complain("edges", N_("Write a step as 2>3."))
            edges.append((a.strip(), b.strip()))
        digits = {s.digit for s in statuses}
        if len(digits) != len(statuses) or not digits:
            form.complain("statuses", N_("Each status has a digit of its own."))
        if not {"free", "bound"} <= {s.means for s in statuses}:
            form.complain("statuses", N_("One status says that a unit is free, another that it is bound."))
        if any(b not in digits or (a != "*" and a not in digits) for a, b in edges):
            form.complain("edges", N_("A step leads from and to digits that there are."))
        made = UnitKind(
            id=form.id(),
            title=form.label("title"),
            statuses=statuses,
            edges=tuple(edges),
            version=before.version if before else 1,
        )
        return (None if form.wrong else made), form.wrong

    @staticmethod
    def _status(form: Reading, number: int, row: dict[str, str]) -> Status:
        at = f"statuses.{number}."
        inner = Reading(row)
        made = Status(
            digit=inner.needed("digit", most=3),
            label=_label(inner),
            means=inner.one_of("means", MEANS, "free"),  # type: ignore[arg-type]
            step=inner.one_of("step", STEPS) if row.get("step") else "",  # type: ignore[arg-type]
            warn_s=inner.number("warn_min", low=0, high=10_000, default=0) * 60,
            late_s=inner.number("late_min", low=0, high=10_000, default=0) * 60,
            urgent=inner.yes("urgent"),
        )
        for name, text in inner.wrong.items():
            form.complain(at + name, text)
        return made


def _label(form: Reading) -> Label:
    de, en = form.text("de"), form.text("en")
    if not de and not en:
        form.complain("de", N_("Please fill this in."))
    return Label(de=de or en, en=en or de)
