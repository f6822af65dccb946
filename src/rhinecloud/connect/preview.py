"""What a mapping would make of a message: for the editor, where a person mends what quarantine holds."""

from __future__ import annotations

from typing import Any

import msgspec

from rhinecloud.base.clock import now_us
from rhinecloud.base.declare import Model
from rhinecloud.base.errors import BadRequestData, Unreadable

from .decode import parse
from .devices import Device, entity_of
from .mapping import Mapping
from .paths import compile_path, explain
from .runs import Origin, compile_mapping


class Looked(msgspec.Struct, frozen=True):
    """Where an attribute was looked for, and what stands there."""

    attribute: str
    path: str
    found: str


class Preview(msgspec.Struct):
    """`updates` as JSON values; `error` why not, or not all; `looked` path by path."""

    updates: list[dict[str, Any]] = []
    error: str = ""
    reason: str = ""
    looked: list[Looked] = []


def try_mapping(
    mapping: Mapping | dict[str, Any],
    data: bytes,
    *,
    model: Model,
    tenant: str = "city",
    device: Device | None = None,
    topic: str = "",
    stored_us: int = 0,
) -> Preview:
    """What would come out of a message, or why nothing does. Never raises for what is wrong with mapping or message.

    Args:
        mapping: the struct, or the JSON object that a person is writing.
        device: whose message it is; without, one of type Device.
    """
    shown = Preview()
    known = device or Device(id="device")
    entity, kind = entity_of(known, model)
    try:
        made = mapping if isinstance(mapping, Mapping) else msgspec.convert(mapping, Mapping)
        run = compile_mapping(made, model, kind)
        document = parse(data)
        shown.looked = _looked(made, document)
        place = topic or f"{tenant}/{known.id}/up"
        outcome = run(
            document,
            Origin(tenant, known.id, entity, kind, place, "", stored_us or now_us(), f"device:{known.id}", ""),
        )
    except msgspec.ValidationError as error:
        shown.error, shown.reason = f"The mapping is not of its form: {error}", "bad mapping"
    except BadRequestData as error:
        shown.error, shown.reason = error.detail, "bad mapping"
    except Unreadable as error:
        shown.error, shown.reason = error.detail, error.reason
    else:
        shown.updates = [{"id": u.id, **u.entity} for u in outcome.updates]
        if outcome.error:
            shown.error, shown.reason = outcome.error.detail, outcome.error.reason
    return shown


def _looked(mapping: Mapping, document: Any) -> list[Looked]:
    """The first reading's paths, one by one."""
    root = document
    looked = []
    if mapping.each:
        looked.append(Looked("(readings)", mapping.each, explain(root, mapping.each)))
        members = compile_path(mapping.each)(root)
        document = members[0] if isinstance(members, list) and members else None
    places = [("(time)", mapping.time.path)] if mapping.time else []
    places += [(a.name, p) for a in mapping.attributes for p in (a.path, a.lon, a.lat) if p]
    looked += [Looked(name, path, explain(root if path.startswith("$$") else document, path)) for name, path in places]
    return looked
