"""Types, scopes, places, orders: the smaller languages of a query (ETSI GS CIM 009, 4.10, 4.17, 4.19, 4.23)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhinecloud.base.errors import BadRequestData, RhineError
from rhinecloud.context import geo, ordering, scope, selection

from .gauges import LOCATION, expand, number, point, text

POLYGON = [[[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]], [[4, 4], [6, 4], [6, 6], [4, 6], [4, 4]]]


@pytest.mark.parametrize(
    ("text", "types", "selected"),
    [
        ("A", "A", True),
        ("A", "B", False),
        ("A,B", "B", True),
        ("A|B", "B C", True),
        ("A;B", "A", False),
        ("A;B", "A B", True),
        ("(A;B)|C", "C", True),
        ("(A|B);C", "B C", True),
        ("(A|B);C", "B", False),
        ("((A))", "A", True),
    ],
)
def test_types_are_selected(text: str, types: str, selected: bool) -> None:
    assert selection.parse(text, lambda t: t).accepts(frozenset(types.split())) is selected


@pytest.mark.parametrize("text", ["", ";", "A;", "(A", "A)", "()", "A B", "A,,B", "(" * 30 + "A" + ")" * 30])
def test_what_selects_no_types_is_refused(text: str) -> None:
    with pytest.raises(BadRequestData):
        selection.parse(text, lambda t: t)


@pytest.mark.parametrize(
    ("text", "scopes", "matches"),
    [
        ("/A", "/A", True),
        ("/A", "A", True),
        ("/A", "/A/B", False),
        ("/A/#", "/A/B/C", True),
        ("/A/#", "/A", True),
        ("/A/#", "/AB", False),
        ("/+/B", "/A/B", True),
        ("/+", "/A/B", False),
        ("/A/+/C", "/A/B/C", True),
        ("/#", "/X/Y", True),
        ("/#", "", False),
        ("/A;/B", "/A", False),
        ("/A;/B", "/A /B", True),
        ("/A,/B", "/B", True),
        ("(/A;/C)|/B", "/B", True),
        ("(/A;/C)|/B", "/A", False),
    ],
)
def test_scopes_match(text: str, scopes: str, matches: bool) -> None:
    assert scope.parse(text).matcher()(scopes.split()) is matches


@pytest.mark.parametrize("text", ["", "#", "/A/#/B", "/A//B", "/A;", "/A B", "(/A", "/+A"])
def test_what_is_no_scope_query_is_refused(text: str) -> None:
    with pytest.raises(BadRequestData):
        scope.parse(text)


def entity(geometry: dict[str, Any] | None, attr: str = LOCATION) -> dict[str, Any]:
    return {"attrs": {attr: [{"type": "GeoProperty", "value": geometry}]} if geometry else {}}


def at(lon: float, lat: float) -> dict[str, Any]:
    value: dict[str, Any] = point(lon, lat)["value"]
    return value


def line(*positions: list[float]) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": list(positions)}


@pytest.mark.parametrize(
    ("georel", "kind", "coordinates", "geometry", "matches"),
    [
        ("near;maxDistance==1200", "Point", "[6.73,51.45]", at(6.73, 51.46), True),
        ("near;maxDistance==1000", "Point", "[6.73,51.45]", at(6.73, 51.46), False),
        ("near;minDistance==1000", "Point", "[6.73,51.45]", at(6.73, 51.46), True),
        ("near;maxDistance==2000", "LineString", "[[0,60],[10,60]]", at(10, 60.009), True),
        ("near;maxDistance==2000", "LineString", "[[0,61],[10,61]]", at(10, 60.009), False),
        ("near;maxDistance==20000", "Point", "[0,85]", line([1, 85], [0, 85.6]), True),
        ("near;maxDistance==5000", "Point", "[0,85]", line([1, 85], [0, 85.6]), False),
        ("within", "Polygon", POLYGON, at(2, 2), True),
        ("within", "Polygon", POLYGON, at(5, 5), False),
        ("within", "Polygon", POLYGON, line([1, 1], [2, 2]), True),
        ("contains", "Point", [2, 2], {"type": "Polygon", "coordinates": POLYGON}, True),
        ("contains", "Polygon", POLYGON, at(2, 2), False),
        ("intersects", "LineString", [[1, 1], [20, 20]], {"type": "Polygon", "coordinates": POLYGON}, True),
        ("disjoint", "Point", [50, 50], {"type": "Polygon", "coordinates": POLYGON}, True),
        ("disjoint", "Point", [2, 2], {"type": "Polygon", "coordinates": POLYGON}, False),
        ("equals", "Point", [2, 2], at(2, 2), True),
        ("overlaps", "LineString", [[0, 0], [2, 0]], line([1, 0], [3, 0]), True),
        ("overlaps", "Point", [2, 2], at(2, 2), False),
        ("within", "Polygon", POLYGON, None, False),
        ("within", "Polygon", POLYGON, {"type": "Polygon", "coordinates": [[[1, 1]]]}, False),
    ],
)
def test_places_lie_so(georel: str, kind: str, coordinates: Any, geometry: Any, matches: bool) -> None:
    query = geo.parse(georel, kind, coordinates)
    assert query.matcher()(entity(geometry)) is matches
    box = query.box()
    if matches and box and geometry["type"] == "Point":
        lon, lat = geometry["coordinates"]
        assert box[0] <= lon <= box[2]
        assert box[1] <= lat <= box[3]


@pytest.mark.parametrize(
    ("georel", "kind", "coordinates"),
    [
        ("near", "Point", "[8,40]"),
        ("near;maxDistance==0", "Point", "[8,40]"),
        ("near;maxDistance==-1", "Point", "[8,40]"),
        ("near;maxDistance==inf", "Point", "[8,40]"),
        ("near;maxDistance==1e400", "Point", "[8,40]"),
        ("near;maxDistance==5;minDistance==1", "Point", "[8,40]"),
        ("touches", "Point", "[8,40]"),
        ("within", "Circle", "[8,40]"),
        ("within", "Point", "[8"),
        ("within", "Point", "[800,40]"),
        ("within", "Polygon", "[[[0,0],[1,1],[0,0]]]"),
        ("within", "Point", '"8,40"'),
        ("within", "Point", None),
    ],
)
def test_what_is_no_geo_query_is_refused(georel: str, kind: str, coordinates: Any) -> None:
    with pytest.raises(BadRequestData):
        geo.parse(georel, kind, coordinates)


def test_near_the_date_line_and_the_poles_the_box_goes_all_around() -> None:
    assert geo.parse("near;maxDistance==50000", "Point", [179.9, 0]).box() == pytest.approx(
        (-180, -0.45, 180, 0.45), abs=0.01
    )
    box = geo.parse("near;maxDistance==50000", "Point", [0, 89.9]).box()
    assert box is not None
    assert (box[0], box[2]) == (-180, 180)


def sorted_names(order: list[str], things: list[dict[str, Any]], collation: str = "", origin: Any = None) -> list[str]:
    keys = ordering.parse(order, expand, origin)
    key = ordering.sort_key(keys, collation)
    rows = [(key({"id": t["id"], "_c": 0, "attrs": t["attrs"]}), t["id"]) for t in things]
    ordering.sort(rows, keys)
    return [name for _, name in rows]


def thing(name: str, /, **attrs: Any) -> dict[str, Any]:
    return {"id": name, "attrs": {expand(n): [v] for n, v in attrs.items()}}


def test_numbers_come_before_texts_and_what_is_absent_comes_last_both_ways() -> None:
    things = [
        thing("none"),
        thing("text", level=text("a")),
        thing("two", level=number(2)),
        thing("one", level=number(1)),
    ]
    assert sorted_names(["level"], things) == ["one", "two", "text", "none"]
    assert sorted_names(["level;desc"], things) == ["text", "two", "one", "none"]


def test_later_keys_decide_among_equals() -> None:
    things = [thing("b", level=number(1)), thing("a", level=number(1)), thing("c", level=number(0))]
    assert sorted_names(["level;desc", "id"], things) == ["a", "b", "c"]


def test_distance_orders_from_the_origin() -> None:
    things = [thing("far", location=point(9, 45)), thing("none"), thing("near", location=point(8.1, 40))]
    origin = {"type": "Point", "coordinates": [8, 40]}
    assert sorted_names(["location;dist-asc"], things, origin=origin) == ["near", "far", "none"]
    assert sorted_names(["location;dist-desc"], things, origin=origin) == ["far", "near", "none"]


def test_collations_order_as_people_do() -> None:
    things = [thing(n, name=text(n)) for n in ("Zebra", "Ähre", "b", "A", "á", "Afrika")]
    assert sorted_names(["name"], things)[:3] == ["A", "Afrika", "Zebra"]
    assert sorted_names(["name"], things, "und") == ["A", "á", "Afrika", "Ähre", "b", "Zebra"]
    assert sorted_names(["name"], things, "de-u-co-phonebk") == ["A", "á", "Ähre", "Afrika", "b", "Zebra"]


@pytest.mark.parametrize("order", [["level;up"], ["location;dist-asc"], [""], ["a b"], ["a"] * 11])
def test_what_is_no_order_is_refused(order: list[str]) -> None:
    with pytest.raises(BadRequestData):
        ordering.parse(order, expand)


@given(st.text(max_size=30), st.text(alphabet="/+#ABab;,|()é ", max_size=30))
def test_any_text_is_read_or_refused(anything: str, likely: str) -> None:
    for parse in (
        lambda t: selection.parse(t, expand),
        lambda t: scope.parse(t).matcher()(["/A/B"]),
        lambda t: geo.parse(t, t, t),
        lambda t: ordering.parse([t], expand),
    ):
        for said in (anything, likely):
            try:
                parse(said)
            except RhineError as error:
                assert error.status < 500
