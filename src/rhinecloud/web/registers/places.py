"""Agencies and areas; what lies between (rivers and bridges), zones of cover, streets that are closed."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from rhinecloud.base.clock import iso, parse_us
from rhinecloud.base.errors import RhineError
from rhinecloud.base.geo import check
from rhinecloud.operations import Agency, Barrier, Crossing, IncidentType, Responsibility, Unit, Zone, planning
from rhinecloud.web.language import N_

from .fields import Field, Reading, Typed, Wrong, label_fields, put_label, put_point, put_rows, rows, tags, text_of
from .register import Cell, Column, Register, Seen

_ROLE_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}\Z")


class Agencies(Register):
    key, kind, icon, group = "agencies", Agency, "building-2", 1
    title, one = N_("Agencies"), N_("New agency")
    lead = N_(
        "Who takes part, and who is asked about which incidents where. People have their roles in an agency by its id."
    )
    nothing = N_("Add the fire service, the police, the utility, the port …")
    columns = (
        Column(key="title", label=N_("Agency")),
        Column(key="responsible", label=N_("Is asked about")),
        Column(key="units", label=N_("Units"), number=True),
    )
    _rows = Field(
        name="responsible",
        label=N_("Is asked about"),
        kind="rows",
        wide=True,
        columns=(
            Field(name="types", label=N_("Keywords"), suggest="types", hint=N_("Empty: all")),
            Field(name="areas", label=N_("Areas"), suggest="areas", hint=N_("Empty: the whole city")),
        ),
    )
    fields = (
        Field(
            name="id",
            label=N_("Identifier"),
            required=True,
            fixed=True,
            hint=N_("The agency's name in people's roles."),
        ),
        *label_fields("title", N_("Name, in German"), N_("Name, in English")),
        _rows,
    )

    def cells(self, thing: Any, seen: Seen) -> dict[str, Cell]:
        types, areas = seen.titles(IncidentType), seen.titles(planning.Area)
        units = sum(u.agency == thing.id and not u.retired for u in seen.every(Unit).values())
        whole, everything = seen.say(N_("whole city")), seen.say(N_("everything"))

        def one(r: Responsibility) -> str:
            what = ", ".join(types.get(t, t) for t in r.types) or everything
            where = ", ".join(areas.get(a, a) for a in r.areas) or ("GeoJSON" if r.area else whole)
            return f"{what} · {where}"

        return {
            "title": Cell(text=thing.title[seen.language], sub=thing.id),
            "responsible": Cell(tags=tuple(one(r) for r in thing.responsible), text="" if thing.responsible else "–"),
            "units": Cell(text=str(units), sort=units),
        }

    def typed(self, thing: Any) -> Typed:
        responsible = [{"types": r.types, "areas": r.areas} for r in thing.responsible]
        return {"id": thing.id} | put_label("title", thing.title) | put_rows("responsible", responsible or [])

    def suggestions(self, seen: Seen) -> dict[str, list[str]]:
        return {"types": sorted(seen.every(IncidentType)), "areas": sorted(seen.every(planning.Area))}

    def read(self, typed: Typed, seen: Seen, before: Any) -> tuple[Any, Wrong]:
        form = Reading(typed)
        drawn = {i: r.area for i, r in enumerate(before.responsible)} if before else {}
        made = Agency(
            id=self._name(form, before),
            title=form.label("title"),
            responsible=tuple(
                Responsibility(
                    types=self._some(form, n, row, "types", seen.every(IncidentType)),
                    areas=self._some(form, n, row, "areas", seen.every(planning.Area)),
                    area=drawn.get(n),
                )
                for n, row in enumerate(rows(typed, self._rows))
            ),
            version=before.version if before else 1,
        )
        return (None if form.wrong else made), form.wrong

    @staticmethod
    def _name(form: Reading, before: Any) -> str:
        """As people's roles name it; one that is there already may be otherwise."""
        found = form.id()
        if before is None and found and not _ROLE_NAME.match(found):
            form.complain("id", N_("Small letters, digits, - and _ only: it is the agency's name in people's roles."))
        return found

    @staticmethod
    def _some(form: Reading, number: int, row: dict[str, str], name: str, known: dict[str, Any]) -> tuple[str, ...]:
        found = tags(row.get(name, ""))
        if any(f not in known for f in found):
            form.complain(f"responsible.{number}.{name}", N_("Please choose one of those that there are."))
        return tuple(f for f in found if f in known)


class Areas(Register):
    key, kind, icon, group = "areas", planning.Area, "map", 2
    title, one = N_("Areas"), N_("New area")
    lead = N_("Response areas and districts, drawn once; plans and agencies name them.")
    nothing = N_("Draw the first area, or take over the districts of the map.")
    maps = "border"
    columns = (
        Column(key="title", label=N_("Area")),
        Column(key="size", label=N_("Size"), number=True),
        Column(key="used", label=N_("Used by")),
    )
    fields = (
        Field(name="id", label=N_("Identifier"), required=True, fixed=True),
        Field(name="title", label=N_("Name"), required=True),
        Field(name="geometry", label=N_("Border"), kind="border", wide=True),
    )

    def cells(self, thing: Any, seen: Seen) -> dict[str, Cell]:
        size = _square_km(thing.geometry)
        used = [p.title[seen.language] for p in seen.every(planning.AlarmPlan).values() if thing.id in p.areas]
        used += [
            a.title[seen.language]
            for a in seen.every(Agency).values()
            if any(thing.id in r.areas for r in a.responsible)
        ]
        return {
            "title": Cell(text=thing.title, sub=thing.id),
            "size": Cell(text=f"{size:.1f} km²", sort=size),
            "used": Cell(tags=tuple(used[:6]), text=f"+{len(used) - 6}" if len(used) > 6 else "" if used else "–"),
        }

    def typed(self, thing: Any) -> Typed:
        return {"id": thing.id, "title": thing.title, "geometry": json.dumps(thing.geometry, separators=(",", ":"))}

    def read(self, typed: Typed, seen: Seen, before: Any) -> tuple[Any, Wrong]:
        form = Reading(typed)
        geometry = None
        try:
            geometry = check(json.loads(typed.get("geometry", "") or "null"))
        except (ValueError, RhineError):
            form.complain("geometry", N_("Please draw the border: at least three corners, closed."))
        made = planning.Area(
            id=form.id(), title=form.needed("title"), geometry=geometry, version=before.version if before else 1
        )
        return (None if form.wrong else made), form.wrong


def _square_km(geometry: Any) -> float:
    """About; by the area on a sphere at this latitude."""
    import shapely

    if geometry is None:
        return 0.0
    shape = shapely.geometry.shape(geometry)
    import math

    return float(shape.area) * 111.195**2 * math.cos(math.radians(shape.centroid.y))


class Barriers(Register):
    key, kind, icon, group = "barriers", Barrier, "waves", 2
    title, one = N_("Rivers and bridges"), N_("New barrier")
    lead = N_(
        "What cannot be driven through, and where it is crossed. A shut crossing counts at once, also on the streets."
    )
    nothing = N_("Draw the river as a line and name its bridges: no estimate across it is honest without them.")
    columns = (
        Column(key="name", label=N_("Name")),
        Column(key="open", label=N_("Open crossings"), number=True),
        Column(key="shut", label=N_("Shut")),
    )
    _rows = Field(
        name="crossings",
        label=N_("Crossings"),
        kind="rows",
        wide=True,
        columns=(
            Field(name="name", label=N_("Name")),
            Field(name="lon", label=N_("Longitude"), kind="number", width="small"),
            Field(name="lat", label=N_("Latitude"), kind="number", width="small"),
            Field(name="open", label=N_("Open"), kind="yes", width="narrow"),
        ),
    )
    fields = (
        Field(name="id", label=N_("Identifier"), required=True, fixed=True),
        Field(name="name", label=N_("Name"), required=True),
        _rows,
        Field(
            name="line",
            label=N_("Line"),
            kind="long",
            wide=True,
            hint=N_("Longitude and latitude of each bend, one place a line: 6.7190 51.4523"),
        ),
    )

    def cells(self, thing: Any, seen: Seen) -> dict[str, Cell]:
        shut = [c.name for c in thing.crossings if not c.is_open]
        there = len(thing.crossings) - len(shut)
        return {
            "name": Cell(text=thing.name, sub=thing.id),
            "open": Cell(text=str(there), sort=there),
            "shut": Cell(tags=tuple(shut), text="" if shut else "–", state=2 if shut else 0),
        }

    def typed(self, thing: Any) -> Typed:
        crossings = [
            {"name": c.name, "lon": c.position[0], "lat": c.position[1], "open": c.is_open} for c in thing.crossings
        ]
        line = "\n".join(f"{text_of(lon)} {text_of(lat)}" for lon, lat in thing.line)
        return {"id": thing.id, "name": thing.name, "line": line} | put_rows("crossings", crossings)

    def read(self, typed: Typed, seen: Seen, before: Any) -> tuple[Any, Wrong]:
        form = Reading(typed)
        line = []
        for text in filter(None, (part.strip() for part in typed.get("line", "").replace("|", "\n").splitlines())):
            try:
                lon, lat = (float(n) for n in text.replace(",", " ").split())
                if not (-180 <= lon <= 180 and -90 <= lat <= 90):
                    raise ValueError(text)
                line.append((lon, lat))
            except ValueError:
                form.complain("line", N_("Write longitude and latitude, one place a line."))
        if len(line) < 2:
            form.complain("line", N_("A line has two places or more."))
        made = Barrier(
            id=form.id(),
            name=form.needed("name"),
            line=tuple(line),
            crossings=tuple(self._crossing(form, n, row) for n, row in enumerate(rows(typed, self._rows))),
            version=before.version if before else 1,
        )
        return (None if form.wrong else made), form.wrong

    @staticmethod
    def _crossing(form: Reading, number: int, row: dict[str, str]) -> Crossing:
        inner = Reading(row)
        place = (inner.number("lon", low=-180, high=180), inner.number("lat", low=-90, high=90))
        made = Crossing(inner.needed("name"), place, inner.yes("open"))
        for name, text in inner.wrong.items():
            form.complain(f"crossings.{number}.{name}", text)
        return made


class Zones(Register):
    key, kind, icon, group = "zones", Zone, "target", 2
    title, one = N_("Zones of cover"), N_("New zone")
    lead = N_("Parts of the city that must not be left bare: by their middle, and how often they call.")
    nothing = N_("Take over the districts of the map, then weigh them by their calls.")
    maps = "point"
    columns = (
        Column(key="name", label=N_("Zone")),
        Column(key="weight", label=N_("Calls a day"), number=True),
        Column(key="position", label=N_("Middle")),
    )
    fields = (
        Field(name="id", label=N_("Identifier"), required=True, fixed=True),
        Field(name="name", label=N_("Name"), required=True),
        Field(name="weight", label=N_("Calls a day"), kind="number"),
        Field(name="position", label=N_("Middle"), kind="point", wide=True, required=True),
    )

    def cells(self, thing: Any, seen: Seen) -> dict[str, Cell]:
        return {
            "name": Cell(text=thing.name, sub=thing.id),
            "weight": Cell(text=text_of(thing.weight), sort=thing.weight),
            "position": Cell(text=f"{thing.position[1]:.4f} {thing.position[0]:.4f}"),
        }

    def typed(self, thing: Any) -> Typed:
        plain = {"id": thing.id, "name": thing.name, "weight": text_of(thing.weight)}
        return plain | put_point("position", thing.position)

    def empty(self, seen: Seen) -> Typed:
        return {"weight": "1"}

    def read(self, typed: Typed, seen: Seen, before: Any) -> tuple[Any, Wrong]:
        form = Reading(typed)
        place = form.point("position", required=True)
        made = Zone(
            id=form.id(),
            name=form.needed("name"),
            position=place or (0.0, 0.0),
            weight=form.number("weight", low=0, high=10_000, default=1),
            version=before.version if before else 1,
        )
        return (None if form.wrong else made), form.wrong


class Closures(Register):
    key, kind, icon, group = "closures", planning.Closure, "construction", 2
    title, one = N_("Closed streets"), N_("New closure")
    lead = N_("Streets that cannot be driven now. The best units are worked out without them from the same moment.")
    nothing = N_("Nothing is closed.")
    maps = "point"
    columns = (
        Column(key="title", label=N_("Closure")),
        Column(key="radius", label=N_("Radius"), number=True),
        Column(key="until", label=N_("Until")),
        Column(key="position", label=N_("Place")),
    )
    fields = (
        Field(name="id", label=N_("Identifier"), required=True, fixed=True),
        Field(name="title", label=N_("What is closed"), required=True),
        Field(name="radius_m", label=N_("Radius"), kind="number", unit="m"),
        Field(name="since", label=N_("From"), hint=N_("As 2026-11-22T18:00:00Z. Empty: from now on.")),
        Field(name="until", label=N_("Until"), hint=N_("Empty: until somebody opens it.")),
        Field(name="position", label=N_("Place"), kind="point", wide=True, required=True),
    )

    def cells(self, thing: Any, seen: Seen) -> dict[str, Cell]:
        until = iso(thing.until_us) if thing.until_us is not None else ""
        return {
            "title": Cell(text=thing.title, sub=thing.id),
            "radius": Cell(text=f"{thing.radius_m:g} m", sort=thing.radius_m),
            "until": Cell(text=until or seen.say(N_("until somebody opens it"))),
            "position": Cell(text=f"{thing.position[1]:.4f} {thing.position[0]:.4f}"),
        }

    def typed(self, thing: Any) -> Typed:
        until = iso(thing.until_us) if thing.until_us is not None else ""
        since = iso(thing.since_us) if thing.since_us else ""
        plain = {
            "id": thing.id,
            "title": thing.title,
            "radius_m": text_of(thing.radius_m),
            "since": since,
            "until": until,
        }
        return plain | put_point("position", thing.position)

    def empty(self, seen: Seen) -> Typed:
        return {"radius_m": "60"}

    def read(self, typed: Typed, seen: Seen, before: Any) -> tuple[Any, Wrong]:
        form = Reading(typed)
        place = form.point("position", required=True)
        made = planning.Closure(
            id=form.id(),
            title=form.needed("title"),
            position=place or (0.0, 0.0),
            radius_m=form.number("radius_m", low=5, high=20_000, default=60),
            since_us=_moment(form, "since") or 0,
            until_us=_moment(form, "until"),
            version=before.version if before else 1,
        )
        if made.until_us is not None and made.until_us <= made.since_us:
            form.complain("until", N_("It ends after it begins."))
        return (None if form.wrong else made), form.wrong


def _moment(form: Reading, name: str) -> int | None:
    text = form.text(name)
    if not text:
        return None
    try:
        return parse_us(text)
    except (ValueError, RhineError):
        form.complain(name, N_("Please give a moment such as 2026-11-22T18:00:00Z."))
        return None
