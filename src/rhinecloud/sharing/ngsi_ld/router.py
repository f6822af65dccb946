"""Finds the operation for a request, checks what all operations have in common, and calls it.

The table of routes is the one description of this API: from it come dispatch, the check for unknown parameters, the
media types and the OpenAPI document.
Source: ETSI GS CIM 009, 6.2, 6.3.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from rhinecloud.base import telemetry
from rhinecloud.base.errors import (
    BadRequestData,
    InvalidRequest,
    LengthRequired,
    MethodNotAllowed,
    NonexistentTenant,
    ResourceNotFound,
    RhineError,
    Unauthorized,
    UnsupportedMediaType,
)
from rhinecloud.sharing import problems
from rhinecloud.sharing.exchange import Answer, Asked, Gone, Receive, Scope, Send, send_answer

from .call import Call, Door
from .contexts import OWN, hosted_by
from .negotiation import GEO, JSON, LD_JSON, MERGE_PATCH, PLAIN, media_type, negotiate
from .notifications import renderer
from .routes import ROUTES, Route

_TENANT: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}\Z")
_HERE: Final = object()
_VARIABLE: Final = object()  # no text, so that no segment of a request can name it
_OF_ONE: Final = frozenset(["PUT", "PATCH"])  # methods that are always about one thing, whose id is then missing
_PLAIN_405: Final = frozenset(["subscriptions"])  # 6.10.3: of these a missing id is just another address
_NOWHERE: Final[dict[Any, Any]] = {}
_UNNAMED: Final[dict[str, str]] = {}
_OFFERED: Final[Mapping[str, tuple[str, ...]]] = {
    "plain": PLAIN,
    "geo": GEO,
    "json": (JSON,),
    "ld": (LD_JSON, JSON),
    "none": (),
}

_log = telemetry.logger("sharing")
_requests = telemetry.counter("ngsi_ld_requests", "Requests of the NGSI-LD API", ("operation", "status"))


class NgsiLd:
    """The NGSI-LD API as an ASGI application, for everything under /ngsi-ld/v1."""

    def __init__(
        self, presents: Any, histories: Any, access: Any, vocabularies: Any, settings: Any, subscriptions: Any = None
    ) -> None:
        self.door = Door(presents, histories, access, vocabularies, settings, subscriptions)
        if subscriptions is not None:
            subscriptions.render = renderer(presents, vocabularies, settings.default_tenant)
        if not vocabularies.own_url:
            vocabularies.own_url = f"{self.door.base_url}/ngsi-ld/v1/jsonldContexts/{OWN}"
        vocabularies.hosted = hosted_by(presents, self.door.hits)
        self._tree = _tree(ROUTES)
        self._count: dict[tuple[str, int], Callable[[], None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        name = "none"
        headers: list[tuple[bytes, bytes]] = []
        try:
            asked = Asked(scope, receive)
            if tenant := asked.header(b"ngsild-tenant"):
                headers = [(b"ngsild-tenant", tenant.encode("latin-1"))]
            route, named = self._find(asked)
            name = route.operation
            answer = await self._run(route, named, asked, tenant)
        except RhineError as error:
            answer = problems.answer(error)
        except Gone:
            return
        except Exception:
            _log.exception("request_failed", method=scope["method"], path=scope["path"], operation=name)
            answer = problems.answer(RhineError("Something went wrong here; the log has the details"))
        if headers:
            answer.headers = [*answer.headers, *headers]
        self._counted(name, answer.status)
        await send_answer(send, answer, head=scope["method"] == "HEAD")

    def _counted(self, operation: str, status: int) -> None:
        count = self._count.get((operation, status))
        if count is None:
            count = self._count[operation, status] = _requests.labels(operation, str(status)).inc
        count()

    def _find(self, asked: Asked) -> tuple[Route, dict[str, str]]:
        """The route and the values of its variables.

        Raises:
            ResourceNotFound: there is nothing under this address.
            MethodNotAllowed: there is, but not for this method.
        """
        node: Any = self._tree
        values: list[str] = []
        for segment in asked.segments[2:]:  # after /ngsi-ld/v1
            if not segment and values:
                continue  # nothing between two slashes: as if there were one
            below = node.get(segment)
            if below is None:
                below = node.get(_VARIABLE, _NOWHERE)
                if segment in below:  # what comes after an id, where the id should be
                    raise BadRequestData("The id is missing in the address")
                values.append(segment)
            if below is _NOWHERE:
                raise ResourceNotFound("There is nothing under this address")
            node = below
        methods: dict[str, Route] | None = node.get(_HERE)
        if not methods:
            raise ResourceNotFound("There is nothing under this address")
        method = "GET" if asked.method == "HEAD" else asked.method
        route = methods.get(method)
        if route is None:
            one = asked.segments[-1] not in _PLAIN_405
            if one and not values and method in _OF_ONE and method in node.get(_VARIABLE, {}).get(_HERE, {}):
                raise BadRequestData("The id is missing in the address")
            raise MethodNotAllowed(f"{asked.method} is not for this address", allow=sorted(methods))
        return route, dict(zip(route.variables, values, strict=False)) if values else _UNNAMED

    async def _run(self, route: Route, named: dict[str, str], asked: Asked, tenant: str) -> Answer:
        """Checks what the standard has all operations check, in its order, then calls the handler."""
        content = ""
        if route.body:
            content = _content(asked)
        if unknown := asked.query.keys() - route.allowed:
            raise InvalidRequest(f"{route.operation} does not know the parameter {min(unknown)[:40]!r}")
        offered = _OFFERED[route.produces]
        media = negotiate(asked.header(b"accept"), offered) if offered else JSON
        call = Call(self.door, asked, named, media)
        if tenant and not _TENANT.match(tenant):
            raise BadRequestData("NGSILD-Tenant is a name of small letters, digits, - and _")
        call.tenant = tenant
        self._admit(call, route)
        if route.body:
            await call.read_body(content, route.body)
        elif link := asked.header(b"link"):
            await call.read_context(link)
        return await route.handler(call)

    def _admit(self, call: Call, route: Route) -> None:
        """Who asks, and whether they may; opens the tenant."""
        access = self.door.access
        authorization = call.asked.header(b"authorization")
        if authorization:
            scheme, _, token = authorization.partition(" ")
            if scheme.lower() != "bearer" or not token:
                raise Unauthorized("Authorization is Bearer and a token")
            call.principal = access.bearer(token.strip())
        else:
            call.principal = access.anonymous()
        # Who belongs to one tenant need not name it.
        call.tenant = call.tenant or call.principal.tenant or self.door.settings.default_tenant
        if route.action in ("entities.read", "history.read"):
            call.readable = access.readable_types(call.principal, call.tenant)
        if call.readable is None or not call.readable:
            access.allow(call.principal, route.action, call.tenant)
        presents = self.door.presents
        try:
            call.present = presents.open(call.tenant)
        except NonexistentTenant:
            if not route.creates:
                if route.any_tenant:
                    return
                raise
            # 5.5.10: whoever creates something in a new tenant creates the tenant, if they may.
            access.allow(call.principal, "tenants.manage", call.tenant)
            call.present = presents.create(call.tenant)


def _content(asked: Asked) -> str:
    if not asked.header(b"content-length"):
        raise LengthRequired
    content = media_type(asked.header(b"content-type"))
    if content in PLAIN:
        return content
    if content == MERGE_PATCH and asked.method == "PATCH":
        return JSON
    raise UnsupportedMediaType


def _tree(routes: tuple[Route, ...]) -> dict[Any, Any]:
    """Routes by the segments of their paths; `_HERE` holds what ends here, `_VARIABLE` what comes below any segment."""
    tree: dict[Any, Any] = {}
    for route in routes:
        node = tree
        for segment in route.path.strip("/").split("/"):
            node = node.setdefault(_VARIABLE if segment[0] == "{" else segment, {})
        node.setdefault(_HERE, {})[route.method] = route
    return tree
