"""Entities as the rows of a table: a figure with its quality in each cell, and how old the row is."""

from __future__ import annotations

from typing import Any

import msgspec

from rhinecloud.base import units
from rhinecloud.base.model import Entity

from .catalogue import Choosable
from .things import name_of, newest, observed_ms, short_text, value_of

DOUBTFUL = 2 | 4 | 8 | 16 | 128
"""Flags that make a figure doubtful; an undeclared, late or repeated one is not."""


class Cell(msgspec.Struct, kw_only=True):
    number: float | None = None
    text: str = ""
    unit: str = ""  # only where it is not the column's
    decimals: int | None = None
    doubtful: bool = False
    links: str = ""  # id of the entity that a relationship points at


class TableRow(msgspec.Struct, kw_only=True):
    id: str
    name: str
    cells: list[Cell]
    observed_us: int | None  # the newest of the row's figures


def table_row(entity: Entity, columns: list[Choosable], language: str) -> TableRow:
    attrs = entity.get("attrs", {})
    instances = [newest(attrs.get(column.iri)) for column in columns]
    times = [ms for i in instances if i is not None and "observedAt" in i and (ms := observed_ms(i)) is not None]
    if not times:
        times = [ms for several in attrs.values() for i in several if "observedAt" in i and (ms := observed_ms(i))]
    return TableRow(
        id=entity["id"],
        name=name_of(entity),
        cells=[_cell(i, c, language) for i, c in zip(instances, columns, strict=True)],
        observed_us=max(times) * 1000 if times else entity.get("_m"),
    )


def _cell(instance: dict[str, Any] | None, column: Choosable, language: str) -> Cell:
    if instance is None:
        return Cell()
    value, flags = value_of(instance), instance.get("_f", 0)
    if isinstance(value, dict) and "@value" in value:
        value = value["@value"]
    if instance.get("type") == "LanguageProperty" and isinstance(value, dict):
        value = value.get(language) or next(iter(value.values()), "")
    if isinstance(value, int | float) and not isinstance(value, bool):
        code = instance.get("unitCode", "")
        unit = units.symbol(code) if code else ""
        other = unit if unit and unit != column.unit else ""
        return Cell(number=float(value), unit=other, decimals=column.decimals, doubtful=bool(flags & DOUBTFUL))
    relation = instance.get("type") == "Relationship" and isinstance(value, str)
    text = ("true" if value else "false") if isinstance(value, bool) else short_text(value)
    return Cell(
        text=column.words.get(text, text),
        doubtful=bool(flags & DOUBTFUL),
        links=value if relation else "",
    )
