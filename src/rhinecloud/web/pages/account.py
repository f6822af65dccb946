"""One's own account: language, mood and city of the screens; sessions; password; signing out."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath
from litestar.response import Redirect

from rhinecloud.base.errors import BadRequestData, Forbidden, ResourceNotFound, TooManyRequests, Unauthorized
from rhinecloud.web.language import LANGUAGES, N_, words
from rhinecloud.web.rendering import Pages
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.visits import DEMO, LANGUAGE, SESSION, TENANT, THEME, AnyRequest, Frame, Visit, Visits

from .forms import Form
from .sign_in import address, local_path

YEAR_S = 365 * 86_400


class SessionRow(msgspec.Struct, kw_only=True):
    id: str
    agent: str  # the browser, in few words
    address: str
    created_us: int
    seen_us: int
    current: bool


class AccountPage(msgspec.Struct, kw_only=True):
    frame: Frame
    name: str  # to sign in with
    has_password: bool
    sessions: list[SessionRow]
    said: str  # what was done, in words
    error: str


class Account:
    """The handlers of one's own account."""

    def __init__(self, rooms: Rooms, pages: Pages, visits: Visits, *, https: bool) -> None:
        self._access, self._presents = rooms.access, rooms.presents
        self._pages, self._visits, self._https = pages, visits, https

    async def choose(self, request: AnyRequest, data: Form) -> Response[Any]:
        """Keeps a choice of language, mood or city in this browser."""
        cookies = []
        for field, name, allowed in (
            ("language", LANGUAGE, LANGUAGES),
            ("theme", THEME, ("dark", "light")),
            ("tenant", TENANT, self._presents.names()),
        ):
            value = data.get(field, "")
            if value and value in allowed:
                cookies.append(
                    Cookie(
                        key=name,
                        value=value,
                        max_age=YEAR_S,
                        httponly=True,
                        secure=self._https,
                        samesite="lax",
                        path="/",
                    )
                )
        if data.get("demo"):  # for this session of the browser
            seen = Cookie(key=DEMO, value="seen", httponly=True, secure=self._https, samesite="lax", path="/")
            cookies.append(seen)
        return Redirect(
            local_path(data.get("next", "/")) if not data.get("next", "").startswith("/sign-in") else "/sign-in",
            status_code=303,
            cookies=cookies,
        )

    async def sign_out(self, request: AnyRequest) -> Response[Any]:
        """Ends this session."""
        visit = await self._visits.of(request)
        if visit.session is not None:
            await asyncio.to_thread(self._access.sessions.end, visit.principal, request.cookies[SESSION])
        answer = Redirect("/sign-in", status_code=303)
        answer.delete_cookie(SESSION, path="/")
        return answer

    async def _person(self, request: AnyRequest) -> Visit:
        visit = await self._visits.of(request)
        if visit.session is None:
            raise Unauthorized("Sign in to see your account")
        return visit

    async def _page(self, visit: Visit, *, said: str = "", error: str = "", status: int = 200) -> Response[Any]:
        say = words(visit.language)
        who = await asyncio.to_thread(self._access.people.get, visit.session.person)
        found = await asyncio.to_thread(self._access.sessions.list, visit.session.person)
        rows = [
            SessionRow(
                id=s.id,
                agent=browser(s.agent),
                address=s.address,
                created_us=s.created_us,
                seen_us=s.seen_us,
                current=s.id == visit.session.id,
            )
            for s in found[:100]
        ]
        shown = AccountPage(
            frame=self._visits.frame(visit, "account", "Account and sessions"),
            name=who.name,
            has_password=who.has_password,
            sessions=rows,
            said=say(said),
            error=say(error),
        )
        return self._pages.render("pages/account.html", shown, status=status)

    async def show(self, request: AnyRequest) -> Response[Any]:
        """Sessions and password."""
        said = (
            N_("The password is changed. Other sessions have ended.")
            if request.query_params.get("done") == "password"
            else ""
        )
        return await self._page(await self._person(request), said=said)

    async def end(self, request: AnyRequest, session_id: FromPath[str]) -> Response[Any]:
        """Ends one of one's own sessions."""
        visit = await self._person(request)
        mine = await asyncio.to_thread(self._access.sessions.list, visit.session.person)
        if session_id not in {s.id for s in mine}:
            raise ResourceNotFound("There is no such session of yours")
        await asyncio.to_thread(self._access.sessions.end_one, visit.principal, session_id)
        return Redirect("/account", status_code=303)

    async def password(self, request: AnyRequest, data: Form) -> Response[Any]:
        """Changes one's own password; the other sessions end, this one goes on as a new one."""
        visit = await self._person(request)
        who = await asyncio.to_thread(self._access.people.get, visit.session.person)
        old, new = data.get("old", ""), data.get("password", "")
        if new != data.get("again", ""):
            return await self._page(visit, error="The two passwords differ.", status=400)
        try:
            await asyncio.to_thread(self._access.sign_in.change_password, who, old, new, address=address(request))
            cookie = await asyncio.to_thread(
                self._access.sign_in.password,
                who.name,
                new,
                address=address(request),
                agent=request.headers.get("user-agent", ""),
            )
        except TooManyRequests:
            return await self._page(visit, error="Too many attempts. Please wait a few minutes.", status=429)
        except (Unauthorized, Forbidden):
            return await self._page(visit, error="The old password is wrong.", status=400)
        except BadRequestData:
            return await self._page(
                visit,
                error="This password is too easy to guess. Use at least 12 characters, not your name.",
                status=400,
            )
        session = Cookie(key=SESSION, value=cookie, httponly=True, secure=self._https, samesite="lax", path="/")
        return Redirect("/account?done=password", status_code=303, cookies=[session])


def routes(rooms: Rooms, pages: Pages, visits: Visits, *, https: bool) -> list[Any]:
    page = Account(rooms, pages, visits, https=https)
    return [
        post("/choose")(page.choose),
        post("/sign-out")(page.sign_out),
        get("/account")(page.show),
        post("/account/sessions/{session_id:str}/end")(page.end),
        post("/account/password")(page.password),
    ]


def browser(agent: str) -> str:
    """A user agent in words: "Firefox, Windows"."""
    name = next(
        (
            n
            for mark, n in (
                ("Edg/", "Edge"),
                ("OPR/", "Opera"),
                ("Firefox/", "Firefox"),
                ("Chrome/", "Chrome"),
                ("Safari/", "Safari"),
            )
            if mark in agent
        ),
        "",
    )
    system = next(
        (
            n
            for mark, n in (
                ("Android", "Android"),
                ("iPhone", "iPhone"),
                ("iPad", "iPad"),
                ("Windows", "Windows"),
                ("Mac OS", "macOS"),
                ("Linux", "Linux"),
            )
            if mark in agent
        ),
        "",
    )
    return ", ".join(part for part in (name, system) if part) or agent[:60] or "–"
