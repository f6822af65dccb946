"""Steps of an incident's life as people take them, merging and lying under another one, and changing what it is.

Whoever changes it names the version that they saw. Where somebody else was faster, both values stand beside each other,
and nothing is written until a person has chosen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from litestar import Response
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.errors import BadRequestData, Conflict, Refused
from rhinecloud.operations import SEVERITIES, URGENCIES, Incident, IncidentType, Part, collaboration
from rhinecloud.web.incident_tabs import Head, Heads, Opened, address
from rhinecloud.web.incident_words import STEP_ICONS, STEPS
from rhinecloud.web.incident_words import URGENCIES as URGENCY_WORDS
from rhinecloud.web.language import N_, words
from rhinecloud.web.refusals import told
from rhinecloud.web.rendering import Pages
from rhinecloud.web.room_parts import several
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.sentence import SEVERITY
from rhinecloud.web.visits import AnyRequest, Frame, Visits

from .forms import Form

FORWARD: Final = ("triage", "assign", "depart", "arrive", "contain", "resolve", "close", "review")
"""Steps that take no reason, in their order."""
FIELDS: Final[tuple[str, ...]] = (
    "type",
    "title",
    "text",
    "severity",
    "urgency",
    "address",
    "location",
    "entities",
    "agencies",
)


class StepChoice(msgspec.Struct, kw_only=True):
    """A step that may be taken from here."""

    name: str
    label: str
    icon: str
    main: bool  # what usually comes next
    reason: bool
    other: bool
    grave: bool


def step_choices(opened: Opened) -> list[StepChoice]:
    """Steps from where the incident is, the usual one in front."""
    say = words(opened.visit.language)
    found = [
        StepChoice(
            name=step.name,
            label=say(STEPS[step.name]),
            icon=STEP_ICONS[step.name],
            main=False,
            reason=step.reason,
            other=step.other,
            grave=step.name in ("cancel", "withdraw"),
        )
        for step in collaboration.RoomDesk(opened.desk.seat).possible(opened.incident.id)
    ]
    found.sort(key=lambda s: FORWARD.index(s.name) if s.name in FORWARD else 99)
    if found and found[0].name in FORWARD:
        found[0].main = True
    return found


class Clash(msgspec.Struct, kw_only=True):
    """A field that two people changed."""

    field: str
    label: str
    mine: str
    theirs: str
    who: str


class EditPage(msgspec.Struct, kw_only=True):
    frame: Frame
    head: Head
    typed: dict[str, str]
    was: dict[str, str]
    version: int
    types: dict[str, str]
    severities: dict[str, str]
    urgencies: dict[str, str]
    agencies: list[tuple[str, str, bool]]  # (id, title, takes part)
    clashes: list[Clash]
    wrong: dict[str, str]


LABELS: Final = {
    "type": N_("Kind"),
    "title": N_("Title"),
    "text": N_("What happened"),
    "severity": N_("Severity"),
    "urgency": N_("Urgency"),
    "address": N_("Address"),
    "location": N_("Coordinates"),
    "entities": N_("Affected things"),
    "agencies": N_("Who takes part"),
}


class IncidentSteps:
    """The handlers.

    Args:
        room: makes the page of the room, with what was wrong and what was typed.
    """

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits, room: Callable[..., Awaitable[Any]]) -> None:
        self._rooms, self._pages, self._visits, self._room = rooms, pages, visits, room
        self._heads = Heads(rooms, visits)

    async def step(self, request: AnyRequest, incident_id: FromPath[str], data: Form) -> Response[Any]:
        """One step of its life."""
        name, reason = data.get("step", ""), data.get("reason", "")[:2000]

        def act(opened: Opened) -> Incident:
            other = opened.desk.incident(data["other"].strip()).id if data.get("other", "").strip() else ""
            moved: Incident = opened.desk.move(opened.incident.id, name, _version(data), reason=reason, other=other)
            return moved

        return await self._act(request, incident_id, data, act, "moved")

    async def merge(self, request: AnyRequest, incident_id: FromPath[str], data: Form) -> Response[Any]:
        """It becomes part of another one, which goes on."""

        def act(opened: Opened) -> Incident:
            into = opened.desk.incident(data.get("other", "").strip())
            merged: Incident = opened.desk.merge(
                opened.incident.id, into.id, _version(data), reason=data.get("reason", "")[:2000]
            )
            return merged

        return await self._act(request, incident_id, data, act, "merged")

    async def split(self, request: AnyRequest, incident_id: FromPath[str], data: Form) -> Response[Any]:
        """It becomes several, one a line; units go with the first."""
        titles = [line.strip() for line in data.get("parts", "").splitlines() if line.strip()][:20]

        def act(opened: Opened) -> Incident:
            parts = [Part(title=title) for title in titles]
            made: list[Incident] = opened.desk.split(
                opened.incident.id, parts, _version(data), reason=data.get("reason", "")[:2000]
            )
            return made[0]

        return await self._act(request, incident_id, data, act, "split")

    async def parent(self, request: AnyRequest, incident_id: FromPath[str], data: Form) -> Response[Any]:
        """It lies under a major incident, or no longer."""

        def act(opened: Opened) -> Incident:
            other = data.get("other", "").strip()
            parent = opened.desk.incident(other).id if other else ""
            changed: Incident = opened.desk.set_parent(opened.incident.id, parent, _version(data))
            return changed

        return await self._act(request, incident_id, data, act, "parent")

    async def edit(self, request: AnyRequest, incident_id: FromPath[str]) -> Response[Any]:
        """The form with what it is."""
        opened = await self._heads.open(request, incident_id, action="incidents.manage")
        values = shown(opened.incident)
        return await self._edit_page(opened, values, values, opened.incident.version)

    async def save(self, request: AnyRequest, incident_id: FromPath[str], data: Form) -> Response[Any]:
        """Keeps what was changed of it, unless somebody else changed the same."""
        opened = await self._heads.open(request, incident_id, action="incidents.manage")
        agencies = await asyncio.to_thread(self._heads.agencies, opened.visit)
        typed = {f: _lines(data.get(f, "").strip()) for f in FIELDS} | {
            "agencies": ",".join(a for a in several(data, "agency.") if a in agencies)
        }
        was = {f: _lines(data.get(f"was.{f}", "")) for f in FIELDS}
        for field in FIELDS:
            if data.get(f"take.{field}") == "theirs":
                typed[field] = was[field]
        mine = {f for f in FIELDS if typed[f] != was[f]}
        if not mine:
            return Redirect(address(opened.incident.id), status_code=303)
        try:
            fields = changed_fields(opened.incident, typed, mine)
            version, done = _version(data), "changed"
            if version != opened.incident.version:
                now = shown(opened.incident)
                clashes = [f for f in FIELDS if f in mine and now[f] != was[f] and now[f] != typed[f]]
                if clashes:
                    return await self._clash(opened, typed, was, clashes)
                version, done = opened.incident.version, "both"
            await asyncio.to_thread(lambda: opened.desk.change(opened.incident.id, version, **fields))
        except Conflict:  # changed between reading and writing: seen in the next round
            opened = await self._heads.open(request, incident_id, action="incidents.manage")
            now = shown(opened.incident)
            clashes = [f for f in FIELDS if f in mine and now[f] != was[f] and now[f] != typed[f]]
            return await self._clash(opened, typed, was, clashes)
        except Refused as refusal:
            wrong = {"form": told(refusal.detail, opened.visit.language)}
            return await self._edit_page(opened, typed, was, _version(data), wrong=wrong, status=refusal.status)
        return Redirect(address(opened.incident.id) + f"?done={done}", status_code=303)

    async def _act(
        self,
        request: AnyRequest,
        incident_id: str,
        data: dict[str, str],
        act: Callable[[Opened], Incident],
        done: str,
    ) -> Response[Any]:
        opened = await self._heads.open(request, incident_id, action="incidents.manage")
        try:
            reached = await asyncio.to_thread(act, opened)
        except Refused as refusal:
            opened = await self._heads.open(request, incident_id)
            wrong = {"step": told(refusal.detail, opened.visit.language)}
            page = await self._room(opened, wrong=wrong, typed=dict(data))
            return self._pages.render("pages/incident.html", page, status=refusal.status)
        return Redirect(address(reached.id) + f"?done={done}", status_code=303)

    async def _clash(
        self, opened: Opened, typed: dict[str, str], was: dict[str, str], fields: list[str]
    ) -> Response[Any]:
        """Both values of what two people changed. The version is the new one: the choice is of what is there."""
        now, say = shown(opened.incident), words(opened.visit.language)
        who = await asyncio.to_thread(collaboration.RoomDesk(opened.desk.seat).changers, opened.incident.id)
        clashes = [
            Clash(field=f, label=say(LABELS[f]), mine=typed[f], theirs=now[f], who=who.get(_column(f), ""))
            for f in fields
        ]
        # What only they changed is theirs in the form, too.
        merged = {f: typed[f] if typed[f] != was[f] else now[f] for f in FIELDS}
        return await self._edit_page(opened, merged, now, opened.incident.version, clashes=clashes, status=409)

    async def _edit_page(
        self,
        opened: Opened,
        typed: dict[str, str],
        was: dict[str, str],
        version: int,
        *,
        clashes: list[Clash] | None = None,
        wrong: dict[str, str] | None = None,
        status: int = 200,
    ) -> Response[Any]:
        language, say = opened.visit.language, words(opened.visit.language)
        titles = await asyncio.to_thread(self._heads.agencies, opened.visit)
        kinds = await asyncio.to_thread(opened.desk.things, IncidentType)
        chosen = set(typed["agencies"].split(","))
        page = EditPage(
            frame=self._heads.frame(opened),
            head=await self._heads.head(opened),
            typed=typed,
            was=was,
            version=version,
            types={k.id: k.title[language] for k in sorted(kinds.values(), key=lambda k: k.title[language])},
            severities={s: say(SEVERITY[s]) for s in reversed(SEVERITIES)},
            urgencies={u: say(URGENCY_WORDS[u]) for u in reversed(URGENCIES)},
            agencies=[(i, t, i in chosen) for i, t in sorted(titles.items(), key=lambda x: x[1])],
            clashes=clashes or [],
            wrong=wrong or {},
        )
        return self._pages.render("pages/incident_edit.html", page, status=status)


def shown(incident: Incident) -> dict[str, str]:
    """The fields of an incident, as the form has them."""
    place = incident.place
    return {
        "type": incident.type,
        "title": incident.title,
        "text": incident.text,
        "severity": incident.severity,
        "urgency": incident.urgency,
        "address": place.address,
        "location": f"{place.location[1]:.6f}, {place.location[0]:.6f}" if place.location else "",
        "entities": "\n".join(incident.entities),
        "agencies": ",".join(sorted(incident.agencies)),
    }


def changed_fields(incident: Incident, typed: dict[str, str], mine: set[str]) -> dict[str, Any]:
    """What a form changes of an incident. Raises: BadRequestData: coordinates that are none."""
    fields: dict[str, Any] = {f: typed[f] for f in ("type", "title", "text", "severity", "urgency") if f in mine}
    if mine & {"address", "location"}:
        place = msgspec.structs.replace(incident.place, address=typed["address"][:300])
        if "location" in mine:
            place = msgspec.structs.replace(place, location=_position(typed["location"]))
        fields["place"] = place
    if "entities" in mine:
        fields["entities"] = tuple(dict.fromkeys(typed["entities"].split()))[:200]
    if "agencies" in mine:
        fields["agencies"] = tuple(a for a in typed["agencies"].split(",") if a)
    return fields


def _position(text: str) -> tuple[float, float] | None:
    """(lon, lat) of "51.45540, 6.72790", as maps write it."""
    if not text:
        return None
    try:
        lat, lon = (float(part) for part in text.replace(";", ",").split(","))
    except ValueError:
        raise BadRequestData("Write coordinates as 51.45540, 6.72790: latitude first") from None
    return lon, lat


def _lines(text: str) -> str:
    """Browsers send line ends of their own."""
    return text.replace("\r\n", "\n")


def _column(field: str) -> str:
    return "place" if field in ("address", "location") else field


def _version(data: dict[str, str]) -> int:
    text = data.get("version", "")
    if not text.isdecimal() or len(text) > 9:
        raise BadRequestData("This form has no version; load the page again")
    return int(text)
