"""What happens in a simulated city, and when."""

from __future__ import annotations

import pytest

from rhinecloud.base.errors import InvalidRequest
from rhinecloud.kit import KINDS, World, event
from rhinecloud.kit.events import DAY, HOUR, WEEK, Events, opening, usual

AT = 1_795_000_000.0


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_begins_from_nothing_peaks_once_and_ends(kind: object) -> None:
    name = kind.name  # type: ignore[attr-defined]
    happening = event(name, AT)
    shapes = [happening.shape(AT + share / 100 * happening.lasts_s) for share in range(101)]
    assert shapes[0] == shapes[-1] == 0
    peak = shapes.index(max(shapes))
    assert max(shapes) == pytest.approx(1, abs=0.01)
    assert shapes[: peak + 1] == sorted(shapes[: peak + 1])
    assert shapes[peak:] == sorted(shapes[peak:], reverse=True)


def test_what_cannot_be_is_refused_in_words_that_help() -> None:
    with pytest.raises(InvalidRequest, match="flood, storm, downpour"):
        event("earthquake", AT)
    with pytest.raises(InvalidRequest, match="minute"):
        event("storm", AT, lasts_s=1)
    with pytest.raises(InvalidRequest, match="usual is 27"):
        event("storm", AT, strength=5_000)


def test_a_storm_blows_and_the_pressure_falls() -> None:
    calm, storm = World(7), World(7, [event("storm", AT)])
    at = AT + 4 * HOUR
    assert storm.weather(at).gust >= 26
    assert storm.weather(at).pressure < calm.weather(at).pressure - 8
    assert storm.weather(AT - 1) == calm.weather(AT - 1)


def test_a_heat_wave_is_hot_dry_and_sunny() -> None:
    july = 1_784_000_000.0
    usual_days, hot = World(7), World(7, [event("heat", july)])
    at = july + 3.6 * DAY
    assert hot.weather(at).temperature > usual_days.weather(at).temperature + 8
    assert hot.weather(at).cloud <= usual_days.weather(at).cloud


def test_the_usual_is_small_seeded_and_not_too_much() -> None:
    weeks = [usual(7, week) for week in range(2_900, 3_000)]
    assert weeks == [usual(7, week) for week in range(2_900, 3_000)]
    assert weeks != [usual(8, week) for week in range(2_900, 3_000)]
    assert 50 < sum(map(len, weeks)) < 120
    assert {e.kind for week in weeks for e in week} == {"fire", "outage"}


def test_events_across_weeks_are_found_in_both() -> None:
    start = (AT // WEEK + 1) * WEEK - HOUR
    events = Events(7, [event("storm", start)])
    assert events.of("storm", start + 0.5 * HOUR)
    assert events.of("storm", start + 2 * HOUR)
    assert not events.of("storm", start + 11 * HOUR)


def test_the_opening_has_something_going_on_at_once() -> None:
    events = Events(7, opening(AT))
    assert {kind for kind in ("flood", "fire", "outage") if events.of(kind, AT)} == {"flood", "fire", "outage"}
    flood = events.of("flood", AT)[0]
    assert flood.shape(AT) < flood.shape(AT + 12 * HOUR)  # still rising
