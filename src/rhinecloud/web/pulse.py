"""The state of the city at a glance: what the overview shows, gathered from the board, the alerts and the indicators.

In: rows of now and of an hour before, alerts, indicators, forecasts. Out: lists in the order of what matters. Words are
the templates'; here are figures and names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any, Final

import msgspec

from rhinecloud.base.clock import parse_us
from rhinecloud.base.declare import Model
from rhinecloud.insight import Alert, IndicatorValue

from .alert_rows import PLACE
from .things import Kind, Kinds, Row, newest

SILENT: Final = 3
"""Intervals without news make a thing silent."""
MOVERS: Final = 5
"""Things that moved most, listed at most."""
HOUR_MS: Final = 3_600_000


class Domain(msgspec.Struct, kw_only=True):
    """A pack that is on."""

    id: str
    title: str
    icons: list[str]
    state: int  # the worst of its alerts and things
    things: int
    silent: int
    alerts: int
    layers: str  # names of its types, for the situation's address


class Changed(msgspec.Struct, kw_only=True):
    """Something that is otherwise than an hour ago."""

    what: str  # raised, cleared, worse, better, silent, back, moved
    state: int
    name: str
    text: str  # the alert's title, or the type
    at_us: int
    href: str
    number: float | None = None  # now
    delta: float | None = None
    unit: str = ""
    decimals: int | None = None


class Coming(msgspec.Struct, kw_only=True):
    """A forecast, at its most notable moment."""

    name: str
    what: str  # label of the attribute
    entity: str
    now: float | None
    then: float
    at_us: int
    unit: str
    decimals: int | None
    line: str  # points of a small chart
    band: str
    severity: float  # how notable: 0 to 1


def domains(
    packs: Iterable[Any], kinds: Kinds, rows: Iterable[Row], alerts: Iterable[Alert], now_ms: int, language: str
) -> list[Domain]:
    """One of each pack, in their order."""
    found: dict[str, Domain] = {}
    of_kind: dict[int, Domain] = {}
    for pack in packs:
        icons = list(dict.fromkeys(kind.icon for kind in pack.types))
        layers = ",".join(kind.name for kind in pack.types)
        found[pack.id] = Domain(
            id=pack.id,
            title=pack.title[language],
            icons=icons[:4],
            state=0,
            things=0,
            silent=0,
            alerts=0,
            layers=layers,
        )
        for kind in pack.types:
            of_kind[kinds.of((kind.iri,))] = found[pack.id]
    for row in rows:
        if (domain := of_kind.get(row.kind)) is not None:
            domain.things += 1
            domain.silent += silent(kinds.list[row.kind], row, now_ms)
            domain.state = max(domain.state, row.state)
    for alert in alerts:
        if (domain := found.get(alert.pack) or of_kind.get(kinds.of((alert.type,)))) is not None:
            domain.alerts += 1
            domain.state = max(domain.state, PLACE.get(alert.severity, 1))
    return list(found.values())


def silent(kind: Kind, row: Row, now_ms: int) -> bool:
    """Whether nothing was heard of a thing for too long."""
    every = kind.interval_s
    return bool(every) and row.observed_ms is not None and now_ms - row.observed_ms > SILENT * (every or 0) * 1000


def changes(
    kinds: Kinds, now: Iterable[Row], before: Mapping[str, Row], now_ms: int, language: str
) -> tuple[list[Changed], list[Changed]]:
    """What happened to things since an hour ago: (those that are worse, better, silent or back, those that moved)."""
    turned: list[Changed] = []
    mutes: dict[tuple[int, bool], list[Row]] = {}  # those that fell silent, and those that are heard again, by kind
    moved: dict[int, list[tuple[float, Row, float]]] = {}
    for row in now:
        was = before.get(row.id)
        if was is None or row.kind >= len(kinds.list):
            continue
        kind = kinds.list[row.kind]
        mute, muted = silent(kind, row, now_ms), silent(kind, was, now_ms - HOUR_MS)
        if row.state != was.state:
            turned.append(_changed("worse" if row.state > was.state else "better", kind, row, language))
        elif mute != muted:
            mutes.setdefault((row.kind, mute), []).append(row)
        elif row.number is not None and was.number is not None and not mute and row.number != was.number:
            moved.setdefault(row.kind, []).append((abs(row.number - was.number), row, row.number - was.number))
    for (place, mute), rows in mutes.items():
        turned += _together("silent" if mute else "back", kinds.list[place], rows, language)
    turned.sort(key=lambda c: (-c.state, -c.at_us))
    most: list[tuple[float, Changed]] = []
    for place, found in moved.items():
        usual = median(size for size, _, _ in found) or max(size for size, _, _ in found)
        for size, row, delta in sorted(found, key=lambda f: -f[0])[:2]:
            line = _changed("moved", kinds.list[place], row, language)
            line.delta = delta
            most.append((size / usual, line))
    most.sort(key=lambda pair: -pair[0])
    return turned, [line for _, line in most[:MOVERS]]


def _changed(what: str, kind: Kind, row: Row, language: str) -> Changed:
    return Changed(
        what=what,
        state=row.state,
        name=row.name,
        text=kind.label[language],
        at_us=(row.observed_ms or 0) * 1000,
        href=f"/situation?select={row.id}",
        number=row.number,
        unit=kind.unit,
        decimals=kind.decimals,
    )


def _together(what: str, kind: Kind, rows: list[Row], language: str) -> list[Changed]:
    """One line each for a few; for many, one line: a gateway that fails takes a hundred with it."""
    if len(rows) < 3:
        return [_changed(what, kind, row, language) for row in rows]
    newest = max(rows, key=lambda row: row.observed_ms or 0)
    one = _changed(what, kind, newest, language)
    one.name, one.href, one.number = f"{kind.plural[language]} ({len(rows)})", f"/situation?layers={kind.name}", None
    return [one]


def line(points: Sequence[tuple[float, float]], low: float, high: float, *, start: float, end: float) -> str:
    """Points of a polyline on a field of 100 × 30; y grows downwards."""
    if high <= low:
        low, high = low - 1, low + 1
    room = high - low
    span = end - start or 1.0
    return " ".join(f"{(x - start) / span * 100:.1f},{28 - (y - low) / room * 26:.1f}" for x, y in points)


class Small(msgspec.Struct, kw_only=True):
    """A small chart."""

    line: str
    target: float | None  # its y; None: there is none, or it lies off the chart


def small(value: IndicatorValue, now_us: int) -> Small:
    """An indicator's last day as a small chart, with its target where that is near."""
    points = [(float(us), figure) for us, figure in value.history if us <= now_us]
    step = max(1, len(points) // 96)
    points = [*points[:-1:step], *points[-1:]]
    if len(points) < 2:
        return Small(line="", target=None)
    low, high = min(y for _, y in points), max(y for _, y in points)
    if value.target is not None and low - (high - low) * 2 <= value.target <= high + (high - low) * 2:
        low, high = min(low, value.target), max(high, value.target)
    if high <= low:
        low, high = low - 1, low + 1
    start, end, room = points[0][0], points[-1][0], high - low
    target = None if value.target is None or not low <= value.target <= high else 28 - (value.target - low) / room * 26
    return Small(line=line(points, low, high, start=start, end=end), target=target)


def coming(
    entities: Iterable[Any], kinds: Kinds, model: Model, declared: Any, now_us: int, language: str
) -> list[Coming]:
    """Forecasts of one declaration, of what its attribute will lack or reach: the most notable first."""
    found = [c for entity in entities if (c := _coming(entity, kinds, model, declared, now_us, language)) is not None]
    return sorted(found, key=lambda c: -c.severity)


def _coming(entity: Any, kinds: Kinds, model: Model, declared: Any, now_us: int, language: str) -> Coming | None:
    row = kinds.row(entity)
    attr = model.terms.get(declared.attr, declared.attr)
    attribute = model.attribute(kinds.list[row.kind].iri, attr)
    steps = [s for s in forecast_steps(entity, attr) if s[0] > now_us]
    if len(steps) < 2:
        return None
    points = (
        [(float(now_us), row.number), *((float(at), v) for at, v, _, _ in steps)]
        if row.number is not None
        else [(float(at), v) for at, v, _, _ in steps]
    )
    low = min([p[1] for p in points] + [s[2] for s in steps])
    high = max([p[1] for p in points] + [s[3] for s in steps])
    start, end = points[0][0], points[-1][0]
    at, then, _, _ = min(steps, key=lambda s: s[1])
    band = [(float(a), lo) for a, _, lo, _ in steps] + [(float(a), hi) for a, _, _, hi in reversed(steps)]
    before = points[0][1]
    kind = kinds.list[row.kind]
    return Coming(
        name=row.name,
        what=attribute.label[language] if attribute else kind.label[language],
        entity=row.id,
        now=row.number,
        then=then,
        at_us=at,
        unit=kind.unit,
        decimals=kind.decimals,
        line=line(points, low, high, start=start, end=end),
        band=line(band, low, high, start=start, end=end),
        severity=(before - then) / (before or 1.0),
    )


def forecast_steps(entity: Any, attr: str) -> list[tuple[int, float, float, float]]:
    """The steps that a thing's forecast attribute holds: (µs, value, low, high)."""
    instance = newest(entity.get("attrs", {}).get(attr + "Forecast"))
    held = (instance or {}).get("json", (instance or {}).get("value"))
    steps: list[tuple[int, float, float, float]] = []
    for step in held if isinstance(held, list) else ():
        try:
            if isinstance(step, dict):
                at = step.get("at", step.get("observedAt", step.get("at_us")))
                value = float(step["value"])
                low, high = float(step.get("low", value)), float(step.get("high", value))
            else:
                at, value, low, high = step[0], *(float(v) for v in step[1:4])
            steps.append((parse_us(at) if isinstance(at, str) else int(at or 0), value, low, high))
        except (KeyError, TypeError, ValueError, IndexError):
            continue
    return steps
