"""What is published is what is known, in the order that the schemas demand, and comes in again the same."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from rhinecloud.kit import Bad
from rhinecloud.packs.parking.datex2 import read, writing, writing_records

PARK: dict[str, Any] = {
    "id": "urn:ngsi-ld:OffStreetParking:hbf",
    "type": "OffStreetParking",
    "name": {"type": "Property", "value": 'Parkhaus <Hbf> & "UCI"'},
    "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [6.77836, 51.43043]}},
    "address": {"value": {"streetAddress": "Neudorfer Str. 1", "postalCode": "47057", "addressLocality": "Duisburg"}},
    "openingHours": {"type": "Property", "value": "Mo-Fr 06:00-22:00; Sa 08:00-20:00"},
    "maximumAllowedHeight": {"type": "Property", "value": 2.0},
    "totalSpotNumber": {"type": "Property", "value": 398},
    "availableSpotNumber": {"type": "Property", "value": 120, "observedAt": "2026-11-22T10:00:00Z"},
    "occupancy": {"type": "Property", "value": 0.698, "observedAt": "2026-11-22T10:00:00Z"},
    "occupancyTrend": {"type": "Property", "value": "increasing"},
    "status": {"type": "Property", "value": "open"},
    "disabledSpotNumber": {"type": "Property", "value": 6},
    "layout": {"type": "Property", "value": ["multiStorey"]},
    "feeDescription": {"type": "Property", "value": "2 € je Stunde"},
}
BAY: dict[str, Any] = {
    "id": "urn:ngsi-ld:ParkingSpot:1",
    "type": "ParkingSpot",
    "name": {"type": "Property", "value": "1"},
    "status": {"type": "Property", "value": "free", "observedAt": "2026-11-22T09:00:00Z"},
    "refParkingSite": {"type": "Relationship", "object": PARK["id"]},
}
SILENT: dict[str, Any] = {"id": "urn:ngsi-ld:OffStreetParking:new", "type": "OffStreetParking"}
ALL = [PARK, BAY, SILENT]
RENDERS = (writing.table, writing.status, writing_records.table, writing_records.status)


def values(entity: Any) -> dict[str, Any]:
    return {k: v["value"] for k, v in entity.items() if isinstance(v, dict) and "value" in v}


@pytest.mark.parametrize("render", RENDERS)
def test_what_goes_out_comes_in_the_same(render: Any) -> None:
    found = {e["id"]: values(e) for e in read(render(ALL)) if not isinstance(e, Bad)}
    park = found[PARK["id"]]
    known = values(PARK)
    shared = park.keys() & known.keys() - {"status", "layout", "address", "occupancy"}
    assert {name: park[name] for name in shared} == {name: known[name] for name in shared}
    assert len(shared) >= (3 if render in (writing.status, writing_records.status) else 5)
    if render in (writing.table, writing.status):
        assert BAY["id"] in found


@pytest.mark.parametrize("render", RENDERS)
def test_the_same_facts_are_the_same_bytes(render: Any) -> None:
    assert render(ALL) == render(list(reversed(ALL)))


def test_a_simulated_city_says_so_and_is_not_taken_for_a_real_one() -> None:
    played = PARK | {"dataProvider": {"type": "Property", "value": "Rhine Cloud demo (simulated)"}}
    (bad,) = read(writing.status([played]))
    assert isinstance(bad, Bad)
    assert bad.reason == "no real data"


@pytest.mark.parametrize("empty", [[], [SILENT]])
def test_a_city_without_car_parks_publishes_a_valid_nothing(empty: list[dict[str, Any]]) -> None:
    assert b"Campus" in writing.table([]) and b"Campus" in writing.status(empty)


@pytest.mark.data
@pytest.mark.parametrize(("version", "renders"), [("v3.3", RENDERS[:2]), ("v3.7", RENDERS[:2]), ("v3.1", RENDERS[2:])])
def test_publications_are_valid_against_the_schemas(version: str, renders: Any, tmp_path: Path) -> None:
    """RHINECLOUD_DATEX2_SCHEMAS is a folder with the schemas of each version in a folder of its name."""
    folder = Path(os.environ.get("RHINECLOUD_DATEX2_SCHEMAS", "nowhere")) / version
    if not folder.is_dir():
        pytest.skip("the schemas of DATEX II are not here (set RHINECLOUD_DATEX2_SCHEMAS)")
    etree = pytest.importorskip("lxml.etree")
    for file in folder.glob("*.xsd"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    wrapper = tmp_path / "payload.xsd"
    wrapper.write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:com="http://datex2.eu/schema/3/common"'
        ' targetNamespace="http://datex2.eu/schema/3/d2Payload">'
        '<xs:import namespace="http://datex2.eu/schema/3/parking" schemaLocation="DATEXII_3_Parking.xsd"/>'
        '<xs:import namespace="http://datex2.eu/schema/3/common" schemaLocation="DATEXII_3_Common.xsd"/>'
        '<xs:element name="payload" type="com:PayloadPublication"/></xs:schema>'
    )
    schema = etree.XMLSchema(etree.parse(str(wrapper)))
    for render in renders:
        assert schema.validate(etree.fromstring(render(ALL))), (render, schema.error_log)
