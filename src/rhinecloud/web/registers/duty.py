"""Posts that are manned by the clock, and the functions of the two staffs."""

from __future__ import annotations

from typing import Any

from rhinecloud.operations import Agency, planning
from rhinecloud.web.language import N_

from .fields import Field, Reading, Typed, Wrong, clock, label_fields, put_label, text_of
from .register import Cell, Column, Register, Seen

KINDS = {"shift": N_("in shifts"), "on-call": N_("on call")}


class Posts(Register):
    key, kind, icon, group = "posts", planning.Post, "calendar-clock", 3
    title, one = N_("Posts"), N_("New post")
    lead = N_(
        "What somebody is on duty as, when it is handed over, and who is told first of an alarm without an answer."
    )
    nothing = N_("Add the control room's supervisor, the officers on call, the crisis staff's standby …")
    columns = (
        Column(key="title", label=N_("Post")),
        Column(key="agency", label=N_("Agency")),
        Column(key="kind", label=N_("Manned")),
        Column(key="changes", label=N_("Handover")),
        Column(key="needed", label=N_("A gap is")),
        Column(key="calls", label=N_("Told as"), number=True),
    )
    fields = (
        Field(name="id", label=N_("Identifier"), required=True, fixed=True),
        *label_fields("title", N_("Name, in German"), N_("Name, in English")),
        Field(name="agency", label=N_("Agency"), kind="choice", options="agencies"),
        Field(name="kind", label=N_("Manned"), kind="choice", options="kinds"),
        Field(name="changes", label=N_("Handover at"), kind="tags", hint=N_("Times of the day: 07:00, 19:00")),
        Field(
            name="calls",
            label=N_("Told as number"),
            kind="number",
            hint=N_("When an alarm is declined or not answered. Empty: never."),
        ),
        Field(name="needed", label=N_("Nobody there is a gap"), kind="yes"),
    )

    def cells(self, thing: Any, seen: Seen) -> dict[str, Cell]:
        gap = N_("shown") if thing.needed else N_("none")
        return {
            "title": Cell(text=thing.title[seen.language], sub=thing.id),
            "agency": Cell(text=seen.titles(Agency).get(thing.agency, thing.agency)),
            "kind": Cell(text=seen.say(KINDS[thing.kind])),
            "changes": Cell(text=", ".join(clock(c) for c in thing.changes) or "–"),
            "needed": Cell(text=seen.say(gap)),
            "calls": Cell(text=f"{thing.calls}." if thing.calls else "–", sort=thing.calls or 99),
        }

    def typed(self, thing: Any) -> Typed:
        plain = {"id": thing.id, "agency": thing.agency, "kind": thing.kind, "needed": text_of(thing.needed)}
        times = ", ".join(clock(c) for c in thing.changes)
        return plain | {"changes": times, "calls": str(thing.calls or "")} | put_label("title", thing.title)

    def empty(self, seen: Seen) -> Typed:
        return {"needed": "1", "kind": "shift"}

    def options(self, seen: Seen) -> dict[str, dict[str, str]]:
        return {"agencies": seen.titles(Agency), "kinds": {k: seen.say(v) for k, v in KINDS.items()}}

    def read(self, typed: Typed, seen: Seen, before: Any) -> tuple[Any, Wrong]:
        form = Reading(typed)
        changes = []
        for text in form.tags("changes"):
            inner = Reading({"time": text})
            changes.append(inner.minute("time"))
            for complaint in inner.wrong.values():
                form.complain("changes", complaint)
        made = planning.Post(
            id=form.id(),
            title=form.label("title"),
            agency=form.one_of("agency", seen.every(Agency)),
            kind=form.one_of("kind", KINDS, "shift"),  # type: ignore[arg-type]
            changes=tuple(sorted(set(changes))),
            needed=form.yes("needed"),
            calls=form.whole("calls", low=0, high=99, default=0),
            version=before.version if before else 1,
        )
        return (None if form.wrong else made), form.wrong


class Functions(Register):
    key, kind, icon, group = "functions", planning.StaffFunction, "users", 3
    title, one = N_("Functions of the staffs"), N_("New function")
    lead = N_(
        "The two staffs that work side by side, joined by liaison persons. People take a function in each incident."
    )
    nothing = N_("There are the functions of both staffs to begin with.")
    columns = (
        Column(key="code", label=N_("Short")),
        Column(key="title", label=N_("Function")),
        Column(key="staff", label=N_("Staff")),
        Column(key="text", label=N_("Does")),
        Column(key="many", label=N_("Persons")),
    )
    fields = (
        Field(name="id", label=N_("Identifier"), required=True, fixed=True),
        Field(name="staff", label=N_("Staff"), kind="choice", options="staffs"),
        Field(name="code", label=N_("Short"), required=True, hint=N_("As it stands in the log: S2")),
        *label_fields("title", N_("Name, in German"), N_("Name, in English")),
        *label_fields("text", N_("Does, in German"), N_("Does, in English")),
        Field(name="order", label=N_("Place in the list"), kind="number"),
        Field(name="many", label=N_("Several persons at once"), kind="yes"),
    )

    def cells(self, thing: Any, seen: Seen) -> dict[str, Cell]:
        place = (list(planning.STAFFS).index(thing.staff), thing.order)
        return {
            "code": Cell(text=thing.code, sub=thing.id, sort=place),
            "title": Cell(text=thing.title[seen.language]),
            "staff": Cell(text=planning.STAFFS[thing.staff][seen.language], sort=place),
            "text": Cell(text=thing.text[seen.language]),
            "many": Cell(text=seen.say(N_("several")) if thing.many else seen.say(N_("one"))),
        }

    def typed(self, thing: Any) -> Typed:
        plain = {n: text_of(getattr(thing, n)) for n in ("id", "staff", "code", "order", "many")}
        return plain | put_label("title", thing.title) | put_label("text", thing.text)

    def options(self, seen: Seen) -> dict[str, dict[str, str]]:
        return {"staffs": {k: v[seen.language] for k, v in planning.STAFFS.items()}}

    def read(self, typed: Typed, seen: Seen, before: Any) -> tuple[Any, Wrong]:
        from rhinecloud.base.declare import Label

        form = Reading(typed)
        de, en = form.text("text_de", most=500), form.text("text_en", most=500)
        made = planning.StaffFunction(
            id=form.id(),
            staff=form.one_of("staff", planning.STAFFS),  # type: ignore[arg-type]
            code=form.needed("code", most=12),
            title=form.label("title"),
            text=Label(de=de or en, en=en or de),
            order=form.whole("order", low=0, high=999, default=0),
            many=form.yes("many"),
            version=before.version if before else 1,
        )
        return (None if form.wrong else made), form.wrong
