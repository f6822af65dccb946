"""The window of a rate of change, against looking at every value there is."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx

from rhinecloud.insight.window import Window

SPAN = 60
Points = list[tuple[int, float]]


def plainly(points: Points, span: int, *, rising: bool) -> tuple[float, int]:
    """(by how much, since when): the value at the beginning is read off between its neighbours."""
    at, now = points[-1]
    start = at - span
    found = [point for point in points if point[0] >= start]
    if points[0][0] < start:
        before, after = [p for p in points if p[0] < start][-1], found[0]
        share = (start - before[0]) / (after[0] - before[0])
        found.insert(0, (start, before[1] + share * (after[1] - before[1])))
    since, value = min(found, key=lambda point: point[1] if rising else -point[1])
    return now - value, since


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(-2, 40), st.integers(-3, 3)), min_size=2, max_size=200))
def test_the_difference_is_that_of_all_values_in_the_stretch(given: list[tuple[int, int]]) -> None:
    window = Window(SPAN)
    points: Points = []
    at = 0
    for step, value in given:
        at += step
        window.add(at, value)
        if not points or at > points[-1][0]:
            points.append((at, value))
        for span, rising in ((SPAN, True), (SPAN, False), (SPAN // 4, True)):
            found = window.difference(span, rising=rising)
            if len(points) < 2:
                assert found is None
            else:
                assert found is not None
                by, since = plainly(points, span, rising=rising)
                assert found.by == approx(by)
                assert found.since_us == since or found.start == approx(points[-1][1] - by)
