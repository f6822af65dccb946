"""*Ways*: how agencies, units and lists are reached: webhooks, mail, devices; added, changed, switched off, tried."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.errors import BadRequestData, Conflict, Refused
from rhinecloud.operations import telling
from rhinecloud.web.language import N_, words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .deliveries import CHANNEL_ICONS, CHANNELS
from .forms import Form

ACTION: Final = "operations.manage"
ROOT: Final = "/deliveries/ways"
OFFERED: Final = {
    "*": N_("everything but news"),
    "news:*": N_("all news of incidents and units"),
    "news:incident.*": N_("news of incidents"),
    "news:assignment.*": N_("news of assignments"),
    "news:unit.*": N_("news of units"),
    "order": N_("orders to units"),
    "report": N_("situation reports"),
    "warning": N_("warnings"),
    "request": N_("requests"),
}


class WayRow(msgspec.Struct, kw_only=True):
    id: int
    version: int
    recipient: str
    agency: str
    channel: str
    channel_word: str
    channel_icon: str
    address: str
    title: str
    language: str
    about: list[str]
    after_s: float
    exercise: bool
    active: bool


class WaysPage(msgspec.Struct, kw_only=True):
    frame: Frame
    tab: str
    may_manage: bool
    rows: list[WayRow]
    channels: dict[str, str]
    offered: dict[str, str]
    agencies: dict[str, str]
    languages: dict[str, str]
    editing: int  # the way whose form is open; 0: a new one
    typed: dict[str, str]
    chosen: list[str]  # of `about`
    wrong: dict[str, str]
    secret: str  # of a webhook that is new, shown this once
    done: str
    mail: bool  # a mail server is set


class Ways:
    """The handlers."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits

    async def show(self, request: AnyRequest) -> Response[Any]:
        """All ways, and the form of one."""
        visit = await self._visits.in_centre(request, ACTION)
        query, say = request.query_params, words(visit.language)
        done = {
            "saved": N_("The way is saved."),
            "tried": N_("A test is on its way; the list of deliveries shows what became of it."),
        }.get(query.get("done", ""), "")
        number = query.get("way", "")
        editing = int(number) if number.isascii() and number.isdecimal() and len(number) < 10 else 0
        page = await asyncio.to_thread(self._page, visit, editing, say(done) if done else "")
        return self._pages.render("pages/ways.html", page)

    async def save(self, request: AnyRequest, data: Form) -> Response[Any]:
        """A new way, or another version of one."""
        visit = await self._visits.in_centre(request, ACTION)
        form = await request.form()
        chosen = [str(v) for v in form.getall("about", [])]
        typed = {k: str(v) for k, v in data.items() if k not in ("about", "_csrf_token")}
        editing = int(typed["id"]) if typed.get("id", "").isdecimal() and len(typed["id"]) < 10 else 0
        try:
            way = _way(typed, chosen, editing)
            kept, secret = await asyncio.to_thread(lambda: self._desk(visit).save_way(way))
        except (BadRequestData, Conflict) as error:
            page = await asyncio.to_thread(self._page, visit, editing)
            page.typed, page.chosen, page.wrong = typed, chosen, {"form": error.detail}
            return self._pages.render("pages/ways.html", page, status=error.status)
        await self._rooms.access.record(
            visit.principal, "way.save", str(kept.id), tenant=visit.tenant, recipient=kept.recipient, to=kept.address
        )
        if not secret:
            return Redirect(f"{ROOT}?done=saved", status_code=303)
        page = await asyncio.to_thread(self._page, visit, 0)
        page.secret = secret
        return self._pages.render("pages/ways.html", page)

    async def attempt(self, request: AnyRequest, way_id: FromPath[int]) -> Response[Any]:
        """Sends a test."""
        visit = await self._visits.in_centre(request, ACTION)
        await asyncio.to_thread(lambda: self._desk(visit).try_way(way_id))
        await self._rooms.access.record(visit.principal, "way.try", str(way_id), tenant=visit.tenant)
        return Redirect(f"{ROOT}?done=tried", status_code=303)

    def _desk(self, visit: Visit) -> telling.TellingDesk:
        return telling.TellingDesk(self._rooms.operations.seat(visit.tenant, visit.principal))

    def _page(self, visit: Visit, editing: int, done: str = "") -> WaysPage:
        say, found = words(visit.language), self._desk(visit).ways()
        edited = next((w for w in found if w.id == editing), None)
        agencies = {a.name: a.title for a in self._rooms.access.tenants.agencies(visit.tenant)}
        try:
            self._visits.demand(visit, "incidents.read")
            may_read = True
        except Refused:
            may_read = False
        return WaysPage(
            frame=self._visits.frame(visit, "deliveries", "Ways"),
            tab="ways",
            may_manage=may_read,
            rows=[_row(w, say) for w in found],
            channels={c: say(w) for c, w in CHANNELS.items() if c != "web"},
            offered={a: say(w) for a, w in OFFERED.items()},
            agencies=agencies,
            languages={"de": "Deutsch", "en": "English"},
            editing=edited.id if edited else 0,
            typed=_typed(edited) if edited else {"channel": "webhook", "language": visit.language, "active": "1"},
            chosen=list(edited.about) if edited else ["*"],
            wrong={},
            secret="",
            done=done,
            mail=bool(self._rooms.settings.smtp_host),
        )


def _way(typed: dict[str, str], chosen: list[str], editing: int) -> telling.Way:
    """Raises: BadRequestData."""
    after = typed.get("after_s", "").strip() or "0"
    own = [part.strip() for part in typed.get("own", "").split(",") if part.strip()]
    version = typed.get("version", "1")
    if not after.replace(".", "", 1).isdecimal() or not version.isdecimal():
        raise BadRequestData("How long to wait is a number of seconds")
    channel: Any = typed.get("channel", "")
    return telling.Way(
        id=editing,
        version=int(version),
        recipient=typed.get("recipient", "").strip(),
        agency=typed.get("agency", ""),
        channel=channel,
        address=typed.get("address", "").strip(),
        title=typed.get("title", "").strip()[:200],
        language="en" if typed.get("language") == "en" else "de",
        about=tuple(dict.fromkeys((*chosen, *own)))[:50],
        after_s=float(after),
        exercise=typed.get("exercise") == "1",
        active=typed.get("active") == "1",
    )


def _typed(way: telling.Way) -> dict[str, str]:
    return {
        "id": str(way.id),
        "version": str(way.version),
        "recipient": way.recipient,
        "agency": way.agency,
        "channel": way.channel,
        "address": way.address,
        "title": way.title,
        "language": way.language,
        "after_s": f"{way.after_s:g}",
        "exercise": "1" if way.exercise else "",
        "active": "1" if way.active else "",
        "own": ", ".join(a for a in way.about if a not in OFFERED),
    }


def _row(way: telling.Way, say: Any) -> WayRow:
    return WayRow(
        id=way.id,
        version=way.version,
        recipient=way.recipient,
        agency=way.agency,
        channel=way.channel,
        channel_word=say(CHANNELS[way.channel]),
        channel_icon=CHANNEL_ICONS[way.channel],
        address=way.address,
        title=way.title,
        language=way.language,
        about=[say(OFFERED[a]) if a in OFFERED else a for a in way.about],
        after_s=way.after_s,
        exercise=way.exercise,
        active=way.active,
    )


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page = Ways(rooms, pages, visits)
    return [get(ROOT)(page.show), post(ROOT)(page.save), post(f"{ROOT}/{{way_id:int}}/try")(page.attempt)]
