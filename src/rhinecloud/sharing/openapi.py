"""The OpenAPI 3.1 description of all that programs may ask of this city, made from the tables that dispatch uses."""

from __future__ import annotations

import inspect
from typing import Any, Final

from rhinecloud import __version__
from rhinecloud.base.errors import (
    AlreadyExists,
    BadRequestData,
    Forbidden,
    LengthRequired,
    MethodNotAllowed,
    NotAcceptable,
    PayloadTooLarge,
    ResourceNotFound,
    RhineError,
    TooManyRequests,
    Unauthorized,
    UnsupportedMediaType,
)

from .ngsi_ld.negotiation import GEO_JSON, JSON, LD_JSON, MERGE_PATCH
from .ngsi_ld.routes import ROUTES, Route

Json = dict[str, Any]
_ROOT: Final = "/ngsi-ld/v1"
_TEXT: Final[Json] = {"type": "string"}
_FLAG: Final[Json] = {"type": "boolean"}
_COUNT: Final[Json] = {"type": "integer", "minimum": 0}
_TENANT: Final[Json] = {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,62}$"}

PARAMETERS: Final[dict[str, tuple[Json, str]]] = {
    "aggrMethods": (_TEXT, "Figures over the values: totalCount, distinctCount, sum, avg, min, max, stddev, sumsq"),
    "aggrPeriodDuration": (_TEXT, "Length of the buckets of aggregation, an ISO 8601 duration"),
    "attrs": (_TEXT, "Attributes that entities have one of, and that are shown; deprecated, see pick and q"),
    "collation": (_TEXT, "ICU collation of the order"),
    "containedBy": (_TEXT, "Ids of entities met before, not to be joined again"),
    "coordinates": (_TEXT, "Coordinates of the geometry of a geo-query, as JSON"),
    "count": (_FLAG, "The number of all matches goes into the header NGSILD-Results-Count"),
    "csf": (_TEXT, "Condition on context sources"),
    "datasetId": (_TEXT, "datasetIds of the instances to show; @none is the default instance"),
    "deleteAll": (_FLAG, "Every instance of the attribute, whatever its datasetId"),
    "details": (_FLAG, "With details"),
    "drop": (_TEXT, "Attributes to delete, instead of whole entities"),
    "entityMap": (_FLAG, "Read, and without effect: entity maps are not offered"),
    "entityMapLifetime": (_TEXT, "How long the entity map is wanted, an ISO 8601 duration"),
    "endTimeAt": ({"type": "string", "format": "date-time"}, "End of the time asked for, with timerel=between"),
    "expandValues": (_TEXT, "Attributes whose values in q are names of the @context"),
    "format": (_TEXT, "normalized, concise or simplified (keyValues)"),
    "geometry": (_TEXT, "Type of the geometry of a geo-query"),
    "geometryProperty": (_TEXT, "Attribute that becomes the geometry of GeoJSON; location if not given"),
    "geoproperty": (_TEXT, "Attribute that a geo-query is about; location if not given"),
    "georel": (_TEXT, "Relation of a geo-query, such as near;maxDistance==500"),
    "id": (_TEXT, "Ids of entities, separated by commas"),
    "idPattern": (_TEXT, "Regular expression that ids match"),
    "join": ({"type": "string", "enum": ["flat", "inline", "@none"]}, "How linked entities are shown"),
    "joinLevel": ({"type": "integer", "minimum": 1}, "Depth of linked entities"),
    "jsonKeys": (_TEXT, "Attributes whose values in q are not expanded"),
    "keep": (_TEXT, "Attributes to keep while all others are deleted"),
    "kind": ({"type": "string", "enum": ["Hosted", "Cached", "ImplicitlyCreated"]}, "Kind of @context"),
    "lang": (_TEXT, "Languages wanted, as in Accept-Language"),
    "lastN": (_COUNT, "The newest instances of each attribute, so many"),
    "limit": (_COUNT, "Most entities of a page"),
    "local": (_FLAG, "Only what is kept here"),
    "observedAt": (
        {"type": "string", "format": "date-time"},
        "For attributes that had an observedAt and are given none",
    ),
    "offset": (_COUNT, "Entities to leave out at the beginning"),
    "omit": (_TEXT, "Members not to show; in braces of linked entities: name,isParked{speed}"),
    "options": (_TEXT, "Keywords, separated by commas"),
    "orderBy": (_TEXT, "Members to order by, each with ;asc or ;desc"),
    "orderFrom": (_TEXT, "Coordinates that distances are measured from"),
    "orderGeometry": (_TEXT, "Type of the geometry of orderFrom"),
    "pick": (_TEXT, "Members to show; in braces of linked entities: name,isParked{speed}"),
    "q": (_TEXT, "Condition on attributes, such as temperature>20;name~=Ruhr.*"),
    "reload": (_FLAG, "Load it anew instead of deleting it"),
    "scopeQ": (_TEXT, "Condition on scopes, such as /Duisburg/#"),
    "splitEntities": (_FLAG, "Entities may be spread over several sources"),
    "timeAt": ({"type": "string", "format": "date-time"}, "Moment that timerel is about"),
    "timeproperty": (_TEXT, "observedAt, createdAt, modifiedAt or deletedAt"),
    "timerel": ({"type": "string", "enum": ["before", "after", "between"]}, "Relation to timeAt"),
    "type": (_TEXT, "Types: A,B for one of them, (A;B) for both"),
}

_PRODUCED: Final = {"plain": (JSON, LD_JSON), "geo": (JSON, LD_JSON, GEO_JSON), "json": (JSON,), "ld": (LD_JSON, JSON)}
_ERRORS: Final[tuple[type[RhineError], ...]] = (
    BadRequestData,
    Unauthorized,
    Forbidden,
    ResourceNotFound,
    MethodNotAllowed,
)
_PROBLEM: Final[Json] = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": _TEXT,
        "detail": _TEXT,
        "status": {"type": "integer"},
    },
}


def openapi(
    server: str = "", *, version: str = __version__, more: Json | None = None, schemas: Json | None = None
) -> Json:
    """The whole description, for the city at the URL `server`; `more` are the paths that packs and the command centre
    bring, `schemas` what these refer to."""
    paths: dict[str, Json] = {}
    for route in ROUTES:
        paths.setdefault(_ROOT + route.path, {})[route.method.lower()] = _operation(route)
    paths |= _others() | (more or {})
    document: Json = {
        "openapi": "3.1.0",
        "info": {
            "title": "Rhine Cloud",
            "version": version,
            "description": "The city's context information after ETSI GS CIM 009 (NGSI-LD), and the door for devices.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": {"Problem": _PROBLEM} | (schemas or {}),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"bearer": []}],
    }
    if server:
        document["servers"] = [{"url": server}]
    return document


def _operation(route: Route) -> Json:
    summary, _, rest = inspect.getdoc(route.handler).partition("\n")  # type: ignore[union-attr]
    operation: Json = {
        "operationId": route.operation,
        "summary": summary.rstrip("."),
        "description": rest.strip(),
        "tags": [_tag(route)],
        "parameters": [
            *({"name": name, "in": "path", "required": True, "schema": _variable(name)} for name in route.variables),
            *(_parameter(name) for name in route.parameters),
            {
                "name": "NGSILD-Tenant",
                "in": "header",
                "schema": _TENANT,
                "description": "The tenant; the default one if not given",
            },
        ],
        "responses": _responses(route),
    }
    if route.body:
        schema: Json = {"type": "array"} if route.body == "each" else {"type": "object"}
        media = (JSON, LD_JSON, MERGE_PATCH) if route.method == "PATCH" else (JSON, LD_JSON)
        operation["requestBody"] = {"required": True, "content": {name: {"schema": schema} for name in media}}
    return operation


def _tag(route: Route) -> str:
    return {"entityOperations": "batch", "jsonldContexts": "contexts"}.get(
        (word := route.path.split("/")[1]), "attributes" if "/attrs" in route.path else word
    )


def _variable(name: str) -> Json:
    return {"type": "string", "format": "uri"} if name in ("entityId", "subscriptionId") else _TEXT


def _parameter(name: str) -> Json:
    schema, text = PARAMETERS[name]
    return {"name": name, "in": "query", "schema": schema, "description": text}


def _responses(route: Route) -> Json:
    if route.produces == "none":
        success: Json = {"201": _said("Done"), "204": _said("Done"), "207": _said("Some of it was done", (JSON,))}
    else:
        success = {"200": _said("What was asked for", _PRODUCED[route.produces])}
    errors = list(_ERRORS)
    if route.body:
        errors += [AlreadyExists, LengthRequired, PayloadTooLarge, UnsupportedMediaType]
    if route.produces != "none":
        errors.append(NotAcceptable)
    return (
        success
        | {str(error.status): _problem(error) for error in errors}
        | {"504": _said("A remote @context is out of reach", (JSON,))}
    )


def _said(text: str, media: tuple[str, ...] = ()) -> Json:
    return {"description": text} | ({"content": {name: {"schema": {}} for name in media}} if media else {})


def _problem(error: type[RhineError]) -> Json:
    if error is UnsupportedMediaType:  # the only one without a body. Source: ETSI GS CIM 009, 6.3.4
        return {"description": error.title}
    return {"description": error.title, "content": {JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def _others() -> dict[str, Json]:
    """Doors without a table of their own."""
    device = {"name": "device", "in": "path", "required": True, "schema": _TEXT}
    push = {
        "operationId": "pushMessage",
        "summary": "Takes a message of a device, as it is",
        "tags": ["devices"],
        "parameters": [device],
        "security": [{"bearer": []}],
        "requestBody": {"required": True, "content": {"*/*": {"schema": {}}}},
        "responses": {
            "202": _said("The message is durable; its sequence", (JSON,)),
            **{str(e.status): _problem(e) for e in (Unauthorized, LengthRequired, PayloadTooLarge, TooManyRequests)},
        },
    }
    return {
        "/push/{device}": {"post": push, "put": push | {"operationId": "putMessage"}},
        "/lorawan/{device}": {
            "post": push | {"operationId": "pushUplink", "summary": (hook := "Takes a network server's webhook")},
            "put": push | {"operationId": "putUplink", "summary": hook},
        },
        "/health": {
            "get": {
                "operationId": "health",
                "summary": "Whether all parts are well",
                "tags": ["operations"],
                "responses": {"200": _said("All are well", (JSON,)), "503": _said("One is not", (JSON,))},
            }
        },
        "/metrics": {
            "get": {
                "operationId": "metrics",
                "summary": "Figures for Prometheus",
                "tags": ["operations"],
                "responses": {
                    "200": _said("The figures", ("text/plain",)),
                    "401": _problem(Unauthorized),
                    "403": _problem(Forbidden),
                },
            }
        },
    }
