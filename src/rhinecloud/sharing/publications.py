"""Open data in the forms of its domains: what packs publish, at `/publications` and `/publications/<path>`.

The list is JSON; a publication is what its pack renders of the entities of its types, as they are now. Those who ask
within ten seconds get the same document; `ETag` says whether it is another one than the last. The tenant is that of
NGSILD-Tenant, or of the parameter `tenant`, since a browser sends no such header.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol

import msgspec

from rhinecloud.base import telemetry
from rhinecloud.base.declare import Model
from rhinecloud.base.errors import Forbidden, MethodNotAllowed, ResourceNotFound, RhineError, Unauthorized, Unavailable
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
    ) -> None:
        self._on, self._presents, self._access = on, presents, access
        self._vocabularies, self._model, self._default = vocabularies, model, default_tenant
        self._kept: dict[tuple[str, str], _Kept] = {}
        self._locks: dict[tuple[str, str], asyncio.Lock] = {}

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

    def _admit(self, asked: Asked, publication: Publication, tenant: str) -> None:
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
        present, entities, offset = self._presents.open(tenant), list[Any](), 0
        kinds = Types(tuple(self._expand(name) for name in publication.types))
        while page := (await present.query(Query(types=kinds, limit=_PAGE, offset=offset))).entities:
            entities += page
            offset += len(page)

        def render() -> bytes:
            renderer = Renderer(View(), self._vocabularies.default)
            return publication.render([renderer.entity(entity) for entity in entities])

        try:
            body = await asyncio.to_thread(render)
        except Exception as error:  # a pack's own code
            _log.exception("publication_not_rendered", publication=publication.id, tenant=tenant)
            raise Unavailable(f"Publication {publication.id} cannot be made now; the log says why") from error
        return _Kept(body, b'"' + hashlib.sha256(body).hexdigest()[:32].encode() + b'"', time.monotonic())

    def _expand(self, name: str) -> str:
        return self._model.terms.get(name, name)
