"""The door as an ASGI application: who asks, which operation, once for its key; problems as documents."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final, Protocol

import msgspec

from rhinecloud.access import Principal
from rhinecloud.base import telemetry
from rhinecloud.base.errors import (
    BadRequestData,
    MethodNotAllowed,
    ResourceNotFound,
    RhineError,
    Unauthorized,
    UnsupportedMediaType,
)
from rhinecloud.operations import Seat, telling
from rhinecloud.sharing import problems
from rhinecloud.sharing.exchange import JSON, Answer, Asked, Gone, Receive, Scope, Send, send_answer

from .handlers import Handlers, Responsible, Visit
from .routes import ROUTES, STREAM, Route
from .stream import NewsStream

ROOT: Final = "/command-centre/v1"
LONGEST: Final = 1024**2  # bytes of a body

_log = telemetry.logger("sharing")
_asked = telemetry.counter("command_centre_requests", "Requests of agencies' systems", ("operation", "status"))


class Access(Protocol):
    """What is asked of `Access`."""

    watchers: list[Callable[[str], None]]

    def bearer(self, token: str) -> Principal: ...
    def anonymous(self) -> Principal: ...
    async def record(
        self, principal: Principal, action: str, subject: str, *, tenant: str, outcome: str = "done", **detail: Any
    ) -> None: ...


class CommandCentre:
    """Answers everything below `ROOT`.

    Args:
        seat: of a principal in a tenant; `Operations.seat`.
        telling: tells when there are news.
        responsible: who takes part in what is reported, beside those that are named.
    """

    def __init__(
        self,
        seat: Callable[[str, Principal], Seat],
        access: Access,
        telling: telling.Telling,
        *,
        default_tenant: str,
        responsible: Responsible = lambda _tenant, _type, _place: (),
    ) -> None:
        self._seat, self._access, self._default = seat, access, default_tenant
        self._handlers = Handlers(ROOT, telling.next_news, responsible)
        self._stream = NewsStream(self._still, telling.next_news)
        self._telling, self._wake = telling, telling.wake
        self._loop = asyncio.get_running_loop()
        access.watchers.append(self._rights_changed)

    def stop(self) -> None:
        """Ends the streams, for which a server would otherwise wait."""
        self._stream.stop()
        self._telling.over = True
        self._wake()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        name = "none"
        try:
            asked = Asked(scope, receive)
            segments = asked.segments[2:]
            if asked.method in ("GET", "HEAD") and f"/{'/'.join(segments)}" == STREAM:
                await self._stream(asked, await asyncio.to_thread(self._visit, asked), receive, send)
                return
            route, variables = _find(asked.method, segments)
            name = route.name
            answer = await self._answer(asked, route, variables)
        except RhineError as error:
            answer = problems.answer(error)
        except Gone:
            return
        except Exception:
            _log.exception("command_centre_failed", path=scope["path"])
            answer = problems.answer(RhineError("Something went wrong here; the log has the details"))
        _asked.labels(name, str(answer.status)).inc()
        await send_answer(send, answer, head=scope["method"] == "HEAD")

    async def _answer(self, asked: Asked, route: Route, variables: dict[str, str]) -> Answer:
        raw = await asked.body(LONGEST) if route.body is not None else b""
        visit = await asyncio.to_thread(self._visit, asked)
        given = _read(asked, raw, route.body) if route.body is not None else None
        handler = getattr(self._handlers, route.name)
        if not route.acts:
            body = await handler(visit, asked, **variables)
            return Answer(route.status, body, [(b"content-type", JSON), (b"cache-control", b"no-store")])
        key = asked.header(b"idempotency-key").strip()
        done = await asyncio.to_thread(
            visit.desk.once,
            key,
            b"\n".join((asked.method.encode(), asked.raw_path, raw)),
            lambda work: (route.status, handler(visit.desk, work, given, **variables)),
        )
        headers = [(b"content-type", JSON)]
        if done.replayed:
            headers.append((b"idempotency-replayed", b"true"))
            await self._access.record(
                visit.principal, "system.replayed", route.name, tenant=visit.tenant, key=key, path=asked.path
            )
        return Answer(done.status, done.body, headers)

    def _visit(self, asked: Asked) -> Visit:
        """Who asks, and where. Raises: Unauthorized, NonexistentTenant."""
        principal = self._who(asked)
        tenant = asked.header(b"ngsild-tenant") or asked.query.get("tenant", "") or principal.tenant or self._default
        return Visit(principal=principal, tenant=tenant, desk=telling.SystemsDesk(self._seat(tenant, principal)))

    def _still(self, asked: Asked, visit: Visit) -> bool:
        """Whether the token is good yet, and means the same."""
        try:
            return self._who(asked) == visit.principal
        except Unauthorized:
            return False

    def _who(self, asked: Asked) -> Principal:
        """Raises: Unauthorized: the token is no good, or something else was sent in its place."""
        scheme, _, token = asked.header(b"authorization").partition(" ")
        if not scheme:
            return self._access.anonymous()
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthorized("Send Authorization: Bearer <token>")
        return self._access.bearer(token.strip())

    def _rights_changed(self, what: str) -> None:
        """A person, a session or a token was changed, in whatever thread: whoever waits for news asks anew whether they
        may, here and on pages of crews."""
        if what != "tenants" and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)


def _find(method: str, segments: list[str]) -> tuple[Route, dict[str, str]]:
    """Raises: ResourceNotFound, MethodNotAllowed."""
    allowed = []
    for route in ROUTES:
        variables = route.match(segments)
        if variables is not None:
            if route.method == ("GET" if method == "HEAD" else method):
                return route, variables
            allowed.append(route.method)
    if allowed:
        raise MethodNotAllowed(f"Here goes {', '.join(allowed)}", allow=allowed)
    raise ResourceNotFound(f"There is nothing at {ROOT}/{'/'.join(segments)[:100]}; /openapi.json lists what there is")


def _read(asked: Asked, raw: bytes, kind: Any) -> Any:
    """The body. Raises: UnsupportedMediaType, BadRequestData."""
    media = asked.header(b"content-type").partition(";")[0].strip().lower()
    if media not in ("application/json", "application/merge-patch+json"):
        raise UnsupportedMediaType
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        raise BadRequestData(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequestData(f"The body is no JSON: {error}") from error
