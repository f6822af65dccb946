"""What the tests of the present share: a small model, short names, and updates in one line."""

from __future__ import annotations

from typing import Any

from rhinecloud.base.declare import Attribute, EntityType, Label, Model
from rhinecloud.base.model import Entity, Instance, Op, Update

LABEL = Label("Ding", "thing")
GAUGE = "https://smartdatamodels.org/dataModel.Water/Gauge"
LEVEL = "https://smartdatamodels.org/dataModel.Water/level"
NAME = "https://smartdatamodels.org/name"
STATION = "https://smartdatamodels.org/dataModel.Water/station"
LOCATION = "https://uri.etsi.org/ngsi-ld/location"

MODEL = Model(
    [
        EntityType(
            name="Gauge",
            label=LABEL,
            plural=LABEL,
            subject="dataModel.Water",
            icon="waves",
            attributes=(
                Attribute(name="level", label=LABEL, queryable=True),
                Attribute(name="name", label=LABEL, kind="text", queryable=True),
                Attribute(name="station", label=LABEL, kind="relation", queryable=True),
                Attribute(name="mood", label=LABEL, kind="text"),
            ),
        )
    ]
)


def expand(term: str) -> str:
    return MODEL.terms.get(term, term if ":" in term else f"https://example.org/{term}")


def number(value: float, at: str = "", **members: Any) -> Instance:
    instance: Instance = {"type": "Property", "value": value}
    if at:
        instance["observedAt"] = f"2026-11-22T{at}Z"
    return instance | members


def text(value: Any, **members: Any) -> Instance:
    return {"type": "Property", "value": value} | members


def point(lon: float, lat: float) -> Instance:
    return {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [lon, lat]}}


def relation(target: str) -> Instance:
    return {"type": "Relationship", "object": target}


def fragment(attrs: dict[str, Any], types: tuple[str, ...] = (GAUGE,), **members: Any) -> Entity:
    listed = {expand(n): i if isinstance(i, list) else [i] for n, i in attrs.items()}
    return {"type": list(types), "attrs": listed} | members


def update(op: Op, entity_id: str = "urn:a", attrs: dict[str, Any] | None = None, **members: Any) -> Update:
    own = {n: members.pop(n) for n in ("attr", "dataset", "source", "received_us", "raw") if n in members}
    types = members.pop("types", (GAUGE,))
    return Update(op=op, id=entity_id, entity=fragment(attrs or {}, types, **members), **own)


def values(entity: Entity | None) -> dict[str, Any]:
    """Short attribute name → value of its default instance, or of all by datasetId where there are several."""
    assert entity is not None
    found: dict[str, Any] = {}
    for name, instances in entity["attrs"].items():
        short = name.rsplit("/", 1)[-1]
        by_set = {i.get("datasetId", ""): i.get("value", i.get("object", i.get("languageMap"))) for i in instances}
        found[short] = by_set[""] if list(by_set) == [""] else by_set
    return found
