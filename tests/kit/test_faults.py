"""Devices fail as devices do: few, each in its own way, the same in the past and the present."""

from __future__ import annotations

from collections import Counter

from rhinecloud.kit import World, event, fleet
from rhinecloud.kit.faults import SHARES, Faults

DAY = 86_400.0
AT = 1_795_000_000.0
WORLD = World(7)
FAULTS = Faults(7, WORLD.events)
NAMES = [f"device-{number}" for number in range(5_000)]
PLACE = (6.76, 51.43)


def _with(weakness: str) -> str:
    return next(name for name in NAMES if FAULTS.weakness(name) == weakness)


def test_a_few_per_cent_have_a_weakness_and_all_kinds_occur_in_the_demo() -> None:
    found = Counter(FAULTS.weakness(name) for name in NAMES)
    assert 0.06 < 1 - found[""] / len(NAMES) < 0.10
    demo = {FAULTS.weakness(thing.through or thing.device) for thing in fleet(world=WORLD)}
    assert demo >= {name for name, _ in SHARES}
    assert FAULTS.weakness("gauge-ruhrort") == ""


def test_the_same_seed_has_the_same_faults() -> None:
    again, other = Faults(7, WORLD.events), Faults(8, WORLD.events)
    assert [again.weakness(n) for n in NAMES] == [FAULTS.weakness(n) for n in NAMES]
    assert [other.weakness(n) for n in NAMES] != [FAULTS.weakness(n) for n in NAMES]


def test_a_silent_device_is_silent_for_days_and_comes_back() -> None:
    name = _with("silent")
    days = [FAULTS.silent(name, AT + day * DAY, PLACE) for day in range(24)]
    assert 12 <= sum(days) <= 22


def test_an_outage_silences_its_district_and_no_other() -> None:
    faults = Faults(7, World(7, [event("outage", AT, place=PLACE)]).events)
    near = sum(faults.silent(name, AT + 600, PLACE) for name in NAMES[:500])
    far = sum(faults.silent(name, AT + 600, (6.66, 51.35)) for name in NAMES[:500])
    assert near > 350
    assert far < 20


def test_a_stuck_device_shows_old_values_and_thaws() -> None:
    name = _with("stuck")
    hours = [FAULTS.frozen(name, AT + hour * 3600) - AT - hour * 3600 for hour in range(24 * 12)]
    assert 0.5 < sum(lag < 0 for lag in hours) / len(hours) < 0.7
    assert FAULTS.frozen("gauge-ruhrort", AT) == AT


def test_clocks_that_are_wrong_tell_wrong_times() -> None:
    assert FAULTS.say(_with("ahead"), AT, {"x": 1.0}, "x").at_s == AT + 420
    assert FAULTS.say(_with("behind"), AT, {"x": 1.0}, "x").at_s == AT - 3600


def test_a_drift_grows_and_is_cleaned_away() -> None:
    name = _with("drift")
    values = [FAULTS.say(name, AT + day * DAY, {"x": 10.0, "y": 1}, "x").values for day in range(46)]
    assert min(v["x"] for v in values) < 10.5 and max(v["x"] for v in values) > 13.5
    assert {v["y"] for v in values} == {1}


def test_a_bad_radio_keeps_what_it_cannot_send() -> None:
    name = _with("gaps")
    kept = [FAULTS.say(name, AT + minute * 60, {"x": 1}, "x").kept for minute in range(180)]
    assert 40 < sum(kept) < 70
