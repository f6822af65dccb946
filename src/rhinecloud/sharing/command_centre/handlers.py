"""One function an operation of the table: takes what was asked apart, asks the desk, renders."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from rhinecloud.access import Principal
from rhinecloud.base.errors import BadRequestData, ResourceNotFound
from rhinecloud.operations import Asked as Wanted
from rhinecloud.operations import Incident, Pick, telling
from rhinecloud.sharing.exchange import Asked

from . import views

PAGE: Final = 50
MOST: Final = 200
MOST_NEWS: Final = 1000
LONGEST_WAIT_S: Final = 30.0
_encode = msgspec.json.Encoder().encode


Responsible = Callable[[str, str, "tuple[float, float] | None"], "tuple[str, ...]"]
"""(tenant, type of incident, (lon, lat)) → agencies that are to be asked about it."""


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, where, and what they may ask."""

    principal: Principal
    tenant: str
    desk: telling.SystemsDesk


class Handlers:
    """Reading ones take a visit and what was asked; acting ones the desk, its transaction and the body."""

    def __init__(self, root: str, next_news: Callable[[str], asyncio.Event], responsible: Responsible) -> None:
        self._root, self._next_news, self._responsible = root, next_news, responsible

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def list_incidents(self, visit: Visit, asked: Asked) -> bytes:
        query = asked.query
        limit = whole(query.get("limit", ""), PAGE, MOST)
        exercise = {"true": True, "false": False, "": None}.get(query.get("exercise", ""), ...)
        if exercise is ...:
            raise BadRequestData("exercise is true or false")
        wanted = Wanted(
            states=_listed(query.get("state", "")),
            types=_listed(query.get("type", "")),
            text=query.get("text", "")[:200],
            exercise=exercise,
            before=_place(query.get("before", "")),
            limit=limit + 1,
        )
        found = await asyncio.to_thread(visit.desk.incidents, wanted)
        shown = found[:limit]
        following = None
        if len(found) > limit:
            more = {**query, "before": f"{shown[-1].reported_us}.{shown[-1].id}"}
            following = f"{self._root}/incidents?{urlencode(more)}"
        return _encode(views.IncidentsView(incidents=tuple(map(views.incident, shown)), next=following))

    async def show_incident(self, visit: Visit, asked: Asked, incident: str) -> bytes:
        return _encode(views.incident(await asyncio.to_thread(visit.desk.incident, incident)))

    async def list_assignments(self, visit: Visit, asked: Asked, incident: str) -> bytes:
        return _encode([views.assignment(a) for a in await asyncio.to_thread(visit.desk.assignments, incident)])

    async def list_units(self, visit: Visit, asked: Asked) -> bytes:
        return _encode([views.unit(u) for u in await asyncio.to_thread(visit.desk.units)])

    async def show_unit(self, visit: Visit, asked: Asked, unit: str) -> bytes:
        found = await asyncio.to_thread(visit.desk.unit, unit)
        return _encode(views.unit(found, await asyncio.to_thread(visit.desk.open_assignment, unit)))

    async def list_news(self, visit: Visit, asked: Asked) -> bytes:
        query = asked.query
        after = whole(query.get("after", ""), 0, 2**53, least=0)
        limit = whole(query.get("limit", ""), MOST, MOST_NEWS)
        wait_s = _seconds(query.get("wait", ""))
        loop = asyncio.get_running_loop()
        until, last, missed = loop.time() + wait_s, after, False
        while True:
            coming = self._next_news(visit.tenant)
            found, last, gone = await asyncio.to_thread(visit.desk.news, last, limit)
            missed = missed or gone
            left_s = until - loop.time()
            if found or left_s <= 0:
                return _encode(views.NewsPage(news=tuple(map(views.news, found)), last=last, missed=missed))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(coming.wait(), left_s)

    # ── acting ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def report(self, desk: telling.SystemsDesk, work: Any, given: views.IncidentGiven) -> bytes:
        contact, place = given.contact, given.place.location
        asked = self._responsible(desk.seat.tenant, given.type, place.coordinates if place else None)
        given.agencies = tuple(dict.fromkeys((*given.agencies, *asked)))
        made, like = desk.report(
            work,
            views.report_of(given, desk.seat.by.who),
            telling.Contact(name=contact.name, phone=contact.phone, email=contact.email) if contact else None,
        )
        likes = [views.LikenessView(id=n.incident.id, number=n.incident.number, score=round(n.score, 3)) for n in like]
        return _encode(views.ReportedView(incident=views.incident(made), like=tuple(likes)))

    def change(self, desk: telling.SystemsDesk, work: Any, given: views.ChangeGiven, incident: str) -> bytes:
        fields = {
            name: value
            for name in given.__struct_fields__
            if name != "version" and (value := getattr(given, name)) is not msgspec.UNSET
        }
        if "place" in fields:
            fields["place"] = views.place_of(fields["place"])
        return _incident(desk.change(work, incident, given.version, fields))

    def step(self, desk: telling.SystemsDesk, work: Any, given: views.StepGiven, incident: str) -> bytes:
        made = desk.step(work, incident, given.step, given.version, reason=given.reason, other=given.other)
        return _incident(made)

    def assign(self, desk: telling.SystemsDesk, work: Any, given: views.AssignGiven, incident: str) -> bytes:
        if not 0 < len(given.units) <= MOST:
            raise BadRequestData(f"Name 1 to {MOST} units")
        picks = [Pick(unit, given.need, given.section) for unit in given.units]
        return _encode([views.assignment(a) for a in desk.assign(work, incident, picks, given.how, given.deviation)])

    def withdraw(self, desk: telling.SystemsDesk, work: Any, given: views.WithdrawGiven, assignment: str) -> bytes:
        return _encode(views.assignment(desk.withdraw(work, _number(assignment), given.reason)))

    def report_status(self, desk: telling.SystemsDesk, work: Any, given: views.StatusGiven, unit: str) -> bytes:
        return _encode(views.unit(desk.report_status(work, unit, given.status, at_us=views.when(given.at))))

    def mark_assignment(self, desk: telling.SystemsDesk, work: Any, given: views.MarkGiven, assignment: str) -> bytes:
        number = _number(assignment)
        return _encode(views.assignment(desk.mark_assignment(work, number, given.mark, views.when(given.at))))

    def answer(self, desk: telling.SystemsDesk, work: Any, given: views.AnswerGiven, assignment: str) -> bytes:
        return _encode(views.assignment(desk.answer(work, _number(assignment), given.accepts, given.reason)))

    def mark_delivery(self, desk: telling.SystemsDesk, work: Any, given: views.MarkGiven, delivery: str) -> bytes:
        at_us = views.when(given.at)
        return _encode(views.delivery(desk.mark(work, delivery, given.mark, at_us=at_us, reason=given.reason)))


def _incident(found: Incident) -> bytes:
    return _encode(views.incident(found))


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())[:50]


def whole(text: str, default: int, most: int, *, least: int = 1) -> int:
    """Raises: BadRequestData: it is no whole number within the bounds."""
    if not text:
        return default
    if not text.isascii() or not text.isdecimal() or len(text) > 16 or not least <= int(text) <= most:
        raise BadRequestData(f"{text[:20]!r} is no whole number from {least} to {most}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        found = float(text or 0)
    except ValueError:
        found = -1.0
    if not 0 <= found <= LONGEST_WAIT_S:
        raise BadRequestData(f"wait is 0 to {LONGEST_WAIT_S:g} seconds, not {text[:20]!r}")
    return found


def _place(text: str) -> tuple[int, str] | None:
    """Where a page ended."""
    if not text:
        return None
    at, _, incident = text.partition(".")
    if not at.isascii() or not at.isdecimal() or len(at) > 18 or not incident:
        raise BadRequestData("before is what the page before gave in its next")
    return int(at), incident


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 15:
        raise ResourceNotFound(f"Assignment {text[:40]} does not exist")
    return int(text)
