"""Rows of what changed, laid over an entity one moment after the other: what a rule would have seen at each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rhinecloud.base.model import Change, Changes, Entity, Instance, instance_of


class Row(NamedTuple):
    """One row of a batch that a rule looks at."""

    attr: str
    dataset: str
    change: int
    observed_us: int | None
    received_us: int
    number: float | None
    at: int  # its place in the batch
    seen: bool
    changes: Changes

    @property
    def at_us(self) -> int:
        """When it counts: as observed, but nothing is observed later than it is received."""
        return self.received_us if self.observed_us is None else min(self.observed_us, self.received_us)


def steps(entity: Entity | None, rows: list[Row], now: int, committed_us: int) -> Iterator[tuple[int, Entity | None]]:
    """(moment, entity as it was) for each moment of the rows; at last as the batch left it.

    Most of the time a batch has one moment of an entity, and the present is what it left.
    """
    last = rows[-1]
    if entity is None:
        yield last.received_us, None
        return
    told = [row for row in rows if row.attr and row.change != Change.DELETED and not row.seen]
    moments = {row.at_us for row in told}
    if len(moments) <= 1 and all(_is_present(entity, row, committed_us) for row in told):
        yield (moments.pop() if moments else last.received_us), entity
        return
    over = entity | {"attrs": dict(entity["attrs"])}
    for row in reversed(told):  # where each series stood first
        over["attrs"][row.attr] = _laid(entity["attrs"].get(row.attr, []), row)
    for moment in sorted(moments):
        for row in told:
            if row.at_us == moment:
                over["attrs"][row.attr] = _laid(over["attrs"].get(row.attr, []), row)
        yield moment, over | {"attrs": dict(over["attrs"])}
    if len(told) < len(rows):
        yield max(last.received_us, *moments), entity


def _is_present(entity: Entity, row: Row, committed_us: int) -> bool:
    """Whether the entity still holds what this row told."""
    for instance in entity["attrs"].get(row.attr, ()):
        if (instance.get("datasetId") or "") == row.dataset:
            return bool(instance.get("_m", 0) <= committed_us)
    return False


def _laid(instances: list[Instance], row: Row) -> list[Instance]:
    made = _instance(row)
    kept = [i for i in instances if (i.get("datasetId") or "") != row.dataset]
    return [*kept, made]


def _instance(row: Row) -> Instance:
    """The attribute instance that a row tells of, in its internal form."""
    body = row.changes.body[row.at]
    return made_of(
        body,
        row.number,
        row.observed_us,
        received_us=row.received_us,
        flags=row.changes.flags[row.at],
        source=row.changes.source[row.at],
        raw=row.changes.raw[row.at],
    )


def made_of(
    body: bytes | str | None,
    number: float | None,
    observed_us: int | None,
    *,
    received_us: int,
    flags: int,
    source: str,
    raw: str,
) -> Instance:
    """An instance from the columns of a change or of the past."""
    made = dict(instance_of(observed_us, number, body))
    made["_c"] = made["_m"] = received_us
    if flags:
        made["_f"] = flags
    if source:
        made["_s"] = source
    if raw:
        made["_r"] = raw
    return made
