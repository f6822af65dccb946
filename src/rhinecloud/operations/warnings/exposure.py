"""Who and what lies in an area: people, by the share of each zone that is covered; schools, hospitals and other things.

People are an estimate that says so: within a zone they are taken to be spread evenly.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rhinecloud.base.declare import Model
from rhinecloud.base.model import Entity
from rhinecloud.context import GeoQuery, Present, Query

from .areas import KM_PER_DEGREE, geojson, surface
from .declare import Profile

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

MOST: Final = 5_000
NAMED: Final = 50
VULNERABLE: Final = {
    "school": ("School", "EducationalInstitution", "Kindergarten", "Nursery", "University", "ChildCare"),
    "hospital": ("Hospital", "Clinic", "NursingHome", "HealthFacility", "MedicalFacility", "SocialFacility"),
}
"""Entity types where people are who need help or time; asked for by name, whichever pack or import brings them."""
OURS: Final = frozenset(
    ("Alert", "Incident", "KeyPerformanceIndicator", "Device", "DeviceModel", "Unit", "PublicWarning")
)
_NAME: Final = "https://smartdatamodels.org/name"


class Share(msgspec.Struct, frozen=True):
    """A zone, how much of it is covered (0 to 1), and how many people that makes."""

    name: str
    share: float
    people: int


class Thing(msgspec.Struct, frozen=True):
    id: str
    name: str


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Things of one type; `kind` is "school", "hospital" or "asset". The first `NAMED` by name."""

    kind: str
    type: str
    count: int
    things: tuple[Thing, ...]


class Exposure(msgspec.Struct, frozen=True, kw_only=True):
    """What lies in an area. `people` is None where nobody said who lives where."""

    km2: float
    people: int | None
    source: str
    zones: tuple[Share, ...]
    groups: tuple[Group, ...]
    cut: bool  # more things than are counted


async def exposure(
    area: Mapping[str, Any],
    profile: Profile,
    districts: Mapping[str, Mapping[str, Any]],
    present: Present,
    model: Model,
    readable: frozenset[str] | None,
) -> Exposure:
    """Raises: BadRequestData: the area is none."""
    shape = surface(area)
    zones = people(shape, profile, districts)
    groups, cut = await _groups(shape, present, model, readable)
    return Exposure(
        km2=km2(shape),
        people=rounded(sum(z.people for z in zones)) if profile.zones else None,
        source=profile.zones_source,
        zones=tuple(z for z in zones if z.share > 0.001),
        groups=groups,
        cut=cut,
    )


def people(shape: BaseGeometry, profile: Profile, districts: Mapping[str, Mapping[str, Any]]) -> list[Share]:
    """How many people of each zone are within, spread evenly over it."""
    import shapely

    found = []
    for zone in profile.zones:
        geometry = zone.geometry or districts.get(zone.name)
        if geometry is None:
            continue
        whole = shapely.make_valid(shapely.geometry.shape(geometry))
        share = shape.intersection(whole).area / whole.area if whole.area else 0.0
        found.append(Share(zone.name, min(share, 1.0), round(zone.people * min(share, 1.0))))
    return sorted(found, key=lambda z: -z.people)


def rounded(number: int) -> int:
    """As exact as such an estimate can be: two figures, below a hundred to ten."""
    if number < 100:
        return int(-(-number // 10) * 10)
    step = int(10 ** (len(str(number)) - 2))
    return round(number / step) * step


def km2(shape: BaseGeometry) -> float:
    import math

    lat = shape.centroid.y
    return float(shape.area) * KM_PER_DEGREE**2 * math.cos(math.radians(lat))


async def _groups(
    shape: BaseGeometry, present: Present, model: Model, readable: frozenset[str] | None
) -> tuple[tuple[Group, ...], bool]:
    asked = Query(geo=GeoQuery("intersects", geojson(shape) or {}), readable=readable, limit=MOST, count=True)
    page = await present.query(asked)
    by_type: dict[str, list[Thing]] = {}
    for entity in page.entities:
        name = next((model.names.get(t, t.rpartition("/")[2]) for t in entity.get("type", ())), "")
        if name and name not in OURS:
            by_type.setdefault(name, []).append(Thing(entity["id"], _name(entity)))
    groups = [
        Group(
            kind=kind_of(name), type=name, count=len(things), things=tuple(sorted(things, key=lambda t: t.name)[:NAMED])
        )
        for name, things in by_type.items()
    ]
    order = ("school", "hospital", "asset")
    return tuple(sorted(groups, key=lambda g: (order.index(g.kind), -g.count))), (page.total or 0) > MOST


def kind_of(name: str) -> str:
    return next((kind for kind, names in VULNERABLE.items() if name in names), "asset")


def _name(entity: Entity) -> str:
    attrs = entity.get("attrs", {})
    for iri in (_NAME, *(k for k in attrs if k.rpartition("/")[2] == "name")):
        for instance in attrs.get(iri, ()):
            if isinstance(instance.get("value"), str):
                return str(instance["value"])
    return str(entity["id"]).rpartition(":")[2]
