"""A rule's message with what was observed filled in, in both languages."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

from rhinecloud.base.clock import SECOND
from rhinecloud.base.declare import SMART_DATA_MODELS, Label, Model
from rhinecloud.base.model import Entity
from rhinecloud.base.units import UNITS

from .standing import LOCATION, value_of

PLACES: Final = ("name", "value", "unit", "since")
"""What a message may hold, in braces."""
NAME: Final = SMART_DATA_MODELS + "name"
_PLACE: Final = re.compile(r"\{(\w*)\}")


def unknown_places(text: Label) -> list[str]:
    """What stands in braces and means nothing."""
    return [name for side in (text.de, text.en) for name in _PLACE.findall(side) if name not in PLACES]


def fill(
    text: Label, *, name: str, value: Any, unit: str, decimals: int | None, since: datetime, now: datetime
) -> Label:
    """The message: numbers with the language's decimal sign, units as people write them, times without the obvious."""
    symbol = UNITS[unit].symbol if unit in UNITS else unit

    def filled(side: str, language: str) -> str:
        known = {
            "name": name,
            "value": figure(value, decimals, language),
            "unit": symbol,
            "since": _moment(since, now, language),
        }
        return _PLACE.sub(lambda m: known.get(m[1], m[0]), side).strip()

    return Label(de=filled(text.de, "de"), en=filled(text.en, "en"))


def figure(value: Any, decimals: int | None, language: str) -> str:
    """A value as people of that language read it."""
    if isinstance(value, bool):
        return {"de": ("nein", "ja"), "en": ("no", "yes")}[language][value]
    if isinstance(value, int | float):
        digits = (0 if isinstance(value, int) or value.is_integer() else 2) if decimals is None else decimals
        shown = f"{value:,.{digits}f}"
        return shown.translate(str.maketrans(",.", "\u202f,")) if language == "de" else shown
    if isinstance(value, list):
        return ", ".join(figure(v, decimals, language) for v in value[:5])
    if isinstance(value, dict):
        found = value.get(language) or value.get("@value")
        return str(found) if found is not None else "…"
    return "–" if value is None else str(value)[:200]


def _moment(at: datetime, now: datetime, language: str) -> str:
    if at.date() == now.date():
        return f"{at:%H:%M}" + (" Uhr" if language == "de" else "")
    day = f"{at.day}.{at.month}." if language == "de" else f"{at.day} {at:%b}"
    if at.year != now.year:
        day += f"{at.year}" if language == "de" else f" {at.year}"
    return f"{day}, {at:%H:%M}" + (" Uhr" if language == "de" else "")


def moment(us: int, zone: tzinfo) -> datetime:
    """The instant on the city's clocks."""
    return datetime.fromtimestamp(us // SECOND, UTC).astimezone(zone)


def name_of(entity: Entity) -> str:
    """What people call it; else the last part of its id."""
    for instance in entity["attrs"].get(NAME, ()):
        value = value_of(instance)
        if isinstance(value, dict):
            value = value.get("de") or next(iter(value.values()), None)
        if isinstance(value, str) and value:
            return value
    return str(entity["id"]).rpartition(":")[2]


def place_of(entity: Entity) -> tuple[float, float] | None:
    """(lon, lat) where it lies, or the middle of where."""
    for instance in entity["attrs"].get(LOCATION, ()):
        value = instance.get("value")
        if isinstance(value, dict):
            at = value.get("coordinates")
            if at.__class__ is list and len(at) == 2 and at[0].__class__ is at[1].__class__ is float:
                return at[0], at[1]  # a point, as most are
            points = list(_points(at))
            if points:
                xs, ys = [p[0] for p in points], [p[1] for p in points]
                return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
    return None


def _points(coordinates: Any) -> Any:
    if not isinstance(coordinates, list) or not coordinates:
        return
    if isinstance(coordinates[0], int | float):
        yield coordinates[0], coordinates[1]
    else:
        for part in coordinates:
            yield from _points(part)


def decimals_of(model: Model, types: list[str], attr: str) -> int | None:
    """The digits after the point that the model declares for an attribute."""
    declared = (model.attribute(name, attr) for name in types)
    return next((a.decimals for a in declared if a is not None), None)


def unit_of(model: Model, types: list[str], attr: str, given: str) -> str:
    """The unit that came with the value, else the declared one."""
    if given:
        return given
    declared = (model.attribute(name, attr) for name in types)
    return next((a.unit for a in declared if a is not None and a.unit), "")
