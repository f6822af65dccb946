"""*Administration*: people with their roles, and API tokens."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.access import ACTIONS, ROLES, parse_grant
from rhinecloud.base.clock import DAY
from rhinecloud.base.errors import Refused, ResourceNotFound
from rhinecloud.web.language import N_, words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .forms import PAGE, Form, Pager, page_number, pager

MOST = 500
"""Tokens that are shown."""


class PersonRow(msgspec.Struct, kw_only=True):
    name: str
    title: str
    roles: list[str]
    signed_in_us: int | None
    disabled: bool
    has_password: bool
    me: bool


class TokenRow(msgspec.Struct, kw_only=True):
    id: str
    name: str
    scopes: tuple[str, ...]
    tenant: str
    agency: str
    created_us: int
    used_us: int | None
    expires_us: int | None


class AdministrationPage(msgspec.Struct, kw_only=True):
    frame: Frame
    tab: str
    search: str
    sort: str
    pager: Pager
    people: list[PersonRow]
    tokens: list[TokenRow]
    everywhere: bool  # whoever looks administers the whole installation
    roles: list[str]
    scopes: list[str]
    agencies: dict[str, str]  # titles of those of the tenant, by name
    link: str  # a new one-time link's address, shown this once
    link_for: str
    secret: str  # a new token, shown this once
    said: str
    error: str
    typed: dict[str, str]  # kept when a form was refused


class Made(msgspec.Struct, kw_only=True):
    """What is shown once, when it was made."""

    link: str = ""
    link_for: str = ""
    secret: str = ""


class GrantRow(msgspec.Struct, kw_only=True):
    text: str  # as `parse_grant` reads it
    role: str
    tenant: str  # "" is everywhere
    agency: str
    mine: bool  # whoever looks may take it away


class PersonPage(msgspec.Struct, kw_only=True):
    frame: Frame
    tab: str
    person: PersonRow
    grants: list[GrantRow]
    roles: dict[str, str]
    tenants: dict[str, str]
    agencies: list[str]
    error: str
    said: str


class Administration:
    """The handlers of the administration."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._access, self._settings = rooms.access, rooms.settings
        self._clock = rooms.clock
        self._pages, self._visits = pages, visits

    async def show(self, request: AnyRequest) -> Response[Any]:
        """People and tokens."""
        visit = await self._visits.allowed(request, "people.manage")
        done = {
            "disabled": N_("The account is locked; all its sessions have ended."),
            "enabled": N_("The account is open again."),
            "revoked": N_("The token is revoked."),
        }
        return await self._page(visit, request, said=done.get(request.query_params.get("done", ""), ""))

    async def person(self, request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        """One person with the roles that they have, and where."""
        visit = await self._visits.allowed(request, "people.manage")
        said = N_("The roles are changed.") if request.query_params.get("done") else ""
        return await self._person(visit, name, said=said)

    async def roles(self, request: AnyRequest, name: FromPath[str], data: Form) -> Response[Any]:
        """Gives a role, or takes one away; whose it is to give, `access` says."""
        visit = await self._visits.allowed(request, "people.manage")
        try:
            if data.get("take"):
                grant = parse_grant(data["take"])
                await asyncio.to_thread(lambda: self._access.people.set_roles(visit.principal, name, remove=[grant]))
            else:
                where = f"@{data['tenant']}" if data.get("tenant") else ""
                agency = f"/{data['agency']}" if where and data.get("agency") else ""
                grant = parse_grant(data.get("role", "") + where + agency)
                await asyncio.to_thread(lambda: self._access.people.set_roles(visit.principal, name, add=[grant]))
        except Refused as refusal:
            return await self._person(visit, name, error=refusal.detail, status=refusal.status)
        return Redirect(f"/administration/people/{quote(name)}?done=1", status_code=303)

    async def _person(
        self, visit: Visit, name: str, *, error: str = "", said: str = "", status: int = 200
    ) -> Response[Any]:
        say = words(visit.language)
        person = await asyncio.to_thread(self._access.people.get, name)
        everywhere = _everywhere(self._access, visit)
        if not everywhere and all(g.tenant != visit.tenant for g in person.grants):
            raise ResourceNotFound(f"Person {name[:100]} does not exist")
        tenants = {t.name: t.title or t.name for t in await asyncio.to_thread(self._access.tenants.list)}
        agencies = await asyncio.to_thread(self._access.tenants.agencies)
        page = PersonPage(
            frame=self._visits.frame(visit, "administration", person.title or person.name),
            tab="people",
            person=_person(person, say, visit),
            grants=[
                GrantRow(
                    text=str(g),
                    role=say(g.role),
                    tenant=tenants.get(g.tenant, g.tenant),
                    agency=g.agency,
                    mine=everywhere or g.tenant == visit.tenant,
                )
                for g in person.grants
            ],
            roles={r: say(r) for r in sorted(ROLES)},
            tenants=({"": say(N_("everywhere"))} | tenants) if everywhere else {visit.tenant: tenants[visit.tenant]},
            agencies=sorted({a.name for a in agencies if everywhere or a.tenant == visit.tenant}),
            error=error,
            said=say(said),
        )
        return self._pages.render("pages/person.html", page, status=status)

    async def add_person(self, request: AnyRequest, data: Form) -> Response[Any]:
        """A new person, and the link with which they set their password."""
        visit = await self._visits.allowed(request, "people.manage")
        name, title, role = data.get("name", "").strip(), data.get("title", "").strip(), data.get("role", "")
        try:
            grant = parse_grant(role if data.get("where") == "everywhere" else f"{role}@{visit.tenant}")
            await asyncio.to_thread(self._access.people.add, visit.principal, name, title=title, grants=[grant])
            secret = await asyncio.to_thread(self._access.links.new, visit.principal, name)
        except Refused as refusal:
            return await self._page(visit, request, error=refusal.detail, typed=data, status=refusal.status)
        return await self._page(visit, request, made=Made(link=self._link(request, secret), link_for=name))

    async def link(self, request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        """A one-time link for somebody who has lost their password."""
        visit = await self._visits.allowed(request, "people.manage")
        person = await asyncio.to_thread(self._access.people.get, name)
        for grant in person.grants or ():
            self._access.allow(visit.principal, "people.manage", grant.tenant)
        secret = await asyncio.to_thread(self._access.links.new, visit.principal, name)
        return await self._page(visit, request, made=Made(link=self._link(request, secret), link_for=name))

    async def lock(self, request: AnyRequest, name: FromPath[str], data: Form) -> Response[Any]:
        """Locks an account, or opens it again."""
        visit = await self._visits.allowed(request, "people.manage")
        off = data.get("disabled") == "1"
        try:
            await asyncio.to_thread(lambda: self._access.people.disable(visit.principal, name, disabled=off))
        except Refused as refusal:
            return await self._page(visit, request, error=refusal.detail, status=refusal.status)
        return Redirect(f"/administration?done={'disabled' if off else 'enabled'}", status_code=303)

    async def add_token(self, request: AnyRequest, data: Form) -> Response[Any]:
        """A new API token, shown this once."""
        visit = await self._visits.allowed(request, "people.manage")
        days, scopes = data.get("days", ""), data.get("scopes", "").replace(",", " ").split()
        expires = self._clock() + int(days) * DAY if days.isdecimal() and len(days) < 5 and int(days) else None
        try:
            secret, _ = await asyncio.to_thread(
                lambda: self._access.tokens.new(
                    visit.principal,
                    data.get("token", ""),
                    scopes,
                    tenant=visit.tenant,
                    agency=data.get("agency", ""),
                    expires_us=expires,
                )
            )
        except Refused as refusal:
            return await self._page(visit, request, error=refusal.detail, typed=data, status=refusal.status)
        return await self._page(visit, request, made=Made(secret=secret))

    async def revoke_token(self, request: AnyRequest, token_id: FromPath[str]) -> Response[Any]:
        """Ends a token at once."""
        visit = await self._visits.allowed(request, "people.manage")
        self._access.allow(visit.principal, "tokens.manage", visit.tenant)
        await asyncio.to_thread(self._access.tokens.revoke, visit.principal, token_id)
        return Redirect("/administration?done=revoked#tokens", status_code=303)

    def _link(self, request: AnyRequest, secret: str) -> str:
        root = self._settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
        return f"{root}/sign-in/link/{secret}"

    async def _page(
        self,
        visit: Visit,
        request: AnyRequest,
        *,
        made: Made | None = None,
        said: str = "",
        error: str = "",
        typed: dict[str, str] | None = None,
        status: int = 200,
    ) -> Response[Any]:
        made = made or Made()
        say = words(visit.language)
        people = await asyncio.to_thread(self._access.people.list)
        tokens = await asyncio.to_thread(self._access.tokens.list)
        agencies = await asyncio.to_thread(self._access.tenants.agencies, visit.tenant)
        everywhere = _everywhere(self._access, visit)
        query = request.query_params
        search, sort = query.get("q", "")[:100].strip(), "seen" if query.get("sort") == "seen" else "name"
        seen = [
            p
            for p in people
            if (everywhere or any(g.tenant == visit.tenant for g in p.grants))
            and search.casefold() in f"{p.name} {p.title} {' '.join(map(str, p.grants))}".casefold()
        ]
        keys: dict[str, Any] = {"name": lambda p: p.title.casefold(), "seen": lambda p: -(p.signed_in_us or 0)}
        seen.sort(key=keys[sort])
        first = page_number(request) * PAGE
        shown = seen[first : first + PAGE]
        page = AdministrationPage(
            frame=self._visits.frame(visit, "administration", "Administration"),
            tab="people",
            search=search,
            sort=sort,
            pager=pager(request, len(shown), len(seen)),
            people=[_person(p, say, visit) for p in shown],
            tokens=[_token(t) for t in tokens if everywhere or t.tenant == visit.tenant][:MOST],
            everywhere=everywhere,
            roles=sorted(ROLES),
            scopes=sorted(ACTIONS),
            agencies={a.name: a.title for a in agencies},
            link=made.link,
            link_for=made.link_for,
            secret=made.secret,
            said=say(said),
            error=error,
            typed=typed or {},
        )
        return self._pages.render("pages/administration.html", page, status=status)


def _everywhere(access: Any, visit: Visit) -> bool:
    """Whether a visit administers people of the whole installation, and not of one tenant."""
    try:
        access.allow(visit.principal, "people.manage", "")
    except Refused:
        return False
    return True


def _person(person: Any, say: Any, visit: Visit) -> PersonRow:
    return PersonRow(
        name=person.name,
        title=person.title,
        roles=[say(g.role) + (f" ({g.tenant})" if g.tenant else "") for g in person.grants],
        signed_in_us=person.signed_in_us,
        disabled=person.disabled_us is not None,
        has_password=person.has_password,
        me=person.id == visit.principal.id,
    )


def _token(token: Any) -> TokenRow:
    return TokenRow(
        id=token.id,
        name=token.name,
        scopes=token.scopes,
        tenant=token.tenant,
        agency=token.agency,
        created_us=token.created_us,
        used_us=token.used_us,
        expires_us=token.expires_us,
    )


def routes(rooms: Rooms, pages: Pages, visits: Visits) -> list[Any]:
    page = Administration(rooms, pages, visits)
    root = "/administration"
    return [
        get(root)(page.show),
        post(f"{root}/people")(page.add_person),
        get(f"{root}/people/{{name:str}}")(page.person),
        post(f"{root}/people/{{name:str}}/roles")(page.roles),
        post(f"{root}/people/{{name:str}}/link")(page.link),
        post(f"{root}/people/{{name:str}}/lock")(page.lock),
        post(f"{root}/tokens")(page.add_token),
        post(f"{root}/tokens/{{token_id:str}}/revoke")(page.revoke_token),
    ]
