"""Cursor on Target: written and read true to form, shown by need-to-know, taken once, renewed, or refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhinecloud.access import Principal
from rhinecloud.base.clock import SECOND, now_us
from rhinecloud.base.errors import BadRequestData, Forbidden
from rhinecloud.operations import Asked, Pick, Place, Report, Seat
from rhinecloud.operations.cot import Cot, CotDesk, Event, Link, Splitter, decode, encode
from rhinecloud.operations.cot.event import LARGEST, UNKNOWN
from rhinecloud.operations.cot.showing import events
from rhinecloud.operations.cot.taking import Taker
from rhinecloud.operations.picture import Draft, PictureDesk
from rhinecloud.operations.tables import Shelf
from tests.conftest import HeldClock

from .centre import ADMIN, HOMBERG, RUHRORT, Rights, desk, person, shelf, unit

KLARA = person("klara", "fire")
LINK = Link(id="tak", title="TAK Feuerwehr", host="127.0.0.1", agency="fire")
LINE: dict[str, Any] = {"type": "LineString", "coordinates": [list(RUHRORT), list(HOMBERG)]}


def event(now: int, **more: Any) -> Event:
    given_: dict[str, Any] = {"uid": "ANDROID-1", "type": "a-f-G-U-C", "lon": 6.7, "lat": 51.45, "callsign": "HLF 3-1"}
    return Event(time_us=now, start_us=now, stale_us=now + 60 * SECOND, **given_ | more)


def worked(folder: Path, clock: HeldClock, *, exercise: bool = False) -> tuple[Shelf, str]:
    at = shelf(folder, clock)
    desk(at).save_unit(unit("hlf 3-1", station=RUHRORT))
    desk(at).save_unit(unit("streife 1", agency="police", station=RUHRORT))
    for name in ("hlf 3-1", "streife 1"):
        desk(at).report_status(name, "2")
    made, _ = desk(at, KLARA).report(
        Report(type="flood", title="Rhein", place=Place(location=RUHRORT), exercise=exercise)
    )
    return at, made.id


def seat(at: Shelf, who: Principal = KLARA) -> Seat:
    return Seat(at, "city", who, Rights())


def take(at: Shelf, given_: Event | bytes, link: Link = LINK) -> str:
    return Taker(at, link).take(given_ if isinstance(given_, bytes) else encode(given_))


# ── the format ───────────────────────────────────────────────────────────────────────────────────────────────────────

TEXT = st.text(max_size=60).map(lambda t: decode(encode(event(0, remarks=f"x{t}"))).remarks)


@given(
    st.floats(-180, 180),
    st.floats(-90, 90),
    TEXT,
    st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), max_size=9),
)
def test_what_is_written_is_read_again(lon: float, lat: float, words: str, points: list[tuple[float, float]]) -> None:
    given_ = event(1_700_000_000_000_000, lon=lon, lat=lat, remarks=words, points=tuple(points), course=3.5, speed=1.25)
    read = decode(encode(given_))
    assert (read.uid, read.type, read.remarks, read.time_us, read.hae) == (
        "ANDROID-1",
        "a-f-G-U-C",
        words,
        given_.time_us,
        UNKNOWN,
    )
    assert read.lon == pytest.approx(lon, abs=1e-6)
    assert [p == pytest.approx(q, abs=1e-6) for p, q in zip(read.points, points, strict=True)] == [True] * len(points)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no XML"),
        ("<event", "no XML"),
        ("<takEvent/>", "root is"),
        ('<event version="1.0"/>', "not 2.0"),
        ('<event version="2.0" uid="" type="a"/>', "uid and a type"),
        ('<event version="2.0" uid="x" type="a" time="yesterday"/>', "'time' cannot be read"),
        ('<!DOCTYPE e [<!ENTITY a "aa">]><event version="2.0" uid="&a;" type="a"/>', "no XML"),
        ("<event>" + "x" * LARGEST + "</event>", "64 kB"),
    ],
)
def test_what_is_none_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(BadRequestData, match=why):
        decode(text.encode())


def test_times_and_places_have_to_make_sense_but_a_height_costs_no_event(held_clock: HeldClock) -> None:
    good = encode(event(held_clock())).decode()
    for wrong, why in (
        (good.replace('lat="51.4500000"', 'lat="151"'), "no place on the Earth"),
        (good.replace('lon="6.7000000"', 'lon="nan"'), "no place on the Earth"),
        (good.replace('stale="2026', 'stale="2020'), "stale before it starts"),
        (good.replace("<point", "<punkt"), "needs a point"),
    ):
        with pytest.raises(BadRequestData, match=why):
            decode(wrong.encode())
    assert decode(good.replace('hae="9999999.0"', 'hae="high"').encode()).hae == UNKNOWN


def test_marks_of_servers_are_never_sent_back(held_clock: HeldClock) -> None:
    marked = encode(event(held_clock())).replace(b"<detail>", b'<detail><_flow-tags_ TAK-Server="x"/>')
    assert b"_flow-tags_" not in encode(decode(marked))


@given(st.lists(st.integers(1, 40), min_size=1, max_size=40), st.booleans())
def test_events_are_found_however_the_bytes_come(cuts: list[int], declared: bool) -> None:
    one = encode(event(1_700_000_000_000_000))
    plain = one.split(b"?>\n", 1)[1]
    stream = b"".join(
        [one if declared else plain, b"\n", plain, b'<event version="2.0" uid="p" type="t-x-c-t"/>', plain]
    )
    splitter, found, at = Splitter(), [], 0
    while at < len(stream):
        cut = cuts[len(found) % len(cuts)] * 7
        found += splitter.feed(stream[at : at + cut])
        at += cut
    assert len(found) == 4
    assert decode(found[1]).callsign == "HLF 3-1"


def test_what_is_too_large_is_given_to_be_refused_and_never_held_for_ever() -> None:
    splitter = Splitter()
    found = splitter.feed(b"noise <event " + b"x" * (3 * LARGEST))
    with pytest.raises(BadRequestData, match="64 kB"):
        decode(found[0])
    assert len(splitter._held) <= LARGEST
    assert len(splitter.feed(b"\n" + encode(event(1_700_000_000_000_000)))) == 1


# ── out ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_link_shows_what_its_agency_may_see(tmp_path: Path, held_clock: HeldClock) -> None:
    at, incident = worked(tmp_path, held_clock)
    drawn = PictureDesk(seat(at)).draw(incident, Draft(kind="route", geometry=LINE, label="Anfahrt"))
    shown = events(at, "city", LINK, {"hlf 3-1": ((6.71, 51.46), held_clock())}, held_clock())
    assert set(shown) == {
        "rhinecloud.city.unit.hlf 3-1",
        f"rhinecloud.city.incident.{incident}",
        f"rhinecloud.city.drawing.{drawn.id}",
    }
    hlf = shown["rhinecloud.city.unit.hlf 3-1"]
    assert (hlf.lon, hlf.type, hlf.how, hlf.remarks) == (6.71, "a-f-G-E-V", "m-g", "Status 2 einsatzbereit auf Wache")
    assert hlf.stale_us - hlf.time_us == 180 * SECOND, "three times the interval"
    assert shown[f"rhinecloud.city.drawing.{drawn.id}"].points == (RUHRORT, HOMBERG)
    everything = events(at, "city", msgspec.structs.replace(LINK, agency=""), {}, held_clock())
    assert "rhinecloud.city.unit.streife 1" in everything
    police = events(at, "city", msgspec.structs.replace(LINK, agency="police"), {}, held_clock())
    assert set(police) == {"rhinecloud.city.unit.streife 1"}


def test_what_an_agency_keeps_for_itself_goes_over_its_own_link_alone(tmp_path: Path, held_clock: HeldClock) -> None:
    at, incident = worked(tmp_path, held_clock)
    changed = desk(at).incident(incident)
    desk(at).change(incident, changed.version, agencies=("fire", "police"))
    PictureDesk(seat(at)).draw(incident, Draft(kind="route", geometry=LINE, label="Quittenbaum", shared=False))
    assert "Quittenbaum" in str(events(at, "city", LINK, {}, held_clock()))
    assert "Quittenbaum" not in str(
        events(at, "city", msgspec.structs.replace(LINK, agency="police"), {}, held_clock())
    )


def test_a_drill_goes_over_links_for_exercises_alone_and_says_so(tmp_path: Path, held_clock: HeldClock) -> None:
    at, incident = worked(tmp_path, held_clock, exercise=True)
    desk(at, KLARA).assign(incident, [Pick("hlf 3-1")])
    assert events(at, "city", LINK, {}, held_clock()) == {}
    drill = events(at, "city", msgspec.structs.replace(LINK, exercise=True), {}, held_clock())
    assert len(drill) == 2
    assert all(e.callsign.startswith("ÜBUNG ") for e in drill.values())


# ── in ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_units_position_is_taken_by_its_call_sign(tmp_path: Path, held_clock: HeldClock) -> None:
    at, _ = worked(tmp_path, held_clock)
    assert take(at, event(held_clock(), callsign="hlf  3-1", lon=6.72)) == "unit"
    assert desk(at).unit("hlf 3-1").position == (6.72, 51.45)
    assert take(at, event(held_clock() - 60 * SECOND, callsign="HLF 3-1", lon=6.5)) == "unit"
    assert desk(at).unit("hlf 3-1").position == (6.72, 51.45), "an older place never replaces a newer one"
    assert take(at, event(held_clock(), callsign="STREIFE 1")) == "", "of another agency: nothing to this link"
    assert take(at, event(held_clock(), uid="rhinecloud.city.unit.x")) == "", "our own, come back"
    assert take(at, event(held_clock(), type="t-x-c-t")) == ""


def test_an_emergency_becomes_one_incident_until_it_is_cancelled(tmp_path: Path, held_clock: HeldClock) -> None:
    at, _ = worked(tmp_path, held_clock)
    call = event(held_clock(), uid="ANDROID-1-9-1-1", type="b-a-o-tbl", callsign="Trupp 2", remarks="Atemnot")
    assert [take(at, call), take(at, call), take(at, call)] == ["incident", "", ""]
    found = desk(at).incidents(Asked(text="Notruf"))
    assert [(i.title, i.severity, i.agencies, i.source) for i in found] == [
        ("Notruf Trupp 2", "critical", ("fire",), "cot:tak")
    ]
    assert take(at, event(held_clock(), uid="ANDROID-1-9-1-1", type="b-a-o-can")) == "cancelled"
    assert desk(at).log(found[0].id)[-1].content == {
        "what": "cot-cancelled",
        "by": "TAK Feuerwehr",
        "link": "TAK Feuerwehr",
        "callsign": "HLF 3-1",
    }
    assert take(at, call) == "incident", "a new emergency of the same one"


def test_a_shape_becomes_a_drawing_on_the_agencys_layer_and_follows(tmp_path: Path, held_clock: HeldClock) -> None:
    at, incident = worked(tmp_path, held_clock)
    ring = ((6.72, 51.45), (6.73, 51.45), (6.73, 51.46), (6.72, 51.45))
    shape = event(held_clock(), uid="shape-1", type="u-d-f", callsign="Sperre", points=ring)
    assert [take(at, shape), take(at, shape)] == ["drawing", ""]
    drawing = PictureDesk(seat(at)).drawings(incident)[0]
    assert (drawing.agency, drawing.kind, drawing.label, drawing.geometry["type"]) == (
        "fire",
        "area",
        "Sperre",
        "Polygon",
    )
    assert take(at, msgspec.structs.replace(shape, callsign="Sperre 2")) == "drawing"
    assert PictureDesk(seat(at)).drawings(incident)[0].label == "Sperre 2"
    assert take(at, event(held_clock(), uid="x", type="t-x-d-d", deletes="shape-1")) == "drawing"
    assert PictureDesk(seat(at)).drawings(incident) == []
    far = event(held_clock(), uid="shape-2", type="u-d-f", lon=13.4, lat=52.5)
    assert take(at, far) == "refused"


def test_chat_that_names_an_incident_is_a_message_of_it(tmp_path: Path, held_clock: HeldClock) -> None:
    from rhinecloud.operations.collaboration import RoomDesk

    at, incident = worked(tmp_path, held_clock)
    said = encode(event(held_clock(), type="b-t-f", remarks="2026-000001: Wasser steigt"))
    assert [take(at, said), take(at, said)] == ["message", "message"]
    messages = RoomDesk(seat(at)).messages(incident)
    assert [(m.text, m.sender) for m in messages] == [("2026-000001: Wasser steigt", "HLF 3-1")]
    assert take(at, event(held_clock(), type="b-t-f", remarks="hallo")) == "refused"


def test_what_is_not_taken_is_kept_with_the_reason(tmp_path: Path, held_clock: HeldClock) -> None:
    at, _ = worked(tmp_path, held_clock)
    assert take(at, b"<event>") == "refused"
    assert take(at, event(held_clock(), type="y-c-r")) == "refused"
    reasons = [r.reason for r in CotDesk(seat(at, ADMIN)).refused()]
    assert reasons[0] == "Events of type y-c-r are not taken"
    assert reasons[1].startswith("It is no XML")
    with pytest.raises(Forbidden):
        CotDesk(seat(at)).refused()


def test_certificates_are_kept_and_never_shown(tmp_path: Path, held_clock: HeldClock) -> None:
    at = shelf(tmp_path, held_clock)
    mine = CotDesk(seat(at, ADMIN))
    made = mine.save(msgspec.structs.replace(LINK, certificate="-----BEGIN", tls=True))
    assert made.certificate == "…"
    mine.save(msgspec.structs.replace(made, certificate="", port=8089))
    assert b"-----BEGIN" in at.rows("SELECT body FROM cot_link")[0][0]
    assert mine.link("tak").port == 8089
    mine.remove("tak")
    assert mine.links() == []
    for wrong in (msgspec.structs.replace(LINK, host=" "), msgspec.structs.replace(LINK, port=0)):
        with pytest.raises(BadRequestData):
            mine.save(wrong)


# ── a server ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Server:
    """A TAK server in small: takes what comes, sends what it is told, cuts connections."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.writers: list[asyncio.StreamWriter] = []
        self.connections = 0

    async def _served(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        self.connections += 1
        splitter = Splitter()
        while data := await reader.read(65_536):
            self.events += [decode(e) for e in splitter.feed(data)]

    def send(self, *sent: Event) -> None:
        for one in sent:
            self.writers[-1].write(encode(one))

    async def cut(self) -> None:
        writers, self.writers = self.writers, []
        for writer in writers:
            writer.close()

    async def until(self, true: Any, seconds: float = 15) -> None:
        async with asyncio.timeout(seconds):
            while not true():
                await asyncio.sleep(0.02)


@asynccontextmanager
async def served(server: Server) -> AsyncIterator[int]:
    made = await asyncio.start_server(server._served, "127.0.0.1", 0)
    try:
        yield made.sockets[0].getsockname()[1]
    finally:
        made.close()
        await server.cut()


async def test_a_connection_shows_changes_takes_events_and_comes_back(tmp_path: Path) -> None:
    held = HeldClock("2026-11-22T10:00:00Z")
    at, incident = worked(tmp_path, held)

    server, cot = Server(), Cot(lambda _tenant, _units: {}, now_us)
    async with served(server) as port:
        with at.work(desk(at).by) as work:
            from rhinecloud.operations.cot import links

            links.save(work, msgspec.structs.replace(LINK, port=port))
        await cot.tick("city", at)
        await server.until(lambda: len(server.events) >= 2)
        assert {e.uid for e in server.events} == {
            "rhinecloud.city.unit.hlf 3-1",
            f"rhinecloud.city.incident.{incident}",
        }
        assert all(e.stale_us > now_us() for e in server.events)
        server.send(event(now_us(), lon=6.75))
        await server.until(lambda: desk(at).unit("hlf 3-1").position == (6.75, 51.45))
        desk(at).report_status("hlf 3-1", "6")
        cot._dirty.add("city")
        await cot.tick("city", at)
        await server.until(lambda: any(e.remarks.startswith("Status 6") for e in server.events))
        count = len(server.events)
        await server.cut()
        await server.until(lambda: len(server.events) >= count + 2)
        assert server.connections == 2, "everything is said again on connecting"
        found = desk(at).incident(incident)
        desk(at).move(incident, "cancel", found.version, reason="Irrtum")
        cot._dirty.add("city")
        await cot.tick("city", at)
        await server.until(lambda: any(e.deletes.endswith(incident) for e in server.events))
        assert cot.standing("city", "tak").state == "connected"
        await cot.stop()
    assert cot.standing("city", "tak").state == "off"
