"""The indicators of a tenant: computed each minute where something changed, kept, and written as entities.

A figure is kept each five minutes for a day, for its trend and the small line beside it; its whole past is that of its
entity. An entity is written when its figure changes, and four times an hour so that it is seen to be alive.
Source: smart-data-models/dataModel.KeyPerformanceIndicator (KeyPerformanceIndicator).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final, cast

from rhinecloud.base import telemetry
from rhinecloud.base.clock import DAY, SECOND, iso
from rhinecloud.base.errors import RhineError
from rhinecloud.base.model import Entity, Instance, Op, Update
from rhinecloud.base.shelf import Shelf
from rhinecloud.context import Present
from rhinecloud.history import History

from .areas import Areas
from .declare import Indicator, IndicatorValue
from .entities import KPI
from .figuring import Counted, Figure, Figuring, by_type, formula, hours, judged, only_numbers, trend
from .rules import slug
from .standing import Expand

SOURCE: Final = "insight"
"""Source of what this room writes; it concerns no indicator."""
KEPT_US: Final = DAY + 3600 * SECOND
EACH_US: Final = 300 * SECOND
ALIVE_US: Final = 900 * SECOND
Points = dict[str, list[tuple[int, float]]]
"""Entity of an indicator → its figures, in the order of time."""
STANDING: Final = {"good": "good", "fair": "fair", "bad": "bad"}

log = telemetry.logger("insight")


class Indicators:
    """Of one tenant."""

    def __init__(self, tenant: str, shelf: Shelf, declared: Iterable[Indicator], expand: Expand) -> None:
        self._tenant, self._shelf, self._expand = tenant, shelf, expand
        self._figurings: dict[str, Figuring] = {}
        for indicator in declared:
            try:
                self._figurings[indicator.id] = Figuring(indicator, expand)
            except RhineError as error:
                log.warning("indicator_unusable", tenant=tenant, indicator=indicator.id, error=error.detail)
        self._now: dict[tuple[str, str], tuple[int, Figure]] = {}  # (id, area) → when, what
        self._written: dict[str, tuple[int, float | None]] = {}  # entity → when, which value
        self._kept_us = 0
        self._filled = False

    def _on(self, packs: Collection[str]) -> list[Figuring]:
        return [f for f in self._figurings.values() if not f.indicator.pack or f.indicator.pack in packs]

    async def compute(self, present: Present, areas: Areas, packs: Collection[str], now: int) -> None:
        """Computes, keeps and writes what is on."""
        found: dict[tuple[str, str], Figure] = {}
        for kind, figurings in by_type(self._on(packs)).items():
            counted = [{"": Counted()} for _ in figurings]
            async for entities in present.walk(kind):
                placed = [(entity, areas.of(entity)) for entity in entities]
                for figuring, so_far in zip(figurings, counted, strict=True):
                    figuring.count(so_far, placed)
            for figuring, so_far in zip(figurings, counted, strict=True):
                for area, figure in figuring.figured(so_far).items():
                    found[figuring.indicator.id, area] = figure
        self._now = {key: (now, figure) for key, figure in found.items()}
        if found and now - self._kept_us >= EACH_US:
            self._kept_us = now
            await asyncio.to_thread(self._keep, [(i, a, now, f.value, f.entities) for (i, a), f in found.items()], now)
        await self._write(present, found, now)

    def _keep(self, rows: Sequence[tuple[str, str, int, float | None, int]], now: int) -> None:
        """In a thread."""
        with self._shelf.transaction() as db:
            db.executemany("INSERT OR REPLACE INTO figure VALUES (?, ?, ?, ?, ?)", rows)
            db.execute("DELETE FROM figure WHERE at_us < ?", (now - KEPT_US,))

    async def _write(self, present: Present, found: dict[tuple[str, str], Figure], now: int) -> None:
        updates = []
        for (indicator_id, area), figure in found.items():
            entity_id = self.entity_id(indicator_id, area)
            at, value = self._written.get(entity_id, (0, None))
            if figure.value is None or (figure.value == value and now - at < ALIVE_US):
                continue
            self._written[entity_id] = (now, figure.value)
            updates.append(self._update(self._figurings[indicator_id].indicator, area, entity_id, figure.value, now))
        if updates:
            await present.write(updates)

    def _update(self, indicator: Indicator, area: str, entity_id: str, value: float, now: int) -> Update:
        at = iso(now // SECOND * SECOND)
        attrs: dict[str, Instance] = {
            "kpiValue": {"type": "Property", "value": value, "observedAt": at},
            "name": {"type": "Property", "value": f"{indicator.title.de}, {area}" if area else indicator.title.de},
            "category": {"type": "Property", "value": "quantitative"},
            "calculationMethod": {"type": "Property", "value": "automatic"},
            "calculationFormula": {"type": "Property", "value": formula(indicator)},
        }
        if indicator.unit not in ("", "C62"):
            attrs["kpiValue"]["unitCode"] = indicator.unit
        if area:
            attrs["area"] = {"type": "Property", "value": area}
        if indicator.target is not None:
            attrs["businessTarget"] = {"type": "Property", "value": indicator.target}
        if standing := STANDING.get(judged(indicator, value)):
            attrs["currentStanding"] = {"type": "Property", "value": standing}
        return Update(
            op=Op.UPSERT_UPDATE,
            id=entity_id,
            entity={"type": [KPI.iri], "attrs": {self._expand(name): [made] for name, made in attrs.items()}},
            source=SOURCE,
        )

    @staticmethod
    def entity_id(indicator_id: str, area: str) -> str:
        """The id of the indicator's entity, of the city or of one district."""
        return f"urn:ngsi-ld:{KPI.name}:{indicator_id}" + (f":{slug(area)}" if area else "")

    async def past(self, history: History, at_us: int) -> Points:
        """What the past knows of each indicator's entity, of the day before a moment."""
        points: Points = {}
        value = self._expand("kpiValue")
        for row in await history.replay(KPI.iri, [value], at_us - KEPT_US, at_us + 1):
            if row.attr == value and row.number is not None:
                points.setdefault(row.entity, []).append((row.at_us, row.number))
        return points

    def values(self, packs: Collection[str], area: str, now: int, past: Points | None = None) -> list[IndicatorValue]:
        """The indicators that are on, in the order of their declaration; those of a district where `area` names one.

        Args:
            past: `now` is a moment that is gone, and this is what the past knows of it.
        """
        found = []
        for figuring in self._on(packs):
            indicator = figuring.indicator
            if area and not indicator.by_district:
                continue
            key = (indicator.id, area)
            rows = self._shelf.rows(
                "SELECT at_us, value FROM figure WHERE id = ? AND area = ? AND at_us BETWEEN ? AND ? ORDER BY at_us",
                *key,
                now - KEPT_US,
                now,
            )
            points = only_numbers(rows)
            if past is not None:
                points = sorted({**dict(past.get(self.entity_id(*key), ())), **dict(points)}.items())
            known = self._now if past is None else {}
            at, figure = known.get(key, (points[-1][0] if points else 0, Figure(None, 0)))
            if figure.value is None and points and key not in known:
                figure = Figure(points[-1][1], 0)  # as it was before the start, until it is computed anew
            if figure.value is not None and (not points or points[-1][0] < at):
                points.append((at, figure.value))
            found.append(
                IndicatorValue(
                    id=indicator.id,
                    title=indicator.title,
                    unit=indicator.unit,
                    decimals=indicator.decimals,
                    area=area,
                    value=figure.value,
                    at_us=at,
                    trend=trend(points, now - 3600 * SECOND),
                    target=indicator.target,
                    better=indicator.better,
                    state=cast(Any, judged(indicator, figure.value)),
                    count=figure.entities,
                    pack=indicator.pack,
                    entity=self.entity_id(*key),
                    history=points,
                )
            )
        return found

    def areas(self, packs: Collection[str]) -> list[str]:
        """The districts of which any indicator knows something."""
        on = {f.indicator.id for f in self._on(packs)}
        return sorted({area for indicator_id, area in self._now if area and indicator_id in on})

    async def fill(self, history: History, areas: Areas, packs: Collection[str], now: int) -> None:
        """Once after a start: the hours of the last day of which nothing is kept are computed from the past."""
        if self._filled:
            return
        self._filled = True
        kept = {(str(i), int(at) // EACH_US) for i, at in self._shelf.rows("SELECT id, at_us FROM figure")}
        kinds = by_type(self._on(packs))
        for at in hours(now - DAY, now - 1800 * SECOND):
            near = {i for i, when in kept if abs(when * EACH_US - at) < 1800 * SECOND}
            missing = {kind: [f for f in of if f.indicator.id not in near] for kind, of in kinds.items()}
            missing = {kind: of for kind, of in missing.items() if of}
            if not missing:
                continue
            entities = await history.as_of(at, types=list(missing))
            rows = await asyncio.to_thread(_as_rows, missing, entities, areas.of, at)
            await asyncio.to_thread(self._keep, rows, now)
            await asyncio.sleep(0.05)


def _as_rows(
    kinds: dict[str, list[Figuring]], entities: list[Entity], area_of: Callable[[Entity], str], at: int
) -> list[tuple[str, str, int, float | None, int]]:
    rows: list[tuple[str, str, int, float | None, int]] = []
    for kind, figurings in kinds.items():
        placed = [(entity, area_of(entity)) for entity in entities if kind in entity["type"]]
        for figuring in figurings:
            for area, figure in figuring.figures(placed).items():
                if figure.value is not None and placed:
                    rows.append((figuring.indicator.id, area, at, figure.value, figure.entities))
    return rows
