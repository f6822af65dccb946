"""Warnings for programs: an Atom feed, GeoJSON and CAP XML for everybody, and the door for messages of others.

    GET  /warnings.atom                  the newest message of each warning (RFC 4287)
    GET  /warnings.json                  warnings in force (RFC 7946)
    GET  /warnings/<number>/<place>.xml  one message, for ever the same bytes (CAP 1.2, signed)
    POST /cap                            takes messages in; a token with the scope warnings.receive

Feed and GeoJSON are rendered once for all who ask while nothing changes. The tenant is that of NGSILD-Tenant, or of
the parameter `tenant`.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections import OrderedDict
from typing import Any, Final, Protocol

import msgspec

from rhinecloud.base import telemetry
from rhinecloud.base.errors import (
    BadRequestData,
    InvalidRequest,
    MethodNotAllowed,
    ResourceNotFound,
    RhineError,
    TooManyRequests,
    Unauthorized,
)
from rhinecloud.operations import warnings

from . import problems
from .exchange import JSON, Answer, Asked, Gone, Receive, Scope, Send, send_answer

LONGEST: Final = 32 * 1024**2
"""Bytes of one document that is brought in."""
FRESH: Final = b"public, max-age=10, stale-while-revalidate=30"
FOR_EVER: Final = b"public, max-age=31536000, immutable"
RATE: Final = 2.0  # documents a second that one token may bring for long
BURST: Final = 60.0
_MESSAGES: Final = re.compile(r"/warnings/[^/]*/[^/]*\.xml\Z")
_MESSAGE: Final = re.compile(r"/warnings/([a-z0-9-]{1,40})/(\d{1,4})\.xml\Z")
_KEPT: Final = 256

_log = telemetry.logger("sharing")
_asked = telemetry.counter("warning_requests", "Requests at the doors of warnings", ("door", "status"))


class Access(Protocol):
    def bearer(self, token: str) -> Any: ...
    def anonymous(self) -> Any: ...
    def allow(self, principal: Any, action: str, tenant: str) -> None: ...


class Cap:
    """The door, as an ASGI application."""

    def __init__(self, room: warnings.Warnings, access: Access, *, default_tenant: str) -> None:
        self._room, self._access, self._default = room, access, default_tenant
        self._rendered: dict[tuple[str, str], tuple[object, bytes, bytes]] = {}  # → what it was rendered of, bytes, tag
        self._rendering = asyncio.Lock()
        self._messages: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._buckets: dict[str, tuple[float, float]] = {}

    @staticmethod
    def answers(path: str) -> bool:
        """Whether a request belongs here."""
        return path in ("/cap", "/warnings.atom", "/warnings.json") or _MESSAGES.match(path) is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        try:
            answer = await self._answer(Asked(scope, receive), path)
        except RhineError as error:
            answer = problems.answer(error)
        except Gone:
            return
        except Exception:
            _log.exception("warnings_failed", path=path[:200])
            answer = problems.answer(RhineError("Something went wrong here; the log has the details"))
        answer.headers = [*answer.headers, (b"x-content-type-options", b"nosniff")]
        _asked.labels("in" if path == "/cap" else "out", str(answer.status)).inc()
        await send_answer(send, answer, head=scope["method"] == "HEAD")

    async def _answer(self, asked: Asked, path: str) -> Answer:
        tenant = asked.header(b"ngsild-tenant") or asked.query.get("tenant") or self._default
        if path == "/cap":
            return await self._take(asked, tenant)
        if asked.method not in ("GET", "HEAD"):
            raise MethodNotAllowed("This is only read", allow=["GET", "HEAD"])
        if found := _MESSAGE.match(path):
            return await self._message(asked, tenant, found[1], int(found[2]))
        if _MESSAGES.match(path):
            raise ResourceNotFound("There is no such message of a warning")
        return await self._feed(asked, tenant, path)

    # ── out ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _feed(self, asked: Asked, tenant: str, path: str) -> Answer:
        board = self._room.board(tenant) or await self._room.load(tenant)
        kept = self._rendered.get((tenant, path))
        if kept is None or kept[0] is not board:
            async with self._rendering:  # a new warning brings everybody at once; one of them renders it
                kept = self._rendered.get((tenant, path))
                if kept is None or kept[0] is not board:
                    body = await self._render(tenant, path, board)
                    kept = self._rendered[(tenant, path)] = (board, body, _tag(body))
        kind = b"application/atom+xml; charset=utf-8" if path == "/warnings.atom" else b"application/geo+json"
        return _cached(asked, kept[1], kept[2], kind, FRESH)

    async def _render(self, tenant: str, path: str, board: Any) -> bytes:
        profile = await self._room.profile(tenant)
        root = self._room.root()
        if path == "/warnings.atom":
            title = f"{profile.sender_name}: Warnungen"
            return await asyncio.to_thread(warnings.atom, board, root, title, profile.sender_name)
        return await asyncio.to_thread(warnings.geojson, board, root)

    async def _message(self, asked: Asked, tenant: str, number: str, place: int) -> Answer:
        drills = self._may_see(asked, tenant)
        key = (tenant, f"{number}/{place}")
        body = self._messages.get(key)
        if body is None:
            shown = await self._room.shown(tenant, number, drills=drills)
            found = next((m for m in shown.chain.published if m.place == place), None)
            if found is None or not found.signed:
                raise ResourceNotFound(f"Warning {number} has no message {place}")
            body = found.signed
            if shown.chain.status != "Actual":
                return Answer(200, body, [(b"content-type", b"application/cap+xml"), (b"cache-control", b"no-store")])
            self._messages[key] = body
            if len(self._messages) > _KEPT:
                self._messages.popitem(last=False)
        return _cached(asked, body, _tag(body), b"application/cap+xml", FOR_EVER)

    def _may_see(self, asked: Asked, tenant: str) -> bool:
        """Drills are for those who work here alone."""
        scheme, _, token = asked.header(b"authorization").partition(" ")
        if scheme.lower() != "bearer":
            return False
        self._access.allow(self._access.bearer(token.strip()), "warnings.read", tenant)
        return True

    # ── in ───────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _take(self, asked: Asked, tenant: str) -> Answer:
        if asked.method != "POST":
            raise MethodNotAllowed("CAP messages are sent by POST", allow=["POST"])
        scheme, _, token = asked.header(b"authorization").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthorized("Send a token that has the scope warnings.receive")
        who = self._access.bearer(token.strip())
        self._access.allow(who, "warnings.receive", tenant)
        self._throttle(who.source)
        body = await asked.body(LONGEST)
        if not body:
            raise InvalidRequest("The message is empty")
        name = asked.query.get("name", "message")[:200]
        desk = self._room.desk(tenant, who)
        taken = await asyncio.to_thread(desk.take, name, body, f"http:{who.name or who.id}"[:200])
        told = msgspec.to_builtins(taken)
        if not taken:
            raise BadRequestData("There is no message in it")
        if all(t.outcome == "refused" for t in taken):
            detail = f"{taken[0].detail} It is kept under the number {taken[0].id}."
            raise BadRequestData(detail, messages=told)
        status = 201 if any(t.outcome == "taken" for t in taken) else 200
        return Answer(status, msgspec.json.encode({"messages": told}), [(b"content-type", JSON)])

    def _throttle(self, who: str) -> None:
        now = time.monotonic()
        left, since = self._buckets.get(who, (BURST, now))
        left = min(BURST, left + (now - since) * RATE)
        if left < 1:
            raise TooManyRequests(f"More than {RATE:g} documents a second", retry_after_s=1)
        self._buckets[who] = (left - 1, now)


def _tag(body: bytes) -> bytes:
    return b'"' + hashlib.sha256(body).hexdigest()[:32].encode() + b'"'


def _cached(asked: Asked, body: bytes, tag: bytes, kind: bytes, fresh: bytes) -> Answer:
    headers = [(b"etag", tag), (b"cache-control", fresh), (b"access-control-allow-origin", b"*")]
    if tag.decode() in asked.header(b"if-none-match"):
        return Answer(304, b"", headers)
    return Answer(200, body, [(b"content-type", kind), *headers])


def described_cap() -> dict[str, Any]:
    """The paths of OpenAPI for these doors."""
    problem = {"content": {JSON.decode(): {"schema": {"$ref": "#/components/schemas/Problem"}}}}

    def refused(*errors: type[RhineError]) -> dict[str, Any]:
        return {str(e.status): {"description": e.title} | problem for e in errors}

    tenant = [
        {"name": "NGSILD-Tenant", "in": "header", "schema": {"type": "string"}, "description": "The tenant"},
        {"name": "tenant", "in": "query", "schema": {"type": "string"}, "description": "The tenant, from a browser"},
    ]

    def read(operation: str, summary: str, media: str, more: list[dict[str, Any]]) -> dict[str, Any]:
        answers = {
            "200": {"description": summary, "content": {media: {"schema": {}}}},
            "304": {"description": "As before"},
        }
        return {
            "get": {
                "operationId": operation,
                "summary": summary,
                "tags": ["warnings"],
                "parameters": [*more, *tenant],
                "responses": answers | refused(BadRequestData, ResourceNotFound, MethodNotAllowed),
            }
        }

    place = [
        {"name": name, "in": "path", "required": True, "schema": {"type": kind}, "description": text}
        for name, kind, text in (("number", "string", "The warning"), ("place", "integer", "The message in its chain"))
    ]
    name = {"name": "name", "in": "query", "schema": {"type": "string"}, "description": "What the document is called"}
    body: dict[str, Any] = {
        "content": {m: {"schema": {}} for m in ("application/cap+xml", "application/json", "application/zip")}
    }
    return {
        "/warnings.atom": read("warningFeed", "The newest message of each warning", "application/atom+xml", []),
        "/warnings.json": read("warningsInForce", "Warnings in force, as GeoJSON", "application/geo+json", []),
        "/warnings/{number}/{place}.xml": read("warningMessage", "One message, signed", "application/cap+xml", place),
        "/cap": {
            "post": {
                "operationId": "takeCap",
                "summary": "Takes CAP messages of others in: alone, in Atom, EDXL-DE, as JSON, in a zip",
                "tags": ["warnings"],
                "parameters": [name, *tenant],
                "requestBody": body | {"required": True},
                "responses": {
                    "200": {"description": "All of it was known", "content": {JSON.decode(): {"schema": {}}}},
                    "201": {"description": "What became of each message", "content": {JSON.decode(): {"schema": {}}}},
                }
                | refused(BadRequestData, Unauthorized, ResourceNotFound, MethodNotAllowed, TooManyRequests),
            }
        },
    }
