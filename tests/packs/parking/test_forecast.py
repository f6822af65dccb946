"""Free places are told ahead from the car park's own days, and better than the naive ways."""

from __future__ import annotations

import csv
import math
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rhinecloud.kit import Past
from rhinecloud.packs.parking.forecast import SLOT_S, free_places

NOW = datetime.fromisoformat("2026-11-18T09:00:00+01:00").timestamp()
SIZE = 400


def day(at_s: float, *, busy: float = 1.0) -> float:
    """A car park that fills in the morning and empties in the evening."""
    hour = (at_s / 3600 + 1) % 24
    return SIZE - busy * 330 / (1 + math.exp(-(hour - 9) * 1.5)) / (1 + math.exp((hour - 17) * 1.5))


def past(days: float, *, upto: float = NOW, every_s: float = 300, value: Any = day, **facts: Any) -> Past:
    at_s = np.arange(upto - days * 86_400, upto + 1, every_s)
    return Past(
        at_us=(at_s * 1e6).astype(np.int64),
        values=np.array([round(value(at)) for at in at_s], float),
        facts={"totalSpotNumber": SIZE} | facts,
    )


def told(given: Past, now: float = NOW) -> list[Any]:
    return list(free_places(given, round(now * 1e6)))


def test_two_hours_in_quarters_with_bands_around() -> None:
    steps = told(past(30))
    assert [round((s.at_us / 1e6 - NOW) / 60) for s in steps] == [15, 30, 45, 60, 75, 90, 105, 120]
    assert all(0 <= s.low <= s.value <= s.high <= SIZE for s in steps)


def test_it_knows_the_morning_rush() -> None:
    for step in told(past(30)):
        assert step.value == pytest.approx(day(step.at_us / 1e6), abs=8)


def test_a_busier_day_than_usual_stays_busier() -> None:
    usual = past(30)
    busy = usual.values.copy()
    today = usual.at_us > (NOW - 9 * 3600) * 1e6
    busy[today] = [round(day(at / 1e6, busy=1.15)) for at in usual.at_us[today]]
    crowded = told(Past(at_us=usual.at_us, values=busy, facts=usual.facts))
    assert crowded[3].value < told(usual)[3].value - 10


@pytest.mark.parametrize("days", [0.2, 1, 3, 8])
def test_a_new_car_park_has_a_forecast_from_its_first_hours(days: float) -> None:
    steps = told(past(days))
    assert len(steps) == 8
    assert steps[0].value == pytest.approx(day(NOW + 900), abs=25)


def test_gaps_do_not_matter_and_a_silent_counter_gives_the_usual() -> None:
    whole = past(30)
    holes = np.random.default_rng(3).random(len(whole.values)) < 0.5
    thin = Past(at_us=whole.at_us[holes], values=whole.values[holes], facts=whole.facts)
    assert told(thin)[3].value == pytest.approx(told(whole)[3].value, abs=12)
    silent = told(past(30, upto=NOW - 4 * 3600))
    assert silent[3].value == pytest.approx(day(NOW + 3600), abs=12)


def test_a_counter_that_hangs_is_not_believed_but_told() -> None:
    hung = past(30, value=lambda at: 111 if at > NOW - 14 * 3600 else day(at))
    (step, *_) = told(hung)
    assert step.value == 111
    assert step.low <= 111
    assert step.high > 180  # what is usual at this hour may be, too


@pytest.mark.parametrize(
    "given", [past(0), past(30, status="closed"), Past(at_us=np.array([], np.int64), values=np.array([]))]
)
def test_where_nothing_can_be_said_nothing_is(given: Past) -> None:
    assert told(given) == [] or len(given.values) == 1


def test_a_sunday_is_no_saturday() -> None:
    def week(at: float) -> float:
        weekday = datetime.fromtimestamp(at).astimezone().weekday()
        return day(at, busy=0.1 if weekday == 6 else 1.0)

    sunday = datetime.fromisoformat("2026-11-15T09:00:00+01:00").timestamp()
    assert told(past(35, upto=sunday, value=week), sunday)[-1].value > 0.85 * SIZE


@pytest.mark.data
def test_on_the_real_day_it_beats_staying_as_it_is_and_the_daily_curve_of_the_others(samples: Path) -> None:
    path = samples / "parking" / "occupancy-series" / "2026-08-20.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    at_s = np.array([datetime.fromisoformat(row[0]).timestamp() for row in rows[1:]])
    table = np.array([[float(c) if c.strip().isdigit() else np.nan for c in row[1:]] for row in rows[1:]])
    counted = [c for c in table.T if (~np.isnan(c)).sum() > 60 and len(np.unique(c[~np.isnan(c)])) > 20]
    shares = np.array([c / np.nanmax(c) for c in counted])
    model, stays, curve = [], [], []
    for number, column in enumerate(counted[::4]):
        there = ~np.isnan(column)
        others = np.nanmean(np.delete(shares, number * 4, axis=0), axis=0) * np.nanmax(column)
        for hour in (8, 10, 12, 15, 18):
            now = at_s[0] + hour * 3600
            known = there & (at_s <= now)
            if known.sum() < 12:
                continue
            steps = free_places(
                Past(at_us=(at_s[known] * 1e6).astype(np.int64), values=column[known]), round(now * 1e6)
            )
            for step in steps[3::4]:
                come = np.flatnonzero(there & (at_s <= step.at_us / 1e6) & (at_s > step.at_us / 1e6 - SLOT_S))
                if len(come):
                    truth = column[come[-1]]
                    model.append(abs(step.value - truth))
                    stays.append(abs(column[known][-1] - truth))
                    curve.append(abs(others[come[-1]] - truth))
    assert len(model) > 300
    assert np.mean(model) < 0.9 * np.mean(stays)
    assert np.mean(model) < 0.5 * np.mean(curve)
