"""The table of routes: what this API offers, in the order of the standard's clause 6.

Source: ETSI GS CIM 009, 6.4 to 6.40.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Final, Literal

import msgspec

from rhinecloud.sharing.exchange import Answer

from . import attributes, batch, contexts, discovery, entities, info, query, subscriptions, temporal
from .call import Call

Handler = Callable[[Call], Awaitable[Answer]]


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One operation under one address."""

    method: str
    path: str
    operation: str
    clause: str
    handler: Handler
    action: str
    parameters: tuple[str, ...] = ()
    body: Literal["", "one", "part", "each", "context"] = ""  # see Call.read_body
    produces: Literal["plain", "geo", "json", "ld", "none"] = "none"
    creates: bool = False  # 5.5.10: creates its tenant too
    any_tenant: bool = False  # answers for tenants that do not exist: what it tells belongs to all of them

    variables: tuple[str, ...] = ()  # of the path
    allowed: frozenset[str] = frozenset()  # the parameters

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "variables", tuple(re.findall(r"{(\w+)}", self.path)))
        msgspec.structs.force_setattr(self, "allowed", frozenset(self.parameters))


_LOOK: Final = ("format", "options", "lang", "local")
_PROJECTION: Final = ("attrs", "pick", "omit", "datasetId")
_LINKED: Final = ("join", "joinLevel", "containedBy")
_GEO: Final = ("georel", "geometry", "coordinates", "geoproperty")
_PAGE: Final = ("limit", "offset", "count")
_SELECT: Final = ("id", "type", "idPattern", "q", "scopeQ", "csf", "expandValues", "jsonKeys")
_ORDER: Final = ("orderBy", "orderFrom", "orderGeometry", "collation")
_MAP: Final = ("entityMap", "entityMapLifetime", "splitEntities")
_ONE: Final = ("type", "local")

ROUTES: Final[tuple[Route, ...]] = (
    Route(
        method="POST", path="/entities", operation="createEntity", clause="6.4.3.1", handler=entities.create,
        action="entities.write", parameters=("local",), body="one", creates=True,
    ),
    Route(
        method="GET", path="/entities", operation="queryEntities", clause="6.4.3.2", handler=query.by_parameters,
        action="entities.read", produces="geo",
        parameters=(*_SELECT, *_GEO, *_PROJECTION, *_LINKED, *_LOOK, *_PAGE, *_ORDER, *_MAP, "geometryProperty"),
    ),
    Route(
        method="DELETE", path="/entities", operation="purgeEntities", clause="6.4.3.3", handler=query.purge,
        action="entities.write", parameters=(*_SELECT, *_GEO, "geometryProperty", "keep", "drop", "local", "attrs"),
    ),
    Route(
        method="GET", path="/entities/{entityId}", operation="retrieveEntity", clause="6.5.3.1",
        handler=entities.retrieve, action="entities.read", produces="geo",
        parameters=("type", *_PROJECTION, *_LINKED, *_LOOK, *_MAP, "geometryProperty"),
    ),
    Route(
        method="DELETE", path="/entities/{entityId}", operation="deleteEntity", clause="6.5.3.2",
        handler=entities.delete, action="entities.write", parameters=_ONE,
    ),
    Route(
        method="PUT", path="/entities/{entityId}", operation="replaceEntity", clause="6.5.3.3",
        handler=entities.replace, action="entities.write", parameters=_ONE, body="one",
    ),
    Route(
        method="PATCH", path="/entities/{entityId}", operation="mergeEntity", clause="6.5.3.4",
        handler=entities.merge, action="entities.write", body="one",
        parameters=(*_ONE, "format", "options", "lang", "observedAt"),
    ),
    Route(
        method="POST", path="/entities/{entityId}/attrs", operation="appendAttributes", clause="6.6.3.1",
        handler=attributes.append, action="entities.write", parameters=(*_ONE, "options"), body="one",
    ),
    Route(
        method="PATCH", path="/entities/{entityId}/attrs", operation="updateAttributes", clause="6.6.3.2",
        handler=attributes.update, action="entities.write", parameters=_ONE, body="one",
    ),
    Route(
        method="PATCH", path="/entities/{entityId}/attrs/{attrId}", operation="updateAttribute", clause="6.7.3.1",
        handler=attributes.patch_one, action="entities.write", parameters=_ONE, body="part",
    ),
    Route(
        method="DELETE", path="/entities/{entityId}/attrs/{attrId}", operation="deleteAttribute", clause="6.7.3.2",
        handler=attributes.delete_one, action="entities.write", parameters=(*_ONE, "deleteAll", "datasetId"),
    ),
    Route(
        method="PUT", path="/entities/{entityId}/attrs/{attrId}", operation="replaceAttribute", clause="6.7.3.3",
        handler=attributes.replace_one, action="entities.write", parameters=_ONE, body="part",
    ),
    Route(
        method="POST", path="/entityOperations/create", operation="batchCreate", clause="6.14.3.1",
        handler=batch.create, action="entities.write", parameters=("local",), body="each", creates=True,
    ),
    Route(
        method="POST", path="/entityOperations/upsert", operation="batchUpsert", clause="6.15.3.1",
        handler=batch.upsert, action="entities.write", parameters=("options", "local"), body="each", creates=True,
    ),
    Route(
        method="POST", path="/entityOperations/update", operation="batchUpdate", clause="6.16.3.1",
        handler=batch.update, action="entities.write", parameters=("options", "local"), body="each",
    ),
    Route(
        method="POST", path="/entityOperations/delete", operation="batchDelete", clause="6.17.3.1",
        handler=batch.delete, action="entities.write", parameters=("local",), body="each",
    ),
    Route(
        method="POST", path="/entityOperations/merge", operation="batchMerge", clause="6.31.3.1",
        handler=batch.merge, action="entities.write", parameters=("options", "local"), body="each",
    ),
    Route(
        method="POST", path="/entityOperations/query", operation="queryEntitiesByPost", clause="6.23.3.1",
        handler=query.by_body, action="entities.read", body="one", produces="geo",
        parameters=("format", "options", "local", "geometryProperty", *_PAGE),
    ),
    Route(
        method="GET", path="/types", operation="retrieveTypes", clause="6.25.3.1", handler=discovery.types,
        action="entities.read", parameters=("details", "local"), produces="plain",
    ),
    Route(
        method="GET", path="/types/{type}", operation="retrieveTypeInfo", clause="6.26.3.1", handler=discovery.one_type,
        action="entities.read", parameters=("local",), produces="plain",
    ),
    Route(
        method="GET", path="/attributes", operation="retrieveAttributes", clause="6.27.3.1",
        handler=discovery.attributes, action="entities.read", parameters=("details", "local"), produces="plain",
    ),
    Route(
        method="GET", path="/attributes/{attrId}", operation="retrieveAttributeInfo", clause="6.28.3.1",
        handler=discovery.one_attribute, action="entities.read", parameters=("local",), produces="plain",
    ),
    Route(
        method="POST", path="/jsonldContexts", operation="addContext", clause="6.29.3.1", handler=contexts.add,
        action="entities.write", body="context", creates=True,
    ),
    Route(
        method="GET", path="/jsonldContexts", operation="listContexts", clause="6.29.3.2", handler=contexts.listed,
        action="entities.read", parameters=("details", "kind"), produces="json", any_tenant=True,
    ),
    Route(
        method="GET", path="/jsonldContexts/{contextId}", operation="serveContext", clause="6.30.3.1",
        handler=contexts.serve, action="entities.read", parameters=("details",), any_tenant=True,
    ),
    Route(
        method="DELETE", path="/jsonldContexts/{contextId}", operation="deleteContext", clause="6.30.3.2",
        handler=contexts.delete, action="entities.write", parameters=("reload",), any_tenant=True,
    ),
    Route(
        method="GET", path="/info/sourceIdentity", operation="retrieveSourceIdentity", clause="6.33.3.1",
        handler=info.source_identity, action="entities.read", produces="plain", any_tenant=True,
    ),
    *(Route(**given) for given in temporal.ROUTES),
    *(Route(**given) for given in subscriptions.ROUTES),
)  # fmt: skip
