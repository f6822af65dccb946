"""Forms that packs bring are read alike from files, feeds and devices, packed or not; a pack's mistake is its own."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from rhinecloud.backbone import RawMessage
from rhinecloud.base.declare import Model
from rhinecloud.base.errors import Unreadable
from rhinecloud.base.model import Update
from rhinecloud.connect import Connect, Device, Feed, Rejection, open_file
from rhinecloud.connect.forms import form_of, source_name, unpacked


class Bad(NamedTuple):
    reason: str
    detail: str
    raw: bytes


class Lines:
    """A word is a car park: <lot>id,free."""

    id = "test.lines"

    def sniff(self, name: str, head: bytes) -> bool:
        return head.startswith(b"<lot>")

    def read(self, data: bytes) -> Iterator[Any]:
        if b"broken" in data:
            raise KeyError("broken")
        for line in data.removeprefix(b"<lot>").decode().split():
            name, _, free = line.partition(",")
            if free.isdigit():
                yield {
                    "id": name,
                    "type": "OffStreetParking",
                    "availableSpotNumber": {"type": "Property", "value": int(free)},
                    "refDevice": {"type": "Relationship", "object": "Device:1"},
                }
            else:
                yield Bad("no figure", f"{name} has {free!r}", line.encode())


FORM = Lines()
DOCUMENT = b"<lot>ParkingSite:7,12\nurn:ngsi-ld:ParkingSite:big,5\nParkingSite:9,many"


def message(subject: str, data: bytes, sequence: int = 1) -> RawMessage:
    return RawMessage("RAW", sequence, subject, data, 1_795_341_600_000_000, {})


@pytest.fixture
def city(connect: Connect) -> Connect:
    connect.decoder.forms = {FORM.id: FORM}
    connect.registry.add("city", Device(id="lots", name="Lots", entity_id="urn:x:lots", entity_type="OffStreetParking"))
    return connect


@pytest.mark.parametrize("packed", [DOCUMENT, gzip.compress(DOCUMENT)], ids=["plain", "gzip"])
def test_a_file_is_read_by_the_form_that_knows_it(packed: bytes, tmp_path: Path, model: Model) -> None:
    path = tmp_path / "bonn-static.txt"
    path.write_bytes(packed)
    items = [item for _, item in open_file(path, model, forms=[FORM]).read()]
    assert [item.id for item in items if isinstance(item, Update)] == [
        "urn:ngsi-ld:ParkingSite:bonn:7",
        "urn:ngsi-ld:ParkingSite:big",
    ]
    assert [item.reason for item in items if isinstance(item, Rejection)] == ["no figure"]


def test_what_a_device_pushes_is_read_where_it_is_no_json(city: Connect) -> None:
    for number, data in enumerate((DOCUMENT, gzip.compress(DOCUMENT)), 1):
        decoded = city.decoder.decode("city", message("http/city/lots", data, number))
        assert [update.id for update in decoded.updates] == [
            "urn:ngsi-ld:ParkingSite:lots:7",
            "urn:ngsi-ld:ParkingSite:big",
        ]
        assert {update.source for update in decoded.updates} == {"device:lots"}
        assert decoded.error is not None
        assert "1 of 3 records" in decoded.error.detail
    relation = next(v for k, v in decoded.updates[0].entity["attrs"].items() if k.endswith("refDevice"))
    assert relation[0]["object"] == "urn:ngsi-ld:Device:lots:1"


def test_a_device_writes_no_entity_of_another(city: Connect) -> None:
    other = Device(id="x", name="X", entity_id="urn:ngsi-ld:ParkingSite:big", entity_type="OffStreetParking")
    city.registry.add("city", other)
    decoded = city.decoder.decode("city", message("http/city/lots", b"<lot>urn:ngsi-ld:ParkingSite:big,5"))
    assert decoded.updates == []
    assert decoded.error is not None and decoded.error.reason == "not its entity"


@pytest.mark.parametrize("form", ["test.lines", ""])
def test_a_feed_names_the_form_or_leaves_it_to_a_look(form: str, city: Connect) -> None:
    feed = Feed(id="bonn-live", url="https://example.org/x", format=form)
    city.documents.bring("feed", [feed])
    decoded = city.decoder.decode("city", message("poll/city/bonn-live", DOCUMENT))
    assert decoded.updates[0].id == "urn:ngsi-ld:ParkingSite:bonn:7"
    assert decoded.updates[0].source == "feed:bonn-live"


def test_a_packs_mistake_is_a_reason_and_no_crash(city: Connect) -> None:
    decoded = city.decoder.decode("city", message("http/city/lots", b"<lot>broken"))
    assert decoded.error is not None
    assert "test.lines" in decoded.error.detail


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("bonn-static.json", "bonn"),
        ("bonn_realtime_2026-11-22.json.gz", "bonn"),
        ("/data/in/Köln Parken.xml", "koeln-parken"),
        ("bonn", "bonn"),
        ("static.json", "static"),
        (".json", "json"),
    ],
)
def test_both_halves_of_a_source_have_one_name(told: str, name: str) -> None:
    assert source_name(told) == name


def test_what_unpacks_to_too_much_or_not_at_all_is_refused() -> None:
    with pytest.raises(Unreadable, match="unpacks to more than"):
        unpacked(gzip.compress(bytes(5 * 1024**2)), limit=1024**2)
    with pytest.raises(Unreadable, match="does not unpack"):
        unpacked(b"\x1f\x8bxxxxxxxxxxxx")
    with pytest.raises(Unreadable, match="breaks off"):
        unpacked(gzip.compress(msgspec.json.encode(list(range(1000))))[:-20])


def test_a_form_that_stumbles_over_a_look_is_passed_by() -> None:
    class Stumbles(Lines):
        id = "test.stumbles"

        def sniff(self, name: str, head: bytes) -> bool:
            raise IndexError(name)

    assert form_of("lots.txt", DOCUMENT, [Stumbles(), FORM]) is FORM
    assert form_of("lots.txt", b"other", [Stumbles(), FORM]) is None
