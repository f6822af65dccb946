"""Alerts as lists, maps and toasts show them: one language, milliseconds, and a place among the five states."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from rhinecloud.base import units
from rhinecloud.base.declare import Model
from rhinecloud.insight import Alert, Evidence

from .things import STATES

PLACE: Final = {severity: place for place, severity in enumerate(STATES)}


class AlertRow(msgspec.Struct, kw_only=True, rename="camel"):
    """One alert."""

    id: str
    title: str
    text: str
    entity: str
    name: str  # of the entity
    kind: str  # label of its type
    attr: str  # expanded name of what it is about; "": of nothing that is measured
    state: int  # severity as a place in STATES
    raised: bool  # False: it is over
    started_ms: int
    raised_ms: int
    cleared_ms: int | None
    acknowledged: str  # by whom; "": by nobody
    snoozed_ms: int | None  # until when
    number: float | None  # the newest figure
    unit: str
    lon: float | None
    lat: float | None


def alert_row(alert: Alert, model: Model, language: str) -> AlertRow:
    """The row of an alert, in one language."""
    latest = alert.latest or alert.peak or (alert.evidence[-1] if alert.evidence else None)
    declared = model.types.get(alert.type)
    lon, lat = alert.location or (None, None)
    return AlertRow(
        id=alert.id,
        title=alert.title[language],
        text=alert.text[language],
        entity=alert.entity,
        name=alert.entity_name or alert.entity.rsplit(":", 1)[-1],
        kind=declared.label[language] if declared else "",
        attr=latest.attr if latest else "",
        state=PLACE.get(alert.severity, 1),
        raised=alert.state == "raised",
        started_ms=alert.started_us // 1000,
        raised_ms=alert.raised_us // 1000,
        cleared_ms=alert.cleared_us // 1000 if alert.cleared_us else None,
        acknowledged=alert.acknowledged.who if alert.acknowledged else "",
        snoozed_ms=alert.snoozed_until_us // 1000 if alert.snoozed_until_us else None,
        number=_number(latest),
        unit=units.symbol(latest.unit) if latest and latest.unit else "",
        lon=lon,
        lat=lat,
    )


def _number(evidence: Evidence | None) -> float | None:
    value: Any = evidence.value if evidence else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
