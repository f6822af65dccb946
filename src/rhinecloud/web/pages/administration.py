"""*Administration*: people with their roles, and API tokens. Small on purpose: the command line does the rest."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.access import ACTIONS, ROLES, parse_grant
from rhinecloud.base.clock import DAY
from rhinecloud.base.errors import Refused
from rhinecloud.web.language import N_, words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import AnyRequest, Frame, Visit, Visits

from .forms import Form

MOST = 500
"""People and tokens that are shown."""


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
    created_us: int
    used_us: int | None
    expires_us: int | None


class AdministrationPage(msgspec.Struct, kw_only=True):
    frame: Frame
    people: list[PersonRow]
    tokens: list[TokenRow]
    more: int  # people that are not shown
    roles: list[str]
    scopes: list[str]
    link: str  # a new one-time link's address, shown this once
    link_for: str
    secret: str  # a new token, shown this once
    said: str
    error: str
    typed: dict[str, str]  # kept when a form was refused


class Administration:
    """The handlers of the administration."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits) -> None:
        self._access, self._settings = rooms.access, rooms.settings
        self._clock = rooms.clock
        self._pages, self._visits = pages, visits

    async def show(self, request: AnyRequest) -> Response[Any]:
        """People and tokens."""
        visit = await self._visit(request)
        done = {
            "disabled": N_("The account is locked; all its sessions have ended."),
            "enabled": N_("The account is open again."),
            "revoked": N_("The token is revoked."),
        }
        return await self._page(visit, said=done.get(request.query_params.get("done", ""), ""))

    async def add_person(self, request: AnyRequest, data: Form) -> Response[Any]:
        """A new person, and the link with which they set their password."""
        visit = await self._visit(request)
        name, title, role = data.get("name", "").strip(), data.get("title", "").strip(), data.get("role", "")
        try:
            grant = parse_grant(role if visit.principal.tenant == "" else f"{role}@{visit.tenant}")
            await asyncio.to_thread(self._access.people.add, visit.principal, name, title=title, grants=[grant])
            secret = await asyncio.to_thread(self._access.links.new, visit.principal, name)
        except Refused as refusal:
            return await self._page(visit, error=refusal.detail, typed=data, status=refusal.status)
        return await self._page(visit, link=self._link(request, secret), link_for=name)

    async def link(self, request: AnyRequest, name: FromPath[str]) -> Response[Any]:
        """A one-time link for somebody who has lost their password."""
        visit = await self._visit(request)
        person = await asyncio.to_thread(self._access.people.get, name)
        for grant in person.grants or ():
            self._access.allow(visit.principal, "people.manage", grant.tenant)
        secret = await asyncio.to_thread(self._access.links.new, visit.principal, name)
        return await self._page(visit, link=self._link(request, secret), link_for=name)

    async def lock(self, request: AnyRequest, name: FromPath[str], data: Form) -> Response[Any]:
        """Locks an account, or opens it again."""
        visit = await self._visit(request)
        off = data.get("disabled") == "1"
        try:
            await asyncio.to_thread(lambda: self._access.people.disable(visit.principal, name, disabled=off))
        except Refused as refusal:
            return await self._page(visit, error=refusal.detail, status=refusal.status)
        return Redirect(f"/administration?done={'disabled' if off else 'enabled'}", status_code=303)

    async def add_token(self, request: AnyRequest, data: Form) -> Response[Any]:
        """A new API token, shown this once."""
        visit = await self._visit(request)
        days, scopes = data.get("days", ""), data.get("scopes", "").replace(",", " ").split()
        expires = self._clock() + int(days) * DAY if days.isdecimal() and len(days) < 5 and int(days) else None
        try:
            secret, _ = await asyncio.to_thread(
                lambda: self._access.tokens.new(
                    visit.principal, data.get("token", ""), scopes, tenant=visit.tenant, expires_us=expires
                )
            )
        except Refused as refusal:
            return await self._page(visit, error=refusal.detail, typed=data, status=refusal.status)
        return await self._page(visit, secret=secret)

    async def revoke_token(self, request: AnyRequest, token_id: FromPath[str]) -> Response[Any]:
        """Ends a token at once."""
        visit = await self._visit(request)
        self._access.allow(visit.principal, "tokens.manage", visit.tenant)
        await asyncio.to_thread(self._access.tokens.revoke, visit.principal, token_id)
        return Redirect("/administration?done=revoked#tokens", status_code=303)

    async def _visit(self, request: AnyRequest) -> Visit:
        visit = await self._visits.of(request)
        self._visits.demand(visit, "people.manage")
        return visit

    def _link(self, request: AnyRequest, secret: str) -> str:
        root = self._settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
        return f"{root}/sign-in/link/{secret}"

    async def _page(
        self,
        visit: Visit,
        *,
        link: str = "",
        link_for: str = "",
        secret: str = "",
        said: str = "",
        error: str = "",
        typed: dict[str, str] | None = None,
        status: int = 200,
    ) -> Response[Any]:
        say = words(visit.language)
        people = await asyncio.to_thread(self._access.people.list)
        tokens = await asyncio.to_thread(self._access.tokens.list)
        everywhere = visit.principal.tenant == ""
        seen = [p for p in people if everywhere or any(g.tenant == visit.tenant for g in p.grants)]
        page = AdministrationPage(
            frame=self._visits.frame(visit, "administration", "Administration"),
            people=[_person(p, say, visit) for p in seen[:MOST]],
            tokens=[_token(t) for t in tokens if everywhere or t.tenant == visit.tenant][:MOST],
            more=max(0, len(seen) - MOST),
            roles=sorted(ROLES),
            scopes=sorted(ACTIONS),
            link=link,
            link_for=link_for,
            secret=secret,
            said=say(said),
            error=error,
            typed=typed or {},
        )
        return self._pages.render("pages/administration.html", page, status=status)


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
        post(f"{root}/people/{{name:str}}/link")(page.link),
        post(f"{root}/people/{{name:str}}/lock")(page.lock),
        post(f"{root}/tokens")(page.add_token),
        post(f"{root}/tokens/{{token_id:str}}/revoke")(page.revoke_token),
    ]
