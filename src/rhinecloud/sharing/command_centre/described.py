"""The operations as OpenAPI 3.1, made of the table that dispatches them and the types that they read and write."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from rhinecloud.base.errors import (
    BadRequestData,
    Conflict,
    Forbidden,
    LengthRequired,
    PayloadTooLarge,
    ResourceNotFound,
    RhineError,
    Unauthorized,
    Unavailable,
    UnsupportedMediaType,
)

from .routes import ROUTES, STREAM, Route

Json = dict[str, Any]
_ROOT: Final = "/command-centre/v1"
_TAG: Final = "command centre"
_REFS: Final = "#/components/schemas/{name}"
_TENANT: Final = {"name": "NGSILD-Tenant", "in": "header", "schema": {"type": "string"}, "description": "The tenant"}
_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "maxLength": 200},
    "description": "The same key again is answered as before, for three days, and nothing is done twice",
}
_LAST: Final = {"name": "Last-Event-ID", "in": "header", "schema": {"type": "string"}, "description": "Goes on behind"}


def described() -> tuple[Json, Json]:
    """(paths, schemas)."""
    kinds = list({k: None for route in ROUTES for k in (route.body, route.answer) if k is not None})
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_REFS)
    by_kind = dict(zip(map(str, kinds), schemas, strict=True))
    paths: dict[str, Json] = {}
    for route in ROUTES:
        paths.setdefault(_ROOT + route.path, {})[route.method.lower()] = _operation(route, by_kind)
    paths[_ROOT + STREAM] = {
        "get": {
            "operationId": "commandCentre.streamNews",
            "summary": "News as server-sent events, as they happen",
            "description": "Takes the scope incidents.read.",
            "tags": [_TAG],
            "parameters": [_TENANT, _LAST],
            "responses": {"200": {"description": "A line that stays open", "content": {"text/event-stream": {}}}}
            | _refused(Unauthorized, Forbidden, ResourceNotFound, BadRequestData, Unavailable),
            "security": [{"bearer": []}],
        }
    }
    return paths, components


def _operation(route: Route, schemas: dict[str, Json]) -> Json:
    variables = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", route.path)
    ]
    query = [{"name": n, "in": "query", "schema": {"type": t}, "description": d} for n, t, d in route.query]
    refused: list[type[RhineError]] = [Unauthorized, Forbidden, ResourceNotFound, BadRequestData]
    if route.acts:
        refused += [Conflict, LengthRequired, PayloadTooLarge, UnsupportedMediaType]
    made: Json = {
        "operationId": "commandCentre." + re.sub(r"_(\w)", lambda m: m[1].upper(), route.name),
        "summary": route.summary,
        "description": f"Takes the scope {route.scope}.",
        "tags": [_TAG],
        "parameters": [_TENANT, *variables, *query, *([_KEY] if route.acts else [])],
        "responses": {
            str(route.status): {
                "description": "Done" if route.acts else "What was asked for",
                "content": {"application/json": {"schema": schemas[str(route.answer)]}},
            }
        }
        | _refused(*refused),
        "security": [{"bearer": []}],
    }
    if route.body is not None:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": schemas[str(route.body)]}}}
    return made


def _refused(*errors: type[RhineError]) -> Json:
    problem = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    bare = (LengthRequired, UnsupportedMediaType)  # these have no body, see `problems`
    return {
        str(error.status): {"description": error.title} | ({} if issubclass(error, bare) else problem)
        for error in errors
    }
