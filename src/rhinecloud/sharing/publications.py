"""Open data in the forms of its domains: what packs publish, at `/publications` and `/publications/<path>`, and the
questions that they answer, at paths of their own (`/parking/guidance`).

The list is JSON; a publication is what its pack renders of the entities of its types, as they are now. Those who ask
within ten seconds get the same document; `ETag` says whether it is another one than the last. The tenant is that of
NGSILD-Tenant, or of the parameter `tenant`, since a browser sends no such header.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec

from rhinecloud.base import telemetry
from rhinecloud.base.clock import Clock, now_us
from rhinecloud.base.declare import Model
from rhinecloud.base.errors import (
    BadRequestData,
    Forbidden,
    MethodNotAllowed,
    ResourceNotFound,
    RhineError,
    Unauthorized,
    Unavailable,
)
from rhinecloud.context import Presents, Query, Types, Vocabularies

from . import problems
from .exchange import JSON, Answer, Asked, Receive, Scope, Send, send_answer
from .ngsi_ld.render import Renderer, View

FRESH_S: Final = 10.0
"""How long a rendered document is given to others, too."""
_PAGE: Final = 1000
_MOST_KEPT: Final = 64

_log = telemetry.logger("sharing")


class Publication(Protocol):
    """The part of `kit.Publication` that this door uses."""

    id: str
    label: Any
    media_type: str
    path: str
    types: tuple[str, ...]
    licence: str
    render: Callable[[Iterable[Mapping[str, Any]]], bytes]


class Brings(Protocol):
    """A pack, as far as it is needed here."""

    @property
    def id(self) -> str: ...
    @property
    def publications(self) -> tuple[Any, ...]: ...
    @property
    def endpoints(self) -> tuple[Any, ...]: ...


class Endpoint(Protocol):
    """The part of `kit.Endpoint` that this door uses."""

    id: str
    label: Any
    path: str
    types: tuple[str, ...]
    parameters: tuple[Any, ...]
    answer: Callable[[Sequence[Mapping[str, Any]], Mapping[str, Any], int], Any]


class Access(Protocol):
    """The part of `access` that this door asks."""

    def bearer(self, token: str) -> Any: ...
    def anonymous(self) -> Any: ...
    def readable_types(self, principal: Any, tenant: str) -> frozenset[str] | None: ...


class _Kept(msgspec.Struct, frozen=True):
    body: bytes
    tag: bytes
    at_s: float


class Publications:
    """The door for what packs publish, as an ASGI application.

    Args:
        on: tenant → the packs that are on there.
        packs: all that are installed; their endpoints' paths are answered here.
    """

    def __init__(
        self,
        on: Callable[[str], tuple[Brings, ...]],
        presents: Presents,
        access: Access,
        vocabularies: Vocabularies,
        model: Model,
        *,
        default_tenant: str,
        packs: Iterable[Brings] = (),
        clock: Clock = now_us,
    ) -> None:
        self._clock = clock
        self._paths = frozenset(f"/{endpoint.path}" for pack in packs for endpoint in pack.endpoints)
        self._on, self._presents, self._access = on, presents, access
        self._vocabularies, self._model, self._default = vocabularies, model, default_tenant
        self._kept: dict[tuple[str, str], _Kept] = {}
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}

    def answers(self, path: str) -> bool:
        """Whether a request belongs here."""
        return path == "/publications" or path.startswith("/publications/") or path in self._paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            answer = await self._answer(Asked(scope, receive))
        except RhineError as error:
            answer = problems.answer(error)
        except Exception:
            _log.exception("publication_failed", path=scope["path"])
            answer = problems.answer(RhineError("Something went wrong here; the log has the details"))
        await send_answer(send, answer, head=scope["method"] == "HEAD")

    async def _answer(self, asked: Asked) -> Answer:
        if asked.method not in ("GET", "HEAD"):
            raise MethodNotAllowed("This is only read", allow=["GET", "HEAD"])
        tenant = asked.header(b"ngsild-tenant") or asked.query.get("tenant") or self._default
        self._presents.open(tenant)  # there is such a tenant
        if asked.segments[0] != "publications":
            return await self._ask(asked, tenant)
        path = "/".join(asked.segments[1:])
        brought = {p.path: (pack.id, p) for pack in self._on(tenant) for p in pack.publications}
        if not path:
            return Answer(200, msgspec.json.encode(self._list(brought)), [(b"content-type", JSON)])
        if path not in brought:
            raise ResourceNotFound(f"There is no publication {path[:100]}; /publications lists those that there are")
        publication = brought[path][1]
        self._admit(asked, publication, tenant)
        kept = await self._document(tenant, publication)
        headers = [(b"etag", kept.tag), (b"cache-control", b"max-age=10"), (b"access-control-allow-origin", b"*")]
        if kept.tag.decode() in asked.header(b"if-none-match"):
            return Answer(304, b"", headers)
        return Answer(200, kept.body, [(b"content-type", publication.media_type.encode()), *headers])

    async def _ask(self, asked: Asked, tenant: str) -> Answer:
        """Answers a question; what is asked for must be well-formed, and be there."""
        path = "/".join(asked.segments)
        endpoint = next((e for pack in self._on(tenant) for e in pack.endpoints if e.path == path), None)
        if endpoint is None:
            raise ResourceNotFound(f"There is nothing at /{path[:100]}: its pack is switched off")
        self._admit(asked, endpoint, tenant)
        headers = [(b"content-type", JSON), (b"cache-control", b"no-cache"), (b"access-control-allow-origin", b"*")]
        return Answer(200, await self._answered(tenant, endpoint, asked.query), headers)

    async def ask(
        self, tenant: str, endpoint_id: str, query: Mapping[str, str], readable: frozenset[str] | None
    ) -> bytes:
        """The answer of an endpoint as JSON, for a room that knows who asks.

        Args:
            readable: types that whoever asks may read; None: all.
        Raises:
            ResourceNotFound: there is none, or its pack is off. Forbidden. BadRequestData: see `parameters_of`.
        """
        endpoint = next((e for pack in self._on(tenant) for e in pack.endpoints if e.id == endpoint_id), None)
        if endpoint is None:
            raise ResourceNotFound(f"There is no {endpoint_id[:100]}, or its pack is switched off")
        if closed := [n for n in endpoint.types if readable is not None and self._expand(n) not in readable]:
            raise Forbidden(f"{closed[0]} may not be read")
        return await self._answered(tenant, endpoint, query)

    async def _answered(self, tenant: str, endpoint: Endpoint, query: Mapping[str, str]) -> bytes:
        given = parameters_of(endpoint, query)
        entities, now = await self._entities(tenant, endpoint.types), self._clock()

        def run() -> bytes:
            renderer = Renderer(View(), self._vocabularies.default)
            return msgspec.json.encode(endpoint.answer([renderer.entity(e) for e in entities], given, now))

        try:
            return await asyncio.to_thread(run)
        except ValueError as error:
            raise BadRequestData(str(error)) from error
        except Exception as error:  # a pack's own code
            _log.exception("endpoint_failed", endpoint=endpoint.id, tenant=tenant)
            raise Unavailable(f"{endpoint.id} cannot answer now; the log says why") from error

    def _list(self, brought: dict[str, tuple[str, Publication]]) -> list[dict[str, Any]]:
        return [
            {
                "id": publication.id,
                "title": {"de": publication.label.de, "en": publication.label.en},
                "path": f"/publications/{path}",
                "mediaType": publication.media_type,
                "types": list(publication.types),
                "licence": publication.licence,
                "pack": pack,
            }
            for path, (pack, publication) in sorted(brought.items())
        ]

    def _admit(self, asked: Asked, publication: Publication | Endpoint, tenant: str) -> None:
        scheme, _, token = asked.header(b"authorization").partition(" ")
        who = self._access.bearer(token.strip()) if scheme.lower() == "bearer" else self._access.anonymous()
        readable = self._access.readable_types(who, tenant)
        closed = [n for n in publication.types if readable is not None and self._expand(n) not in readable]
        if closed and who.kind == "anonymous":
            raise Unauthorized(f"{closed[0]} is not open to everyone; send a token that may read it")
        if closed:
            raise Forbidden(f"{closed[0]} may not be read with this token")

    async def _document(self, tenant: str, publication: Publication) -> _Kept:
        key = tenant, publication.id
        async with self._locks.setdefault(key, asyncio.Lock()):
            kept = self._kept.get(key)
            if kept is None or time.monotonic() - kept.at_s > FRESH_S:
                if len(self._kept) >= _MOST_KEPT:
                    self._kept.clear()
                kept = self._kept[key] = await self._rendered(tenant, publication)
            return kept

    async def _rendered(self, tenant: str, publication: Publication) -> _Kept:
        entities = await self._entities(tenant, publication.types)

        def render() -> bytes:
            renderer = Renderer(View(sys_attrs=True), self._vocabularies.default)
            return publication.render([renderer.entity(entity) for entity in entities])

        try:
            body = await asyncio.to_thread(render)
        except Exception as error:  # a pack's own code
            _log.exception("publication_not_rendered", publication=publication.id, tenant=tenant)
            raise Unavailable(f"Publication {publication.id} cannot be made now; the log says why") from error
        return _Kept(body, b'"' + hashlib.sha256(body).hexdigest()[:32].encode() + b'"', time.monotonic())

    async def _entities(self, tenant: str, types: Iterable[str]) -> list[Any]:
        present, entities, offset = self._presents.open(tenant), list[Any](), 0
        kinds = Types(tuple(self._expand(name) for name in types))
        while page := (await present.query(Query(types=kinds, limit=_PAGE, offset=offset))).entities:
            entities += page
            offset += len(page)
        return entities

    def _expand(self, name: str) -> str:
        return self._model.terms.get(name, name)


def parameters_of(endpoint: Endpoint, query: Mapping[str, str]) -> dict[str, Any]:
    """The parameters that were given, converted.

    Raises:
        BadRequestData: one is missing, unknown, or none of its kind; the message names it.
    """
    known = {parameter.name: parameter for parameter in endpoint.parameters}
    found: dict[str, Any] = {}
    for name, told in query.items():
        if name == "tenant":
            continue
        if name not in known:
            raise BadRequestData(f"The parameter {name[:40]!r} does not exist; there are {', '.join(known)}")
        if told != "":
            found[name] = _converted(known[name], told)
    if missing := [name for name, parameter in known.items() if parameter.required and name not in found]:
        raise BadRequestData(f"The parameter {missing[0]} is missing: {known[missing[0]].label.en}")
    return found


def _converted(parameter: Any, told: str) -> Any:
    if parameter.kind == "text":
        return told[:1000]
    if parameter.kind == "boolean":
        if told not in ("true", "false"):
            raise BadRequestData(f"The parameter {parameter.name} is true or false, not {told[:40]!r}")
        return told == "true"
    try:
        value = int(told[:20]) if parameter.kind == "integer" else float(told[:40])
    except ValueError:
        raise BadRequestData(f"The parameter {parameter.name} is a number, not {told[:40]!r}") from None
    low, high = parameter.minimum, parameter.maximum
    if not math.isfinite(value) or (low is not None and value < low) or (high is not None and value > high):
        raise BadRequestData(f"The parameter {parameter.name} is from {low} to {high}, not {told[:40]}")
    return value


_ANSWERS: Final = {"description": "What was asked for"}


def described(packs: Iterable[Brings]) -> dict[str, Any]:
    """The paths of OpenAPI for all that packs publish and answer."""
    problem = {"content": {JSON.decode(): {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    refused = {
        str(error.status): {"description": error.title} | problem
        for error in (BadRequestData, Unauthorized, Forbidden, ResourceNotFound, MethodNotAllowed, Unavailable)
    }
    tenant = [
        {"name": "NGSILD-Tenant", "in": "header", "schema": {"type": "string"}, "description": "The tenant"},
        {"name": "tenant", "in": "query", "schema": {"type": "string"}, "description": "The tenant, from a browser"},
    ]
    paths: dict[str, Any] = {
        "/publications": {
            "get": {
                "operationId": "listPublications",
                "summary": "Lists open data in the forms of its domains",
                "tags": ["publications"],
                "parameters": tenant,
                "responses": {"200": _ANSWERS | {"content": {JSON.decode(): {"schema": {"type": "array"}}}}} | refused,
            }
        }
    }
    for pack in packs:
        for publication in pack.publications:
            media = publication.media_type.partition(";")[0]
            match = {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}, "description": "Last ETag"}
            paths[f"/publications/{publication.path}"] = {
                "get": {
                    "operationId": f"publication.{publication.id}",
                    "summary": publication.label.en,
                    "tags": ["publications"],
                    "parameters": [*tenant, match],
                    "responses": {
                        "200": _ANSWERS | {"content": {media: {"schema": {}}}},
                        "304": {"description": "It is the same as before"},
                        **refused,
                    },
                }
            }
        for endpoint in pack.endpoints:
            paths[f"/{endpoint.path}"] = {
                "get": {
                    "operationId": endpoint.id,
                    "summary": endpoint.label.en,
                    "tags": [pack.id],
                    "parameters": [*tenant, *map(_parameter, endpoint.parameters)],
                    "responses": {"200": _ANSWERS | {"content": {JSON.decode(): {"schema": {}}}}, **refused},
                }
            }
    return paths


def _parameter(parameter: Any) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": {"text": "string"}.get(parameter.kind, parameter.kind)}
    for name in ("minimum", "maximum"):
        if getattr(parameter, name) is not None:
            schema[name] = getattr(parameter, name)
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "schema": schema,
        "description": parameter.label.en,
    }
