"""Operations on many entities at once. Each entity succeeds or fails alone."""

from __future__ import annotations

from typing import Any

from rhinecloud.base.errors import BadRequestData, InvalidRequest, RhineError
from rhinecloud.base.model import Op, Outcome, Result, Update
from rhinecloud.sharing import problems
from rhinecloud.sharing.exchange import JSON, Answer

from . import values
from .call import Call, encode, multi, nothing
from .parse import Reader
from .render import Json

MOST = 100_000  # entities of one request


async def create(call: Call) -> Answer:
    """Creates entities.

    Source: ETSI GS CIM 009, 5.6.7, 6.14.3.1.
    """
    done, failed = await _all(call, Op.CREATE)
    return _created(done, failed)


async def upsert(call: Call) -> Answer:
    """Creates entities, or replaces (options=replace, the default) or updates (options=update) those that exist.

    Source: ETSI GS CIM 009, 5.6.8, 6.15.3.1.
    """
    options = call.known_options("replace", "update")
    if len(options) > 1:
        raise InvalidRequest("options is either replace or update")
    done, failed = await _all(call, Op.UPSERT_UPDATE if "update" in options else Op.UPSERT_REPLACE)
    made = [entity for entity, result in done if result.outcome is Outcome.CREATED]
    if failed:
        return _partly(done, failed)
    return Answer(201, encode(list(dict.fromkeys(made))), [(b"content-type", JSON)]) if made else nothing()


async def update(call: Call) -> Answer:
    """Appends attributes to entities, over those of the same name unless options says noOverwrite.

    Source: ETSI GS CIM 009, 5.6.9, 6.16.3.1.
    """
    keep = "noOverwrite" in call.known_options("noOverwrite")
    done, failed = await _all(call, Op.UPDATE_NEW if keep else Op.APPEND, null=not keep)
    return _partly(done, failed) if failed else nothing()


async def merge(call: Call) -> Answer:
    """Merges fragments into entities.

    Source: ETSI GS CIM 009, 5.6.20, 6.31.3.1.
    """
    done, failed = await _all(call, Op.MERGE, merge=True, partial=True)
    return _partly(done, failed) if failed else nothing()


async def delete(call: Call) -> Answer:
    """Deletes entities by their ids.

    Source: ETSI GS CIM 009, 5.6.10, 6.17.3.1.
    """
    ids = _list(call)
    failed: list[Json] = []
    updates = []
    for item in ids:
        if values.is_uri(item):
            updates.append(Update(op=Op.DELETE, id=item))
        else:
            failed.append(failure(item if isinstance(item, str) else "", BadRequestData("The id is not a URI")))
    done = await _written(call, updates, failed)
    return _partly(done, failed) if failed else nothing()


Done = list[tuple[str, Result]]


def _list(call: Call) -> list[Any]:
    if not isinstance(call.body, list) or not call.body:
        raise BadRequestData("The body is a list of at least one item")
    if None in call.body:
        raise BadRequestData("An item of the body is null")
    if len(call.body) > MOST:
        raise BadRequestData(f"The body has more than {MOST} items; send it in parts")
    return call.body


async def _all(call: Call, op: Op, **rules: bool) -> tuple[Done, list[Json]]:
    """Reads and writes all entities of the body; what was done, and the errors (5.2.17)."""
    failed: list[Json] = []
    updates: list[Update] = []
    reader = Reader(call.vocabulary, **rules)
    readers: dict[int, Reader] = {}
    for given in _list(call):
        try:
            chosen = reader
            if isinstance(given, dict) and ("@context" in given or call.ld):
                chosen = await _own(call, given, readers, rules)
            entity = chosen.entity(given) if op is not Op.MERGE and op is not Op.APPEND else _fragment(chosen, given)
        except RhineError as error:
            failed.append(failure(given.get("id", "") if isinstance(given, dict) else "", error))
        else:
            updates.append(Update(op=op, id=entity["id"], entity=entity))
    return await _written(call, updates, failed), failed


def _fragment(reader: Reader, given: Any) -> Json:
    """A part of an entity that exists: it has an id, its type may be missing."""
    entity = reader.fragment(given)
    if "id" not in entity:
        raise BadRequestData("The entity has no id")
    return entity


async def _own(call: Call, given: Json, readers: dict[int, Reader], rules: dict[str, bool]) -> Reader:
    """The reader for an entity that brings its own @context."""
    if not call.ld:
        raise BadRequestData("An entity in application/json has no @context; name it in a Link header")
    if "@context" not in given:
        raise BadRequestData("An entity in application/ld+json has a member @context")
    vocabulary = await call.context_of(given)
    reader = readers.get(id(vocabulary))
    if reader is None:
        reader = readers[id(vocabulary)] = Reader(vocabulary, **rules)
    return reader


async def _written(call: Call, updates: list[Update], failed: list[Json]) -> Done:
    done: Done = []
    if not updates:
        return done
    for update, result in zip(updates, await call.write(updates), strict=True):
        if result.error is not None:
            failed.append(failure(update.id, result.error))
        elif result.skipped and update.op in (Op.UPDATE, Op.UPDATE_NEW):
            names = ", ".join(name for name, _ in result.skipped)
            failed.append(failure(update.id, BadRequestData(f"Not updated: {names}")))
        else:
            done.append((update.id, result))
    return done


def failure(entity_id: Any, error: RhineError) -> Json:
    """A BatchEntityError (5.2.17)."""
    return {"entityId": entity_id, "error": problems.document(error)}


def _created(done: Done, failed: list[Json]) -> Answer:
    if failed:
        return _partly(done, failed)
    return Answer(201, encode([entity for entity, _ in done]), [(b"content-type", JSON)])


def _partly(done: Done, failed: list[Json]) -> Answer:
    return multi({"success": list(dict.fromkeys(entity for entity, _ in done)), "errors": failed})
