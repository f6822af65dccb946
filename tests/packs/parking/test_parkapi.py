"""ParkAPI comes in as lots and as items, and goes out so that it comes in again the same."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rhinecloud.kit import Bad
from rhinecloud.packs.parking import parkapi_out
from rhinecloud.packs.parking.parkapi import is_parkapi, read

LOTS = {
    "last_updated": "2026-11-22T10:00:00",
    "lots": [
        {"id": "dresdenaltmarkt", "name": "Altmarkt", "total": 400, "free": 235, "state": "open",
         "lot_type": "Tiefgarage", "coords": {"lat": 51.05, "lng": 13.74}, "address": "Wilsdruffer Straße"},
        {"id": "dresdennoword", "name": "Ohne", "total": 10, "free": 0, "state": "nodata", "coords": None},
        {"id": "dresdenbroken", "total": "viele", "state": "open"},
        "no lot",
    ],
}  # fmt: skip
ITEM: dict[str, Any] = {
    "uid": "P8_Altstadt_Haagstrasse",
    "name": "P8 Altstadt",
    "type": "UNDERGROUND",
    "lat": "49.5",
    "lon": "9.3",
    "max_height": 190,
    "capacity": "60",
    "capacity_disabled": 2,
    "has_realtime_data": True,
    "realtime_capacity": 58,
    "realtime_free_capacity": 27,
    "realtime_opening_status": "OPEN",
    "realtime_data_updated_at": "2026-11-22T11:00:00+01:00",
    "restrictions": [{"type": "CHARGING", "capacity": 4, "realtime_free_capacity": 1}],
}


def plain(entity: Any) -> dict[str, Any]:
    return {k: v["value"] for k, v in entity.items() if isinstance(v, dict) and "value" in v}


def good(document: Any) -> list[dict[str, Any]]:
    return [entity for entity in read(msgspec.json.encode(document)) if not isinstance(entity, Bad)]


def test_lots_of_version_1_have_times_of_utc() -> None:
    data = msgspec.json.encode(LOTS)
    assert is_parkapi("dresden.json", data)
    first, unknown, broken, none = read(data)
    assert not isinstance(first, Bad) and not isinstance(unknown, Bad)
    assert first["availableSpotNumber"]["observedAt"] == "2026-11-22T10:00:00Z"
    assert plain(first)["layout"] == ["underground"]
    assert plain(first)["occupancy"] == 0.4125
    assert "availableSpotNumber" not in unknown  # "nodata" with 0 is no full car park
    assert [b.reason for b in (broken, none) if isinstance(b, Bad)] == ["bad value", "no object"]


def test_items_of_version_3_have_heights_in_centimetres_and_figures_as_text() -> None:
    (entity,) = good({"items": [ITEM]})
    assert entity["maximumAllowedHeight"] == {"type": "Property", "value": 1.9, "unitCode": "MTR"}
    assert entity["availableSpotNumber"] == {"type": "Property", "value": 27, "observedAt": "2026-11-22T10:00:00Z"}
    told = plain(entity)
    assert (told["totalSpotNumber"], told["disabledSpotNumber"]) == (58, 2)
    assert (told["chargingSpotNumber"], told["availableChargingSpotNumber"]) == (4, 1)


def test_geojson_of_items_has_its_place_in_the_geometry() -> None:
    item = {name: value for name, value in ITEM.items() if name not in ("lat", "lon")}
    feature = {"type": "Feature", "properties": item, "geometry": {"type": "Point", "coordinates": [9.3, 49.5]}}
    document = {"type": "FeatureCollection", "features": [feature, 5]}
    assert is_parkapi("x.geojson", msgspec.json.encode(document))
    first, second = read(msgspec.json.encode(document))
    assert plain(first)["location"] == {"type": "Point", "coordinates": [9.3, 49.5]}
    assert isinstance(second, Bad)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_of_windows_are_read_too(encoding: str) -> None:
    data = msgspec.json.encode({"items": [ITEM | {"name": "Königsgalerie"}]}).decode().encode(encoding)
    assert is_parkapi("x.json", data)
    (entity,) = read(data)
    assert plain(entity)["name"] == "Königsgalerie"


def test_short_ids_are_left_to_be_named_after_their_source() -> None:
    assert good([ITEM | {"uid": "7"}])[0]["id"] == "ParkingSite:7"
    assert good([ITEM])[0]["id"] == "urn:ngsi-ld:ParkingSite:P8_Altstadt_Haagstrasse"
    answer = {k: v for k, v in ITEM.items() if k != "uid"} | {"original_uid": "7", "source_id": 12, "id": 4711}
    assert good({"items": [answer]})[0]["id"] == "ParkingSite:12:7"


def test_spots_and_streets_have_their_types() -> None:
    spot = {"uid": "bay-0001-north", "realtime_status": "TAKEN", "parking_site_uid": "P8_Altstadt_Haagstrasse",
            "realtime_data_updated_at": "2026-11-22T10:00:00Z", "restrictions": [{"type": "DISABLED"}]}  # fmt: skip
    bay, street = good([spot, ITEM | {"uid": "street-0001", "type": "ON_STREET"}])
    assert (bay["type"], plain(bay)["status"], plain(bay)["reservedFor"]) == ("ParkingSpot", "occupied", "disabled")
    assert bay["refParkingSite"]["object"] == "urn:ngsi-ld:ParkingSite:P8_Altstadt_Haagstrasse"
    assert street["type"] == "OnStreetParking"


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({"name": "no uid", "capacity": 1, "has_realtime_data": False}, "no id"),
        (ITEM | {"purpose": "BIKE"}, "not for cars"),
        (ITEM | {"lat": 95}, "bad place"),
        (ITEM | {"realtime_free_capacity": "x"}, "bad value"),
        (ITEM | {"realtime_data_updated_at": "heute"}, "bad time"),
        ({"uid": "nothing-at-all"}, "tells nothing"),
        (5, "no object"),
    ],
)
def test_an_item_that_cannot_be_read_says_why(item: Any, reason: str) -> None:
    first, second = read(msgspec.json.encode({"items": [item, ITEM]}))
    assert isinstance(first, Bad)
    assert first.reason == reason
    assert not isinstance(second, Bad)


@pytest.mark.parametrize("data", [b"", b"[", b"5", b'{"a": 1}', b'{"items": 5}', b"\xff\xfe"])
def test_what_is_no_parkapi_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="This"):
        list(read(data))
    assert not is_parkapi("x.json", data)


def test_other_json_is_left_to_others() -> None:
    for other in (b'{"type": "FeatureCollection", "features": []}', b'[{"id": "urn:x:1", "type": "OffStreetParking"}]',
                  b'[{"uid": 4, "title": "Reserve", "free": "---"}]', b'{"lots": [], "other": 1}'):  # fmt: skip
        assert not is_parkapi("x.json", other)


def test_what_goes_out_comes_in_the_same() -> None:
    (entity,) = good([ITEM])
    for render in (parkapi_out.sites, parkapi_out.lots):
        (again,) = good(msgspec.json.decode(render([entity])))
        for name in ("totalSpotNumber", "availableSpotNumber", "name", "location"):
            assert plain(again)[name] == plain(entity)[name], (render, name)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["-1", "NaN", "1e999"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=4,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from([*ITEM, "original_uid", "source_id", "purpose", "realtime_status"]), JSON), JSON)
def test_whatever_stands_in_it_is_read_or_refused(changed: dict[str, Any], lot: Any) -> None:
    documents = ({"items": [ITEM | changed, lot]}, {"last_updated": changed.get("uid"), "lots": [lot, LOTS["lots"][0]]})
    for document in documents:
        try:
            data = msgspec.json.encode(document)
            found = list(read(data))
        except (ValueError, OverflowError):
            continue  # a sentence about the whole; or no JSON can hold it
        parkapi_out.sites([entity for entity in found if not isinstance(entity, Bad)])
