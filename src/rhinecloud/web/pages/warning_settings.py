"""*Sender*: under which name and for which city warnings go out, and who lives where."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec
from litestar import Response, get, post
from litestar.response import Redirect

from rhinecloud.base.errors import BadRequestData, RhineError
from rhinecloud.operations import warnings
from rhinecloud.web.districts import districts
from rhinecloud.web.language import N_, words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .forms import Form
from .warnings_of import desk_of, tabs_of

DONE: Final = {"saved": N_("Kept. It counts for what is submitted from now on.")}
FIELDS: Final = ("sender", "sender_name", "contact", "signature", "regional_key", "zones_source")


class SettingsPage(msgspec.Struct, kw_only=True):
    frame: Frame
    tabs: list[Any]
    version: int
    typed: dict[str, str]
    zones: str  # "name; people", a line each
    geocodes: str  # "name value", a line each
    districts: list[str]
    may_manage: bool
    certificate: str
    said: str
    error: str


class SettingScreens:
    """The handlers."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._pages, self._visits = rooms, pages, visits

    async def show(self, request: AnyRequest) -> Response[Any]:
        visit, desk = await desk_of(self._rooms, self._visits, request)
        return await self._page(visit, desk, said=request.query_params.get("done", ""))

    async def save(self, request: AnyRequest, data: Form) -> Response[Any]:
        visit, desk = await desk_of(self._rooms, self._visits, request, "operations.manage")
        try:
            known = await asyncio.to_thread(desk.profile)
            given = msgspec.structs.replace(
                known,
                version=int(data.get("version", "0") or 0),
                **{name: data.get(name, "").strip()[:1000] for name in FIELDS},
                zones=_zones(data.get("zones", "")),
                geocodes=_geocodes(data.get("geocodes", "")),
                recipients=_recipients(data.get("recipients", "")),
                drill_recipients=_recipients(data.get("drill_recipients", "")),
                corners=int(data.get("corners", "100") or 0),
            )
            await asyncio.to_thread(desk.save_profile, given)
        except (RhineError, ValueError) as error:
            return await self._page(visit, desk, typed=data, error=str(error))
        return Redirect("/warning-desk/settings?done=saved", status_code=303)

    async def _page(
        self, visit: Visit, desk: Any, *, typed: dict[str, str] | None = None, said: str = "", error: str = ""
    ) -> Response[Any]:
        say = words(visit.language)
        profile = await asyncio.to_thread(desk.profile)
        form = {name: getattr(profile, name) for name in FIELDS} | {
            "recipients": " ".join(profile.recipients),
            "drill_recipients": " ".join(profile.drill_recipients),
            "corners": str(profile.corners),
        }
        page = SettingsPage(
            frame=self._visits.frame(visit, "warning-desk", "Sender of warnings"),
            tabs=tabs_of(say, "settings"),
            version=profile.version,
            typed=typed or form,
            zones=(typed or {}).get("zones", "\n".join(f"{z.name}; {z.people}" for z in profile.zones)),
            geocodes=(typed or {}).get("geocodes", "\n".join(f"{g.name} {g.value}" for g in profile.geocodes)),
            districts=list(districts()),
            may_manage=self._visits.may(visit, "operations.manage"),
            certificate=await asyncio.to_thread(desk.certificate),
            said=say(DONE.get(said, "")),
            error=error,
        )
        return self._pages.render("pages/warning_settings.html", page, status=400 if error else 200)

    def routes(self) -> list[Any]:
        return [get("/warning-desk/settings")(self.show), post("/warning-desk/settings")(self.save)]


def _zones(text: str) -> tuple[warnings.Zone, ...]:
    made = []
    for line in text.splitlines():
        if not line.strip():
            continue
        name, _, people = line.rpartition(";")
        digits = people.replace(".", "").replace(" ", "").strip()
        if not name.strip() or not digits.isdecimal():
            raise BadRequestData(f"{line[:60]!r} is not a district; and a number of people")
        if name.strip() not in districts():
            raise BadRequestData(f"There is no district {name.strip()[:60]!r}")
        made.append(warnings.Zone(name=name.strip(), people=int(digits)))
    return tuple(made)


def _geocodes(text: str) -> tuple[warnings.Named, ...]:
    made = []
    for line in text.splitlines():
        name, _, value = line.strip().partition(" ")
        if line.strip():
            if not value.strip():
                raise BadRequestData(f"{line[:60]!r} is not a name and a key")
            made.append(warnings.Named(name, value.strip()))
    return tuple(made)


def _recipients(text: str) -> tuple[str, ...]:
    found = tuple(text.split())
    if bad := [r for r in found if ":" not in r]:
        raise BadRequestData(f"{bad[0][:60]!r} is no recipient; write list:… or mailto:…")
    return found
