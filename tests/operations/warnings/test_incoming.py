"""Messages of others: every one is taken in or refused with a reason, once, in whatever form and order it comes."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import msgspec
import pytest

from rhinecloud.access import system
from rhinecloud.base.errors import Unreadable
from rhinecloud.operations.warnings import Profile, Wanted, forms, incoming, reading, rules, signing, writing
from rhinecloud.operations.warnings.starting import PROFILES
from tests.conftest import HeldClock
from tests.operations.centre import person

from .office import BOX, Office

FEEDER = system("feed")
ROOM = "urn:oasis:names:tc:emergency:cap:1.2"


def cap(
    identifier: str = "a.1",
    *,
    sent: str = "2026-11-22T10:30:00+01:00",
    kind: str = "Alert",
    references: str = "",
    polygon: str = "51.44,6.70 51.44,6.76 51.47,6.76 51.47,6.70 51.44,6.70",
    head: str = "",
    scope: str = "<scope>Public</scope>",
    info: str = "",
    more: str = "",
    namespace: str = ROOM,
) -> bytes:
    area = f"<area><areaDesc>Ruhrort</areaDesc>{f'<polygon>{polygon}</polygon>' if polygon else ''}{more}</area>"
    said = info or (
        "<info><language>de</language><category>Fire</category><event>Brand</event><urgency>Immediate</urgency>"
        "<severity>Severe</severity><certainty>Observed</certainty><expires>2026-11-22T18:00:00+01:00</expires>"
        f"<headline>Brand in Ruhrort</headline>{area}</info>"
    )
    refers = f"<references>{references}</references>" if references else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><alert xmlns="{namespace}"><identifier>{identifier}</identifier>'
        f"<sender>warn@example.org</sender><sent>{sent}</sent><status>Actual</status><msgType>{kind}</msgType>"
        f"{scope}{head}{refers}{said}</alert>"
    ).encode()


@pytest.fixture
def office(tmp_path: Path, held_clock: HeldClock) -> Office:
    return Office(tmp_path, held_clock)


def test_a_message_is_taken_in_once(office: Office) -> None:
    desk = office.desk(FEEDER)
    assert [t.outcome for t in desk.take("a", cap(), "test")] == ["taken"]
    assert [t.outcome for t in desk.take("a", cap(), "test")] == ["known"]
    assert [t.outcome for t in desk.take("a", cap().replace(b"><info", b">\n  <info"), "other")] == ["known"]
    found, total = desk.received()
    assert (total, found[0].headline, found[0].here, found[0].state) == (1, "Brand in Ruhrort", True, "live")
    assert desk.one_received(found[0].id)[1] == cap()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (cap(polygon="51.44,6.70 51.44,6.76 51.47,6.76 51.47,6.70"), "polygon"),
        (cap(polygon="51.44,6.70 51.44,6.76 51.44,6.70"), "polygon"),
        (cap(polygon="51.44,6.70 51.44,6.70 51.44,6.70 51.44,6.70"), "polygon"),
        (cap(polygon="51.44,6.70, 51.44,6.76, 51.47,6.76, 51.44,6.70"), "position"),
        (cap(polygon="hier dort da hier"), "position"),
        (cap(polygon="6.70,51.44 6.76,51.44 6.76,51.47 6.70,51.47 6.70,51.44"), "coordinates-swapped"),
        (cap(polygon="-95.4,6.70 51.44,6.76 51.47,6.76 -95.4,6.70"), "position"),
        (cap(polygon="", more="<circle>51.44 6.70 5</circle>"), "circle"),
        (cap(polygon="", more="<circle>51.44,6.70 -5</circle>"), "circle"),
        (cap(kind="Update"), "references-missing"),
        (cap(kind="Cancel", references="nothing"), "references-form"),
        (cap(kind="Update", references="warn@example.org,a.1,gestern"), "references-form"),
        (cap("a 1"), "name-characters"),
        (cap("a,1"), "name-characters"),
        (cap("a&lt;1"), "name-characters"),
        (cap(""), "name-missing"),
        (cap(scope="<scope>Private</scope>"), "addresses-missing"),
        (cap(scope="<scope>Restricted</scope>"), "restriction-missing"),
        (cap(scope=""), "schema"),
        (cap(sent="2026-11-22T09:30:00Z"), "schema"),
        (cap(sent="2026-11-22T09:30:00.5+01:00"), "schema"),
        (cap(sent="2026-11-31T09:30:00+01:00"), "schema"),
        (cap(sent="2027-11-22T09:30:00+01:00"), "sent-future"),
        (cap().replace(b">Fire<", b">Wasser<"), "schema"),
        (cap().replace(b"<event>Brand</event>", b"<event/>"), "event-missing"),
        (cap().replace(b"<language>de</language>", b"<colour>red</colour>"), "schema"),
        (
            cap().replace(b"<urgency>Immediate</urgency>", b"").replace(b"<event>", b"<urgency>Past</urgency><event>"),
            "schema",
        ),
        (cap(namespace="urn:oasis:names:tc:emergency:cap:9.9"), "namespace"),
        (cap().replace(b"?>", b'?><!DOCTYPE a [<!ENTITY b "c">]>'), "xml-entities"),
        (cap()[:-9], "not-xml"),
        (b"<html><body>Wartung</body></html>", "not-cap"),
        (b'{"warnings": [}', "not-json"),
        (b'{"a": 1}', "not-cap"),
        (b"PK\x03\x04 kaputt", "not-zip"),
        (b"\x1f\x8b kaputt", "not-gzip"),
        (b"", "empty"),
        (b"\x00\xff\xfe", "not-xml"),
    ],
)
def test_what_the_standard_does_not_allow_is_refused_and_kept(office: Office, data: bytes, reason: str) -> None:
    desk = office.desk(FEEDER)
    taken = desk.take("bad", data, "test")
    assert [(t.outcome, t.reason) for t in taken] == [("refused", reason)]
    desk.take("bad", data, "test")
    kept, total = desk.refused()
    assert (total, kept[0].times, kept[0].reason) == (1, 2, reason)
    assert desk.one_refused(kept[0].id)[1] == data
    assert desk.received()[1] == 0


def test_entities_of_a_document_are_never_opened(office: Office) -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    taken = office.desk(FEEDER).take("xxe", cap().replace(b"?>", b"?>" + bomb).replace(b"Brand<", b"&x;<"), "test")
    assert taken[0].reason == "xml-entities"
    assert b"root:" not in office.desk(FEEDER).one_refused(taken[0].id)[1]


def test_the_same_name_for_another_message_is_refused(office: Office) -> None:
    desk = office.desk(FEEDER)
    desk.take("a", cap(), "test")
    other = desk.take("b", cap().replace(b"Brand in Ruhrort", b"Hochwasser"), "test")
    assert (other[0].outcome, other[0].reason) == ("refused", "identifier-reused")


def test_an_update_takes_the_place_of_what_it_names_in_either_order(office: Office) -> None:
    desk = office.desk(FEEDER)
    first = "warn@example.org,a.1,2026-11-22T10:30:00+01:00"
    update = cap("a.2", kind="Update", references=first, sent="2026-11-22T10:40:00+01:00")
    end = cap(
        "a.3",
        kind="Cancel",
        references=f"{first} warn@example.org,a.2,2026-11-22T10:40:00+01:00",
        sent="2026-11-22T10:50:00+01:00",
    )
    for data in (end, cap(), update):
        desk.take("x", data, "test")
    assert {r.identifier: r.state for r in desk.received()[0]} == {
        "a.1": "cancelled",
        "a.2": "cancelled",
        "a.3": "cancel",
    }


def test_a_message_means_this_city_by_area_or_by_its_keys() -> None:
    profile = PROFILES["city"]

    def here(more: str, polygon: str = "") -> bool:
        return incoming.concerns(reading.read(cap(polygon=polygon, more=more)), profile, BOX)

    def key(name: str, value: str) -> str:
        return f"<geocode><valueName>{name}</valueName><value>{value}</value></geocode>"

    assert here("", "51.44,6.70 51.44,6.76 51.47,6.76 51.44,6.70")
    assert not here("", "48.1,11.5 48.1,11.6 48.2,11.6 48.1,11.5")
    assert here(key("WARNCELLID", "105112000"))
    assert here(key("WARNCELLID", "705112101"))
    assert not here(key("WARNCELLID", "114521000"))
    assert here(key("SHN", "051120000000"))
    assert here(key("SHN", "050000000000"))
    assert here(key("SHN", "100000000000"))
    assert not here(key("SHN", "064110000000"))
    assert not here(key("SHN", "050001000000"))
    assert here("<circle>51.45,6.73 1</circle>")
    assert not here(key("AREA", "x"))


def test_a_hole_that_dwd_writes_as_a_key_is_left_out() -> None:
    hole = "51.30,6.50 51.30,7.00 51.60,7.00 51.60,6.50 51.30,6.50"
    around = "51.0,6.0 51.0,7.5 52.0,7.5 52.0,6.0 51.0,6.0"
    more = f"<geocode><valueName>EXCLUDE_POLYGON</valueName><value>{hole}</value></geocode>"
    assert incoming.concerns(reading.read(cap(polygon=around)), Profile(), BOX)
    assert not incoming.concerns(reading.read(cap(polygon=around, more=more)), Profile(), BOX)


def test_one_bad_message_of_an_archive_keeps_no_other_out(office: Office) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1.xml", cap("z.1"))
        archive.writestr("2.xml", cap("z.2", kind="Update"))
        archive.writestr("3.txt", "Lies mich")
        archive.writestr("inner.zip", packed.getvalue() or b"PK\x03\x04")
    taken = office.desk(FEEDER).take("a.zip", packed.getvalue(), "test")
    assert [t.outcome for t in taken] == ["taken", "refused", "refused", "refused"]
    assert office.desk(FEEDER).take("z.1.gz", gzip.compress(cap("z.1")), "test")[0].outcome == "known"


def test_atom_with_contents_and_json_are_read_message_by_message(office: Office) -> None:
    inner = b"".join(cap(f"f.{n}").partition(b"?>")[2] for n in (1, 2))
    feed = (
        b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><content type="text/xml">'
        + inner
        + b"</content></entry></feed>"
    )
    assert [t.outcome for t in office.desk(FEEDER).take("feed", feed, "test")] == ["taken", "taken"]
    nina = {
        "identifier": "mow.DE-NW-DU-W1",
        "sender": "DE-NW-DU",
        "sent": "2026-11-22T10:30:00.123+01:00",
        "status": "Actual",
        "msgType": "Alert",
        "scope": "Public",
        "code": ["DVN:5"],
        "info": [
            {
                "language": "de",
                "category": ["Health"],
                "event": "Gefahr",
                "urgency": "Immediate",
                "severity": "Minor",
                "certainty": "Observed",
                "headline": "Infotelefon",
                "parameter": [{"valueName": "warnVerwaltungsbereiche", "value": "051120000000"}],
                "area": [{"areaDesc": "Duisburg", "geocode": [{"valueName": "AreaId", "value": "0"}]}],
            }
        ],
    }
    taken = office.desk(FEEDER).take("nina", msgspec.json.encode(nina), "test")
    assert [(t.outcome, t.here) for t in taken] == [("taken", True)]
    wrong = nina | {"info": [nina["info"][0] | {"severity": "Schlimm"}]}  # type: ignore[index,operator]
    assert office.desk(FEEDER).take("nina", msgspec.json.encode(wrong), "test")[0].reason == "schema"


def test_links_of_feeds_are_found() -> None:
    atom = (
        b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><link rel="alternate" href="/page"/>'
        b'<link type="application/cap+xml" href="a.xml"/></entry><entry><link href="b.xml"/></entry></feed>'
    )
    assert forms.links(atom, "https://x.example/f/") == ["https://x.example/f/a.xml", "https://x.example/f/b.xml"]
    rss = b"<rss><channel><item><link>https://y.example/c.xml</link></item></channel></rss>"
    assert forms.links(rss, "https://x.example/") == ["https://y.example/c.xml"]
    nina = b'[{"id": "mow.DE-1", "version": 3, "i18nTitle": {"de": "x"}}]'
    assert forms.links(nina, "https://n.example/api31/mowas/mapData.json") == [
        "https://n.example/api31/warnings/mow.DE-1.json"
    ]


def test_older_versions_are_read_with_their_own_rules() -> None:
    found = reading.read(cap(namespace="urn:oasis:names:tc:emergency:cap:1.1", sent="2026-11-22T09:30:00Z"))
    assert (found.version, found.sent) == ("1.1", "2026-11-22T09:30:00Z")
    with pytest.raises(Unreadable):
        reading.read(cap(sent="2026-11-22T09:30:00Z"))


def test_oddities_are_taken_in_and_told(office: Office) -> None:
    data = cap().replace(b"2026-11-22T18:00:00+01:00", b"2026-11-22T10:00:00+01:00")
    office.desk(FEEDER).take("late", data, "test")
    found = office.desk(FEEDER).received()[0][0]
    assert [f.rule for f in found.kept.hints] == ["expires-before-sent"]
    assert not found.in_force(office.clock())
    crossing = cap("x.1", polygon="51.44,6.70 51.47,6.76 51.44,6.76 51.47,6.70 51.44,6.70")
    assert office.desk(FEEDER).take("x", crossing, "test")[0].outcome == "taken"


def test_a_signature_is_looked_at_and_never_a_reason_to_refuse(office: Office, tmp_path: Path) -> None:
    seal = signing.seal(tmp_path, "Warner", office.clock())
    signed = signing.sign(cap("s.1"), seal)
    forged = signing.sign(cap("s.2"), seal).replace(b"Brand in Ruhrort", b"Alles gut")
    desk = office.desk(FEEDER)
    assert [desk.take("s", d, "test")[0].outcome for d in (signed, forged, cap("s.3"))] == ["taken"] * 3
    states = {r.identifier: r.kept.seal.state for r in desk.received()[0]}
    assert states == {"s.1": "good", "s.2": "broken", "s.3": "none"}


def test_what_was_refused_is_closed_with_a_reason_or_read_again(office: Office) -> None:
    desk = office.desk(FEEDER)
    desk.take("bad", cap(kind="Update"), "test")
    number = desk.refused()[0][0].id
    assert desk.retry(number)[0].outcome == "refused"
    with pytest.raises(Exception, match="Say why"):
        desk.close_refused(number, " ")
    desk.close_refused(number, "Absender hat es neu geschickt")
    assert (desk.refused()[1], desk.refused(closed=True)[1]) == (0, 1)


def test_an_incident_comes_of_a_message(office: Office) -> None:
    office.desk(FEEDER).take("a", cap(), "test")
    anna = office.desk(person("anna"))
    number = anna.received()[0][0].id
    incident = anna.open_incident(number, "fire")
    assert (incident.title, incident.severity, incident.source) == (
        "Brand in Ruhrort",
        "major",
        "cap:warn@example.org/a.1",
    )
    assert incident.place.area is not None
    assert anna.received()[0][0].incidents == (incident.id,)


def test_who_may_not_bring_messages_in_does_not(office: Office) -> None:
    with pytest.raises(Exception, match=r"may not warnings\.receive"):
        office.desk(person("anna")).take("a", cap(), "test")


def test_lists_are_searched_and_cut_to_this_city(office: Office) -> None:
    desk = office.desk(FEEDER)
    desk.take("a", cap("l.1"), "one")
    desk.take(
        "b", cap("l.2", polygon="48.1,11.5 48.1,11.6 48.2,11.6 48.1,11.5").replace(b"Brand in Ruhrort", b"Sturm"), "two"
    )
    assert desk.received(Wanted(here=True))[1] == 1
    assert desk.received(Wanted(text="stu"))[0][0].identifier == "l.2"
    assert desk.received(Wanted(source="one"))[0][0].identifier == "l.1"
    assert desk.sources() == ["one", "two"]


@pytest.mark.data
def test_every_real_file_is_taken_in_or_refused_with_a_reason(office: Office, samples: Path) -> None:
    office.clock.us = 1_900_000_000_000_000
    outcomes = {}
    for file in sorted((samples / "alerts").rglob("*.*")):
        taken = office.desk(FEEDER).take(file.name, file.read_bytes(), "samples")
        assert taken
        outcomes[file.name] = [t.outcome for t in taken]
        assert all(t.detail for t in taken if t.outcome == "refused")
    assert outcomes["invalid.cap"] == ["refused"]
    fine = {n: o for n, o in outcomes.items() if n != "invalid.cap"}
    assert all(set(o) == {"taken"} for o in fine.values())
    assert sum(map(len, fine.values())) == 11


@pytest.mark.data
def test_real_messages_are_written_as_they_were_read(samples: Path) -> None:
    for file in sorted((samples / "alerts").rglob("*.*")):
        for item in forms.items(file.name, file.read_bytes()):
            if item.message is None or item.message.version != "1.2":
                continue
            again = writing.write(item.message)
            assert reading.schema_fault(again) == ""
            assert rules.errors(rules.check(reading.read(again), BOX)) == []
            assert reading.read(again).infos[0].headline == item.message.infos[0].headline
