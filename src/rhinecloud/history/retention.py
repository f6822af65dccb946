"""Forgets what is past its time, as the declared types and attributes say.

A row is forgotten when it is older than its type's (or its attribute's) retention and did not count any more at that
age: the value that was in force at the edge is kept, since the city as of a later moment still shows it.
"""

# ruff: noqa: S608 — SQL is put together from our own constants and from integers; whatever came in is a parameter

from __future__ import annotations

from rhinecloud.base.clock import DAY
from rhinecloud.base.declare import Model
from rhinecloud.base.telemetry import logger

from .as_of import living_rows
from .calendar import Span
from .engine import Store
from .pieces import pieces, remaining, rows_between, settle

log = logger("history")


def forget(past: Store, model: Model, now_us: int) -> int:
    """Removes what is past its retention, from the recent rows and from every piece that holds some; gives the rows."""
    horizons = _horizons(past, model, now_us)
    if not horizons:
        return 0
    past.db.execute("CREATE OR REPLACE TEMP TABLE in_force (horizon BIGINT, id BIGINT)")
    past.db.execute("CREATE OR REPLACE TEMP TABLE bounded (horizon BIGINT, type VARCHAR, attr VARCHAR)")
    for horizon, pairs in horizons.items():
        past.db.executemany("INSERT INTO bounded VALUES ($1, $2, $3)", [[horizon, *pair] for pair in pairs])
        past.db.execute(f"INSERT INTO in_force SELECT {horizon}, id FROM ({living_rows(past, horizon)})")
    expired = " OR ".join(
        f"""(at_us < {horizon} AND (type, attr) IN (SELECT (type, attr) FROM bounded WHERE horizon = {horizon})
        AND id NOT IN (SELECT id FROM in_force WHERE horizon = {horizon}))"""
        for horizon in horizons
    )
    total: int = 0
    for piece in pieces(past, None, max(horizons)):
        count = past.one(f"SELECT count(*) FROM ({remaining(past, piece)}) WHERE {expired}")[0]
        if count:
            settle(past, Span(piece.from_us, piece.to_us, piece.name), f"NOT ({expired})")
            total += count
    with past.transaction():
        total += past.one(f"DELETE FROM recent WHERE {expired}")[0]
    past.db.execute("DROP TABLE bounded; DROP TABLE in_force")
    if total:
        log.info("retention", tenant=past.tenant, rows=total)
    return total


def _horizons(past: Store, model: Model, now_us: int) -> dict[int, list[tuple[str, str]]]:
    """Horizon µs → the (type, attribute) pairs of rows that are kept no longer; as written in the rows."""
    if not any(t.retention_days for t in model.types.values()) and not any(
        a.retention_days for t in model.types for a in model.attributes(t)
    ):
        return {}
    horizons: dict[int, list[tuple[str, str]]] = {}
    for types, attr in past.rows(f"SELECT DISTINCT type, attr FROM ({rows_between(past, None, None, 'type, attr')})"):
        # Of several types of an entity, the one that keeps longest decides; an undeclared one keeps for ever.
        days = [_days(model, kind, attr) for kind in types.split(" ")]
        if None not in days:
            horizons.setdefault(now_us - max(filter(None, days)) * DAY, []).append((types, attr))
    return horizons


def _days(model: Model, kind: str, attr: str) -> int | None:
    declared = model.types.get(kind)
    attribute = model.attribute(kind, attr)
    if attribute is not None and attribute.retention_days:
        return attribute.retention_days
    return declared.retention_days or None if declared else None
