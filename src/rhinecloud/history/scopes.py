"""How the scope of an entity went. Two kinds of rows tell of it: those of the entity itself, which the present writes
with every change of type or scope, and those of an attribute "scope", which a temporal evolution brings along.

Source: ETSI GS CIM 009, 4.18, 4.5.6 (the scope as a temporal Property), 5.7.4.4 (scope query over the past).
"""

# ruff: noqa: S608 — SQL is put together from our own constants and from integers; whatever came in is a parameter

from __future__ import annotations

from collections.abc import Callable, Collection

import msgspec

from rhinecloud.base.clock import iso
from rhinecloud.base.model import Instance

from .engine import Store
from .pieces import rows_between


class ScopeAt(msgspec.Struct, frozen=True):
    """The scopes that hold from a moment on; none: it was taken away."""

    at_us: int
    scopes: tuple[str, ...]
    id: int
    received_us: int


Timeline = list[ScopeAt]
_json = msgspec.json.Decoder()


def timelines(past: Store, entities: Collection[str]) -> dict[str, Timeline]:
    """The changes of scope of each entity that ever had one, in the order of time."""
    found = past.rows(
        f"""SELECT entity, attr, change, id, at_us, received_us, body
        FROM ({rows_between(past, None, None, where="attr IN ('', 'scope') AND entity IN (SELECT unnest($ids))")})
        ORDER BY entity, at_us, id""",
        {"ids": sorted(entities)},
    )
    lines: dict[str, Timeline] = {}
    for entity, attr, change, number, at_us, received_us, body in found:
        told = _json.decode(body) if body and change != 2 else {}
        given = told.get("value" if attr else "scope") or ()
        scopes = (given,) if isinstance(given, str) else tuple(given)
        line = lines.setdefault(entity, [])
        if scopes != (line[-1].scopes if line else ()):
            line.append(ScopeAt(at_us, scopes, number, received_us))
    return {entity: line for entity, line in lines.items() if line}


def instances_of(line: Timeline, inside: Callable[[ScopeAt], bool], *, deleted: bool) -> list[Instance]:
    """The changes as instances of a temporal Property; with `deleted` those that took a scope away, else the others."""
    found: list[Instance] = []
    for change in line:
        if bool(change.scopes) is deleted or not inside(change):
            continue
        made: Instance = {"type": "Property", "value": _one_or_all(change.scopes), "_id": change.id}
        if deleted:
            made["_d"] = change.received_us
        else:
            # A change through the core API has no time of its own: modifiedAt stands for it (4.5.6).
            made |= {"observedAt": iso(change.at_us), "_c": change.received_us, "_m": change.received_us}
        found.append(made)
    return found


def intervals(
    line: Timeline, matches: Callable[[Collection[str]], bool], from_us: int | None, to_us: int | None
) -> list[tuple[int, int]]:
    """The stretches of [from_us, to_us) in which the scope fulfils a scope query."""
    least = -(2**62) if from_us is None else from_us
    most = 2**62 if to_us is None else to_us
    found = []
    for change, after in zip(line, [*line[1:], None], strict=True):
        start, end = max(change.at_us, least), min(after.at_us if after else most, most)
        if change.scopes and start < end and matches(change.scopes):
            found.append((start, end))
    return found


def _one_or_all(scopes: tuple[str, ...]) -> str | list[str]:
    return scopes[0] if len(scopes) == 1 else list(scopes)
