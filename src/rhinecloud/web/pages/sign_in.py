"""Signing in: name and password, a one-time link that sets a password, or the city's identity provider."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

import msgspec
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.errors import BadRequestData, Refused, ResourceNotFound, RhineError, TooManyRequests, Unauthorized
from rhinecloud.web.language import words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import SESSION, AnyRequest, Frame, Visits

from .forms import Form

OIDC = "rhinecloud_oidc"


class SignInPage(msgspec.Struct, kw_only=True):
    frame: Frame
    name: str  # what was typed before
    next: str  # a path of ours to go to afterwards
    error: str  # what went wrong, in words; "" for nothing
    oidc: str  # host of the identity provider; "" where there is none
    open_data: bool  # whether there is something to see without an account


class LinkPage(msgspec.Struct, kw_only=True):
    frame: Frame
    secret: str  # of the link
    name: str  # whose link it is
    error: str


class SignIn:
    """The handlers of signing in."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits, *, https: bool) -> None:
        self._access, self._settings = rooms.access, rooms.settings
        self._pages, self._visits, self._https = pages, visits, https
        self._provider = rooms.access.oidc() if rooms.settings.oidc_issuer else None
        self._host = urlsplit(rooms.settings.oidc_issuer).hostname or ""

    async def _form(
        self, request: AnyRequest, *, name: str = "", error: str = "", onward: str = "/", status: int = 200
    ) -> Response[Any]:
        visit = await self._visits.of(request)
        opened = self._access.readable_types(self._access.anonymous(), self._settings.default_tenant) != frozenset()
        page = SignInPage(
            frame=self._visits.frame(visit, "sign-in", "Sign in"),
            name=name[:100],
            next=local_path(onward),
            error=words(visit.language)(error),
            oidc=self._host,
            open_data=opened,
        )
        return self._pages.render("pages/sign_in.html", page, status=status)

    def _welcomed(self, cookie: str, onward: str) -> Response[Any]:
        # Strict would lose the session on a link from a mail; forms carry a CSRF token besides.
        session = Cookie(key=SESSION, value=cookie, httponly=True, secure=self._https, samesite="lax", path="/")
        return Redirect(local_path(onward), status_code=303, cookies=[session])

    async def show(self, request: AnyRequest) -> Response[Any]:
        """The form; who is signed in already goes on."""
        onward = request.query_params.get("next", "/")
        if (await self._visits.of(request)).session is not None:
            return Redirect(local_path(onward), status_code=303)
        return await self._form(request, onward=onward)

    async def password(self, request: AnyRequest, data: Form) -> Response[Any]:
        """Signs in with name and password."""
        name, onward = data.get("name", ""), data.get("next", "/")
        try:
            cookie = await asyncio.to_thread(
                self._access.sign_in.password,
                name,
                data.get("password", ""),
                address=address(request),
                agent=agent(request),
            )
        except TooManyRequests as refusal:
            return await self._form(
                request,
                name=name,
                onward=onward,
                error="Too many attempts. Please wait a few minutes.",
                status=refusal.status,
            )
        except Refused:
            return await self._form(request, name=name, onward=onward, error="Name or password is wrong.", status=401)
        return self._welcomed(cookie, onward)

    async def link(self, request: AnyRequest, secret: FromPath[str]) -> Response[Any]:
        """The page of a one-time link: it asks for the password to set. Looking uses nothing up."""
        return await self._link_form(request, secret)

    async def _link_form(self, request: AnyRequest, secret: str, error: str = "") -> Response[Any]:
        visit = await self._visits.of(request)
        try:
            person = await asyncio.to_thread(self._access.links.peek, secret)
        except Unauthorized:
            return await self._form(request, error="This link is no longer valid. Ask for a new one.", status=410)
        page = LinkPage(
            frame=self._visits.frame(visit, "sign-in", "Set a password"),
            secret=secret,
            name=person.name,
            error=words(visit.language)(error),
        )
        return self._pages.render(
            "pages/link.html", page, status=400 if error else 200, headers={"Referrer-Policy": "no-referrer"}
        )

    async def use(self, request: AnyRequest, secret: FromPath[str], data: Form) -> Response[Any]:
        """Sets the password, uses the link up, signs in."""
        chosen = data.get("password", "")
        if chosen != data.get("again", ""):
            return await self._link_form(request, secret, "The two passwords differ.")
        try:
            cookie = await asyncio.to_thread(
                self._access.sign_in.link, secret, chosen, address=address(request), agent=agent(request)
            )
        except BadRequestData:
            return await self._link_form(
                request, secret, "This password is too easy to guess. Use at least 12 characters, not your name."
            )
        except Unauthorized:
            return await self._form(request, error="This link is no longer valid. Ask for a new one.", status=410)
        return self._welcomed(cookie, "/")

    async def away(self, request: AnyRequest) -> Response[Any]:
        """To the identity self._provider."""
        if self._provider is None:
            raise ResourceNotFound("No identity self._provider is set up here")
        place, flow = await self._provider.begin(
            self._callback(request), return_to=local_path(request.query_params.get("next", "/"))
        )
        # Lax: the provider sends the browser back by a link.
        cookie = Cookie(
            key=OIDC, value=flow, httponly=True, secure=self._https, samesite="lax", path="/sign-in/oidc", max_age=600
        )
        return Redirect(place, status_code=303, cookies=[cookie])

    async def back(self, request: AnyRequest) -> Response[Any]:
        """Back from the identity self._provider."""
        if self._provider is None:
            raise ResourceNotFound("No identity self._provider is set up here")
        try:
            claim, onward = await self._provider.finish(request.cookies.get(OIDC, ""), dict(request.query_params))
            cookie = await asyncio.to_thread(
                self._access.sign_in.vouched, claim, address=address(request), agent=agent(request)
            )
        except RhineError:
            return await self._form(
                request, error="The identity provider did not let you in. Please try again.", status=401
            )
        answer = self._welcomed(cookie, onward)
        answer.delete_cookie(OIDC, path="/sign-in/oidc")
        return answer

    def _callback(self, request: AnyRequest) -> str:
        root = self._settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
        return f"{root}/sign-in/oidc/callback"


def routes(rooms: Rooms, pages: Pages, visits: Visits, *, https: bool) -> list[Any]:
    page = SignIn(rooms, pages, visits, https=https)
    return [
        get("/sign-in")(page.show),
        post("/sign-in")(page.password),
        get("/sign-in/link/{secret:str}")(page.link),
        post("/sign-in/link/{secret:str}")(page.use),
        get("/sign-in/oidc")(page.away),
        get("/sign-in/oidc/callback")(page.back),
    ]


def local_path(onward: str) -> str:
    """A path on this site, whatever was asked for: never an address elsewhere."""
    plain = (
        onward.startswith("/") and not onward.startswith(("//", "/\\")) and "\n" not in onward and "\r" not in onward
    )
    return onward if plain and len(onward) < 2000 and not onward.startswith("/sign-in") else "/"


def address(request: AnyRequest) -> str:
    """The visitor's address; behind trusted proxies the server has put the right one there."""
    return request.client.host if request.client else ""


def agent(request: AnyRequest) -> str:
    return request.headers.get("user-agent", "")[:200]
