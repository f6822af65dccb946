"""Geometries: what is one, where it lies, what other systems make of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rhinecloud.base import geo
from rhinecloud.base.errors import BadRequestData

RING = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": [6.73, 51.46]},
        {"type": "Point", "coordinates": [6.73, 51.46, 30]},
        {"type": "LineString", "coordinates": [[6, 51], [7, 52]]},
        {"type": "Polygon", "coordinates": [RING]},
        {"type": "MultiPolygon", "coordinates": [[RING]]},
        {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [0, 0]}]},
    ],
)
def test_geojson_passes(geometry: dict) -> None:
    assert geo.is_geometry(geometry)
    assert geo.check(geometry) is geometry


@pytest.mark.parametrize(
    ("geometry", "said"),
    [
        ({"type": "Point", "coordinates": [51.4, 206.7]}, "longitude"),
        ({"type": "Point", "coordinates": [10**400, 51.4]}, "longitude"),
        ({"type": "Point", "coordinates": [float("nan"), 51.4]}, "longitude"),
        ({"type": "Point", "coordinates": []}, "missing or empty"),
        ({"type": "Point", "coordinates": ["a", "b"]}, "A position is"),
        ({"type": "Point", "coordinates": [True, False]}, "A position is"),
        ({"type": "LineString", "coordinates": [[0, 0]]}, "two positions"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [2, 2]]]}, "ends where it begins"),
        ({"type": "Circle", "coordinates": [0, 0]}, "'Circle' does not exist"),
        ({"type": {}, "coordinates": [0, 0]}, "does not exist"),
        ([], "JSON object"),
    ],
)
def test_what_is_no_geometry_is_refused_with_the_reason(geometry: object, said: str) -> None:
    with pytest.raises(BadRequestData, match=said):
        geo.check(geometry)
    assert not geo.valid(geometry)


def test_distance_from_duisburg_to_cologne() -> None:
    assert geo.distance_m((6.7623, 51.4344), (6.9583, 50.9413)) == pytest.approx(56_500, rel=0.01)


def test_bbox_spans_all_positions() -> None:
    assert geo.bbox({"type": "Polygon", "coordinates": [RING]}) == (0.0, 0.0, 1.0, 1.0)
    assert geo.bbox({"type": "GeometryCollection", "geometries": []}) is None


def test_utm_of_german_authorities_becomes_degrees() -> None:
    lon, lat = geo.to_wgs84(357861.99, 5706886.25, 25832)
    assert (lon, lat) == pytest.approx((6.952394, 51.4952267), abs=1e-6)
    with pytest.raises(BadRequestData, match="EPSG:99999"):
        geo.to_wgs84(0, 0, 99999)


def test_well_known_text() -> None:
    assert geo.from_wkt("POINT (8.5 52.03)") == {"type": "Point", "coordinates": [8.5, 52.03]}
    assert geo.from_wkt("POLYGON((0 0,1 0,1 1,0 0))")["coordinates"] == [RING]
    for wrong in ("POINT (a b)", "POINT (8.5)", "POLYGON((0 0", "", "nothing"):
        with pytest.raises(BadRequestData):
            geo.from_wkt(wrong)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=True) | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["type", "coordinates", "geometries", "a"]), inner)
    ),
    max_leaves=12,
)


@given(json_values)
def test_whatever_comes_is_a_geometry_or_refused(value: object) -> None:
    geo.is_geometry(value)
    geo.valid(value)
