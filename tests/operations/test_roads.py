"""The network of streets: read from an extract, searched backwards, closed where something is closed."""

from __future__ import annotations

import heapq
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rhinecloud.base.errors import BadRequestData, NonexistentTenant, Unavailable
from rhinecloud.operations import Barrier, Crossing, Pick, Place, Report, Zone
from rhinecloud.operations.alarm import Closure
from rhinecloud.operations.declaring import DeclaringDesk
from rhinecloud.operations.plans.ahead import Ahead
from rhinecloud.operations.roads.importing import import_extract, known_of, remove
from rhinecloud.operations.roads.network import FILE, Network, build
from rhinecloud.operations.roads.reading import Stretch, directions, speed_kmh
from rhinecloud.operations.roads.searching import backwards
from rhinecloud.operations.roads.streets import ByRoad, Roads, Streets, what_is_closed
from rhinecloud.operations.travel import Crow
from tests.conftest import HeldClock

from .centre import ADMIN, Centre, unit

# Two banks, a bridge in the north and a tunnel in the south; a oneway street, and a car park that nothing leads to.
TOWN = """<?xml version="1.0"?><osm version="0.6" generator="test">
{nodes}
<way id="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="secondary"/><tag k="name" v="West"/></way>
<way id="2"><nd ref="11"/><nd ref="12"/><nd ref="13"/><tag k="highway" v="secondary"/></way>
<way id="3"><nd ref="1"/><nd ref="11"/><tag k="highway" v="primary"/><tag k="bridge" v="yes"/></way>
<way id="4"><nd ref="3"/><nd ref="13"/><tag k="highway" v="tertiary"/><tag k="tunnel" v="yes"/></way>
<way id="5"><nd ref="2"/><nd ref="21"/><nd ref="3"/><tag k="highway" v="residential"/><tag k="oneway" v="yes"/></way>
<way id="6"><nd ref="2"/><nd ref="12"/><tag k="highway" v="footway"/></way>
<way id="7"><nd ref="31"/><nd ref="32"/><tag k="highway" v="service"/></way>
</osm>
"""
AT = {
    1: (6.700, 51.460), 2: (6.700, 51.450), 3: (6.700, 51.440), 11: (6.720, 51.460), 12: (6.720, 51.450),
    13: (6.720, 51.440), 21: (6.695, 51.445), 31: (6.760, 51.450), 32: (6.761, 51.450),
}  # fmt: skip
WEST, EAST = AT[2], AT[12]


@pytest.fixture
def town(tmp_path: Path) -> Path:
    nodes = "\n".join(f'<node id="{n}" lat="{lat}" lon="{lon}"/>' for n, (lon, lat) in AT.items())
    file = tmp_path / "town.osm"
    file.write_text(TOWN.format(nodes=nodes), "utf-8")
    return file


def streets_of(town: Path, tmp_path: Path) -> Streets:
    folder = tmp_path / "city"
    folder.mkdir(exist_ok=True)
    import_extract(folder, town, 1)
    return Streets(Network.load(folder / FILE))


def test_an_extract_becomes_a_network_that_hangs_together(town: Path, tmp_path: Path) -> None:
    network = streets_of(town, tmp_path).network
    assert network.about.name == "town.osm" and len(network.about.sha256) == 64
    assert network.about.left_out == 2, "a car park from which no street leads out"
    longest = float(network.metres.max())
    assert longest <= 150.5, "a long street is cut, so that a unit on it is found where it is"
    assert network.about.kilometres == pytest.approx(8.5, abs=0.1)


def test_the_way_across_goes_over_the_bridge_and_without_it_through_the_tunnel(town: Path, tmp_path: Path) -> None:
    streets = streets_of(town, tmp_path)
    crow = Crow()
    free = ByRoad(streets, (), crow)
    over = free.way(WEST, EAST)
    assert over.by_road and 3600 < over.metres < 3800 and over.crosses == ()
    assert free.seconds([WEST, AT[1], (9.0, 48.0)], EAST)[0] == pytest.approx(over.seconds, rel=1e-4)
    line = free.line(WEST, EAST)
    assert max(lat for _, lat in line) == pytest.approx(51.46)
    bridge = Crossing("Brücke", (6.71, 51.46), False)
    shut = what_is_closed([Barrier(id="rhine", name="Rhein", line=(), crossings=(bridge,))], [], 0)
    under = ByRoad(streets, shut, crow)
    assert min(lat for _, lat in under.line(WEST, EAST)) == pytest.approx(51.44)
    tunnel = Closure(id="t", title="Tunnel", position=(6.71, 51.44), radius_m=80)
    nothing = ByRoad(streets, (*shut, *what_is_closed([], [tunnel], 0)), crow)
    assert np.isinf(nothing.seconds([WEST], EAST)[0]) and np.isinf(nothing.way(WEST, EAST).seconds)
    assert what_is_closed([], [Closure(id="t", title="T", position=(0, 0), until_us=5)], 6) == ()


def test_a_oneway_street_is_driven_one_way(town: Path, tmp_path: Path) -> None:
    ways = ByRoad(streets_of(town, tmp_path), (), Crow())
    away, back = ways.way(AT[21], WEST), ways.way(WEST, AT[21])
    assert away.metres > back.metres, "from the middle of it only onwards, round by the south"


def test_a_place_far_from_any_street_is_an_estimate(town: Path, tmp_path: Path) -> None:
    ways = ByRoad(streets_of(town, tmp_path), (), Crow())
    far = (6.9, 51.45)
    assert ways.way(far, EAST).by_road is False and ways.line(far, EAST) == []
    assert ways.seconds([far], EAST)[0] == pytest.approx(Crow().seconds([far], EAST)[0])


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), nodes=st.integers(2, 60), closed=st.booleans())
def test_the_search_finds_what_dijkstra_finds(seed: int, nodes: int, closed: bool) -> None:
    rng = np.random.default_rng(seed)
    places = [(6.7 + float(x), 51.4 + float(y)) for x, y in rng.uniform(0, 0.05, (nodes, 2))]
    ring = [(n, (n + 1) % nodes) for n in range(nodes)]
    more = [tuple(map(int, rng.integers(0, nodes, 2))) for _ in range(nodes)]
    given_ = [
        Stretch((a, b), (places[a], places[b]), float(rng.uniform(3, 30)), True, bool(rng.integers(0, 2)), 0)
        for a, b in (*ring, *more)
        if a != b
    ]
    network = build(given_, name="x", sha256="", dated="", now=0)
    shut = rng.random(network.about.edges) < 0.2 if closed else None
    target = int(rng.integers(0, network.nodes))
    found = backwards(network, target, shut)
    assert found.seconds == pytest.approx(_dijkstra(network, target, shut), rel=1e-4, abs=1e-3)


def _dijkstra(network: Network, target: int, shut: Any) -> Any:
    known = np.full(network.nodes, np.inf)
    known[target] = 0.0
    heap = [(0.0, target)]
    while heap:
        so_far, node = heapq.heappop(heap)
        if so_far > known[node]:
            continue
        for edge in range(network.head[node], network.head[node + 1]):
            other, through = int(network.start[edge]), so_far + float(network.seconds[edge])
            if through < known[other] and not (shut is not None and shut[edge]):
                known[other] = through
                heapq.heappush(heap, (through, other))
    return known


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), bridges=st.integers(0, 4))
def test_many_estimates_at_once_are_those_of_one_at_a_time(seed: int, bridges: int) -> None:
    rng = np.random.default_rng(seed)

    def some(count: int) -> list[tuple[float, float]]:
        return [(6.65 + float(x), 51.4 + float(y)) for x, y in rng.uniform(0, 0.15, (count, 2))]

    crossings = tuple(Crossing(str(n), place, bool(rng.integers(0, 2))) for n, place in enumerate(some(bridges)))
    barriers = [Barrier(id=str(n), name="x", line=tuple(some(6)), crossings=crossings) for n in range(2)]
    crow, starts = Crow(barriers), some(12)
    for target in some(3):
        one = [crow.way(start, target).seconds for start in starts]
        assert crow.seconds(starts, target) == pytest.approx(one, rel=1e-9)


@pytest.mark.parametrize(
    ("tags", "speed"),
    [
        ({"highway": "motorway"}, 105.0),
        ({"highway": "residential", "maxspeed": "30"}, 35.0),
        ({"highway": "primary", "maxspeed": "30"}, 36.0),
        ({"highway": "residential", "maxspeed": "10 mph"}, pytest.approx(19.3, abs=0.1)),
        ({"highway": "residential", "access": "no"}, None),
        ({"highway": "residential", "access": "no", "emergency": "yes"}, 35.0),
        ({"highway": "residential", "motor_vehicle": "destination"}, 35.0),
        ({"highway": "service", "access": "no", "bus": "yes"}, 20.0),
        ({"highway": "footway"}, None),
        ({"highway": "footway", "emergency": "yes"}, 12.0),
        ({"highway": "pedestrian"}, 15.0),
        ({"highway": "track", "tracktype": "grade4"}, None),
        ({"highway": "construction"}, None),
        ({"waterway": "river"}, None),
    ],
)
def test_how_fast_an_emergency_vehicle_is_on_a_way(tags: dict[str, str], speed: Any) -> None:
    assert speed_kmh(tags) == speed


def test_which_way_a_street_may_be_driven() -> None:
    assert directions({"highway": "primary"}) == (True, True)
    assert directions({"highway": "motorway"}) == (True, False)
    assert directions({"highway": "motorway", "oneway": "no"}) == (True, True)
    assert directions({"oneway": "-1"}) == (False, True)
    assert directions({"junction": "roundabout"}) == (True, False)


def test_what_is_no_extract_is_refused_and_a_broken_file_said(town: Path, tmp_path: Path) -> None:
    folder = tmp_path / "city"
    folder.mkdir()
    for name, text in (("a.osm.pbf", "no pbf"), ("b.osm", "<html/>"), ("c.txt", "x")):
        (tmp_path / name).write_text(text)
        with pytest.raises(BadRequestData, match=r"cannot be read|no streets"):
            import_extract(folder, tmp_path / name, 1)
    with pytest.raises(BadRequestData, match="no file"):
        import_extract(folder, tmp_path / "missing.osm", 1)
    with pytest.raises(NonexistentTenant):
        import_extract(tmp_path / "other", town, 1)
    assert known_of(folder) is None and not (folder / FILE).exists()
    (folder / FILE).write_bytes(b"broken")
    with pytest.raises(Unavailable, match="import the extract again"):
        Roads(tmp_path).streets("city")
    import_extract(folder, town, 7)
    known = known_of(folder)
    assert known is not None and known.imported_us == 7
    (tmp_path / "city-drill").mkdir()
    Roads(tmp_path).share("city", "city-drill")
    assert known_of(tmp_path / "city-drill") == known
    assert remove(folder) and not remove(folder)
    Roads(tmp_path).share("city", "city-drill")


async def test_a_running_city_takes_up_a_new_network_and_has_searched_before_it_is_asked(
    town: Path, tmp_path: Path, held_clock: HeldClock
) -> None:
    async with Centre(tmp_path, held_clock) as centre:
        ahead = Ahead(held_clock)
        ahead.roads = centre.room.roads
        centre.room.following.followers.append(ahead)
        it, room = DeclaringDesk(centre.room.seat("city", ADMIN)), centre.desk()
        it.save(unit("west", station=WEST))
        it.save(Zone(id="z", name="Ost", position=EAST))
        room.report_status("west", "2")
        made, _ = room.report(Report(type="fire", title="Brand", place=Place(location=EAST), severity="minor"))
        room.ask(made.id, "HLF")
        before = await centre.room.propose("city", ADMIN, [made.id])
        assert before.picks[0].chosen.estimated and "no road network" in before.warnings[0]
        import_extract(tmp_path / "tenants" / "city", town, held_clock())
        await centre.settle()
        streets = centre.room.roads.streets("city")
        assert streets is not None and len(streets._kept) == 1, "the scene and the zone are one place here"
        after = await centre.room.propose("city", ADMIN, [made.id])
        chosen = after.picks[0].chosen
        assert (chosen.estimated, after.warnings) == (False, ()) and chosen.minutes > before.picks[0].chosen.minutes
        assert [(b.name, b.minutes) for b in after.picks[0].bare] == [("Ost", None)]
        closed = Closure(id="x", title="Brücke", position=(6.71, 51.46))
        it.save(closed)
        await centre.settle()
        again = await centre.room.propose("city", ADMIN, [made.id])
        assert again.picks[0].chosen.metres == pytest.approx(3700, abs=150), "by the tunnel, about as far"
        room.assign(made.id, [Pick("west", again.picks[0].need)])
