"""What proves an alert: its observations with their quality and source, and the curve around it."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from rhinecloud.base import units
from rhinecloud.base.clock import SECOND, iso
from rhinecloud.web.catalogue import Catalogue, Choosable
from rhinecloud.web.language import N_, words
from rhinecloud.web.rooms import Rooms
from rhinecloud.web.rule_form import fields, number
from rhinecloud.web.sentence import STATE
from rhinecloud.web.things import short_text

HOUR: Final = 3600 * SECOND
FLAGS: Final = (
    (1, N_("not declared")),
    (2, N_("of another type than declared")),
    (4, N_("outside what is possible here")),
    (8, N_("unchanged for too long")),
    (16, N_("jumped faster than such a thing changes")),
    (32, N_("came late")),
    (64, N_("came twice")),
    (128, N_("dated in the future")),
    (256, N_("estimated by the source")),
)


class EvidenceRow(msgspec.Struct, kw_only=True):
    """One observation."""

    what: str
    attr: str  # expanded
    dataset: str
    number: float | None
    decimals: int | None
    text: str
    unit: str
    observed_us: int | None
    received_us: int
    quality: list[str]
    source: str
    device: str  # the source's device, for a link; ""
    raw: bool  # its raw message can be looked at
    at: str  # RFC 3339, of the observation


class CurveOf(msgspec.Struct, kw_only=True):
    """The chart around it."""

    entity: str
    attr: str
    dataset: str
    label: str
    unit: str
    decimals: int | None
    start_ms: int
    end_ms: int
    limits: str  # JSON: [[state, value], …]
    marks: str  # JSON: [[ms, text], …]


class Proof:
    """The evidence of alerts, as their pages show it."""

    def __init__(self, rooms: Rooms, catalogue: Catalogue) -> None:
        self._rooms, self._catalogue = rooms, catalogue

    def evidence(self, seen: Any, alert: Any, language: str) -> EvidenceRow:
        say = words(language)
        attribute = self._attribute(alert.type, seen.attr, language)
        value = seen.value
        figure = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
        kind, _, name = seen.source.partition(":")
        return EvidenceRow(
            what=attribute.label if attribute else self._rooms.model.names.get(seen.attr, seen.attr),
            attr=seen.attr,
            dataset=seen.dataset,
            number=figure,
            decimals=attribute.decimals if attribute else None,
            text="" if figure is not None else short_text(value),
            unit=_symbol(seen.unit) or (attribute.unit if attribute else ""),
            observed_us=seen.observed_us,
            received_us=seen.received_us,
            quality=[say(text) for bit, text in FLAGS if seen.flags & bit],
            source=seen.source,
            device=name if kind == "device" else "",
            raw=bool(seen.raw),
            at=iso(seen.observed_us or seen.received_us),
        )

    def chart(self, alert: Any, rule: Any, language: str, end: int, say: Any) -> CurveOf | None:
        seen = next((e for e in [alert.peak, alert.latest, *alert.evidence] if e and _numeric(e.value)), None)
        if seen is None:
            return None
        attribute = self._attribute(alert.type, seen.attr, language)
        lasted = end - alert.started_us
        around = max(HOUR, min(lasted, 24 * HOUR))
        start = alert.started_us - around * 2
        shown_until = min(end + around, self._rooms.clock())
        marks = [[alert.started_us // 1000, say("began")]]
        if alert.cleared_us:
            marks.append([alert.cleared_us // 1000, say("ended")])
        return CurveOf(
            entity=alert.entity,
            attr=seen.attr,
            dataset=seen.dataset,
            label=attribute.label if attribute else seen.attr.rsplit("/", 1)[-1],
            unit=_symbol(seen.unit) or (attribute.unit if attribute else ""),
            decimals=attribute.decimals if attribute else None,
            start_ms=start // 1000,
            end_ms=max(shown_until, alert.started_us + 60 * SECOND) // 1000,
            limits=msgspec.json.encode(_limits(rule, alert, language)).decode(),
            marks=msgspec.json.encode(marks).decode(),
        )

    def _attribute(self, type_iri: str, attr: str, language: str) -> Choosable | None:
        sort = self._catalogue.sort(type_iri, language)
        return sort.attribute(attr) if sort else None


def _limits(rule: Any, alert: Any, language: str) -> list[tuple[int, float]]:
    """The rule's limit as a line of its severity's colour, and where it ends as a quieter one."""
    if rule is None:
        return []
    typed = fields(rule, language)
    found = []
    if typed["sort"] in ("level", "forecast") and (limit := number(typed["value"])) is not None:
        found.append((STATE[alert.severity], limit))
        if (back := number(typed["back"])) is not None:
            found.append((1, back))
    return found


def _symbol(code: str) -> str:
    return units.symbol(code) if code else ""


def _numeric(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
