"""*New message*: somebody of the command centre writes to units, agencies, lists or addresses."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect

from rhinecloud.base.errors import BadRequestData, ResourceNotFound
from rhinecloud.operations import telling
from rhinecloud.web.language import N_, words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .deliveries import PRIORITIES
from .forms import Form

ACTION: Final = "incidents.manage"
PATH: Final = "/deliveries/new"
WANTED: Final = {"": N_("nothing"), "read": N_("that it is read"), "accepted": N_("that somebody accepts")}


class WritePage(msgspec.Struct, kw_only=True):
    frame: Frame
    recipients: dict[str, str]  # what they are called
    priorities: dict[str, str]
    wanted: dict[str, str]
    typed: dict[str, str]
    key: str  # makes it one message, however often the form is sent
    wrong: dict[str, str]


class Writing:
    """The handlers."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits

    async def show(self, request: AnyRequest) -> Response[Any]:
        """The form; `?to=` and `?incident=` fill it in."""
        visit = await self._visits.in_centre(request, ACTION)
        query = request.query_params
        typed = {"to": query.get("to", "")[:300], "incident": query.get("incident", "")[:60]}
        page = await asyncio.to_thread(self._page, visit, typed, secrets.token_hex(12))
        return self._pages.render("pages/write_message.html", page)

    async def send(self, request: AnyRequest, data: Form) -> Response[Any]:
        """Hands it over; it goes out at once."""
        visit = await self._visits.in_centre(request, ACTION)
        typed = {k: v for k, v in data.items() if not k.startswith("_")}
        key = typed.get("key", "")[:40] or secrets.token_hex(12)
        try:
            made = await asyncio.to_thread(lambda: self._desk(visit).send(_given(typed, key, visit)))
        except (BadRequestData, ResourceNotFound) as error:
            page = await asyncio.to_thread(self._page, visit, typed, key, {"form": error.detail})
            return self._pages.render("pages/write_message.html", page, status=400)
        await self._rooms.access.record(
            visit.principal, "message.send", str(made.id), tenant=visit.tenant, to=list(made.given.to)
        )
        return Redirect("/deliveries?about=message", status_code=303)

    def _desk(self, visit: Visit) -> telling.TellingDesk:
        return telling.TellingDesk(self._rooms.operations.seat(visit.tenant, visit.principal))

    def _page(self, visit: Visit, typed: dict[str, str], key: str, wrong: dict[str, str] | None = None) -> WritePage:
        say = words(visit.language)
        return WritePage(
            frame=self._visits.frame(visit, "deliveries", "New message"),
            recipients=self._desk(visit).names(visit.language),
            priorities={p: say(w) for p, w in PRIORITIES.items()},
            wanted={w: say(text) for w, text in WANTED.items()},
            typed=typed,
            key=key,
            wrong=wrong or {},
        )


def _given(typed: dict[str, str], key: str, visit: Visit) -> telling.Tell:
    """Raises: BadRequestData."""
    to = tuple(dict.fromkeys(r.strip() for r in typed.get("to", "").replace(";", ",").split(",") if r.strip()))
    subject, body = typed.get("subject", "").strip(), typed.get("body", "").strip()
    minutes = typed.get("minutes", "").strip() or "0"
    priority: Any = typed.get("priority", "routine")
    wanted: Any = typed.get("wanted", "")
    if not subject:
        raise BadRequestData("A message needs a subject")
    if priority not in PRIORITIES or wanted not in WANTED or not minutes.isdecimal() or len(minutes) > 4:
        raise BadRequestData("A message has a priority, and waits for a whole number of minutes")
    then = tuple(r.strip() for r in typed.get("then", "").replace(";", ",").split(",") if r.strip())
    return telling.Tell(
        key=f"message:{visit.principal.source}:{key}",
        about="message",
        to=to,
        text={visit.language: telling.Text(subject, body)},
        data={"kind": "message"},
        priority=priority,
        incident=typed.get("incident", "").strip(),
        wanted=wanted,
        within_s=int(minutes) * 60,
        then=(then,) if then else (),
    )


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page = Writing(rooms, pages, visits)
    return [get(PATH)(page.show), post(PATH)(page.send)]
