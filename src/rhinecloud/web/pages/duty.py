"""*Duty*: who is there now and how they are reached, the week's roster with its gaps, and changing it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.clock import DAY, SECOND
from rhinecloud.base.errors import RhineError
from rhinecloud.operations import Agency, planning
from rhinecloud.web.language import N_, words
from rhinecloud.web.planning_words import told
from rhinecloud.web.registers.duty import KINDS
from rhinecloud.web.registers.fields import Reading, clock
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .forms import Form
from .registers import ROOT, Registers, Tab, tabs

PATH: Final = f"{ROOT}/duty"
DAYS: Final = 7
DONE: Final = {
    "saved": N_("Saved."),
    "removed": N_("Taken out of the roster."),
    "copied": N_("The week is copied to the next one; what was there already stays."),
}


class Entry(msgspec.Struct, kw_only=True):
    """Somebody on a post, or a gap."""

    id: int  # 0: a gap
    name: str
    span: str  # "07:00–19:00"
    now: bool
    gap: bool
    mine: bool


class DayCell(msgspec.Struct, kw_only=True):
    date: str
    today: bool
    entries: list[Entry]


class PostRow(msgspec.Struct, kw_only=True):
    id: str
    title: str
    agency: str
    kind: str
    days: list[DayCell]


class OnDuty(msgspec.Struct, kw_only=True):
    title: str
    agency: str
    name: str
    reach: list[tuple[str, str]]  # (address for a link, text)
    until_us: int
    calls: int


class RosterPage(msgspec.Struct, kw_only=True):
    frame: Frame
    tabs: list[Tab]
    days: list[tuple[str, bool]]  # (as people read it, today)
    rows: list[PostRow]
    now: list[OnDuty]
    empty: list[str]  # posts that are not manned now
    before: str
    after: str
    week: str
    this_week: bool
    may_manage: bool
    said: str


class DutyForm(msgspec.Struct, kw_only=True):
    frame: Frame
    tabs: list[Tab]
    id: int
    version: int
    typed: dict[str, str]
    wrong: dict[str, str]
    posts: dict[str, str]
    people: dict[str, str]
    changes: dict[str, str]  # post → its handover times
    may_manage: bool


class DutyScreens:
    """The handlers of the roster."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits
        self._registers = Registers(rooms, pages, visits)
        self._zone = ZoneInfo(rooms.settings.timezone)

    async def roster(self, request: AnyRequest) -> Response[Any]:
        """A week, `?week=2026-11-16`; now on top."""
        visit = await self._registers.visit(request)
        monday = self._monday(request.query_params.get("week", ""))
        done = DONE.get(request.query_params.get("done", ""), "")
        page = await asyncio.to_thread(self._roster, visit, monday, words(visit.language)(done))
        return self._pages.render("pages/duty.html", page)

    async def new(self, request: AnyRequest) -> Response[Any]:
        """A new entry; `?post=` and `?day=` fill in what is known."""
        visit = await self._registers.visit(request, "operations.manage")
        day = request.query_params.get("day", "") or self._today().isoformat()
        typed = {"post": request.query_params.get("post", "")[:64], "start_day": day, "end_day": day}
        page = await asyncio.to_thread(self._form, visit, 0, 0, typed, {})
        times = [t for t in page.changes.get(typed["post"] or next(iter(page.posts), ""), "").split(", ") if t]
        typed |= {"start": times[0] if times else "07:00", "end": times[1] if len(times) > 1 else "19:00"}
        return self._pages.render("pages/duty_form.html", page)

    async def one(self, request: AnyRequest, duty_id: FromPath[int]) -> Response[Any]:
        """One entry."""
        visit = await self._registers.visit(request)

        def show() -> DutyForm:
            found = self._desk(visit).get(duty_id)
            return self._form(visit, found.id, found.version, self._typed(found), {})

        return self._pages.render("pages/duty_form.html", await asyncio.to_thread(show))

    async def save(self, request: AnyRequest, data: Form) -> Response[Any]:
        """Keeps it; a form that is wrong comes back as it was typed."""
        visit = await self._registers.visit(request, "operations.manage")

        def keep() -> tuple[planning.Duty | None, dict[str, str]]:
            made, wrong = self._read(visit, data)
            return (None, wrong) if made is None else (self._desk(visit).save(made), {})

        number, version = _whole(data.get("duty", "")), _whole(data.get("version", ""))
        try:
            saved, wrong = await asyncio.to_thread(keep)
        except RhineError as error:
            page = await asyncio.to_thread(self._form, visit, number, version, dict(data), {"": error.detail})
            return self._pages.render("pages/duty_form.html", page, status=error.status)
        if saved is None:
            page = await asyncio.to_thread(self._form, visit, number, version, dict(data), wrong)
            return self._pages.render("pages/duty_form.html", page, status=400)
        await self._registers.record(visit, "duty.save", str(saved.id), post=saved.post, version=saved.version)
        return Redirect(f"{PATH}?week={self._day(saved.start_us).isoformat()}&done=saved", status_code=303)

    async def remove(self, request: AnyRequest, duty_id: FromPath[int], data: Form) -> Response[Any]:
        """Takes an entry out of the roster."""
        visit = await self._registers.visit(request, "operations.manage")

        def take_out() -> planning.Duty:
            desk = self._desk(visit)
            found = desk.get(duty_id)
            desk.remove(duty_id, _whole(data.get("version", "")))
            return found

        found = await asyncio.to_thread(take_out)
        await self._registers.record(visit, "duty.remove", str(duty_id), post=found.post)
        return Redirect(f"{PATH}?week={self._day(found.start_us).isoformat()}&done=removed", status_code=303)

    async def copy(self, request: AnyRequest, data: Form) -> Response[Any]:
        """A week's entries to the next week, where the same person is not on the post then already."""
        visit = await self._registers.visit(request, "operations.manage")
        monday = self._monday(data.get("week", ""))
        start, middle = self._us(monday), self._us(monday + timedelta(days=DAYS))
        end = self._us(monday + timedelta(days=2 * DAYS))

        def copy() -> list[planning.Duty]:
            desk = self._desk(visit)
            there = {(d.post, d.name, d.start_us) for d in desk.between(middle, end)}
            moved = [self._next_week(d) for d in desk.between(start, middle) if d.start_us >= start]
            return desk.save_all([d for d in moved if (d.post, d.name, d.start_us) not in there])

        made = await asyncio.to_thread(copy)
        await self._registers.record(visit, "duty.copy", monday.isoformat(), count=len(made))
        return Redirect(f"{PATH}?week={(monday + timedelta(days=DAYS)).isoformat()}&done=copied", status_code=303)

    # ── parts ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _desk(self, visit: Visit) -> planning.DutyDesk:
        return planning.DutyDesk(self._rooms.operations.seat(visit.tenant, visit.principal))

    def _roster(self, visit: Visit, monday: date, said: str) -> RosterPage:
        desk, say, now = self._desk(visit), words(visit.language), self._rooms.clock()
        posts = desk.posts()
        days = [monday + timedelta(days=n) for n in range(DAYS)]
        start, end = self._us(monday), self._us(monday + timedelta(days=DAYS))
        entries, there = desk.between(start, end), desk.now(now)
        gaps = list(desk.gaps(max(start, now), end)) if end > now else []
        agencies = self._registers.seen(visit).titles(Agency)
        titles = {p.id: p.title[visit.language] for p in posts}
        order = {p.id: p.calls for p in posts}
        return RosterPage(
            frame=self._visits.frame(visit, "planning", N_("Duty")),
            tabs=tabs("duty", say),
            days=[(self._said(d, visit.language), d == self._today()) for d in days],
            rows=[
                PostRow(
                    id=p.id,
                    title=titles[p.id],
                    agency=agencies.get(p.agency, p.agency),
                    kind=say(KINDS[p.kind]),
                    days=[self._cell(p, d, entries, gaps, visit, now) for d in days],
                )
                for p in posts
            ],
            now=[
                OnDuty(
                    title=titles.get(d.post, d.post),
                    agency=agencies.get(d.agency, d.agency),
                    name=d.name,
                    reach=[_link(r) for r in d.reach],
                    until_us=d.end_us,
                    calls=order.get(d.post, 0),
                )
                for d in sorted(there, key=lambda d: (order.get(d.post) or 99, d.post))
            ],
            empty=[titles[p.id] for p in posts if p.needed and all(d.post != p.id for d in there)],
            before=(monday - timedelta(days=DAYS)).isoformat(),
            after=(monday + timedelta(days=DAYS)).isoformat(),
            week=monday.isoformat(),
            this_week=monday <= self._today() < monday + timedelta(days=DAYS),
            may_manage=self._visits.may(visit, "operations.manage"),
            said=said,
        )

    def _cell(
        self,
        post: planning.Post,
        day: date,
        entries: Sequence[planning.Duty],
        gaps: Sequence[planning.Gap],
        visit: Visit,
        now: int,
    ) -> DayCell:
        """What begins on a day; what goes on from the day before stands there, marked with its end."""
        start, end = self._us(day), self._us(day + timedelta(days=1))
        found = [
            Entry(
                id=d.id,
                name=d.name,
                span=self._span(d.start_us, d.end_us, day),
                now=d.start_us <= now < d.end_us,
                gap=False,
                mine=d.person == visit.principal.source,
            )
            for d in entries
            if d.post == post.id and d.start_us < end and d.end_us > start
        ]
        found += [
            Entry(
                id=0,
                name=words(visit.language)(N_("nobody")),
                span=self._span(max(g.start_us, start), min(g.end_us, end), day),
                now=False,
                gap=True,
                mine=False,
            )
            for g in gaps
            if g.post == post.id and g.start_us < end and g.end_us > start
        ]
        return DayCell(date=day.isoformat(), today=day == self._today(), entries=found)

    def _form(self, visit: Visit, duty_id: int, version: int, typed: dict[str, str], wrong: dict[str, str]) -> DutyForm:
        desk, say = self._desk(visit), words(visit.language)
        posts = desk.posts()
        mine = desk.seat.agencies("operations.manage")
        people = self._rooms.access.people.list()
        return DutyForm(
            frame=self._visits.frame(visit, "planning", N_("Duty")),
            tabs=tabs("duty", say),
            id=duty_id,
            version=version,
            typed=typed,
            wrong={k: told(v, visit.language) for k, v in wrong.items()},
            posts={p.id: p.title[visit.language] for p in posts if mine is None or p.agency in mine or duty_id},
            people={
                "": say(N_("no account")),
                **{f"person:{p.id}": p.title or p.name for p in people if self._here(p, visit)},
            },
            changes={p.id: ", ".join(clock(c) for c in p.changes) for p in posts},
            may_manage=self._visits.may(visit, "operations.manage"),
        )

    @staticmethod
    def _here(person: Any, visit: Visit) -> bool:
        return person.disabled_us is None and any(g.tenant in ("", visit.tenant) for g in person.grants)

    def _read(self, visit: Visit, data: dict[str, str]) -> tuple[planning.Duty | None, dict[str, str]]:
        form, desk = Reading(data), self._desk(visit)
        post = form.one_of("post", [p.id for p in desk.posts()])
        start, end = self._moment(form, "start"), self._moment(form, "end")
        if not form.wrong and end <= start:
            form.complain("end", N_("It ends after it begins."))
        name = form.text("name", most=100)
        person = form.text("person", most=100)
        if not name and person:
            known = {f"person:{p.id}": p.title or p.name for p in self._rooms.access.people.list()}
            name = known.get(person, "")
        if not name:
            form.complain("name", N_("Please fill this in."))
        number = _whole(data.get("duty", ""))
        made = planning.Duty(
            id=number,
            post=post,
            agency="",
            name=name,
            start_us=start,
            end_us=end,
            person=person,
            reach=tuple(line.strip()[:120] for line in data.get("reach", "").splitlines() if line.strip())[:10],
            note=form.text("note", most=500),
            version=_whole(data.get("version", "")) or 1,
        )
        return (None if form.wrong else made), form.wrong

    def _typed(self, duty: planning.Duty) -> dict[str, str]:
        start, end = self._local(duty.start_us), self._local(duty.end_us)
        return {
            "post": duty.post,
            "name": duty.name,
            "person": duty.person,
            "reach": "\n".join(duty.reach),
            "note": duty.note,
            "start_day": start.date().isoformat(),
            "start": f"{start:%H:%M}",
            "end_day": end.date().isoformat(),
            "end": f"{end:%H:%M}",
        }

    def _moment(self, form: Reading, name: str) -> int:
        minute = form.minute(name)
        if not form.text(name):
            form.complain(name, N_("Please give a time such as 07:30."))
        try:
            day = date.fromisoformat(form.text(f"{name}_day"))
        except ValueError:
            form.complain(f"{name}_day", N_("Please give a day such as 2026-11-22."))
            return 0
        local = datetime.combine(day, time(minute // 60, minute % 60), tzinfo=self._zone)
        return round(local.timestamp()) * SECOND

    def _next_week(self, duty: planning.Duty) -> planning.Duty:
        """A week later by the clock on the wall, also where the clocks change between."""

        def later(us: int) -> int:
            local = self._local(us).replace(tzinfo=None) + timedelta(days=DAYS)
            return round(local.replace(tzinfo=self._zone).timestamp()) * SECOND

        return msgspec.structs.replace(
            duty, id=0, version=1, start_us=later(duty.start_us), end_us=later(duty.end_us), note=""
        )

    def _monday(self, text: str) -> date:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = self._today()
        day = min(max(day, date(2000, 1, 8)), date(2200, 1, 1))
        return day - timedelta(days=day.weekday())

    def _us(self, day: date) -> int:
        return round(datetime.combine(day, time(), tzinfo=self._zone).timestamp()) * SECOND

    def _local(self, us: int) -> datetime:
        return datetime.fromtimestamp(us / SECOND, UTC).astimezone(self._zone)

    def _day(self, us: int) -> date:
        return self._local(us).date()

    def _today(self) -> date:
        return self._day(self._rooms.clock())

    def _span(self, start_us: int, end_us: int, day: date) -> str:
        start, end = self._local(start_us), self._local(end_us)
        begins = f"{start:%H:%M}" if start.date() >= day else "…"
        midnight = end.time() == time() and end_us - start_us <= DAY
        ends = "24:00" if midnight and end.date() == day + timedelta(days=1) else f"{end:%H:%M}"
        return f"{begins}–{ends}" if end.date() <= day + timedelta(days=1) else f"{begins}–…"

    @staticmethod
    def _said(day: date, language: str) -> str:
        from babel.dates import format_date

        return str(format_date(day, "EEE d.M." if language == "de" else "EEE d MMM", locale=language))


def _link(reach: str) -> tuple[str, str]:
    """Where a click leads: a telephone or a mail programme; "": nowhere."""
    digits = reach.replace(" ", "").replace("/", "").replace("-", "")
    if "@" in reach and " " not in reach:
        return f"mailto:{reach}", reach
    if digits.lstrip("+").isdigit() and len(digits) >= 3:
        return f"tel:{digits}", reach
    return "", reach


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 12 else 0


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page = DutyScreens(rooms, pages, visits)
    one = f"{PATH}/of/{{duty_id:int}}"
    return [
        get(PATH)(page.roster),
        get(f"{PATH}/new")(page.new),
        post(f"{PATH}/save")(page.save),
        post(f"{PATH}/copy")(page.copy),
        get(one)(page.one),
        post(f"{one}/remove")(page.remove),
    ]
