"""Every real file about parking is read in full, or refused with a reason record by record; counted, file by file."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from rhinecloud.base.declare import Model
from rhinecloud.base.errors import Unreadable
from rhinecloud.base.model import Update
from rhinecloud.connect import open_file
from rhinecloud.kit import packs
from rhinecloud.packs.parking import PACK

pytestmark = pytest.mark.data

CITY = {"not a car park": 1}  # the city itself stands among its car parks
# file: (read as, entities or observations, refused by reason); "" is "as a whole"
FILES: dict[str, tuple[str, int, dict[str, int]]] = {
    "traffic/datex2-parking-de/aachen-realtime.xml": ("parking.datex2", 17, {}),
    "traffic/datex2-parking-de/aachen-static.xml": ("parking.datex2", 17, {}),
    "traffic/datex2-parking-de/friedrichshafen-sensors-realtime.xml": ("parking.datex2", 55, {}),
    "traffic/datex2-parking-de/friedrichshafen-sensors-static.xml": ("parking.datex2", 55, {}),
    "traffic/datex2-parking-de/vrs_bondorf-realtime.xml": ("parking.datex2", 1, {}),
    "traffic/datex2-parking-de/vrs_bondorf-static.xml": ("parking.datex2", 1, {}),
    "traffic/datex2/netherlands/truckparking-status.xml": ("parking.datex2", 8, {}),
    "traffic/datex2/netherlands/situations.xml": ("", 0, {"xml": 1}),
    "traffic/datex2/finland/roadworks.xml": ("", 0, {"xml": 1}),
    "traffic/datex2/france/speeds.xml": ("", 0, {"xml": 1}),
    "traffic/datex2/message-container-v3_7.xml": ("", 0, {"xml": 1}),
    "parking/parkapi-fixtures/frankfurt.xml": ("parking.datex2", 27, {}),
    "parking/parkapi-fixtures/ingolstadt.html": ("", 0, {"html": 1}),
    "parking/parkapi-fixtures/koeln.json": ("esri", 52, {}),
    "parking/parkapi-fixtures/rosenheim.json": ("json", 15, {}),
    "parking/parkapi-cities/Aachen.geojson": ("geojson", 14, CITY),
    "parking/parkapi-cities/Bonn.geojson": ("geojson", 11, CITY),
    "parking/parkapi-cities/Dortmund.geojson": ("geojson", 19, CITY),
    "parking/parkapi-cities/Koeln.geojson": ("geojson", 52, CITY),
    "parking/parkapi-cities/Muenster.geojson": ("geojson", 16, CITY),
    "parking/parkapi-cities/Sample_City.geojson": ("geojson", 3, CITY),
    "parking/parkapi-sources/bahn_v2.json": ("json", 310, {}),
    "parking/parkapi-sources/bielefeld.csv": ("csv", 853, {}),
    "parking/parkapi-sources/freiburg_disabled_sensors.geojson": ("geojson", 20, {}),
    "parking/parkapi-sources/heidelberg.json": ("json", 25, {}),
    "parking/parkapi-sources/jena.geojson": ("geojson", 103, {}),
    "parking/parkapi-sources/karlsruhe.json": ("geojson", 90, {}),
    "parking/parkapi-sources/konstanz.json": ("esri", 11, {}),
    "parking/parkapi-sources/mannheim.json": ("parking.parkapi", 1, {}),
    "parking/parkapi-sources/velobrix.json": ("json", 3, {}),
    "parking/occupancy-series/2026-08-20.csv": ("csv", 33693, {}),
    "parking/occupancy-series/meta-data.csv": ("csv", 739, {}),
}


def walk(path: Path) -> tuple[str, list[Update], dict[str, int]]:
    model = Model(kind for pack in packs() for kind in pack.types)
    try:
        file = open_file(path, model, forms=PACK.readers)
        items = [item for _, item in file.read()]
    except Unreadable as error:
        assert error.detail
        return "", [], {error.reason: 1}
    refused = Counter(item.reason for item in items if not isinstance(item, Update))
    return file.shape.format, [item for item in items if isinstance(item, Update)], dict(refused)


def test_no_file_is_forgotten(samples: Path) -> None:
    folders = ("parking", "traffic/datex2", "traffic/datex2-parking-de")
    there = {str(p.relative_to(samples)) for folder in folders for p in (samples / folder).rglob("*.*") if p.is_file()}
    assert there == FILES.keys()


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_read_in_full_or_refused_with_a_reason(name: str, samples: Path) -> None:
    form, updates, refused = walk(samples / name)
    assert (form, len(updates), refused) == FILES[name]
    if form.startswith("parking."):
        # Every record of the file became a thing of its own, and says something.
        assert len({update.id for update in updates}) == len(updates)
        assert all(len(update.entity["attrs"]) >= 1 for update in updates)


@pytest.mark.parametrize("name", ["aachen", "friedrichshafen-sensors", "vrs_bondorf"])
def test_static_and_live_are_of_the_same_things(name: str, samples: Path) -> None:
    folder = samples / "traffic/datex2-parking-de"
    static, live = ({u.id for u in walk(folder / f"{name}-{half}.xml")[1]} for half in ("static", "realtime"))
    assert static == live
