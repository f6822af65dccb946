"""*Administration*: the tenants of the installation and their agencies. Removing one puts its data aside."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.errors import Refused, Unavailable
from rhinecloud.context import Query
from rhinecloud.web.language import N_, words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .forms import Form


class TenantRow(msgspec.Struct, kw_only=True):
    name: str
    title: str
    things: int
    people: int
    agencies: list[tuple[str, str]]  # (name, title)
    default: bool


class TenantsPage(msgspec.Struct, kw_only=True):
    frame: Frame
    tab: str
    rows: list[TenantRow]
    said: str
    error: str
    typed: dict[str, str]


class TenantScreens:
    """The handlers."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._rooms, self._access, self._settings = rooms, rooms.access, rooms.settings
        self._pages, self._visits = pages, visits

    async def tenants(self, request: AnyRequest) -> Response[Any]:
        """The cities and companies of this installation, with their agencies."""
        visit = await self._visits.allowed(request, "tenants.manage")
        done = {
            "added": N_("The tenant is there. Give somebody a role in it."),
            "renamed": N_("The title is changed."),
            "removed": N_("The tenant is removed; its data lie aside, see the audit log for where."),
            "agency": N_("The agencies are changed."),
        }
        return await self._tenants_page(visit, said=done.get(request.query_params.get("done", ""), ""))

    async def add_tenant(self, request: AnyRequest, data: Form) -> Response[Any]:
        """A new tenant, with an empty present and past."""
        visit = await self._visits.allowed(request, "tenants.manage")
        name, title = data.get("name", "").strip(), data.get("title", "").strip()
        try:
            await asyncio.to_thread(self._access.tenants.add, visit.principal, name, title)
        except Refused as refusal:
            return await self._tenants_page(visit, error=refusal.detail, typed=data, status=refusal.status)
        return Redirect("/administration/tenants?done=added", status_code=303)

    async def rename_tenant(self, request: AnyRequest, name: FromPath[str], data: Form) -> Response[Any]:
        """Another title."""
        visit = await self._visits.allowed(request, "tenants.manage")
        await asyncio.to_thread(self._access.tenants.rename, visit.principal, name, data.get("title", "").strip()[:200])
        return Redirect("/administration/tenants?done=renamed", status_code=303)

    async def remove_tenant(self, request: AnyRequest, name: FromPath[str], data: Form) -> Response[Any]:
        """Removes a tenant, once its name was typed again: roles and tokens end, its folder is put aside."""
        visit = await self._visits.allowed(request, "tenants.manage")
        if name == self._settings.default_tenant:
            return await self._tenants_page(visit, error="The default tenant cannot be removed.", status=409)
        if data.get("again", "").strip() != name:
            return await self._tenants_page(
                visit, error="Type the name of the tenant to remove it.", typed={"removing": name}, status=400
            )
        put_aside = self._rooms.connect.put_aside
        if put_aside is None:
            raise Unavailable("Tenants cannot be removed in this installation")
        await asyncio.to_thread(self._access.tenants.remove, visit.principal, name)
        where = await put_aside(name)
        await self._access.record(visit.principal, "tenant.aside", name, tenant=name, folder=str(where))
        return Redirect("/administration/tenants?done=removed", status_code=303)

    async def change_agencies(self, request: AnyRequest, name: FromPath[str], data: Form) -> Response[Any]:
        """Adds an agency to a tenant, or takes one away."""
        visit = await self._visits.allowed(request, "tenants.manage")
        agency = data.get("agency", "").strip()
        try:
            if data.get("act") == "remove":
                await asyncio.to_thread(self._access.tenants.remove_agency, visit.principal, name, agency)
            else:
                title = data.get("agency_title", "").strip()
                await asyncio.to_thread(self._access.tenants.add_agency, visit.principal, name, agency, title)
        except Refused as refusal:
            return await self._tenants_page(visit, error=refusal.detail, typed=data, status=refusal.status)
        return Redirect("/administration/tenants?done=agency", status_code=303)

    async def _tenants_page(
        self, visit: Visit, *, said: str = "", error: str = "", typed: dict[str, str] | None = None, status: int = 200
    ) -> Response[Any]:
        say = words(visit.language)
        people = await asyncio.to_thread(self._access.people.list)
        agencies = await asyncio.to_thread(self._access.tenants.agencies)
        rows = []
        for tenant in await asyncio.to_thread(self._access.tenants.list):
            things = 0
            if tenant.name in self._rooms.presents.names():
                found = await self._rooms.presents.open(tenant.name).query(Query(limit=0, count=True))
                things = found.total or 0
            rows.append(
                TenantRow(
                    name=tenant.name,
                    title=tenant.title,
                    things=things,
                    people=sum(any(g.tenant in ("", tenant.name) for g in p.grants) for p in people),
                    agencies=[(a.name, a.title) for a in agencies if a.tenant == tenant.name],
                    default=tenant.name == self._settings.default_tenant,
                )
            )
        page = TenantsPage(
            frame=self._visits.frame(visit, "administration", "Tenants"),
            tab="tenants",
            rows=rows,
            said=say(said),
            error=say(error),
            typed=typed or {},
        )
        return self._pages.render("pages/tenants.html", page, status=status)


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page = TenantScreens(rooms, pages, visits)
    root = "/administration/tenants"
    one = root + "/{name:str}"
    return [
        get(root)(page.tenants),
        post(root)(page.add_tenant),
        post(f"{one}/rename")(page.rename_tenant),
        post(f"{one}/remove")(page.remove_tenant),
        post(f"{one}/agencies")(page.change_agencies),
    ]
