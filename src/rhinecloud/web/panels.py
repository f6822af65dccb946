"""What packs show of a thing beside the list of its attributes: figures, charts, tables, guidance, as they declare it.

In: the panels of the packs that are on, and a thing. Out: panels with what they show of it, in one language. What a
forecast says stands where its attribute is shown. A panel about nothing that the thing has is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from rhinecloud.base import units
from rhinecloud.base.declare import Model
from rhinecloud.base.model import Entity

from .pulse import forecast_steps
from .rooms import Rooms
from .things import declared_of, newest, observed_ms

FORECAST: Final = "Forecast"
"""What the name of an attribute ends with that holds what another is going to be; see `insight.forecast`."""


class Outlook(msgspec.Struct, kw_only=True, rename="camel"):
    """What an attribute is going to be: its value and a band, at moments to come."""

    attr: str  # expanded name of the attribute, not of its forecast
    label: str
    unit: str
    decimals: int | None
    ms: list[int]
    value: list[float]
    low: list[float]
    high: list[float]
    made_ms: int | None


class ShownPanel(msgspec.Struct, kw_only=True, rename="camel"):
    """One panel."""

    id: str  # tells it from the others of the thing
    pack: str  # id of the pack that brings it
    kind: str  # figures, chart, table, guidance
    title: str
    text: str
    hours: float
    attributes: list[str]  # expanded, those that the thing has
    outlooks: list[Outlook]


def panels_of(rooms: Rooms, tenant: str, entity: Entity, language: str) -> list[ShownPanel]:
    """The panels of a thing."""
    packs = rooms.packs if rooms.switchboard is None else rooms.switchboard.on(tenant)
    found = []
    for pack in packs:
        for at, panel in enumerate(pack.panels):
            if rooms.model.terms.get(panel.type, panel.type) in entity["type"]:
                found.append(_shown(rooms.model, pack, at, entity, language))
    return [panel for panel in found if panel is not None]


def _shown(model: Model, pack: Any, at: int, entity: Entity, language: str) -> ShownPanel | None:
    panel = pack.panels[at]
    attrs: Mapping[str, Any] = entity.get("attrs", {})
    names = [model.terms.get(name, name) for name in panel.attributes]
    if panel.kind == "guidance":
        if not any(e.id == f"{pack.id}.guidance" for e in pack.endpoints):
            return None
    elif not any(name in attrs for name in names):
        return None
    ahead = [name.removesuffix(FORECAST) for name in names] if panel.kind in ("chart", "table") else []
    return ShownPanel(
        id=f"{pack.id}.{at}",
        pack=pack.id,
        kind=panel.kind,
        title=panel.title[language],
        text=panel.text[language] if panel.text else "",
        hours=panel.hours,
        attributes=[name for name in names if name in attrs and not (name.endswith(FORECAST) and ahead)],
        outlooks=_outlooks(model, entity, dict.fromkeys(ahead), language),
    )


def _outlooks(model: Model, entity: Entity, attrs: Iterable[str], language: str) -> list[Outlook]:
    found = []
    for attr in attrs:
        steps = forecast_steps(entity, attr)
        if not steps:
            continue
        declared = declared_of(model, entity, attr)
        instance = newest(entity["attrs"][attr + FORECAST])
        found.append(
            Outlook(
                attr=attr,
                label=declared.label[language] if declared else attr.rsplit("/", 1)[-1],
                unit=units.symbol(declared.unit) if declared and declared.unit else "",
                decimals=declared.decimals if declared else None,
                ms=[us // 1000 for us, *_ in steps],
                value=[value for _, value, _, _ in steps],
                low=[low for _, _, low, _ in steps],
                high=[high for *_, high in steps],
                made_ms=observed_ms(instance) if instance else None,
            )
        )
    return found
