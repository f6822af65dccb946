"""Files: recognised with an explanation, read item by item, resumable; what does not come in says why."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rhinecloud.base.declare import Model
from rhinecloud.base.errors import BadRequestData, Unreadable
from rhinecloud.base.model import Update
from rhinecloud.connect import Mapping, Rejection, open_file
from rhinecloud.connect.mapping import Attribute, Time
from rhinecloud.connect.records import to_number

from .conftest import PARKING, WATER, kind


@pytest.fixture(scope="session")
def city_model() -> Model:
    spot = kind("ParkingSpot", "dataModel.Parking")
    return Model((WATER, PARKING, spot))


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def values(update: Update) -> dict[str, Any]:
    return {k.rsplit("/", 1)[-1]: v[0].get("value") for k, v in update.entity["attrs"].items()}


def read(path: Path, model: Model, **options: Any) -> tuple[list[Update], list[Rejection]]:
    items = [item for _, item in open_file(path, model, **options).read()]
    return [i for i in items if isinstance(i, Update)], [i for i in items if isinstance(i, Rejection)]


def test_a_german_table_with_semicolons_commas_and_dates(tmp_path: Path, city_model: Model) -> None:
    path = write(
        tmp_path,
        "parkhaeuser.csv",
        "Kennung;Name;Kapazität;frei;Einfahrtshöhe;Stand;PLZ;Breitengrad;Längengrad\n"
        "P1;Königsgalerie;1.200;85;2,10 m;22.11.2026 10:30;04711;51,4321;6,7654\n"
        "P2;Theater;300;k.A.;1,9;22.11.2026 10:31;47051;51,43;6,76\n".encode("cp1252"),
    )
    file = open_file(path, city_model)
    assert (file.shape.encoding, file.shape.delimiter, file.shape.decimal) == ("cp1252", ";", ",")
    assert any("availableSpotNumber ← frei" in line for line in file.explanation)
    assert any("written as %d.%m.%Y %H:%M" in line for line in file.explanation)
    (first, second), rejected = read(path, city_model)
    assert rejected == []
    assert first.id == "urn:ngsi-ld:OffStreetParking:parkhaeuser-p1"
    assert values(first)["totalSpotNumber"] == 1200
    assert values(first)["maximumAllowedHeight"] == 2.1
    assert values(first)["location"] == {"type": "Point", "coordinates": [6.7654, 51.4321]}
    free = first.entity["attrs"][city_model.terms["availableSpotNumber"]][0]
    assert free["observedAt"] == "2026-11-22T09:30:00Z"
    assert "availableSpotNumber" not in values(second)


def test_a_wide_series_is_a_thing_a_column(tmp_path: Path, city_model: Model) -> None:
    path = write(
        tmp_path,
        "pegel.csv",
        '"Datum","Duisburg-Ruhrort","Köln"\n"2026-08-09 01:00:00",143,62\n"2026-08-09 02:00:00",142.75,NA\n',
    )
    updates, rejected = read(path, city_model)
    assert rejected == []
    assert [u.id.rsplit(":", 1)[-1] for u in updates] == ["duisburg-ruhrort", "koeln", "duisburg-ruhrort"]
    (instance,) = updates[2].entity["attrs"][city_model.terms["waterLevel"]]
    assert instance == {"type": "Property", "value": 1.4275, "unitCode": "MTR", "observedAt": "2026-08-09T00:00:00Z"}
    assert values(updates[0])["name"] == "Duisburg-Ruhrort"


def test_reading_goes_on_behind_a_position(tmp_path: Path, city_model: Model) -> None:
    rows = "".join(f"2026-08-09T{h:02}:00:00Z,{100 + h},{200 + h}\n" for h in range(10))
    file = open_file(write(tmp_path, "pegel.csv", f"Datum,A,B\n{rows}"), city_model)
    every = list(file.read())
    assert [p for p, _ in every] == list(range(1, 21))
    assert list(file.read(after=13)) == every[13:]
    assert file.count() == 20


def test_json_lines_of_entities(tmp_path: Path, city_model: Model) -> None:
    path = write(
        tmp_path,
        "x.jsonl",
        '{"id": "urn:x:1", "type": "WaterObserved", "waterLevel": {"value": 8, "observedAt": "2026-11-22T10:00:00Z"}}\n'
        "\n{broken\n"
        '{"id": "no uri", "type": "WaterObserved"}\n5\n'
        '{"id": "urn:x:2", "type": "WaterObserved", "waterLevel": 9}\n',
    )
    updates, rejected = read(path, city_model)
    assert [u.id for u in updates] == ["urn:x:1", "urn:x:2"]
    assert [r.reason for r in rejected] == ["not JSON", "bad entity", "no object"]
    assert "Line 3" in rejected[0].detail
    assert rejected[0].raw == b"{broken\n"
    assert updates[0].source == "file:x.jsonl"


def test_geojson_in_utm_lands_in_degrees(tmp_path: Path, city_model: Model) -> None:
    path = write(
        tmp_path,
        "parken.geojson",
        '{"type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25832"}},'
        ' "features": [{"type": "Feature", "properties": {"name": "P", "total": 5},'
        ' "geometry": {"type": "Point", "coordinates": [357861.99, 5706886.25]}},'
        ' {"type": "Feature", "properties": {"name": "Q"}, "geometry": {"type": "Point", "coordinates": [1e300, 0]}}]}',
    )
    updates, rejected = read(path, city_model)
    assert values(updates[0])["location"]["coordinates"] == pytest.approx([6.952394, 51.4952267], abs=1e-6)
    assert len(rejected) == 1


def test_a_mapping_says_otherwise(tmp_path: Path, city_model: Model) -> None:
    path = write(tmp_path, "x.csv", "nr;wert;wann\n7;812,5;22.11.2026\n8;x;22.11.2026\n")
    mapping = Mapping(
        id="m",
        entity="urn:ngsi-ld:WaterObserved:{$.nr}",
        type="WaterObserved",
        time=Time(path="$.wann", pattern="%d.%m.%Y", zone="Europe/Berlin"),
        attributes=(Attribute(name="waterLevel", path="$.wert", unit_in="cm"),),
    )
    updates, rejected = read(path, city_model, mapping=mapping)
    (instance,) = updates[0].entity["attrs"][city_model.terms["waterLevel"]]
    assert (updates[0].id, instance["value"], instance["observedAt"]) == (
        "urn:ngsi-ld:WaterObserved:7",
        8.125,
        "2026-11-21T23:00:00Z",
    )
    assert rejected[0].reason == "not a number"
    with pytest.raises(BadRequestData, match="template of the entity id"):
        open_file(path, city_model, mapping=Mapping(id="m", attributes=mapping.attributes))


def test_rows_that_do_not_fit_the_header_are_rejected_alone(tmp_path: Path, city_model: Model) -> None:
    path = write(tmp_path, "parken.csv", "name,total\nA,5\nB\nC,7,9\nD,8\n")
    updates, rejected = read(path, city_model)
    assert [values(u)["name"] for u in updates] == ["A", "D"]
    assert [r.detail for r in rejected] == ["Line 3 has 1 cells, the header 2", "Line 4 has 3 cells, the header 2"]


@pytest.mark.parametrize(
    ("name", "content", "reason", "said"),
    [
        ("x.xml", b"<?xml version='1.0'?><d2LogicalModel xmlns='http://datex2.eu/schema'/>", "xml", "DATEX II"),
        ("x.html", b"<!DOCTYPE html><html></html>", "html", "a page for people"),
        ("x.zip", b"PK\x03\x04....", "unknown form", "ZIP or Excel"),
        ("x.gz", b"\x1f\x8b....", "unknown form", "gzip"),
        ("x.bin", b"\x00\x01\x02\x03" * 9, "unknown form", "is no text"),
        ("x.csv", b"", "empty file", "is empty"),
        ("x.txt", b"just some words\nand more\n", "unknown form", "neither JSON nor a table"),
        ("x.csv", b"a,a\n1,2\n", "no header", "is there twice"),
        ("x.csv", b"1,2\n3,4\n", "no header", "holds figures"),
        ("x.csv", b"name,total\n", "no records", "no rows below its header"),
        ("x.json", b"{broken", "not JSON", "is not JSON"),
        ("x.json", b'{"a": 1}', "no records", "without a list of records"),
        ("x.csv", b"colour,size\nred,big\n", "unknown type", "say the entity type"),
        ("x.csv", b"Datum,A\n2026-01-01T00:00:00Z,5\n", "unknown type", "say the entity type"),
    ],
)
def test_what_is_not_read_says_what_it_is_and_what_to_do(
    tmp_path: Path, city_model: Model, name: str, content: bytes, reason: str, said: str
) -> None:
    with pytest.raises(Unreadable) as caught:
        open_file(write(tmp_path, name, content), city_model)
    assert caught.value.reason == reason
    assert said in caught.value.detail


@pytest.mark.parametrize(
    ("cell", "decimal", "number"),
    [
        ("12,5", ",", 12.5),
        ("1.234,5", ",", 1234.5),
        ("1.234", ",", 1234),
        ("1.234", ".", 1.234),
        ("1,234.5", ".", 1234.5),
        ("12,5", ".", 12.5),
        ("-3", ".", -3),
        ("\u22123", ".", -3),
        ("04711", ".", None),
        ("0", ".", 0),
        ("0,5", ",", 0.5),
        ("1,90 m", ".", 1.9),
        ("abc", ".", None),
        ("", ".", None),
        (True, ".", None),
        (3.5, ".", 3.5),
        ("1e3", ".", 1000.0),
    ],
)
def test_figures_in_cells(cell: Any, decimal: str, number: float | None) -> None:
    assert to_number(cell, decimal) == number


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(alphabet='name,total;frei\t"\n1.5|{}[]:', max_size=200).map(str.encode),
        st.lists(
            st.dictionaries(
                st.sampled_from(
                    ["id", "type", "name", "total", "geometry", "lat", "lon", "status", "time", "properties", "x"]
                ),
                st.recursive(
                    st.none()
                    | st.booleans()
                    | st.integers()
                    | st.floats(allow_nan=False, allow_infinity=False)
                    | st.text(max_size=8),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
                    max_leaves=6,
                ),
            ),
            max_size=4,
        ).map(msgspec.json.encode),
    )
)
def test_any_file_gives_updates_rejections_or_one_reason(tmp_path: Path, city_model: Model, content: bytes) -> None:
    path = write(tmp_path, "parken.any", content)
    try:
        items = [item for _, item in open_file(path, city_model).read()]
    except Unreadable as error:
        assert error.reason
        return
    for item in items:
        assert isinstance(item, Update | Rejection)


@pytest.mark.data
def test_the_ruhrort_series_comes_in_as_water_level(samples: Path, city_model: Model) -> None:
    path = samples / "water" / "pegelonline-rhine" / "pegelstaende_datawrapper.csv"
    updates, rejected = read(path, city_model)
    assert rejected == []
    ruhrort = [u for u in updates if u.id == "urn:ngsi-ld:WaterObserved:duisburg-ruhrort"]
    assert len(ruhrort) == 337
    (first,) = ruhrort[0].entity["attrs"][city_model.terms["waterLevel"]]
    assert first == {"type": "Property", "value": 1.43, "unitCode": "MTR", "observedAt": "2026-08-08T23:00:00Z"}


PARKING_RECORDS = {
    "2026-08-20.csv": (33_693, 0),
    "meta-data.csv": (739, 0),
    "Aachen.geojson": (14, 1),
    "Bonn.geojson": (11, 1),
    "Dortmund.geojson": (19, 1),
    "Koeln.geojson": (52, 1),
    "Muenster.geojson": (16, 1),
    "Sample_City.geojson": (3, 1),
    "koeln.json": (52, 0),
    "rosenheim.json": (15, 0),
    "bahn_v2.json": (310, 0),
    "bielefeld.csv": (853, 0),
    "freiburg_disabled_sensors.geojson": (20, 0),
    "heidelberg.json": (25, 0),
    "jena.geojson": (103, 0),
    "karlsruhe.json": (90, 0),
    "konstanz.json": (11, 0),
    "mannheim.json": (1, 0),
    "velobrix.json": (3, 0),
    "frankfurt.xml": "xml",
    "ingolstadt.html": "html",
}


@pytest.mark.data
def test_every_parking_file_comes_in_or_is_refused_with_a_reason_a_record(samples: Path, city_model: Model) -> None:
    seen = set()
    for path in sorted((samples / "parking").glob("*/*")):
        expected = PARKING_RECORDS[path.name]
        seen.add(path.name)
        if isinstance(expected, str):
            with pytest.raises(Unreadable) as caught:
                open_file(path, city_model)
            assert caught.value.reason == expected
            continue
        updates, rejected = read(path, city_model)
        assert (len(updates), len(rejected)) == expected, path.name
        assert {r.reason for r in rejected} <= {"not a car park"}
        assert all(u.entity["attrs"] for u in updates)
    assert seen == set(PARKING_RECORDS)


@pytest.mark.data
@pytest.mark.parametrize(
    ("file", "entity", "expected"),
    [
        ("parkapi-fixtures/koeln.json", "koeln-ph09", {"name": "Philharmonie", "availableSpotNumber": 32}),
        (
            "parkapi-sources/bielefeld.csv",
            "bielefeld-660-1",
            {"totalSpotNumber": 383, "availableSpotNumber": 203, "status": "spacesAvailable"},
        ),
        (
            "parkapi-sources/bahn_v2.json",
            "bahn-v2-100001",
            {"name": "Parkplatz Aalen Hauptbahnhof Rückseite", "totalSpotNumber": 55},
        ),
        ("parkapi-sources/velobrix.json", "velobrix-23", {"availableSpotNumber": 16, "totalSpotNumber": 16}),
        ("parkapi-cities/Koeln.geojson", "koeln-dom", {"totalSpotNumber": 420}),
    ],
)
def test_figures_of_real_car_parks(
    samples: Path, city_model: Model, file: str, entity: str, expected: dict[str, Any]
) -> None:
    updates, _ = read(samples / "parking" / file, city_model)
    (found,) = [values(u) for u in updates if u.id == f"urn:ngsi-ld:OffStreetParking:{entity}"]
    assert {k: found.get(k) for k in expected} == expected
    assert found["location"]["type"] == "Point"


@pytest.mark.data
def test_smart_data_models_examples_come_in_or_say_why_not(samples: Path, city_model: Model) -> None:
    counts: Counter[str] = Counter()
    for path in sorted((samples / "ngsi-ld").glob("*/*.jsonld")):
        updates, rejected = read(path, city_model)
        counts["in"] += len(updates)
        for rejection in rejected:
            counts[rejection.reason] += 1
            assert "An entity's id is a URI" in rejection.detail
    assert counts["in"] >= 44
    assert set(counts) == {"in", "bad entity"}
