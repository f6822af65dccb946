"""DATEX II comes in from all versions and dialects, record by record; what cannot be, says why."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rhinecloud.kit import Bad
from rhinecloud.packs.parking.datex2 import is_datex2, read
from rhinecloud.packs.parking.datex2.markup import Broken, Records, records

OLD = "http://datex2.eu/schema/2/2_0"
NEW = "http://datex2.eu/schema/3/parking"


def publication(inner: str, *, head: str = "", prefix: str = "", namespace: str = OLD) -> bytes:
    p = f"{prefix}:" if prefix else ""
    declared = f"xmlns:{prefix}" if prefix else "xmlns"
    return (
        f'<{p}d2LogicalModel {declared}="{namespace}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<{p}publicationTime>2026-11-22T10:00:00Z</{p}publicationTime>"
        f"<{p}nationalIdentifier>DE-MDM-Testing</{p}nationalIdentifier>{head}{inner}</{p}d2LogicalModel>"
    ).encode()


def state(inner: str, own: str = 'id="P1"') -> str:
    return (
        f"<parkingRecordStatus><parkingRecordReference {own}/>"
        f"<parkingStatusOriginTime>2026-11-22T11:00:00+01:00</parkingStatusOriginTime>"
        f"<parkingOccupancy>{inner}</parkingOccupancy></parkingRecordStatus>"
    )


def counts(vacant: str = "40", total: str = "100") -> str:
    return (
        f"<parkingNumberOfSpacesOverride>{total}</parkingNumberOfSpacesOverride>"
        f"<parkingNumberOfVacantSpaces>{vacant}</parkingNumberOfVacantSpaces>"
    )


def declared(encoding: str) -> str:
    return f'<?xml version="1.0" encoding="{encoding}"?>'


def only(data: bytes) -> dict[str, Any]:
    (entity,) = read(data)
    assert not isinstance(entity, Bad), entity
    return entity


def plain(entity: dict[str, Any]) -> dict[str, Any]:
    return {k: v["value"] for k, v in entity.items() if isinstance(v, dict) and "value" in v}


def test_a_state_has_its_counts_with_their_time() -> None:
    entity = only(publication(state(counts())))
    assert entity["id"] == "urn:ngsi-ld:ParkingSite:de-mdm-testing:P1"
    assert entity["availableSpotNumber"] == {"type": "Property", "value": 40, "observedAt": "2026-11-22T10:00:00Z"}
    assert plain(entity) == {
        "totalSpotNumber": 100,
        "availableSpotNumber": 40,
        "occupiedSpotNumber": 60,
        "occupancy": 0.6,
    }


@pytest.mark.parametrize("prefix", ["", "ns2", "D2LogicalModel"])
def test_prefixes_and_namespaces_do_not_matter(prefix: str) -> None:
    p = f"{prefix}:" if prefix else ""
    inner = state(counts()).replace("</", "</\0").replace("<p", f"<{p}p").replace("</\0", f"</{p}")
    assert plain(only(publication(inner, prefix=prefix, namespace=NEW)))["availableSpotNumber"] == 40


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        ("bom", b"\xef\xbb\xbf" + publication(state(counts()))),
        ("utf-16", b"\xff\xfe" + (declared("utf-16") + publication(state(counts())).decode()).encode("utf-16-le")),
        ("says utf-16, is utf-8", declared("utf-16").encode() + publication(state(counts()))),
        ("latin-1", (declared("ISO-8859-1") + publication("<x>ß</x>" + state(counts())).decode()).encode("latin-1")),
        ("says utf-8, is cp1252", publication("<x>Straße</x>" + state(counts())).decode().encode("cp1252")),
        ("blank lines in front", b"\r\n  " + publication(state(counts()))),
    ],
)  # fmt: skip
def test_encodings_as_suppliers_write_them(name: str, packed: bytes) -> None:
    assert plain(only(packed))["availableSpotNumber"] == 40
    assert is_datex2(name, packed[:65_536])


def test_a_time_without_offset_is_local_and_the_night_with_two_hours_two_is_taken_as_summer() -> None:
    told = [
        publication(state(counts()).replace("2026-11-22T11:00:00+01:00", at))
        for at in (
            *("2026-07-01T12:00:00", "2026-10-25T02:30:00"),
            *("2026-11-22T11:00:00.1234567+01:00", "2026-11-21T24:00:00Z"),
        )
    ]
    assert [only(data)["availableSpotNumber"]["observedAt"] for data in told] == [
        "2026-07-01T10:00:00Z",
        "2026-10-25T00:30:00Z",
        "2026-11-22T10:00:00.123Z",
        "2026-11-22T00:00:00Z",
    ]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (state(counts(), own=""), "no id"),
        (state(counts(vacant="many")), "bad value"),
        (state(counts(vacant="1.5")), "bad value"),
        (state(""), "tells nothing"),
        (state(counts()).replace("2026-11-22T11:00:00+01:00", "yesterday"), "bad time"),
    ],
)
def test_a_record_that_cannot_be_read_says_why_and_the_others_come_in(record: str, reason: str) -> None:
    first, second = read(publication(record + state(counts(), own='id="P2"')))
    assert isinstance(first, Bad)
    assert first.reason == reason
    assert b"parkingRecordStatus" in first.raw
    assert not isinstance(second, Bad)


def test_minus_one_is_not_known_and_unknown_with_nothing_counted_is_no_full_house() -> None:
    entity = only(publication(state(counts(vacant="-1"))))
    assert "availableSpotNumber" not in entity
    silent = state("<parkingNumberOfVacantSpaces>0</parkingNumberOfVacantSpaces>").replace(
        "</parkingRecordStatus>", "<parkingSiteStatus>unknown</parkingSiteStatus></parkingRecordStatus>"
    )
    assert plain(only(publication(silent))) == {"status": "unknown"}


def test_more_free_than_there_are_is_kept_and_looks_absurd() -> None:
    assert plain(only(publication(state(counts(vacant="120")))))["occupancy"] == -0.2


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ("<informationStatus>test</informationStatus>", "no real data"),
        ("<confidentiality>restrictedToAuthorities</confidentiality>", "confidential"),
    ],
)
def test_tests_and_secrets_are_refused(head: str, reason: str) -> None:
    (bad,) = read(publication(state(counts()), head=head))
    assert isinstance(bad, Bad)
    assert bad.reason == reason


def test_a_file_that_breaks_off_gives_what_came_before() -> None:
    whole = publication(state(counts()) + state(counts(), own='id="P2"'))
    first, broken = read(whole[: whole.index(b'"P2"') + 10])
    assert not isinstance(first, Bad)
    assert isinstance(broken, Bad)
    assert broken.reason == "broken file"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"<a/>", "without records about parking"),
        (b"<a><b></a>", "cannot be read"),
        (b"", "without records"),
        (b"{}", "cannot be read"),
        (publication('<payloadPublication xsi:type="SituationPublication"/>'), "SituationPublication"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "document type or entities"),
        (b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>', "document type or entities"),
        (b"<a>" * 200, "nested deeper"),
    ],
)
def test_what_is_no_parking_publication_is_refused_with_a_sentence(data: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        list(read(data))


def test_a_billion_laughs_are_not_laughed() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(8)
    )
    with pytest.raises(ValueError, match="document type"):
        list(read(bomb + b"]><l>&i;</l>"))


def test_records_are_given_while_the_document_is_read() -> None:
    handler = Records(frozenset(["parkingRecordStatus"]))
    found = records(publication(state(counts()) * 2000), frozenset(["parkingRecordStatus"]), handler)
    next(found)
    assert len(handler.done) < 1000  # not all of them wait in memory
    with pytest.raises(Broken, match="more than 200000 elements"):
        huge = publication(f"<parkingRecordStatus>{'<a/>' * 200_001}</parkingRecordStatus>")
        list(records(huge, frozenset(["parkingRecordStatus"])))


def test_a_place_of_the_current_version_and_its_state_are_one_thing() -> None:
    reference = '<reference id="X" targetClass="fac:FacilityObject"/>'
    place = (
        '<hierarchyElementGeneral xsi:type="prk:Place" id="X" version="1"><name><values><value lang="en">Hall</value>'
        '<value lang="de">Halle</value></values></name><supply><quantity>30</quantity></supply>'
        "<operatingHours xsi:type='fac:OpenAllHours'/></hierarchyElementGeneral>"
    )
    status = (
        f'<parkingStatusInformation xsi:type="prk:PlaceStatus">{reference}<openingStatus>closedOnMaintenance'
        "</openingStatus><occupancy><numberOfVacantSpaces>7</numberOfVacantSpaces></occupancy>"
        "<status>spacesAvailable</status></parkingStatusInformation>"
    )
    access = '<hierarchyElementGeneral xsi:type="prk:VehicularAccess" id="E" version="1"/>'
    static, live, entrance = read(publication(place + status + access, namespace=NEW))
    assert not isinstance(static, Bad) and not isinstance(live, Bad)
    assert static["id"] == live["id"]
    assert plain(static) | {} == {
        "name": "Halle",
        "dataProvider": "DE-MDM-Testing",
        "openingHours": "24/7",
        "totalSpotNumber": 30,
    }
    assert plain(live) == {"availableSpotNumber": 7, "status": "closedAbnormal"}
    assert isinstance(entrance, Bad)
    assert entrance.reason == "not a car park"


def test_single_spaces_belong_to_their_car_park() -> None:
    record = (
        '<parkingRecord id="P1" version="1" xsi:type="UrbanParkingSite"><parkingName><values><value>A</value></values>'
        "</parkingName><parkingNumberOfSpaces>2</parkingNumberOfSpaces>"
        '<parkingSpace parkingSpaceIndex="1"><parkingSpace/></parkingSpace>'
        '<parkingSpace parkingSpaceIndex="2"><parkingSpace/></parkingSpace></parkingRecord>'
    )
    site, *spots = read(publication(record))
    assert not isinstance(site, Bad)
    assert [spot["refParkingSite"]["object"] for spot in spots if not isinstance(spot, Bad)] == [site["id"]] * 2


def test_packed_files_are_for_the_platform_to_unpack() -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        list(read(gzip.compress(publication(state(counts())))))


FIGURES = st.sampled_from(
    ["", "-1", "1e999", "nan", "9" * 30, "ä", "1,5", "--", "true", "9999-12-31T23:59:59Z", "24:00"]
)


@settings(max_examples=150, deadline=None)
@given(FIGURES, FIGURES, FIGURES, st.binary(max_size=4), st.integers(0, 400))
def test_whatever_stands_in_it_is_read_or_refused(free: str, total: str, at: str, noise: bytes, where: int) -> None:
    whole = publication(state(counts(vacant=free, total=total)).replace("2026-11-22T11:00:00+01:00", at))
    for data in (whole, whole[:where] + noise + whole[where:]):
        try:
            found = list(read(data))
        except ValueError:
            continue  # a sentence about the whole
        assert all(isinstance(item, Bad) or item["id"] for item in found)
