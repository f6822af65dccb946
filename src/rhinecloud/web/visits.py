"""A visit: who looks at which city, in which language and mood. Every page and data endpoint begins with one."""

from __future__ import annotations

import asyncio
from typing import Any, Final, Literal

import msgspec
from litestar import Request
from litestar.utils.scope.state import ScopeState

from rhinecloud.base.errors import Forbidden, NonexistentTenant, Refused, ResourceNotFound, Unauthorized

from .language import choose, words
from .navigation import Navigation, NavItem
from .rooms import Rooms

AnyRequest = Request[Any, Any, Any]
Theme = Literal["dark", "light"]

SESSION: Final = "rhinecloud_session"
LANGUAGE: Final = "rhinecloud_language"
THEME: Final = "rhinecloud_theme"
TENANT: Final = "rhinecloud_tenant"
DEMO: Final = "rhinecloud_demo"


class Choice(msgspec.Struct, frozen=True):
    """One of several, as in a menu."""

    value: str
    label: str
    current: bool


class Frame(msgspec.Struct, kw_only=True):
    """What every page shows around its own matter; templates read it as `page.frame`."""

    language: str
    theme: Theme
    title: str  # of the page, in its language
    screen: str  # key of the screen, for the navigation and the style
    tenant: str
    tenant_title: str
    tenants: list[Choice]  # those the person may see; one: no menu
    languages: list[Choice]
    nav: list[NavItem]
    person: str  # who signed in; "": nobody
    roles: list[str]  # of that person, in words
    csrf: str
    path: str  # of this page, for coming back
    version: str  # of the shipped files
    at: str  # the moment shown, RFC 3339; "": now
    timezone: str
    hears: bool  # of alerts, as they are raised
    follows: bool  # what happens in the command centre
    demo: bool  # says that this is the demo city
    drill: bool  # nothing of this tenant is real


class Visit(msgspec.Struct, kw_only=True):
    """One request's who, where and how."""

    principal: Any
    session: Any  # access's Session; None: nobody signed in
    tenant: str
    language: str
    theme: Theme
    csrf: str
    path: str
    seen_demo: bool = False  # has read that this is the demo city


class Visits:
    """Makes visits of requests, and frames of visits."""

    def __init__(self, rooms: Rooms, version: str) -> None:
        self._rooms = rooms
        self._version = version
        self._titles: dict[str, str] | None = None
        self.navigation = Navigation(rooms)
        rooms.access.watchers.append(self._changed)

    def _changed(self, what: str) -> None:
        if what == "tenants":
            self._titles = None

    async def of(self, request: AnyRequest) -> Visit:
        """Who is here. Refuses only a program, whose token or tenant is none; what needs an account asks `demand`.

        Raises: Unauthorized, NonexistentTenant.
        """
        # Answered from memory but for the first time, which reads a database.
        return await asyncio.to_thread(self.blocking, request)

    def blocking(self, request: AnyRequest) -> Visit:
        """As `of`, for where nothing can be awaited."""
        access, settings, cookies = self._rooms.access, self._rooms.settings, request.cookies
        cookie = cookies.get(SESSION, "")
        bearer = bearer_of(request)
        session = access.session(cookie) if cookie and not bearer else None
        if self._titles is None:
            self._titles = {t.name: t.title for t in access.tenants.list()}
        principal = session.principal if session else access.bearer(bearer) if bearer else access.anonymous()
        token = ScopeState.from_scope(request.scope).csrf_token
        chosen = cookies.get(LANGUAGE, "") or (session.language if session else "")
        return Visit(
            principal=principal,
            session=session,
            tenant=self._named(request, principal) if bearer else self._tenant(principal, cookies.get(TENANT, "")),
            language=choose(chosen, request.headers.get("accept-language", ""), settings.language),
            theme="light" if cookies.get(THEME) == "light" else "dark",
            csrf=token if isinstance(token, str) else "",
            path=request.url.path,
            seen_demo=bool(cookies.get(DEMO)),
        )

    def still(self, request: AnyRequest, visit: Visit) -> bool:
        """Whether what let this visit in is good yet: its session or its token may have ended since, or whom it is for
        may do something else now."""
        access = self._rooms.access
        try:
            if bearer := bearer_of(request):
                return bool(access.bearer(bearer) == visit.principal)
        except Unauthorized:
            return False
        if visit.session is None:
            return True
        session = access.session(request.cookies.get(SESSION, ""))
        return session is not None and bool(session.principal == visit.principal)

    def may(self, visit: Visit, action: str) -> bool:
        """Whether this visit may do `action` ("": everyone may)."""
        if not action:
            return True
        try:
            self._rooms.access.allow(visit.principal, action, visit.tenant)
        except Refused:
            return False
        return True

    async def allowed(self, request: AnyRequest, action: str) -> Visit:
        """Who is here, who may do this.

        Raises: Unauthorized, Forbidden, NonexistentTenant.
        """
        visit = await self.of(request)
        self.demand(visit, action)
        return visit

    async def in_centre(self, request: AnyRequest, action: str) -> Visit:
        """As `allowed`, on a page of the command centre.

        Raises: Unauthorized, Forbidden, NonexistentTenant. ResourceNotFound: this installation has none.
        """
        visit = await self.allowed(request, action)
        if self._rooms.operations is None:
            raise ResourceNotFound("This installation has no command centre")
        return visit

    def demand(self, visit: Visit, action: str) -> None:
        """Raises: Unauthorized, Forbidden."""
        self._rooms.access.allow(visit.principal, action, visit.tenant)

    def frame(self, visit: Visit, screen: str, title: str, *, at: str = "") -> Frame:
        """The frame of a page; `title` is translated here."""
        say = words(visit.language)
        titles = self._visible(visit)
        return Frame(
            language=visit.language,
            theme=visit.theme,
            title=say(title),
            screen=screen,
            tenant=visit.tenant,
            tenant_title=_title(visit.tenant, titles.get(visit.tenant, "")),
            tenants=[Choice(n, _title(n, t), n == visit.tenant) for n, t in titles.items()],
            languages=[
                Choice("de", "Deutsch", visit.language == "de"),
                Choice("en", "English", visit.language == "en"),
            ],
            nav=self.navigation.items(screen, lambda action: self.may(visit, action), say, self._waiting(visit)),
            person=(visit.session.title or visit.session.name) if visit.session else "",
            roles=[say(r) for r in sorted(visit.principal.roles)],
            csrf=visit.csrf,
            path=visit.path,
            version=self._version,
            at=at,
            timezone=self._rooms.settings.timezone,
            hears=self._rooms.insight is not None and self.may(visit, "alerts.read"),
            follows=self._rooms.operations is not None and self.may(visit, "incidents.read"),
            demo=self._rooms.settings.demo and not visit.seen_demo,
            drill=self._rooms.ground is not None and self._rooms.ground.is_ground(visit.tenant),
        )

    def _waiting(self, visit: Visit) -> dict[str, int]:
        """Alerts that are raised, by severity, for the navigation."""
        insight = self._rooms.insight
        if insight is None or not self.may(visit, "alerts.read"):
            return {}
        found: dict[str, int] = insight.counts(visit.tenant)
        return found

    def _tenant(self, principal: Any, wished: str) -> str:
        settings = self._rooms.settings
        first = principal.tenant or settings.default_tenant
        if wished == first or wished not in self._rooms.presents.names() or not self._sees(principal, wished):
            return first
        return wished

    def _named(self, request: AnyRequest, principal: Any) -> str:
        """The tenant that a program names as it does for NGSI-LD; what it may read there, `demand` and access say."""
        settings, presents = self._rooms.settings, self._rooms.presents
        name = request.headers.get("ngsild-tenant", "") or principal.tenant or settings.default_tenant
        if name not in presents.names():
            raise NonexistentTenant(f"Tenant {name[:80]} does not exist")
        return name

    def _visible(self, visit: Visit) -> dict[str, str]:
        """Titles of the tenants that this person may look at; the one they look at is always there."""
        titles = self._titles or {}
        seen = {
            n: t for n, t in titles.items() if visit.session and n != visit.tenant and self._sees(visit.principal, n)
        }
        return {visit.tenant: titles.get(visit.tenant, "")} | seen

    def _sees(self, principal: Any, tenant: str) -> bool:
        try:
            self._rooms.access.allow(principal, "entities.read", tenant)
        except (Forbidden, Unauthorized):
            return False
        return self._rooms.access.readable_types(principal, tenant) is None


def bearer_of(request: AnyRequest) -> str:
    """The API token that a program sends; "": none. It counts for the data under /web: pages are for people."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and request.url.path.startswith("/web/") else ""


def _title(name: str, title: str) -> str:
    return title if title and title != name else name.capitalize()
