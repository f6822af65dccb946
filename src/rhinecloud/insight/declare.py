"""What insight works with, as values: rules, indicators, alerts. Imports `base` alone, so that packs load light.

A rule is a standing query (`type`, `q`, `geo`, `scope_q`, as NGSI-LD writes them) and when it counts. There is no
language of its own: whoever can ask the API can write a rule.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from rhinecloud.base.declare import Label

Severity = Literal["info", "minor", "major", "critical"]
SEVERITIES: Final[tuple[Severity, ...]] = ("info", "minor", "major", "critical")
"""From the least to the worst."""

Method = Literal["mean", "sum", "min", "max", "count", "share", "ratio"]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """How fast an attribute changes: by how much its value rose (or fell) within the last `per_s`."""

    attr: str
    per_s: float
    above: float | None = None  # rose by more than this, in the attribute's unit
    below: float | None = None  # fell by more: a negative number, -0.5 is "fell by more than 0.5"


class Ahead(msgspec.Struct, frozen=True, kw_only=True):
    """An attribute that is forecast to cross a limit."""

    attr: str
    within_s: float
    above: float | None = None
    below: float | None = None


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A risk: entities of `type` of which everything that is given here holds, for as long as `for_s`.

    At least one of `q`, `geo`, `change`, `silent_s` and `forecast` is given. Names are terms of our vocabulary or IRIs.
    """

    id: str  # "environment.flood-mark-1"; a city's own rules: "own.<slug>"
    title: Label
    text: Label  # the message; may hold {name} {value} {unit} {since}
    type: str  # term or IRI
    q: str = ""  # NGSI-LD q over the present attributes: "height>9.3"; true: at risk
    geo: dict[str, Any] | None = None  # {"georel": "within", "geometry": {GeoJSON}}, "geoproperty" where not location
    scope_q: str = ""
    for_s: float = 0  # must hold for that long
    until_q: str = ""  # hysteresis: stays raised until this is true; "": until q is no longer
    change: Change | None = None
    silent_s: float = 0  # no observation of `attr` for so long; 0: silence is no matter
    forecast: Ahead | None = None
    attr: str = ""  # what the rule is about: {value}, evidence, silence; "": the first attribute of q
    severity: Severity = "minor"
    playbook: str = ""
    pack: str = ""  # "": the city's own
    on: bool = True
    version: int = 1


class Indicator(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of the city, computed each minute from the present.

    Over the entities of `type` for which `q` holds: mean, sum, min or max of `attr`; their count; their share of all
    entities of the type; or the ratio of the sums of `attr` and `of`. In percent where the unit is P1.
    """

    id: str  # "parking.occupancy"
    title: Label
    unit: str  # UN/CEFACT code; "C62" for what has none
    type: str
    attr: str = ""
    method: Method = "mean"
    q: str = ""
    of: str = ""  # ratio: the denominator's attribute
    target: float | None = None
    better: Literal["higher", "lower", ""] = ""
    by_district: bool = False
    decimals: int = 1
    pack: str = ""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """One observation that made a rule fire."""

    entity: str
    attr: str  # expanded
    dataset: str = ""
    value: Any = None
    unit: str = ""
    observed_us: int | None = None
    received_us: int = 0
    flags: int = 0  # base.model.Flag
    source: str = ""
    raw: str = ""  # where the raw message lies, "stream/sequence"


class Acknowledgement(msgspec.Struct, frozen=True):
    """Somebody has seen to it."""

    who: str
    at_us: int
    note: str = ""


class Comment(msgspec.Struct, frozen=True):
    who: str
    at_us: int
    text: str


class Alert(msgspec.Struct, kw_only=True):
    """A rule that holds, or held, of one entity.

    `started_us`, `raised_us` and `cleared_us` are moments of the city: when what was observed began, had lasted as long
    as the rule asks, and ended. `known_us` and `updated_us` say when this program knew.
    """

    id: str
    tenant: str
    rule: str
    rule_version: int
    title: Label
    text: Label  # filled in
    entity: str
    entity_name: str
    type: str  # expanded
    location: tuple[float, float] | None = None  # (lon, lat), WGS 84
    severity: Severity = "minor"
    state: Literal["raised", "cleared"] = "raised"
    started_us: int = 0
    raised_us: int = 0
    known_us: int = 0
    updated_us: int = 0
    cleared_us: int | None = None
    cleared_why: str = ""  # see WHY; "" while raised
    evidence: list[Evidence] = []
    latest: Evidence | None = None  # the newest observation of what the rule is about, while raised
    peak: Evidence | None = None  # the worst so far
    acknowledged: Acknowledgement | None = None
    snoozed_until_us: int | None = None
    comments: list[Comment] = []
    pack: str = ""
    playbook: str = ""


WHY: Final[dict[str, Label]] = {
    "ended": Label(de="Die Bedingung gilt nicht mehr", en="The condition no longer holds"),
    "gone": Label(de="Das Objekt gibt es nicht mehr", en="The entity is gone"),
    "elsewhere": Label(de="Das Objekt liegt nicht mehr im Gebiet", en="The entity left the area"),
    "rule-changed": Label(de="Die Regel wurde geändert", en="The rule was changed"),
    "rule-off": Label(de="Die Regel wurde ausgeschaltet", en="The rule was switched off"),
    "rule-deleted": Label(de="Die Regel wurde gelöscht", en="The rule was deleted"),
    "pack-off": Label(de="Das Paket wurde ausgeschaltet", en="The pack was switched off"),
}
"""Why an alert was cleared: `Alert.cleared_why`."""

Happened = Literal["raised", "updated", "cleared", "acknowledged", "snoozed", "commented"]


class News(msgspec.Struct):
    """What goes over the backbone on `alerts.<tenant>`, as JSON, whenever an alert changes."""

    what: Happened
    alert: Alert


class RuleVersion(msgspec.Struct, frozen=True):
    """One version of a rule, as it was kept."""

    rule: Rule
    saved_us: int
    who: str  # "pack:<id>" where a pack declared it


class Trouble(msgspec.Struct, frozen=True):
    """Why a rule could not be evaluated the last time; it is tried again with every change."""

    at_us: int
    detail: str
    entity: str = ""
    times: int = 1


class Trial(msgspec.Struct, kw_only=True):
    """What a rule would have done in a stretch of the past."""

    rule: Rule
    start_us: int
    end_us: int
    alerts: list[Alert]
    matched: int  # entities that it would have been raised for
    entities: int  # that were looked at
    observations: int
    seconds: float  # that the trial took
    complete: bool = True  # False: there are more alerts than are listed


class IndicatorValue(msgspec.Struct, kw_only=True):
    """An indicator as it stands."""

    id: str
    title: Label
    unit: str
    decimals: int
    area: str  # "": the whole city
    value: float | None  # None: nothing to compute it from
    at_us: int
    trend: float | None  # per hour; None: too little is known
    target: float | None
    better: Literal["higher", "lower", ""]
    state: Literal["good", "fair", "bad", ""]  # "": there is no target
    count: int  # entities that it was computed from
    pack: str
    entity: str  # the id of its KeyPerformanceIndicator
    history: list[tuple[int, float]]  # (µs, value), the last day
