"""Changes of the past itself: instances recorded, mended and erased on request (ETSI GS CIM 009, 5.6.11 to 5.6.16).

What lies among the recent rows is changed at once. Rows of a closed piece are noted as erased, which every read heeds,
until the next round of upkeep rewrites the piece without them.
"""

# ruff: noqa: S608 — SQL is put together from our own constants and from integers; whatever came in is a parameter

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rhinecloud.base.clock import iso
from rhinecloud.base.model import Changes, Instance, body_of

from .append import Appended, insert
from .as_of import instance as instance_of
from .engine import Store
from .pieces import pieces, remaining, rows_between
from .schema import COLUMNS, NAMES

Recorded = tuple[str, Instance, int | None, float | None]
"""Expanded attribute name, instance, observed µs, its value where that is a number."""
Mended = tuple[Instance, int | None, float | None]
"""Instance, observed µs, its value where that is a number."""


def record(
    past: Store, entity: str, types: Sequence[str], instances: Sequence[Recorded], *, now_us: int, source: str
) -> Appended:
    """Writes instances of an entity into the past; an observation that is there already is corrected, not doubled."""
    changes = Changes(past.tenant, 0, now_us)
    for attr, instance, observed_us, number in instances:
        row: dict[str, Any] = {
            "entity": entity,
            "type": " ".join(sorted(types)),
            "attr": attr,
            "dataset": instance.get("datasetId", ""),
            "change": 1,
            "observed_us": observed_us,
            "received_us": now_us,
            "number": number,
            "body": body_of(instance, number),
            "flags": 0,
            "source": source,
            "raw": "",
            "seen": observed_us is not None,
        }
        for name, value in row.items():
            getattr(changes, name).append(value)
    with past.transaction():
        return insert(past, [changes])


def erase(
    past: Store, entity: str, *, attr: str | None = None, dataset: str | None = None, instance: int | None = None
) -> int:
    """Takes rows out of the past: of an entity, an attribute, one of its datasets ("": the default) or one instance.

    Source: ETSI GS CIM 009, 5.6.13 to 5.6.16.

    Returns:
        How many rows there were; 0: nothing to erase.
    """
    with past.transaction():
        count, stale = _take_out(past, {"entity": entity, "attr": attr, "dataset": dataset, "id": instance})
    past.retire(stale)
    return count


def _take_out(past: Store, given: dict[str, Any]) -> tuple[int, list[str]]:
    """Erases rows within the transaction at hand: how many, and the states that are out of date by it."""
    names = [name for name, value in given.items() if value is not None]
    where = " AND ".join(f"{name} = ${name}" for name in names)
    chosen = {name: given[name] for name in names}
    count = int(past.one(f"DELETE FROM recent WHERE {where}", chosen)[0])
    stale: list[str] = []
    for piece in pieces(past):
        found = past.one(f"SELECT count(*) FROM ({remaining(past, piece)}) WHERE {where}", chosen)[0]
        if found:
            past.db.execute(
                "INSERT INTO erased VALUES ($piece, $entity, $attr, $dataset, $id)", given | {"piece": piece.name}
            )
            count += found
        if (found or stale) and piece.state:
            stale.append(piece.state)
            past.db.execute("UPDATE pieces SET state = NULL WHERE name = $name", {"name": piece.name})
    past.set_meta("edits", past.meta("edits") + 1)
    return count, stale


def mend(
    past: Store, entity: str, attr: str, instance: int, change: Callable[[Instance], Mended], *, now_us: int
) -> bool:
    """Puts in the place of one instance what `change` makes of it; its number and the time it was made stay.

    Returns:
        False: there is no such instance.
    """
    sql = rows_between(past, None, None, where="entity = $entity AND attr = $attr AND id = $id")
    with past.transaction():
        found = past.rows(f"SELECT {NAMES} FROM ({sql})", {"entity": entity, "attr": attr, "id": instance})
        if not found:
            return False
        row = dict(zip(COLUMNS, found[0], strict=True))
        made, observed_us, number = change(
            bare(instance_of(row["observed_us"], row["received_us"], row["number"], row["body"], 0, ""))
        )
        _, stale = _take_out(past, {"entity": entity, "attr": attr, "dataset": None, "id": instance})
        row |= {
            "at_us": row["received_us"] if observed_us is None else observed_us,
            "observed_us": observed_us,
            "number": number,
            "body": (body_of(made | {"modifiedAt": iso(now_us)}, number) or b"").decode() or None,
            "dataset": made.get("datasetId", ""),
        }
        past.db.execute(f"INSERT INTO recent VALUES ({', '.join('$' + name for name in COLUMNS)})", row)
    past.retire(stale)
    return True


def bare(instance: Instance) -> Instance:
    return {name: value for name, value in instance.items() if name[0] != "_" and name != "modifiedAt"}
